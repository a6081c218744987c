//! The multinomial probability of a rectangle: every count between its own bounds.
//!
//! Multinomial counts are independent Poisson counts given their sum (Levin 1981, Annals of
//! Statistics 9). So the probability is a convolution of truncated Poisson masses, taken at n and
//! divided by the Poisson mass of n: only positive terms, nothing cancels, however small it is.

use crate::stats::special::{Fraction, ln_poisson_density};
use crate::stats::{Rational, StatsError};

/// Products that a convolution may take; a few seconds.
pub(super) const MOST_PRODUCTS: u64 = 10_000_000_000;

/// Up to this many requests no mass is neglected.
const SMALL: u64 = 2000;

/// Above, masses below e^−80 of the largest one between the bounds are.
const NEGLIGIBLE: f64 = 80.0;

/// P(low_i ≤ c_i ≤ high_i for every i) for multinomial counts of `n` requests with these shares,
/// which must sum to one. Relative error near 10^-12.
pub(super) fn rectangle(
    shares: &[Rational],
    n: u64,
    bounds: &[(u64, u64)],
) -> Result<f64, StatsError> {
    let mut cells: Vec<Masses> = shares
        .iter()
        .zip(bounds)
        .map(|(&share, &(low, high))| Masses::poisson(share, n, low, high.min(n)))
        .collect();
    cells.sort_by_key(|cell| cell.values.len());
    let Some((widest, others)) = cells.split_last() else {
        return Ok(0.0);
    };
    let mut sum = Masses {
        low: 0,
        values: vec![1.0],
    };
    let mut products = 0u64;
    for (place, cell) in others.iter().enumerate() {
        products = products
            .saturating_add((sum.values.len() as u64).saturating_mul(cell.values.len() as u64));
        if products > MOST_PRODUCTS {
            return Err(StatsError::Limit {
                what: format!("the joint law of {} counts of {n} requests", shares.len()),
                limit: format!("{MOST_PRODUCTS} products of probabilities"),
            });
        }
        let after = &cells[place + 1..];
        sum = sum.plus(cell);
        sum.keep(
            n.saturating_sub(after.iter().map(Masses::high).sum()),
            n.saturating_sub(after.iter().map(|cell| cell.low).sum()),
        );
    }
    let total = Fraction::exact(1.0);
    let at_n = ln_poisson_density(n as f64, n as f64, total).exp();
    Ok((sum.meeting(widest, n) / at_n).min(1.0))
}

/// Masses at consecutive counts, from `low` on; none if no count is possible.
struct Masses {
    low: u64,
    values: Vec<f64>,
}

impl Masses {
    fn poisson(share: Rational, n: u64, low: u64, high: u64) -> Self {
        let p = Fraction::ratio(*share.numer() as f64, *share.denom() as f64);
        let ln_mass = |k: u64| ln_poisson_density(k as f64, n as f64, p);
        if low > high {
            return Self {
                low,
                values: Vec::new(),
            };
        }
        let (mut low, mut high) = (low, high);
        if n > SMALL {
            // The masses rise to the peak and fall from it: both ends are found by bisection.
            let peak = ((n as f64 * p.value) as u64).clamp(low, high);
            let limit = ln_mass(peak) - NEGLIGIBLE;
            low = bisect(low, peak, |k| ln_mass(k) >= limit);
            high = bisect(peak, high, |k| ln_mass(k) < limit);
        }
        let values = (low..=high).map(|k| ln_mass(k).exp()).collect();
        Self { low, values }
    }

    fn high(&self) -> u64 {
        (self.low + self.values.len() as u64).saturating_sub(1)
    }

    fn plus(&self, other: &Self) -> Self {
        let low = self.low + other.low;
        if self.values.is_empty() || other.values.is_empty() {
            return Self {
                low,
                values: Vec::new(),
            };
        }
        let mut values = vec![0.0; self.values.len() + other.values.len() - 1];
        for (place, &mass) in other.values.iter().enumerate() {
            for (sum, &value) in values[place..].iter_mut().zip(&self.values) {
                *sum += mass * value;
            }
        }
        Self { low, values }
    }

    /// Drops the sums outside low ..= high, and the negligible ones at both ends.
    fn keep(&mut self, low: u64, high: u64) {
        let largest = self.values.iter().fold(0.0, |a: f64, &b| a.max(b));
        let floor = largest * 1e-40;
        let useful = |(place, value): (usize, &f64)| {
            let sum = self.low + place as u64;
            (low..=high).contains(&sum) && *value >= floor
        };
        let first = self.values.iter().enumerate().position(useful);
        let last = self.values.iter().enumerate().rposition(useful);
        match (first, last) {
            (Some(first), Some(last)) => {
                self.values = self.values[first..=last].to_vec();
                self.low += first as u64;
            }
            _ => self.values.clear(),
        }
    }

    /// Σ_k self(k) · other(n − k).
    fn meeting(&self, other: &Self, n: u64) -> f64 {
        let mass = |k: u64| {
            let rest = n.checked_sub(k)?.checked_sub(other.low)?;
            other.values.get(rest as usize)
        };
        (self.low..)
            .zip(&self.values)
            .filter_map(|(k, value)| Some(value * mass(k)?))
            .sum()
    }
}

/// The first k of low..=high from which `holds` is true, or `high`.
fn bisect(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle
        } else {
            low = middle + 1
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial::Binomial;

    #[test]
    fn two_cells_are_binomial_at_every_size() {
        let share = Rational::new(3, 10);
        let shares = [share, Rational::new(7, 10)];
        for (n, low, high) in [
            (10, 2, 5),
            (1000, 280, 290),
            (100_000, 0, 29_500),
            (10_000_000, 3_000_000, 3_001_000),
        ] {
            let joint = rectangle(&shares, n, &[(low, high), (0, n)]).unwrap();
            let single = Binomial::with_share(n, share).unwrap().between(low, high);
            assert!(
                (joint / single - 1.0).abs() < 1e-11,
                "{n}: {joint} {single}"
            );
        }
    }

    #[test]
    fn certain_and_impossible_rectangles() {
        let third = Rational::new(1, 3);
        let all = rectangle(&[third; 3], 5000, &[(0, 5000); 3]).unwrap();
        assert!((all - 1.0).abs() < 1e-12);
        assert_eq!(rectangle(&[third; 3], 5000, &[(0, 100); 3]).unwrap(), 0.0);
        assert_eq!(rectangle(&[third; 3], 10, &[(5, 10); 3]).unwrap(), 0.0);
    }
}
