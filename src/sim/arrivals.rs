//! When requests arrive, one moment after the other. Closed loops, whose arrivals wait for
//! responses, are in [`super::engine`]; here, where responses take no time, they are Poisson.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use crate::random::{Purpose, Stream, stream};
use crate::scenario::{ArrivalProcess, Bursts, Daily, Phase};
use crate::units::{Rate, SimTime, to_f64};

/// The moments at which the requests of one phase arrive, one after the other.
#[derive(Debug)]
pub(super) struct ArrivalTimes<'a> {
    start: SimTime,
    rate: Rate,
    process: &'a ArrivalProcess,
    arrived: u64,
    last: SimTime,
    random: Stream,
    bursts: Option<BurstState>,
}

/// Whether it is busy, and until when.
#[derive(Debug)]
struct BurstState {
    busy: bool,
    until: SimTime,
    random: Stream,
}

impl<'a> ArrivalTimes<'a> {
    /// The arrivals of a phase that begins at `start`, in replication `replication`.
    pub(super) fn new(phase: &'a Phase, start: SimTime, seed: u64, index: &[u64]) -> Self {
        let arrivals = phase.arrivals();
        let bursts = match &arrivals.process {
            ArrivalProcess::Bursts(bursts) => {
                let mut random = stream(seed, Purpose::Bursts, index);
                let length = exponential(&mut random, bursts.quiet.as_secs_f64() * 1e9);
                Some(BurstState {
                    busy: false,
                    until: later(start, length),
                    random,
                })
            }
            _ => None,
        };
        Self {
            start,
            rate: arrivals.rate,
            process: &arrivals.process,
            arrived: 0,
            last: start,
            random: stream(seed, Purpose::Arrivals, index),
            bursts,
        }
    }

    /// The moment of the next arrival. Random gaps are rounded to nanoseconds one by one, so that
    /// they are the same on every machine.
    pub(super) fn next(&mut self) -> SimTime {
        self.last = match self.process {
            ArrivalProcess::Constant => nth_arrival(self.start, self.rate, self.arrived),
            ArrivalProcess::Poisson | ArrivalProcess::ClosedLoop { .. } => self.after_gap(),
            ArrivalProcess::Bursts(bursts) => self.next_of_bursts(*bursts),
            ArrivalProcess::Daily(daily) => self.next_of_day(*daily),
            ArrivalProcess::Replay(moments) => usize::try_from(self.arrived)
                .ok()
                .and_then(|place| moments.get(place))
                .map_or(SimTime::from_nanos(u64::MAX), |&span| {
                    self.start.after(span)
                }),
        };
        self.arrived += 1;
        self.last
    }

    /// Fills `moments` with the next arrivals; the same as calling [`Self::next`] for each.
    pub(super) fn fill(&mut self, moments: &mut [u64]) {
        if !matches!(self.process, ArrivalProcess::Poisson) {
            moments
                .iter_mut()
                .for_each(|moment| *moment = self.next().as_nanos());
            return;
        }
        let mean = 1e9 / to_f64(self.rate.per_second());
        for moment in moments.iter_mut() {
            *moment = exponential(&mut self.random, mean);
        }
        let mut last = self.last.as_nanos();
        for moment in moments.iter_mut() {
            last = last.saturating_add(*moment);
            *moment = last;
        }
        self.last = SimTime::from_nanos(last);
        self.arrived += moments.len() as u64;
    }

    fn after_gap(&mut self) -> SimTime {
        let mean = 1e9 / to_f64(self.rate.per_second());
        later(self.last, exponential(&mut self.random, mean))
    }

    /// Exponential gaps at the rate of the state; at a change of state the gap begins anew, which
    /// the exponential law allows.
    fn next_of_bursts(&mut self, bursts: Bursts) -> SimTime {
        let [busy, quiet] = [bursts.busy, bursts.quiet].map(|span| span.as_secs_f64() * 1e9);
        let factor = to_f64(bursts.factor);
        let mean_rate = to_f64(self.rate.per_second()) / 1e9;
        let quiet_rate = mean_rate * (busy + quiet) / (factor * busy + quiet);
        let mut from = self.last;
        let Some(state) = &mut self.bursts else {
            return from;
        };
        loop {
            let rate = if state.busy {
                factor * quiet_rate
            } else {
                quiet_rate
            };
            let moment = later(from, exponential(&mut self.random, 1.0 / rate));
            if moment < state.until {
                return moment;
            }
            from = state.until;
            state.busy = !state.busy;
            let mean = if state.busy { busy } else { quiet };
            state.until = later(from, exponential(&mut state.random, mean).max(1));
        }
    }

    /// Thinning (Lewis and Shedler 1979): candidates at the highest rate, each kept with
    /// probability λ(t) / λmax.
    fn next_of_day(&mut self, daily: Daily) -> SimTime {
        let swing = to_f64(daily.swing);
        let highest = to_f64(self.rate.per_second()) / 1e9 * (1.0 + swing);
        let mut moment = self.last;
        loop {
            moment = later(moment, exponential(&mut self.random, 1.0 / highest));
            let turns =
                (moment.as_seconds() - daily.peak.as_secs_f64()) / daily.period.as_secs_f64();
            let share = (1.0 + swing * (TAU * turns).cos()) / (1.0 + swing);
            if self.random.random::<f64>() < share || moment.as_nanos() == u64::MAX {
                return moment;
            }
        }
    }
}

/// An exponential time with this mean in nanoseconds, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and saturating is right at the end of time"
)]
pub(super) fn exponential(random: &mut Stream, mean_nanos: f64) -> u64 {
    let unit: f64 = Exp1.sample(random);
    (unit * mean_nanos + 0.5) as u64
}

fn later(time: SimTime, nanos: u64) -> SimTime {
    SimTime::from_nanos(time.as_nanos().saturating_add(nanos))
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
