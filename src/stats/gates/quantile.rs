//! A check on a latency quantile, as it is interpolated from a histogram
//! (Prometheus, promql/quantile.go, `bucketQuantile`).
//!
//! The value is at most a limit inside the bucket (L, U] when rank q n is reached within the a
//! requests up to L, or when the interpolated L + (U − L)(q n − a)/m is at most the limit, with m
//! requests in the bucket. So only three kinds of requests matter: up to L, inside, beyond.

use super::tick::{Requests, Shares, TickLaw, success_check};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// A limit on an interpolated quantile, and where requests fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantileCheck {
    /// Which quantile, in (0, 1).
    pub quantile: f64,
    /// The lower bound of the bucket that holds the limit.
    pub lower: f64,
    /// The upper bound of the bucket that holds the limit.
    pub upper: f64,
    /// The limit.
    pub limit: f64,
    /// Whether the limit itself is accepted.
    pub inclusive: bool,
    /// P(a request is in a bucket up to `lower`).
    pub below: f64,
    /// P(a request is in the bucket of the limit).
    pub inside: f64,
}

impl QuantileCheck {
    /// The most requests for which [`QuantileCheck::passes`] is quick.
    pub const MAX_REQUESTS: f64 = 3000.0;

    /// Whether the quantile is accepted of `n` requests, of which `below` and `inside` fall there.
    fn accepts(&self, below: u64, inside: u64, n: u64) -> bool {
        let rank = self.quantile * n as f64;
        if below as f64 >= rank {
            return true;
        }
        if ((below + inside) as f64) < rank {
            return false;
        }
        let into = (rank - below as f64) / inside as f64;
        let value = self.lower + (self.upper - self.lower) * into;
        value < self.limit || (self.inclusive && value <= self.limit)
    }

    /// P(the quantile of `n` requests is accepted), for `n` above zero.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `below` and `inside` are probabilities.
    pub fn passes(&self, n: u64) -> Result<f64, StatsError> {
        let in_bucket = Binomial::new(n, self.inside)?;
        let reach = 11.0 * in_bucket.sd() + 50.0;
        let first = (in_bucket.mean() - reach).max(0.0) as u64;
        let last = ((in_bucket.mean() + reach) as u64).min(n);
        let rest = 1.0 - self.inside;
        let share = if rest > 0.0 {
            (self.below / rest).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let mut passes = 0.0;
        for inside in first..=last {
            let others = n - inside;
            // The fewest requests below with which it is accepted.
            let (mut enough, mut high) = (0, others + 1);
            while enough < high {
                let middle = enough + (high - enough) / 2;
                match self.accepts(middle, inside, n) {
                    true => high = middle,
                    false => enough = middle + 1,
                }
            }
            if enough > others {
                continue;
            }
            let law = Binomial::new(others, share)?;
            passes += in_bucket.pmf(inside) * law.between(enough, others);
        }
        Ok(passes.min(1.0))
    }
}

/// The law of a tick that checks the success rate and a latency quantile over the same window; a
/// request's latency and its success are independent.
///
/// # Errors
/// [`StatsError::Limit`] beyond [`QuantileCheck::MAX_REQUESTS`] requests on average; otherwise as
/// [`success_check`].
pub fn joint_check(
    requests: Requests,
    error_rate: f64,
    accepted: &Shares,
    latency: &QuantileCheck,
) -> Result<TickLaw, StatsError> {
    if requests.mean() > QuantileCheck::MAX_REQUESTS {
        return Err(StatsError::Limit {
            what: "a latency quantile".into(),
            limit: "3000 requests in a window".into(),
        });
    }
    let mut pass = 0.0;
    for (n, mass) in requests.of_windows(1)?.iter().filter(|&(n, _)| n > 0) {
        if mass < 1e-18 {
            continue;
        }
        let success = success_check(Requests::Fixed(n), error_rate, accepted)?;
        pass += mass * success.pass * latency.passes(n)?;
    }
    let no_data = requests.none();
    Ok(TickLaw {
        pass,
        fail: (1.0 - no_data - pass).max(0.0),
        no_data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_at_a_bound_is_a_binomial_tail() {
        let check = QuantileCheck {
            quantile: 0.99,
            lower: 500.0,
            upper: 1000.0,
            limit: 500.0,
            inclusive: true,
            below: 0.995,
            inside: 0.003,
        };
        // At most ⌊n/100⌋ requests beyond 500 ms.
        let law = Binomial::new(250, 0.995).unwrap();
        let expected = law.between(248, 250);
        assert!((check.passes(250).unwrap() / expected - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn it_is_the_sum_over_all_ways(
            n in 1u64..40,
            below in 0.0..0.9f64,
            inside in 0.01..0.1f64,
            limit in 0.01..1.0f64,
            quantile in 0.05..0.99f64,
            inclusive: bool,
        ) {
            let check = QuantileCheck {
                quantile, lower: 0.0, upper: 1.0, limit, inclusive, below, inside,
            };
            let mut expected = 0.0;
            let rest = 1.0 - inside;
            for m in 0..=n {
                let of_rest = Binomial::new(n - m, below / rest).unwrap();
                for a in 0..=n - m {
                    if check.accepts(a, m, n) {
                        expected += Binomial::new(n, inside).unwrap().pmf(m) * of_rest.pmf(a);
                    }
                }
            }
            prop_assert!((check.passes(n).unwrap() - expected).abs() < 1e-12);
        }
    }
}
