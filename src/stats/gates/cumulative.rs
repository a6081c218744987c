//! The gate that counts failed checks over the whole rollout and never forgets one (Flagger).
//!
//! Step k repeats until it has passed once. With q_k the probability that a check at step k passes,
//! the rollout is promoted if all K steps pass before `failures` checks have failed. For equal q
//! this is P(Bin(K + T − 1, 1 − q) ≤ T − 1), the negative binomial law.

use super::tick::TickLaw;
use crate::stats::StatsError;

/// What a gate does, and how long it takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Characteristic {
    /// P(promoted).
    pub promoted: f64,
    /// P(rolled back).
    pub rolled_back: f64,
    /// P(rolled back, and at least one of the failed checks had no data).
    pub rolled_back_without_data: f64,
    /// P(neither: somebody is asked, or it never ends).
    pub undecided: f64,
    /// P(promoted by tick number t), from t = 0 on; the first tick is number 1.
    pub promoted_at: Vec<f64>,
    /// P(rolled back by tick number t).
    pub rolled_back_at: Vec<f64>,
    /// P(undecided at tick number t).
    pub undecided_at: Vec<f64>,
    /// The expected number of ticks at each step.
    pub ticks: Vec<f64>,
    /// P(rolled back at that step).
    pub rolled_back_in: Vec<f64>,
}

impl Characteristic {
    /// For `steps` steps, with nothing decided yet.
    pub(super) fn for_steps(steps: usize) -> Self {
        Self {
            ticks: vec![0.0; steps],
            rolled_back_in: vec![0.0; steps],
            ..Self::default()
        }
    }

    /// The expected number of ticks until the decision.
    #[must_use]
    pub fn expected_ticks(&self) -> f64 {
        self.ticks.iter().sum()
    }

    /// P(decided by tick number t), from t = 0 on, not summed up.
    #[must_use]
    pub fn decided_at(&self) -> Vec<f64> {
        let all = [&self.promoted_at, &self.rolled_back_at, &self.undecided_at];
        let length = all.iter().map(|law| law.len()).max().unwrap_or(0);
        (0..length)
            .map(|tick| all.iter().filter_map(|law| law.get(tick)).sum())
            .collect()
    }

    /// Adds mass at a tick number.
    pub(super) fn add(law: &mut Vec<f64>, tick: usize, mass: f64) {
        if law.len() <= tick {
            law.resize(tick + 1, 0.0);
        }
        law[tick] += mass;
    }
}

/// The characteristic of a gate whose steps have these laws, with `failures` failed checks allowed
/// to accumulate before it is rolled back. Exact: a recursion over (step, failed checks).
///
/// # Errors
/// [`StatsError::Domain`] if `failures` is zero, there is no step, or a law is none.
///
/// ```
/// # use shiftsim::stats::gates::{cumulative::characteristic, tick::TickLaw};
/// let step = TickLaw { pass: 0.8, fail: 0.2, no_data: 0.0 };
/// let gate = characteristic(&[step; 5], 5)?;
/// assert!((gate.promoted - 0.98041856).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn characteristic(steps: &[TickLaw], failures: u32) -> Result<Characteristic, StatsError> {
    if failures == 0 {
        return Err(StatsError::domain("failures", "at least 1", failures));
    }
    if steps.is_empty() {
        return Err(StatsError::domain("steps", "at least one", 0));
    }
    for law in steps {
        for mass in [law.pass, law.fail, law.no_data] {
            // A sum of masses may be off by its last bits.
            if !(-1e-9..=1.0 + 1e-9).contains(&mass) {
                return Err(StatsError::domain("steps", "probabilities in [0, 1]", mass));
            }
        }
    }
    let failures = failures as usize;
    let mut result = Characteristic::for_steps(steps.len());
    // P(at this step with f failed checks so far), [all with data, at least one without].
    let mut here = vec![[0.0_f64; 2]; failures];
    here[0][0] = 1.0;
    for (place, law) in steps.iter().enumerate() {
        let mut next = vec![[0.0_f64; 2]; failures];
        for failed in 0..failures {
            let [clean, starved] = here[failed];
            result.ticks[place] += clean + starved;
            next[failed][0] += clean * law.pass;
            next[failed][1] += starved * law.pass;
            let with_data = clean * law.fail;
            let without = starved * law.fails() + clean * law.no_data;
            if failed + 1 < failures {
                here[failed + 1][0] += with_data;
                here[failed + 1][1] += without;
            } else {
                let mass = with_data + without;
                result.rolled_back += mass;
                result.rolled_back_without_data += without;
                result.rolled_back_in[place] += mass;
                Characteristic::add(&mut result.rolled_back_at, place + failures, mass);
            }
        }
        here = next;
    }
    for (failed, [clean, starved]) in here.into_iter().enumerate() {
        result.promoted += clean + starved;
        Characteristic::add(
            &mut result.promoted_at,
            steps.len() + failed,
            clean + starved,
        );
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial::Binomial;
    use proptest::prelude::*;

    fn law(pass: f64, no_data: f64) -> TickLaw {
        TickLaw {
            pass,
            fail: 1.0 - pass - no_data,
            no_data,
        }
    }

    #[test]
    fn the_last_failure_may_come_at_any_step() {
        let gate = characteristic(&[law(1.0, 0.0), law(0.0, 0.5)], 2).unwrap();
        assert_eq!((gate.promoted, gate.rolled_back), (0.0, 1.0));
        assert_eq!(gate.rolled_back_without_data, 0.75);
        assert_eq!(gate.rolled_back_at, [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(gate.ticks, [1.0, 2.0]);
        assert!(characteristic(&[], 1).is_err());
        assert!(characteristic(&[law(1.0, 0.0)], 0).is_err());
    }

    proptest! {
        #[test]
        fn equal_steps_follow_the_negative_binomial_law(
            pass in 0.01..0.99f64,
            steps in 1usize..20,
            failures in 1u32..20,
        ) {
            let gate = characteristic(&vec![law(pass, 0.0); steps], failures).unwrap();
            let trials = steps as u64 + u64::from(failures) - 1;
            let expected = Binomial::new(trials, 1.0 - pass).unwrap().cdf(u64::from(failures) - 1);
            prop_assert!((gate.promoted - expected).abs() < 1e-12);
            prop_assert!((gate.promoted + gate.rolled_back - 1.0).abs() < 1e-12);
            let decided = gate.decided_at();
            let mean: f64 = decided.iter().enumerate().map(|(t, mass)| t as f64 * mass).sum();
            prop_assert!((mean - gate.expected_ticks()).abs() < 1e-9);
        }
    }
}
