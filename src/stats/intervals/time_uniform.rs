//! The time-uniform interval: it holds at every n at once, so that looking again costs nothing.

use super::{Interval, check};
use crate::stats::StatsError;
use crate::stats::special::ln_beta;

/// Halvings of a bracket: enough for every bit of a double in (0, 1).
const HALVINGS: usize = 1100;

/// The confidence sequence of Robbins (1970) with a Beta(a, b) mixture (Howard et al. 2021):
/// {p : B(a+x, b+n−x) / (B(a,b)·p^x·(1−p)^(n−x)) < 1/α}. With probability at least `confidence`, the
/// true share lies in it for all n together. Absolute error below 10^-12.
///
/// # Errors
/// [`StatsError::Domain`] unless count ≤ n, n ≥ 1, a and b are above 0 and `confidence` lies in
/// (0, 1).
///
/// ```
/// use shiftsim::stats::intervals::time_uniform;
/// let interval = time_uniform(7, 15, 0.5, 0.5, 0.95)?;
/// assert!((interval.low - 0.14032657037990933).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn time_uniform(
    count: u64,
    n: u64,
    a: f64,
    b: f64,
    confidence: f64,
) -> Result<Interval, StatsError> {
    check(count, n, confidence)?;
    if !(a > 0.0 && b > 0.0) {
        return Err(StatsError::Domain {
            name: "a and b",
            expected: "above 0",
            value: format!("{a}, {b}"),
        });
    }
    let mixture = Mixture { a, b };
    let limit = -(1.0 - confidence).ln();
    let inside = |p: f64| mixture.ln_e(count, n, p) < limit;
    let centre = count as f64 / n as f64;
    Ok(Interval {
        low: if count == 0 {
            0.0
        } else {
            edge(0.0, centre, &inside)
        },
        high: if count == n {
            1.0
        } else {
            edge(1.0, centre, &inside)
        },
    })
}

/// The lowest and the highest count of n at which `p` lies in the time-uniform interval with a
/// Beta(½, ½) mixture: the band in which the running count of a true share p stays, at all n at
/// once, with probability at least `confidence`.
///
/// # Errors
/// [`StatsError::Domain`] unless n ≥ 1, p lies in [0, 1] and `confidence` in (0, 1).
///
/// ```
/// use shiftsim::stats::intervals::time_uniform_band;
/// let (low, high) = time_uniform_band(100, 0.5, 0.95)?;
/// assert_eq!(low + high, 100);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn time_uniform_band(n: u64, p: f64, confidence: f64) -> Result<(u64, u64), StatsError> {
    check(0, n, confidence)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(StatsError::Domain {
            name: "p",
            expected: "in [0, 1]",
            value: p.to_string(),
        });
    }
    let mixture = Mixture { a: 0.5, b: 0.5 };
    let limit = -(1.0 - confidence).ln();
    let inside = |count: u64| mixture.ln_e(count, n, p) < limit;
    // The e-value falls towards the count nearest to n·p and rises beyond it.
    let centre = ((n as f64 * p).round() as u64).min(n);
    if !inside(centre) {
        return Ok((centre, centre));
    }
    let (mut low, mut reach) = (centre, 0);
    while reach < low {
        let middle = reach + (low - reach) / 2;
        if inside(middle) {
            low = middle
        } else {
            reach = middle + 1
        }
    }
    let mut high = centre;
    let mut limit_high = n;
    while high < limit_high {
        let middle = high + (limit_high - high).div_ceil(2);
        if inside(middle) {
            high = middle
        } else {
            limit_high = middle - 1
        }
    }
    Ok((low, high))
}

/// The Beta mixture behind the e-value.
struct Mixture {
    a: f64,
    b: f64,
}

impl Mixture {
    /// ln of the e-value against p: the mixture likelihood over the likelihood of p.
    fn ln_e(&self, count: u64, n: u64, p: f64) -> f64 {
        let (x, y) = (count as f64, (n - count) as f64);
        let term = |times: f64, ln: f64| if times == 0.0 { 0.0 } else { times * ln };
        ln_beta(self.a + x, self.b + y)
            - ln_beta(self.a, self.b)
            - term(x, p.ln())
            - term(y, (-p).ln_1p())
    }
}

/// The edge between `outside` and `inside_at`, by bisection.
fn edge(mut outside: f64, mut inside_at: f64, inside: &impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(outside, inside_at);
        if middle == outside || middle == inside_at {
            break;
        }
        if inside(middle) {
            inside_at = middle
        } else {
            outside = middle
        }
    }
    inside_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_ends() {
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-12, "{value}");
        assert_eq!(time_uniform(0, 15, 0.5, 0.5, 0.95).unwrap().low, 0.0);
        near(
            time_uniform(7, 15, 1.0, 1.0, 0.95).unwrap().high,
            0.803_175_857_012_378_3,
        );
        near(
            time_uniform(50, 100, 0.5, 0.5, 0.95).unwrap().low,
            0.338_257_552_645_791_56,
        );
        near(
            time_uniform(4, 20, 0.5, 0.5, 0.95).unwrap().high,
            0.534_671_122_258_450_5,
        );
    }

    #[test]
    fn the_band_holds_exactly_the_counts_whose_interval_holds_the_share() {
        for (n, p) in [(1, 0.5), (7, 0.2), (40, 0.5), (200, 0.05)] {
            let (low, high) = time_uniform_band(n, p, 0.95).unwrap();
            for count in 0..=n {
                let interval = time_uniform(count, n, 0.5, 0.5, 0.95).unwrap();
                let holds = interval.low <= p && p <= interval.high;
                assert_eq!(
                    holds,
                    (low..=high).contains(&count),
                    "{count} of {n} at {p}"
                );
            }
        }
    }
}
