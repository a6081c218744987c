//! The exact law of a running count, with runs that were stopped taken out of it.
//!
//! Every exact operating characteristic in this room is the same computation: after each
//! observation the count either rises by one or stays, and at the looks the mass outside of a
//! continuation interval is absorbed.

use std::ops::RangeInclusive;

use super::Looks;
use crate::stats::StatsError;

/// Mass below this is dropped at the ends: ten thousand million of such drops do not show.
const NEGLIGIBLE: f64 = 1e-40;

/// The most cells that one computation visits: some ten seconds.
const MAX_CELLS: u64 = 20_000_000_000;

/// The probability that a sequential rule has stopped by a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossingPoint {
    /// The number of observations.
    pub n: u64,
    /// Probability to have stopped by then because the count was too low.
    pub low: f64,
    /// Probability to have stopped by then because the count was too high.
    pub high: f64,
}

impl CrossingPoint {
    /// The probability to have stopped by then on either side.
    #[must_use]
    pub fn either(self) -> f64 {
        self.low + self.high
    }
}

/// The law of the count of successes among those runs that were not stopped.
#[derive(Debug, Clone)]
pub(super) struct CountWalk {
    n: u64,
    first: u64,
    mass: Vec<f64>,
    p: f64,
    cells: u64,
}

impl CountWalk {
    /// Before the first observation, each of which succeeds with probability `p`.
    pub(super) fn new(p: f64) -> Result<Self, StatsError> {
        if !(0.0..=1.0).contains(&p) {
            return Err(StatsError::domain("p", "a probability in [0, 1]", p));
        }
        Ok(Self {
            n: 0,
            first: 0,
            mass: vec![1.0],
            p,
            cells: 0,
        })
    }

    /// The number of observations so far.
    pub(super) fn n(&self) -> u64 {
        self.n
    }

    /// The probability not to have been stopped.
    pub(super) fn surviving(&self) -> f64 {
        self.mass.iter().sum()
    }

    /// One more observation.
    pub(super) fn step(&mut self) -> Result<(), StatsError> {
        self.cells += self.mass.len() as u64 + 1;
        if self.cells > MAX_CELLS {
            return Err(StatsError::Limit {
                what: format!("the law of the count after {} observations", self.n),
                limit: format!("{MAX_CELLS} cells"),
            });
        }
        self.n += 1;
        let (p, q) = (self.p, 1.0 - self.p);
        self.mass.push(0.0);
        for index in (1..self.mass.len()).rev() {
            self.mass[index] = q * self.mass[index] + p * self.mass[index - 1];
        }
        if let Some(lowest) = self.mass.first_mut() {
            *lowest *= q;
        }
        self.trim();
        Ok(())
    }

    /// Takes out the mass outside of the interval; returns what was (below, above) it.
    pub(super) fn absorb_outside(&mut self, keep: &RangeInclusive<u64>) -> (f64, f64) {
        let length = self.mass.len() as u64;
        let high = (keep.end() + 1).saturating_sub(self.first).min(length) as usize;
        let low = keep.start().saturating_sub(self.first).min(length) as usize;
        let above = self.mass.drain(high.max(low)..).sum();
        let below = self.mass.drain(..low).sum();
        self.first += low as u64;
        (below, above)
    }

    fn trim(&mut self) {
        while self.mass.last().is_some_and(|&last| last < NEGLIGIBLE) {
            self.mass.pop();
        }
        let leading = self.mass.iter().take_while(|&&m| m < NEGLIGIBLE).count();
        self.mass.drain(..leading);
        self.first += leading as u64;
    }
}

/// P(stopped by each look), where a run is stopped at a look with its count outside of
/// `continuation(n)`.
pub(super) fn crossing_curve(
    p: f64,
    looks: &Looks,
    mut continuation: impl FnMut(u64) -> RangeInclusive<u64>,
) -> Result<Vec<CrossingPoint>, StatsError> {
    let mut walk = CountWalk::new(p)?;
    let (mut low, mut high) = (0.0, 0.0);
    let mut curve = Vec::new();
    for n in looks.iter() {
        while walk.n() < n {
            walk.step()?;
        }
        let (below, above) = walk.absorb_outside(&continuation(n));
        low += below;
        high += above;
        curve.push(CrossingPoint { n, low, high });
    }
    Ok(curve)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial::Binomial;
    use proptest::prelude::*;

    #[test]
    fn gamblers_ruin_by_hand() {
        // Stopped at 2 successes or 2 failures: sequences ss, sff?, ... of a fair coin.
        let looks = Looks::after_each(3).unwrap();
        let curve = crossing_curve(0.5, &looks, |n| (n.saturating_sub(1))..=1).unwrap();
        let stopped: Vec<f64> = curve.iter().map(|point| point.either()).collect();
        assert_eq!(stopped, [0.0, 0.5, 1.0]);
        assert_eq!((curve[1].low, curve[1].high), (0.25, 0.25));
    }

    #[test]
    fn an_empty_continuation_stops_everything() {
        let looks = Looks::at(vec![4]).unwrap();
        #[expect(clippy::reversed_empty_ranges, reason = "an empty interval is meant")]
        let curve = crossing_curve(0.5, &looks, |_| 3..=1).unwrap();
        assert_eq!((curve[0].low, curve[0].high), (11.0 / 16.0, 5.0 / 16.0));
    }

    proptest! {
        #[test]
        fn one_look_is_the_binomial_law(n in 1u64..400, p in 0.0..=1.0f64, a in 0u64..400, b in 0u64..400) {
            let looks = Looks::at(vec![n]).unwrap();
            let (low, high) = (a.min(b).min(n), a.max(b));
            let point = crossing_curve(p, &looks, |_| low..=high).unwrap()[0];
            let law = Binomial::new(n, p).unwrap();
            let below = if low == 0 { 0.0 } else { law.cdf(low - 1) };
            prop_assert!((point.low - below).abs() < 1e-12);
            prop_assert!((point.high - law.sf(high)).abs() < 1e-12);
        }
    }
}
