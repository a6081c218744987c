//! Errors counted over all steps against a bound: at the end (a fixed-sample test), or after each
//! step (a group-sequential test whose looks are the steps).
//!
//! The null hypothesis is an error rate at the limit. The test is one-sided and exact: bounds are
//! the smallest whole numbers of errors whose crossing spends no more than is allowed so far.

use super::error_walk::Walk;
use super::tick::Requests;
use crate::stats::StatsError;
use crate::stats::poisson::Masses;
use crate::stats::sequential::spending::Spending;

/// Bounds on the number of errors so far, one for each step: rolled back with more errors than the
/// bound; `None` where no number is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBounds(Vec<Option<u64>>);

/// What bounds do at one error rate.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundsLaw {
    /// P(rolled back after step k), from k = 0 on.
    pub rolled_back_after: Vec<f64>,
    /// P(promoted after the last step).
    pub promoted: f64,
    /// The expected number of steps that are gone through.
    pub expected_steps: f64,
}

impl ErrorBounds {
    /// One look, at the end: promoted with at most so many errors in all that a version at the
    /// limit is rolled back with probability at most `level`.
    ///
    /// # Errors
    /// As [`ErrorBounds::group_sequential`].
    pub fn fixed_sample(steps: &[Requests], limit: f64, level: f64) -> Result<Self, StatsError> {
        let mut allowed = vec![0.0; steps.len()];
        if let Some(last) = allowed.last_mut() {
            *last = level;
        }
        Self::spending(steps, limit, &allowed)
    }

    /// A look after each step: the crossing probability at the limit is at most what `spending`
    /// allows by then, `level` in all. The information is the share of all requests.
    ///
    /// # Errors
    /// [`StatsError::Domain`] without a request in any step, or unless `limit` and `level` lie in
    /// (0, 1).
    pub fn group_sequential(
        steps: &[Requests],
        limit: f64,
        level: f64,
        spending: Spending,
    ) -> Result<Self, StatsError> {
        let all: f64 = steps.iter().map(|step| step.mean()).sum();
        let mut so_far = 0.0;
        let allowed = steps
            .iter()
            .map(|step| {
                so_far += step.mean();
                spending.spent(level, (so_far / all).clamp(0.0, 1.0))
            })
            .collect::<Result<Vec<f64>, StatsError>>()?;
        Self::spending(steps, limit, &allowed)
    }

    fn spending(steps: &[Requests], limit: f64, allowed: &[f64]) -> Result<Self, StatsError> {
        let mut walk = Walk::new();
        let mut spent = 0.0;
        let mut bounds = Vec::with_capacity(steps.len());
        for (&step, &by_now) in steps.iter().zip(allowed) {
            walk.add(step, limit)?;
            if by_now == 0.0 {
                bounds.push(None);
                continue;
            }
            let Masses { first, masses } = walk.masses()?;
            // The smallest bound whose crossing may still be spent, from above.
            let mut above = 0.0;
            let mut kept = masses.len();
            while kept > 0 && spent + above + masses[kept - 1] <= by_now * (1.0 + 1e-12) {
                kept -= 1;
                above += masses[kept];
            }
            let crosses = kept < masses.len() && above > 0.0;
            spent += above;
            let bound = (crosses && first + kept as u64 > 0).then(|| first + kept as u64 - 1);
            if let Some(bound) = bound {
                walk.stop_above(bound)?;
            }
            bounds.push(bound);
        }
        Ok(Self(bounds))
    }

    /// The bounds, one for each step.
    #[must_use]
    pub fn bounds(&self) -> &[Option<u64>] {
        &self.0
    }

    /// What the bounds do at one error rate. Exact.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `error_rate` lies in [0, 1].
    pub fn law(&self, steps: &[Requests], error_rate: f64) -> Result<BoundsLaw, StatsError> {
        let mut walk = Walk::new();
        let mut rolled_back_after = Vec::with_capacity(steps.len());
        let mut expected_steps = 0.0;
        for (&step, bound) in steps.iter().zip(&self.0) {
            expected_steps += walk.left;
            walk.add(step, error_rate)?;
            rolled_back_after.push(match bound {
                Some(bound) => walk.stop_above(*bound)?,
                None => 0.0,
            });
        }
        Ok(BoundsLaw {
            rolled_back_after,
            promoted: walk.left,
            expected_steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::poisson::Poisson;
    use proptest::prelude::*;

    const STEPS: [Requests; 5] = [
        Requests::Poisson(300.0),
        Requests::Poisson(600.0),
        Requests::Poisson(900.0),
        Requests::Poisson(1200.0),
        Requests::Poisson(1500.0),
    ];

    #[test]
    fn one_look_is_a_poisson_tail() {
        let bounds = ErrorBounds::fixed_sample(&STEPS, 0.01, 0.05).unwrap();
        // mpmath: P(X > 56) = 0.0472554 for a mean of 45.
        assert_eq!(bounds.bounds(), [None, None, None, None, Some(56)]);
        let law = bounds.law(&STEPS, 0.01).unwrap();
        let tail = Poisson::new(45.0).unwrap().masses().tails().at_least(57);
        assert!((law.rolled_back_after[4] / tail - 1.0).abs() < 1e-10);
        assert!((tail - 0.047_255_4).abs() < 1e-7);
        assert!((law.expected_steps - 5.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_level_is_kept(limit in 0.001..0.2f64, level in 0.01..0.2f64, pocock: bool) {
            let spending = match pocock {
                true => Spending::PocockType,
                false => Spending::ObrienFlemingTotal,
            };
            for steps in [STEPS.to_vec(), vec![Requests::Fixed(60), Requests::Fixed(90)]] {
                let bounds =
                    ErrorBounds::group_sequential(&steps, limit, level, spending).unwrap();
                let law = bounds.law(&steps, limit).unwrap();
                let crossed: f64 = law.rolled_back_after.iter().sum();
                prop_assert!(crossed <= level * (1.0 + 1e-9));
                prop_assert!((crossed + law.promoted - 1.0).abs() < 1e-9);
                let worse = bounds.law(&steps, (2.0 * limit).min(1.0)).unwrap();
                prop_assert!(worse.promoted <= law.promoted + 1e-12);
            }
        }
    }
}
