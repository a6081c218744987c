//! Errors that count with a weight: how many distinct users meet one.
//!
//! If each request belongs to one of N users, all alike, then an error misses a given user with
//! probability s = 1 − 1/N, and E of them miss that user with probability s^E. So N (1 − E[s^E])
//! users meet at least one error before a decision. E[s^E] is found without simulating any user: a
//! law in which every error has the weight s is the same kind of law again, with fewer requests and
//! a lower error rate, times the mass that is left.

use super::attempts::Attempts;
use super::tick::Requests;

/// E[s^E] over these requests, each of which fails with probability `error_rate`.
#[must_use]
pub fn mass(requests: Requests, error_rate: f64, weight: f64) -> f64 {
    let lost = error_rate * (1.0 - weight);
    match requests {
        Requests::Fixed(n) => power(1.0 - lost, n),
        Requests::Split { all, share } => power(1.0 - share * lost, all),
        Requests::Poisson(mean) => (-mean * lost).exp(),
    }
}

/// The requests and their error rate under the weighted law, normalised.
#[must_use]
pub fn requests(requests: Requests, error_rate: f64, weight: f64) -> (Requests, f64) {
    let left = 1.0 - error_rate * (1.0 - weight);
    let rate = if left > 0.0 {
        error_rate * weight / left
    } else {
        0.0
    };
    (thinned(requests, left), rate)
}

/// The same where requests are tried again and only those have the weight that fail to the end.
#[must_use]
pub fn attempts(requests: Requests, attempts: &Attempts, weight: f64) -> (Requests, Attempts) {
    // From the last retry back: the mass that is left of a request that has come so far.
    let mut left = weight;
    let mut stages = attempts.stages().to_vec();
    for stage in stages.iter_mut().rev() {
        let now = 1.0 - *stage * (1.0 - left);
        *stage = if now > 0.0 { *stage * left / now } else { 0.0 };
        left = now;
    }
    (thinned(requests, left), Attempts::new(stages))
}

/// Requests each of which has the mass `left`.
fn thinned(requests: Requests, left: f64) -> Requests {
    match requests {
        Requests::Fixed(n) => Requests::Fixed(n),
        Requests::Split { all, share } => {
            let mass = 1.0 - share * (1.0 - left);
            let share = if mass > 0.0 { share * left / mass } else { 0.0 };
            Requests::Split { all, share }
        }
        Requests::Poisson(mean) => Requests::Poisson(mean * left),
    }
}

/// aⁿ, with 0⁰ = 1.
fn power(base: f64, n: u64) -> f64 {
    match n {
        0 => 1.0,
        _ => (n as f64 * libm::log(base)).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial::Binomial;
    use crate::stats::gates::tick::{Shares, success_check};
    use crate::stats::{Rational, gates::attempts::attempts_check};

    #[test]
    fn a_weighted_check_is_a_sum_over_errors() {
        let (n, rate, weight) = (40, 0.1, 0.7);
        let accepted = Shares::at_least(Rational::new(9, 10));
        let law = Binomial::new(n, rate).unwrap();
        let direct: f64 = (0..=4)
            .map(|k| law.pmf(k) * f64::powi(weight, k as i32))
            .sum();
        let (tilted, tilted_rate) = requests(Requests::Fixed(n), rate, weight);
        let pass = success_check(tilted, tilted_rate, &accepted).unwrap().pass;
        let found = pass * mass(Requests::Fixed(n), rate, weight);
        assert!((found - direct).abs() < 1e-14, "{found} {direct}");
    }

    #[test]
    fn one_request_that_is_tried_again() {
        // Passes at 1/3 if at least its second retry succeeds; fails to the end with 0.5³.
        let tried = Attempts::new(vec![0.5; 3]);
        let (one, tilted) = attempts(Requests::Fixed(1), &tried, 0.2);
        let accepted = Shares::at_least(Rational::new(1, 3));
        let law = attempts_check(one, &tilted, &accepted).unwrap().unwrap();
        let all = mass(Requests::Fixed(1), 0.125, 0.2);
        assert!((law.pass * all - 0.875).abs() < 1e-15);
        assert!((law.fail * all - 0.125 * 0.2).abs() < 1e-15);
    }
}
