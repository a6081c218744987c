//! When requests arrive.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use num_rational::Ratio;

use crate::units::{Rate, Rational};

/// When requests arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrivals {
    /// The arrival process.
    pub process: ArrivalProcess,
    /// Requests per second: in the long run for random processes, at most for a closed loop, and
    /// without meaning for a replay.
    pub rate: Rate,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            process: ArrivalProcess::Constant,
            rate: Rate::one_per_second(),
        }
    }
}

impl Arrivals {
    /// Whether `rate` has no say: viewers or a recording decide.
    #[must_use]
    pub fn set_their_own_pace(&self) -> bool {
        matches!(
            self.process,
            ArrivalProcess::ClosedLoop { .. } | ArrivalProcess::Replay(_)
        )
    }

    /// Viewers who each wait for their response and then think; see [`ArrivalProcess::ClosedLoop`].
    /// `None` if the rate, viewers over think time, cannot be held exactly.
    #[must_use]
    pub fn closed_loop(viewers: NonZeroU32, think: Duration) -> Option<Self> {
        let nanos = u64::try_from(think.as_nanos()).ok().filter(|&n| n > 0)?;
        let most = u64::from(viewers.get()).checked_mul(1_000_000_000)?;
        Some(Self {
            process: ArrivalProcess::ClosedLoop { viewers, think },
            rate: Rate::new(Ratio::new(most, nanos))?,
        })
    }
}

/// The law of the moments at which requests arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalProcess {
    /// Evenly spaced; the first request arrives when the phase begins.
    Constant,
    /// Independent exponential gaps; the first request arrives after one gap.
    Poisson,
    /// A Poisson process whose rate jumps between quiet and busy (a Markov-modulated Poisson
    /// process with two states); it begins quiet.
    Bursts(Bursts),
    /// A Poisson process whose rate follows the time of day.
    Daily(Daily),
    /// `viewers` people who each send a request, wait for the response, think for an exponential
    /// time with mean `think`, and begin again. They begin by thinking.
    ClosedLoop {
        /// How many.
        viewers: NonZeroU32,
        /// The mean time between a response and the next request.
        think: Duration,
    },
    /// Recorded moments, from the start of the phase, in ascending order.
    Replay(Arc<[Duration]>),
}

impl ArrivalProcess {
    /// Whether the moment of every request follows from its number.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self, Self::Constant)
    }
}

/// The two states of a bursty arrival process; each lasts for an exponential time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bursts {
    /// The busy rate over the quiet rate, above 1.
    pub factor: Rational,
    /// The mean length of a burst, above zero.
    pub busy: Duration,
    /// The mean time between bursts, above zero.
    pub quiet: Duration,
}

/// A rate that follows the time of day: λ(t) = rate · (1 + swing · cos(2π (t − peak) / period)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily {
    /// How far the rate goes above and below its mean, as a share of it, above 0, at most 1.
    pub swing: Rational,
    /// The length of the day, above zero.
    pub period: Duration,
    /// When the rate is highest, from the start of the run.
    pub peak: Duration,
}
