//! Every share within the tolerance from n on, for ever: exact up to three versions.
//!
//! With two versions one share tells both. With three, the two free counts walk on a plane, and
//! what [`super::stays_within`] does on a line is done on the plane.

use super::exits::beyond_exits;
use super::joint::check_shares;
use super::stays::{stays_within, stays_within_by_n, stays_within_n};
use super::within::band;
use super::{Rational, StatsError, check, check_confidence, domain, to_f64};
use crate::stats::binomial::Binomial;

/// What all later exits may add up to: the absolute error of the result.
const TAIL: f64 = 1e-12;

/// Lattice cells that a calculation may visit; some seconds.
const MOST_CELLS: f64 = 1e10;

/// P(|c_i(m)/m − w_i| ≤ tolerance for every version i and every m ≥ n), for up to three versions
/// with a share above zero. Absolute error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares sum to 1, n ≥ 1 and the tolerance is above 0;
/// [`StatsError::Limit`] for four versions or more, and beyond 10^10 lattice cells (three versions:
/// tolerances below some 2.5 points).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::joint_stays_within;
/// let shares = [Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 4)];
/// let p = joint_stays_within(&shares, 100, Ratio::new(1, 10))?;
/// assert!((p - 0.8771781710831).abs() < 1e-11);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_stays_within(
    shares: &[Rational],
    n: u64,
    tolerance: Rational,
) -> Result<f64, StatsError> {
    check_shares(shares)?;
    if n == 0 {
        return Err(domain("n", "at least 1", n));
    }
    match positive(shares)[..] {
        [] => Ok(1.0),
        [share] | [share, _] => stays_within(n, share, tolerance),
        [a, b, c] => {
            let mut plane = Plane::new([a, b, c], tolerance)?;
            if n > plane.requests {
                return Ok(1.0);
            }
            plane.back_to(n);
            plane.probability()
        }
        _ => Err(too_many(shares)),
    }
}

/// [`joint_stays_within`] at several n, which must ascend, from one calculation.
///
/// # Errors
/// As [`joint_stays_within`].
pub fn joint_stays_within_by_n(
    numbers: &[u64],
    shares: &[Rational],
    tolerance: Rational,
) -> Result<Vec<f64>, StatsError> {
    check_shares(shares)?;
    if numbers.first() == Some(&0) || !numbers.is_sorted() {
        return Err(domain("n", "at least 1, ascending", format!("{numbers:?}")));
    }
    match positive(shares)[..] {
        [] => Ok(vec![1.0; numbers.len()]),
        [share] | [share, _] => stays_within_by_n(numbers, share, tolerance),
        [a, b, c] => {
            let mut plane = Plane::new([a, b, c], tolerance)?;
            let mut values = vec![1.0; numbers.len()];
            for (value, &n) in values.iter_mut().zip(numbers).rev() {
                if n <= plane.requests {
                    plane.back_to(n);
                    *value = plane.probability()?;
                }
            }
            Ok(values)
        }
        _ => Err(too_many(shares)),
    }
}

/// The smallest n with P(every share stays within from n on) ≥ confidence.
///
/// # Errors
/// As [`joint_stays_within`]; [`StatsError::Domain`] for a confidence outside (0, 1).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::{joint_stays_within_n, stays_within_n};
/// let (half, quarter, tolerance) = (Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 10));
/// let joint = joint_stays_within_n(&[half, quarter, quarter], tolerance, 0.95)?;
/// assert!(joint > stays_within_n(half, tolerance, 0.95)?);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_stays_within_n(
    shares: &[Rational],
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    check_shares(shares)?;
    check_confidence(confidence)?;
    match positive(shares)[..] {
        [] => Ok(1),
        [share] | [share, _] => stays_within_n(share, tolerance, confidence),
        [a, b, c] => Plane::new([a, b, c], tolerance)?.smallest(confidence),
        _ => Err(too_many(shares)),
    }
}

fn positive(shares: &[Rational]) -> Vec<Rational> {
    shares
        .iter()
        .copied()
        .filter(|share| *share.numer() > 0)
        .collect()
}

fn too_many(shares: &[Rational]) -> StatsError {
    StatsError::Limit {
        what: format!("staying within with {} versions for ever", shares.len()),
        limit: "three versions".into(),
    }
}

/// The bands of the three counts at one number of requests.
#[derive(Clone, Copy)]
struct Bands([(u64, u64); 3]);

impl Bands {
    fn at(m: u64, shares: [Rational; 3], tolerance: Rational) -> Option<Self> {
        let [a, b, c] = shares.map(|share| band(m, share, tolerance));
        Some(Self([a?, b?, c?]))
    }

    /// The second counts that are inside, given the first.
    fn row(&self, m: u64, first: u64) -> Option<(u64, u64)> {
        let [_, second, third] = self.0;
        let left = m.checked_sub(first)?;
        let low = second.0.max(left.saturating_sub(third.1));
        let high = second.1.min(left.checked_sub(third.0)?);
        (low <= high).then_some((low, high))
    }
}

/// The probability to stay inside from `requests` on, given the first two counts.
#[derive(Clone)]
struct Plane {
    shares: [Rational; 3],
    tolerance: Rational,
    requests: u64,
    bands: Option<Bands>,
    /// Row by row, each cell shifted by one so that every cell has a neighbour on either side.
    cells: Vec<f64>,
    stride: usize,
}

impl Plane {
    fn new(shares: [Rational; 3], tolerance: Rational) -> Result<Self, StatsError> {
        check(Rational::from_integer(0), tolerance)?;
        let t = to_f64(tolerance);
        let last = beyond_exits(&shares.map(to_f64), t, TAIL);
        let width = (2.0 * t).min(1.0);
        if width * width * last.powi(3) / 3.0 > MOST_CELLS {
            return Err(StatsError::Limit {
                what: format!("three versions staying within ±{t} for ever"),
                limit: format!("{MOST_CELLS:e} lattice cells"),
            });
        }
        let requests = last as u64;
        let bands = Bands::at(requests, shares, tolerance);
        let mut plane = Self {
            shares,
            tolerance,
            requests,
            bands,
            cells: Vec::new(),
            stride: 0,
        };
        plane.cells = plane.blank();
        if let Some(bands) = bands {
            let [(first_low, first_high), (second_low, _), _] = bands.0;
            for first in first_low..=first_high {
                if let Some((low, high)) = bands.row(requests, first) {
                    let row = (first - first_low + 1) as usize * plane.stride + 1;
                    let from = row + (low - second_low) as usize;
                    plane.cells[from..=from + (high - low) as usize].fill(1.0);
                }
            }
        }
        Ok(plane)
    }

    /// Cells of zero for the current bands, and the stride between their rows.
    fn blank(&mut self) -> Vec<f64> {
        let Some(Bands([first, second, _])) = self.bands else {
            return Vec::new();
        };
        self.stride = (second.1 - second.0 + 4) as usize;
        vec![0.0; self.stride * (first.1 - first.0 + 4) as usize]
    }

    fn back_to(&mut self, requests: u64) {
        while self.requests > requests {
            self.step();
        }
    }

    /// One request back: u(a, b) ← p₁ u(a+1, b) + p₂ u(a, b+1) + p₃ u(a, b) inside, 0 outside.
    fn step(&mut self) {
        self.requests -= 1;
        let Some(Bands([later_first, later_second, _])) = self.bands else {
            return;
        };
        let (later, later_stride) = (std::mem::take(&mut self.cells), self.stride);
        self.bands = Bands::at(self.requests, self.shares, self.tolerance);
        self.cells = self.blank();
        let Some(bands) = self.bands else { return };
        let [p, q, r] = self.shares.map(to_f64);
        let [(first_low, first_high), (second_low, _), _] = bands.0;
        for first in first_low..=first_high {
            let Some((low, high)) = bands.row(self.requests, first) else {
                continue;
            };
            let length = (high - low + 1) as usize;
            // Bands move by at most one per request, so these places exist; see the margins.
            let row = (first + 1 - later_first.0) as usize;
            let column = (low + 1 - later_second.0) as usize;
            let here = &later[row * later_stride + column..][..length + 1];
            let above = &later[(row + 1) * later_stride + column..][..length];
            let from =
                (first - first_low + 1) as usize * self.stride + (low - second_low + 1) as usize;
            for (place, cell) in self.cells[from..from + length].iter_mut().enumerate() {
                *cell = p * above[place] + q * here[place + 1] + r * here[place];
            }
        }
    }

    /// Σ P(first two counts) · u.
    fn probability(&self) -> Result<f64, StatsError> {
        let Some(bands) = self.bands else {
            return Ok(0.0);
        };
        let m = self.requests;
        let [first_share, second_share, third_share] = self.shares;
        let law = Binomial::with_share(m, first_share)?;
        let second_of_rest = second_share / (second_share + third_share);
        let odds = to_f64(second_share / third_share);
        let [(first_low, first_high), (second_low, _), _] = bands.0;
        let mut sum = 0.0;
        for first in first_low..=first_high {
            let Some((low, high)) = bands.row(m, first) else {
                continue;
            };
            let row = (first - first_low + 1) as usize * self.stride + 1;
            let cells = &self.cells[row + (low - second_low) as usize..];
            let mut mass =
                law.pmf(first) * Binomial::with_share(m - first, second_of_rest)?.pmf(low);
            for (second, cell) in (low..=high).zip(cells) {
                sum += mass * cell;
                mass *= odds * (m - first - second) as f64 / (second + 1) as f64;
            }
        }
        Ok(sum.min(1.0))
    }

    /// The smallest n that reaches the confidence: back in strides of 2% until it is missed, then
    /// one by one from the stride before.
    fn smallest(mut self, confidence: f64) -> Result<u64, StatsError> {
        let mut before = self.clone();
        while self.requests > 1 && self.probability()? >= confidence {
            before = self.clone();
            self.back_to(self.requests - (self.requests / 50).max(1));
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
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::super::joint_within;
    use super::*;

    const QUARTERS: [Rational; 3] = [
        Ratio::new_raw(1, 2),
        Ratio::new_raw(1, 4),
        Ratio::new_raw(1, 4),
    ];

    #[test]
    fn agrees_with_a_dense_recursion() {
        // numpy, the whole triangle of counts back from m = 1500
        let tolerance = Ratio::new(1, 10);
        for (n, expected) in [
            (15, 0.077_577_531_440_160_5),
            (100, 0.877_178_171_083_133_5),
        ] {
            let value = joint_stays_within(&QUARTERS, n, tolerance).unwrap();
            assert!((value - expected).abs() < 1e-11, "{n}: {value}");
        }
    }

    #[test]
    fn two_versions_stay_as_one_does_and_four_are_refused() {
        let tolerance = Ratio::new(1, 10);
        let shares = [Ratio::new(9, 10), Ratio::from_integer(0), Ratio::new(1, 10)];
        let joint = joint_stays_within(&shares, 25, tolerance).unwrap();
        assert_eq!(
            joint,
            stays_within(25, Ratio::new(9, 10), tolerance).unwrap()
        );
        assert_eq!(joint_stays_within_n(&shares, tolerance, 0.9).unwrap(), 25);
        let refused = joint_stays_within(&[Ratio::new(1, 4); 4], 25, tolerance);
        assert!(matches!(refused, Err(StatsError::Limit { .. })));
    }

    #[test]
    fn staying_needs_more_than_being_there_once() {
        let tolerance = Ratio::new(1, 10);
        let n = joint_stays_within_n(&QUARTERS, tolerance, 0.95).unwrap();
        let stays = |n| joint_stays_within(&QUARTERS, n, tolerance).unwrap();
        assert!(stays(n) >= 0.95 && stays(n - 1) < 0.95);
        assert!(joint_within(&QUARTERS, n, tolerance).unwrap() >= stays(n));
    }

    #[test]
    fn a_wide_tolerance_is_certain_soon() {
        let thirds = [Ratio::new(1, 3); 3];
        let all = joint_stays_within(&thirds, 1, Ratio::new(1, 1)).unwrap();
        assert!((all - 1.0).abs() < 1e-12);
        let uneven = [Ratio::new(98, 100), Ratio::new(1, 100), Ratio::new(1, 100)];
        let some = joint_stays_within(&uneven, 10, Ratio::new(1, 5)).unwrap();
        assert!(some > 0.9 && some < 1.0, "{some}");
    }
}
