//! The weighting algorithms, behind one small trait: a file each, its upstream source named.
//!
//! An algorithm knows weights (`&[u32]`, in the order of the destinations) and random numbers, and
//! nothing else: no versions, no clock, no files. A destination is its index, because the same
//! version may stand twice. Who runs which algorithm, and when, is decided in `sim`.

pub mod envoy;
mod thresholds;

pub use envoy::Envoy;
pub use thresholds::Thresholds;

use std::fmt::Debug;

use crate::random::Stream;

/// Picks a destination for the next request.
pub trait Split: Debug + Send {
    /// The index of the destination that the next request goes to; its weight is above zero.
    ///
    /// Algorithms that draw take their random numbers from `random`; the others leave it alone.
    fn pick(&mut self, random: &mut Stream) -> usize;

    /// Adds to `counts[i]` how many of the next `requests` requests go to destination `i`.
    ///
    /// Exactly what as many calls of [`pick`](Self::pick) would give, with the same state and the
    /// same `random` afterwards; an algorithm may have a faster way. `counts` is as long as the
    /// list of weights.
    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        for _ in 0..requests {
            counts[self.pick(random)] += 1;
        }
    }
}

/// The destinations that take part: index and weight of each whose weight is above zero.
///
/// Returns `None` if there is none.
fn weighted(weights: &[u32]) -> Option<Vec<(usize, u32)>> {
    let live: Vec<(usize, u32)> = weights
        .iter()
        .copied()
        .enumerate()
        .filter(|&(_, weight)| weight > 0)
        .collect();
    (!live.is_empty()).then_some(live)
}
