//! When requests arrive: evenly spaced, or as a Poisson process.

use rand_distr::{Distribution, Exp1};

use crate::random::{Purpose, Stream, stream};
use crate::scenario::{ArrivalProcess, Phase};
use crate::units::{Rate, SimTime, to_f64};

/// The moments at which the requests of one phase arrive, one after the other.
#[derive(Debug)]
pub(super) struct ArrivalTimes {
    start: SimTime,
    rate: Rate,
    process: ArrivalProcess,
    arrived: u64,
    last: SimTime,
    random: Stream,
}

impl ArrivalTimes {
    /// The arrivals of a phase that begins at `start`, in replication `replication`.
    pub(super) fn new(phase: &Phase, start: SimTime, seed: u64, index: &[u64]) -> Self {
        let arrivals = phase.arrivals();
        Self {
            start,
            rate: arrivals.rate,
            process: arrivals.process,
            arrived: 0,
            last: start,
            random: stream(seed, Purpose::Arrivals, index),
        }
    }

    /// The moment of the next arrival. Random gaps are rounded to nanoseconds one by one, so that
    /// they are the same on every machine.
    pub(super) fn next(&mut self) -> SimTime {
        self.last = match self.process {
            ArrivalProcess::Constant => nth_arrival(self.start, self.rate, self.arrived),
            ArrivalProcess::Poisson => {
                let exponential: f64 = Exp1.sample(&mut self.random);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "positive, and saturating is right at the end of time"
                )]
                let gap = (exponential * 1e9 / to_f64(self.rate.per_second())).round() as u64;
                SimTime::from_nanos(self.last.as_nanos().saturating_add(gap))
            }
        };
        self.arrived += 1;
        self.last
    }
}

/// The moment of arrival number `index` (from 0) when arrivals are evenly spaced from `start`.
pub(super) fn nth_arrival(start: SimTime, rate: Rate, index: u64) -> SimTime {
    let nanos = rate.nanos_until(index).unwrap_or(u64::MAX);
    SimTime::from_nanos(start.as_nanos().saturating_add(nanos))
}

/// The number of evenly spaced arrivals from `start` that come before `time`.
pub(super) fn arrivals_before(start: SimTime, rate: Rate, time: SimTime) -> u64 {
    let nanos = u128::from(time.as_nanos().saturating_sub(start.as_nanos()));
    let per_second = rate.per_second();
    let arrivals = nanos * u128::from(*per_second.numer());
    let unit = 1_000_000_000 * u128::from(*per_second.denom());
    u64::try_from(arrivals.div_ceil(unit)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;

    #[test]
    fn the_count_before_a_moment_agrees_with_the_moments_themselves() {
        let start = SimTime::from_nanos(1_000);
        for rate in [
            Ratio::new(1, 3),
            Ratio::new(7, 1),
            Ratio::new(1_000_000_007, 1),
        ] {
            let rate = Rate::new(rate).unwrap();
            let moments: Vec<SimTime> = (0..200)
                .map(|index| nth_arrival(start, rate, index))
                .collect();
            for time in moments
                .iter()
                .flat_map(|t| [t.as_nanos(), t.as_nanos() + 1])
            {
                let before = moments
                    .iter()
                    .filter(|moment| moment.as_nanos() < time)
                    .count();
                if before < moments.len() {
                    let time = SimTime::from_nanos(time);
                    assert_eq!(
                        arrivals_before(start, rate, time),
                        before as u64,
                        "{rate} {time}"
                    );
                }
            }
        }
    }
}
