//! The cumulative gate with a third outcome, "not enough data": a tick with fewer than a minimum of
//! requests since the last decision decides nothing, and its requests are kept.
//!
//! The decision falls at tick i with n requests when S_{i−1} < m ≤ S_i = n, where S_i is the number
//! of requests of i ticks: Poisson of mean iλ if arrivals are Poisson with mean λ in a tick.

use super::cumulative::Characteristic;
use super::tick::{Requests, Shares, success_check};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// Ticks at one step after which the rest counts as undecided.
const MOST_TICKS: usize = 5_000;
/// Probability that is not pursued further.
const NEGLIGIBLE: f64 = 1e-13;

/// The rule of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The shares of successes that a check accepts.
    pub accepted: &'a Shares,
    /// Failed checks with which it is rolled back, at least 1.
    pub failures: u32,
    /// The fewest requests that are judged, at least 1.
    pub minimum: u64,
    /// After so many undecided ticks in a row somebody is asked; `None`: never.
    pub patience: Option<u32>,
}

/// When a decision falls at a step, counted in ticks from the last one, and what it is.
#[derive(Debug, Clone, Default)]
struct Decision {
    pass: Vec<f64>,
    fail: Vec<f64>,
    undecided: Vec<f64>,
}

impl Decision {
    fn of(requests: Requests, error_rate: f64, rule: &Rule) -> Result<Self, StatsError> {
        let mut decision = Self::default();
        let most = rule.patience.map_or(MOST_TICKS, |ticks| ticks as usize);
        let mut waiting = 1.0;
        for tick in 1..=most {
            let (pass, fail) = first_at(tick, requests, error_rate, rule)?;
            Characteristic::add(&mut decision.pass, tick, pass);
            Characteristic::add(&mut decision.fail, tick, fail);
            waiting -= pass + fail;
            if waiting < NEGLIGIBLE {
                waiting = 0.0;
                break;
            }
        }
        let last = decision.pass.len() - 1;
        Characteristic::add(&mut decision.undecided, last, waiting);
        Ok(decision)
    }

    /// The expected number of ticks.
    fn ticks(&self) -> f64 {
        let laws = [&self.pass, &self.fail, &self.undecided];
        let mean = |law: &Vec<f64>| -> f64 {
            law.iter()
                .enumerate()
                .map(|(tick, mass)| tick as f64 * mass)
                .sum()
        };
        laws.into_iter().map(mean).sum()
    }
}

/// P(n requests pass) and P(they fail).
fn judged(n: u64, error_rate: f64, accepted: &Shares) -> Result<(f64, f64), StatsError> {
    let errors = Binomial::new(n, error_rate)?;
    Ok(match accepted.counts_of(n) {
        Some((low, high)) => (
            errors.between(n - high, n - low),
            errors.outside(n - high, n - low),
        ),
        None => (0.0, 1.0),
    })
}

/// P(the minimum is reached at this tick, and the check passes), and the same with "fails".
fn first_at(
    tick: usize,
    requests: Requests,
    error_rate: f64,
    rule: &Rule,
) -> Result<(f64, f64), StatsError> {
    if tick == 1 && requests.least() >= rule.minimum as f64 {
        let law = success_check(requests, error_rate, rule.accepted)?;
        return Ok((law.pass, law.fail));
    }
    let now = requests.of_windows(1)?;
    let earlier = requests.of_windows(tick as u64 - 1)?;
    let earlier: Vec<(u64, f64)> = earlier
        .iter()
        .take_while(|&(count, _)| count < rule.minimum)
        .collect();
    let (Some(&(first, _)), Some(last)) = (earlier.first(), now.iter().last()) else {
        return Ok((0.0, 0.0));
    };
    // The law of the sum, from the minimum on.
    let highest = rule.minimum - 1 + last.0;
    if highest < rule.minimum {
        return Ok((0.0, 0.0));
    }
    let mut sums = vec![0.0; (highest - rule.minimum + 1) as usize];
    for &(count, mass) in earlier.iter().filter(|(count, _)| *count >= first) {
        for (more, added) in now.iter() {
            if let Some(place) = (count + more).checked_sub(rule.minimum) {
                sums[place as usize] += mass * added;
            }
        }
    }
    let (mut pass, mut fail) = (0.0, 0.0);
    for (n, mass) in (rule.minimum..).zip(sums) {
        if mass > 1e-18 {
            let (passes, fails) = judged(n, error_rate, rule.accepted)?;
            pass += mass * passes;
            fail += mass * fails;
        }
    }
    Ok((pass, fail))
}

/// The characteristic of the gate whose steps have so many requests per tick, at one error rate.
/// Exact, but for a probability below 10^-12 of waiting for more than 5000 ticks at one step, which
/// counts as undecided.
///
/// # Errors
/// [`StatsError::Domain`] without steps, or if `failures` or `minimum` is zero, or as
/// [`super::tick::success_check`].
pub fn characteristic(
    steps: &[Requests],
    error_rate: f64,
    rule: &Rule,
) -> Result<Characteristic, StatsError> {
    for (name, value) in [
        ("failures", u64::from(rule.failures)),
        ("minimum", rule.minimum),
        ("steps", steps.len() as u64),
    ] {
        if value == 0 {
            return Err(StatsError::domain(name, "at least 1", value));
        }
    }
    let mut result = Characteristic::for_steps(steps.len());
    let failures = rule.failures as usize;
    // For each number of failed checks so far: P(at this step since tick t).
    let mut here: Vec<Vec<f64>> = vec![Vec::new(); failures];
    here[0].push(1.0);
    for (place, &requests) in steps.iter().enumerate() {
        let decision = Decision::of(requests, error_rate, rule)?;
        let expected = decision.ticks();
        let mut next: Vec<Vec<f64>> = vec![Vec::new(); failures];
        for failed in 0..failures {
            let since = std::mem::take(&mut here[failed]);
            result.ticks[place] += since.iter().sum::<f64>() * expected;
            let mut rolled_back = Vec::new();
            spread(&since, &decision.pass, &mut next[failed]);
            spread(&since, &decision.undecided, &mut result.undecided_at);
            match here.get_mut(failed + 1) {
                Some(more) => spread(&since, &decision.fail, more),
                None => spread(&since, &decision.fail, &mut rolled_back),
            }
            result.rolled_back_in[place] += rolled_back.iter().sum::<f64>();
            spread(&rolled_back, &[1.0], &mut result.rolled_back_at);
        }
        here = next;
    }
    for law in here {
        spread(&law, &[1.0], &mut result.promoted_at);
    }
    result.promoted = result.promoted_at.iter().sum();
    result.rolled_back = result.rolled_back_at.iter().sum();
    result.undecided = result.undecided_at.iter().sum();
    Ok(result)
}

/// Adds the law of the sum of two times to a third.
fn spread(since: &[f64], after: &[f64], to: &mut Vec<f64>) {
    for (start, mass) in since.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
        for (span, share) in after.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            Characteristic::add(to, start + span, mass * share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rational;
    use crate::stats::gates::cumulative;
    use proptest::prelude::*;

    fn rule(accepted: &Shares, minimum: u64, patience: Option<u32>) -> Rule<'_> {
        Rule {
            accepted,
            failures: 2,
            minimum,
            patience,
        }
    }

    #[test]
    fn a_quiet_night_is_waited_through() {
        let accepted = Shares::at_least(Rational::new(99, 100));
        let perfect = characteristic(
            &[Requests::Poisson(0.5), Requests::Poisson(1.0)],
            0.0,
            &rule(&accepted, 20, None),
        )
        .unwrap();
        assert!((perfect.promoted - 1.0).abs() < 1e-9, "{perfect:?}");
        // 40 ticks of half a request each, then 20 of one.
        assert!((perfect.expected_ticks() - 61.0).abs() < 2.0);
        let asked =
            characteristic(&[Requests::Fixed(0)], 0.0, &rule(&accepted, 20, Some(10))).unwrap();
        assert_eq!(asked.undecided_at[10], 1.0);
    }

    proptest! {
        #[test]
        fn a_minimum_of_one_differs_only_in_empty_windows(
            mean in 3.0..80.0f64,
            rate in 0.0..0.2f64,
        ) {
            let accepted = Shares::at_least(Rational::new(95, 100));
            let requests = Requests::Poisson(mean);
            let patient = characteristic(&[requests; 3], rate, &rule(&accepted, 1, None)).unwrap();
            let tick = success_check(requests, rate, &accepted).unwrap();
            // A tick that is not empty, given that it is not.
            let busy = 1.0 - tick.no_data;
            let given = crate::stats::gates::tick::TickLaw {
                pass: tick.pass / busy,
                fail: tick.fail / busy,
                no_data: 0.0,
            };
            let plain = cumulative::characteristic(&[given; 3], 2).unwrap();
            prop_assert!((patient.promoted - plain.promoted).abs() < 1e-10);
            prop_assert!((patient.expected_ticks() - plain.expected_ticks() / busy).abs() < 1e-8);
        }

        #[test]
        fn fixed_numbers_add_up(n in 1u64..30, minimum in 1u64..100) {
            let accepted = Shares::at_least(Rational::new(9, 10));
            let ticks = minimum.div_ceil(n);
            let patient =
                characteristic(&[Requests::Fixed(n)], 0.05, &rule(&accepted, minimum, None)).unwrap();
            let check = success_check(Requests::Fixed(n * ticks), 0.05, &accepted).unwrap();
            let plain = cumulative::characteristic(&[check], 2).unwrap();
            prop_assert!((patient.promoted - plain.promoted).abs() < 1e-12);
            prop_assert!((patient.expected_ticks() - ticks as f64 * plain.expected_ticks()).abs() < 1e-9);
        }
    }
}
