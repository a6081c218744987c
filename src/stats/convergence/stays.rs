//! Stays within: V(n) = P(|X_m/m − share| ≤ tolerance for every m ≥ n, for ever).
//!
//! The best meaning of "converged", and the only one of them that is monotone in n by itself. It is
//! found backwards: u_m(k), the probability to stay inside from m on given k at m, is
//! p·u_{m+1}(k+1) + q·u_{m+1}(k) inside the band and 0 outside. It begins at an M after which all
//! later exits together are less likely than 10^-12.

use super::exits::beyond_exits;
use super::within::band;
use super::{Rational, StatsError, check, check_confidence, domain, to_f64};
use crate::stats::binomial::Binomial;

/// What later exits may add up to: the absolute error of V.
const TAIL: f64 = 1e-12;

/// Lattice cells that a calculation may visit; some seconds.
const MOST_CELLS: f64 = 4e9;

/// V(n), with an absolute error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] for arguments out of range; [`StatsError::Limit`] if the lattice has more
/// than 4·10^9 cells (tolerances below some 0.4 points at 50/50).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::stays_within;
/// let v = stays_within(15, Ratio::new(1, 2), Ratio::new(1, 10))?;
/// assert!((v - 0.2613).abs() < 1e-4);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stays_within(n: u64, share: Rational, tolerance: Rational) -> Result<f64, StatsError> {
    Ok(stays_within_by_n(&[n], share, tolerance)?[0])
}

/// V at several n, which must ascend, from one calculation.
///
/// # Errors
/// As [`stays_within`].
pub fn stays_within_by_n(
    numbers: &[u64],
    share: Rational,
    tolerance: Rational,
) -> Result<Vec<f64>, StatsError> {
    if numbers.first() == Some(&0) || !numbers.is_sorted() {
        return Err(domain("n", "at least 1, ascending", format!("{numbers:?}")));
    }
    let mut lattice = Lattice::new(share, tolerance)?;
    let mut values = vec![1.0; numbers.len()];
    for (value, &n) in values.iter_mut().zip(numbers).rev() {
        if n <= lattice.requests {
            lattice.back_to(n);
            *value = lattice.probability()?;
        }
    }
    Ok(values)
}

/// P(|X_m/m − share| ≤ tolerance for every m from n to `last`): [`stays_within`] with an end.
///
/// # Errors
/// As [`stays_within`]; [`StatsError::Domain`] if n is 0 or above `last`.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::stays_within_until;
/// let v = stays_within_until(15, 100, Ratio::new(1, 2), Ratio::new(1, 10))?;
/// assert!((v - 0.2653184647617209).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stays_within_until(
    n: u64,
    last: u64,
    share: Rational,
    tolerance: Rational,
) -> Result<f64, StatsError> {
    if n == 0 || n > last {
        return Err(domain("n", "at least 1 and at most the last", n));
    }
    let mut lattice = Lattice::ending(last as f64, share, tolerance)?;
    lattice.back_to(n);
    lattice.probability()
}

/// The smallest n with V(n) ≥ confidence.
///
/// # Errors
/// As [`stays_within`]; [`StatsError::Domain`] for a confidence outside (0, 1).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::stays_within_n;
/// assert_eq!(stays_within_n(Ratio::new(1, 2), Ratio::new(1, 10), 0.95)?, 120);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stays_within_n(
    share: Rational,
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    check_confidence(confidence)?;
    let mut lattice = Lattice::new(share, tolerance)?;
    // In strides of 2%: back until the level is missed, then one by one from the stride before.
    let mut before = lattice.clone();
    while lattice.requests > 1 && lattice.probability()? >= confidence {
        before = lattice.clone();
        let stride = (lattice.requests / 50).max(1);
        lattice.back_to(lattice.requests - stride);
    }
    let mut needed = before.requests;
    while needed > 1 {
        before.back_to(needed - 1);
        if before.probability()? < confidence {
            break;
        }
        needed -= 1;
    }
    Ok(needed)
}

/// u_m(k) for one m and all counts k.
#[derive(Clone)]
struct Lattice {
    share: Rational,
    tolerance: Rational,
    p: f64,
    requests: u64,
    band: Option<(u64, u64)>,
    /// u at count k is `inside[k + 1]`; zero outside the band.
    inside: Vec<f64>,
}

impl Lattice {
    /// The lattice at M, where leaving is as good as impossible.
    fn new(share: Rational, tolerance: Rational) -> Result<Self, StatsError> {
        check(share, tolerance)?;
        let last = beyond_exits(&[to_f64(share)], to_f64(tolerance), TAIL);
        Self::ending(last, share, tolerance)
    }

    /// The lattice after `last` requests, beyond which nothing counts.
    fn ending(last: f64, share: Rational, tolerance: Rational) -> Result<Self, StatsError> {
        check(share, tolerance)?;
        let t = to_f64(tolerance);
        if last * last * t > MOST_CELLS {
            return Err(StatsError::Limit {
                what: format!("staying within ±{t} up to {last} requests"),
                limit: format!("{MOST_CELLS:e} lattice cells"),
            });
        }
        let requests = last as u64;
        let p = to_f64(share);
        // At M the band is as good as never empty; if it is, nothing can stay inside.
        let (low, high) = band(requests, share, tolerance).unwrap_or((1, 0));
        let mut lattice = Self {
            share,
            tolerance,
            p,
            requests,
            band: (low <= high).then_some((low, high)),
            inside: vec![0.0; high as usize + 3],
        };
        if let Some((low, high)) = lattice.band {
            lattice.inside[low as usize + 1..=high as usize + 1].fill(1.0);
        }
        Ok(lattice)
    }

    /// Goes back to the moment after `requests` picks.
    fn back_to(&mut self, requests: u64) {
        while self.requests > requests {
            self.step();
        }
    }

    /// From m + 1 to m. Cells are shifted by one, so that there is always one before the first.
    fn step(&mut self) {
        self.requests -= 1;
        let next = band(self.requests, self.share, self.tolerance);
        match (next, self.band) {
            (Some((low, high)), Some(_)) => {
                let (from, to) = (low as usize + 1, high as usize + 1);
                let q = 1.0 - self.p;
                for place in from..=to {
                    self.inside[place] = q * self.inside[place] + self.p * self.inside[place + 1];
                }
                self.inside[from - 1] = 0.0;
                self.inside[to + 1] = 0.0;
            }
            _ => self.inside.fill(0.0),
        }
        // A band that was empty once has let nothing through.
        self.band = next.filter(|_| self.band.is_some());
    }

    /// V at the current number of picks: Σ_k P(X = k)·u(k).
    fn probability(&self) -> Result<f64, StatsError> {
        let Some((low, high)) = self.band else {
            return Ok(0.0);
        };
        let law = Binomial::with_share(self.requests, self.share)?;
        let sum: f64 = (low..=high)
            .map(|count| law.pmf(count) * self.inside[count as usize + 1])
            .sum();
        Ok(sum.min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;

    #[test]
    fn published_numbers_of_requests() {
        let cases = [
            ((1, 2), (1, 10), 0.95, 120),
            ((1, 2), (1, 10), 0.9, 90),
            ((1, 2), (1, 10), 0.99, 190),
            ((9, 10), (1, 10), 0.9, 25),
            ((9, 10), (1, 10), 0.99, 70),
            ((1, 2), (1, 20), 0.9, 377),
            ((1, 2), (1, 20), 0.95, 493),
            ((9, 10), (1, 20), 0.95, 174),
            ((9, 10), (1, 20), 0.99, 280),
        ];
        for (share, tolerance, confidence, expected) in cases {
            let (share, tolerance) = (
                Ratio::new(share.0, share.1),
                Ratio::new(tolerance.0, tolerance.1),
            );
            let n = stays_within_n(share, tolerance, confidence).unwrap();
            assert_eq!(n, expected, "{share} {tolerance} {confidence}");
        }
    }

    #[test]
    fn grows_with_n_and_ends_at_one() {
        let (share, tolerance) = (Ratio::new(1, 5), Ratio::new(1, 10));
        let numbers: Vec<u64> = (1..3000).collect();
        let values = stays_within_by_n(&numbers, share, tolerance).unwrap();
        assert!(values.is_sorted_by(|a, b| *a <= *b + 1e-12));
        assert_eq!(values.last(), Some(&1.0));
        assert!((values[99] - stays_within(100, share, tolerance).unwrap()).abs() < 1e-14);
    }
}
