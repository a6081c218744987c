//! The weighting algorithms, behind one small trait: a file each, its upstream source named.
//!
//! An algorithm knows weights (`&[u32]`, in the order of the destinations) and random numbers, and
//! nothing else: no versions, no clock, no files. A destination is its index, because the same
//! version may stand twice. Who runs which algorithm, and when, is decided in `sim`.

mod edf;
pub mod envoy;
mod envoy_legacy;
mod replicas;
mod smooth_wrr;
mod static_stride;
mod sticky;
mod sticky_cookie;
#[cfg(test)]
mod testing;
mod thresholds;
mod users;

pub use edf::Edf;
pub use envoy::Envoy;
pub use envoy_legacy::EnvoyLegacy;
pub use replicas::Replicas;
pub use smooth_wrr::SmoothWrr;
pub use static_stride::StaticStride;
pub use sticky::Sticky;
pub use sticky_cookie::StickyCookie;
pub use thresholds::Thresholds;
pub use users::{User, Users};

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

    /// Fills `picks` with the destinations of the next requests, in order: the same as calling
    /// [`pick`](Self::pick) for each.
    fn fill(&mut self, random: &mut Stream, picks: &mut [usize]) {
        for pick in picks {
            *pick = self.pick(random);
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

/// [`Split::count`] for an algorithm without randomness whose picks repeat after `period` of them:
/// one period is picked through, the others are only added.
fn count_periods(
    split: &mut impl Split,
    random: &mut Stream,
    period: u64,
    requests: u64,
    counts: &mut [u64],
) {
    let mut add = |picks: u64, times: u64| {
        for _ in 0..picks {
            counts[split.pick(random)] += times;
        }
    };
    let periods = requests / period;
    if periods > 0 {
        add(period, periods);
    }
    add(requests % period, 1);
}
