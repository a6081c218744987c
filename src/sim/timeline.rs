//! What happens whatever the backends do: phases begin and end, requests arrive and are split.
//!
//! A [`Timeline`] gives these steps in the order of time, one by one or in blocks. In a closed
//! loop arrivals wait for responses; there the engine says when a request arrives.

use std::num::NonZeroU32;
use std::time::Duration;

use super::arrivals::ArrivalTimes;
use super::replay::{Request, Step};
use super::splitter::PhaseSplitter;
use crate::random::Purpose;
use crate::scenario::{ArrivalProcess, Length, Phase, Scenario};
use crate::units::SimTime;

/// Requests that are prepared at a time.
const BLOCK: u64 = 1024;

/// The steps of a run that do not depend on its backends.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    scenario: &'a Scenario,
    replication: u64,
    next_phase: usize,
    now: SimTime,
    index: u64,
    current: Option<Current<'a>>,
}

/// A phase that is in force.
#[derive(Debug)]
struct Current<'a> {
    place: usize,
    phase: &'a Phase,
    end: Option<SimTime>,
    remaining: Option<u64>,
    arrivals: ArrivalTimes<'a>,
    splitter: PhaseSplitter,
    moments: Vec<u64>,
    picks: Vec<usize>,
    used: usize,
    last: SimTime,
}

/// Steps in a row.
pub(super) enum Block<'t> {
    /// A phase begins or ends.
    Change(Step),
    /// Requests of one phase, in order; never none.
    Requests {
        /// The phase.
        phase: usize,
        /// When each arrives, in nanoseconds.
        moments: &'t [u64],
        /// The destination of each.
        picks: &'t [usize],
    },
}

impl<'a> Timeline<'a> {
    /// The steps of replication number `replication`.
    pub(super) fn new(scenario: &'a Scenario, replication: u64) -> Self {
        Self {
            scenario,
            replication,
            next_phase: 0,
            now: SimTime::ZERO,
            index: 0,
            current: None,
        }
    }

    /// The next step; `None` at the end of the last phase. In a closed loop this treats responses
    /// as immediate; see [`Self::request_now`].
    pub(super) fn next(&mut self) -> Option<Step> {
        let Some(current) = &mut self.current else {
            return self.begin();
        };
        if current.refill() {
            let time = SimTime::from_nanos(current.moments[current.used]);
            let destination = current.picks[current.used];
            current.advance(1);
            let phase = current.place;
            self.index += 1;
            return Some(Step::Request(Request {
                index: self.index - 1,
                time,
                phase,
                destination,
            }));
        }
        let end = current.ends_at();
        Some(self.end_phase(end))
    }

    /// The next steps; `None` at the end of the last phase. Requests come in blocks.
    pub(super) fn next_block(&mut self) -> Option<Block<'_>> {
        let more = match &mut self.current {
            None => return self.begin().map(Block::Change),
            Some(current) => current.refill(),
        };
        if !more {
            let end = self.current.as_mut().map_or(self.now, Current::ends_at);
            return Some(Block::Change(self.end_phase(end)));
        }
        let current = self.current.as_mut()?;
        let range = current.used..current.until_end();
        current.advance(range.len());
        self.index += range.len() as u64;
        Some(Block::Requests {
            phase: current.place,
            moments: &current.moments[range.clone()],
            picks: &current.picks[range],
        })
    }

    /// Viewers and think time, if the phase in force is a closed loop.
    pub(super) fn closed_loop(&self) -> Option<(NonZeroU32, Duration)> {
        match self.current.as_ref()?.phase.arrivals().process {
            ArrivalProcess::ClosedLoop { viewers, think } => Some((viewers, think)),
            _ => None,
        }
    }

    /// When the phase in force ends by the clock, if it does.
    pub(super) fn phase_end(&self) -> Option<SimTime> {
        self.current.as_ref()?.end
    }

    /// In a closed loop: a viewer sends a request at `time`. `None` if the phase has all its
    /// requests.
    pub(super) fn request_now(&mut self, time: SimTime) -> Option<Request> {
        let current = self.current.as_mut()?;
        if current.remaining == Some(0) {
            return None;
        }
        if let Some(remaining) = &mut current.remaining {
            *remaining -= 1;
        }
        self.index += 1;
        Some(Request {
            index: self.index - 1,
            time,
            phase: current.place,
            destination: current.splitter.pick(),
        })
    }

    /// The destination of something that is split again, in the phase in force.
    pub(super) fn pick_again(&mut self) -> Option<usize> {
        Some(self.current.as_mut()?.splitter.pick())
    }

    /// Whether the phase in force has had all its requests.
    pub(super) fn is_complete(&self) -> bool {
        let remaining = self.current.as_ref().map(|current| current.remaining);
        remaining == Some(Some(0))
    }

    /// Ends the phase in force at `time`.
    pub(super) fn end_phase(&mut self, time: SimTime) -> Step {
        self.current = None;
        self.now = time;
        Step::PhaseEnds { time }
    }

    fn begin(&mut self) -> Option<Step> {
        let (place, time) = (self.next_phase, self.now);
        let phase = self.scenario.phases().get(place)?;
        let index = [self.replication, place as u64];
        let (end, remaining) = match phase.length() {
            Length::Duration(span) => (Some(time.after(span)), None),
            Length::Requests(requests) => (None, Some(requests)),
        };
        self.next_phase += 1;
        self.current = Some(Current {
            place,
            phase,
            end,
            remaining,
            arrivals: ArrivalTimes::new(phase, time, self.scenario.seed(), &index),
            splitter: PhaseSplitter::new(phase, self.scenario.seed(), Purpose::Split, index),
            moments: Vec::new(),
            picks: Vec::new(),
            used: 0,
            last: time,
        });
        Some(Step::PhaseBegins { phase: place, time })
    }
}

impl Current<'_> {
    /// Prepares more requests if all are used. False if the phase has no more.
    fn refill(&mut self) -> bool {
        if self.used == self.moments.len() {
            let expected = self.phase.expected_requests().saturating_add(1);
            let wanted = self.remaining.unwrap_or(expected).min(BLOCK);
            let wanted = usize::try_from(wanted).unwrap_or(0);
            self.moments.resize(wanted, 0);
            self.picks.resize(wanted, 0);
            self.arrivals.fill(&mut self.moments);
            self.splitter.fill(&mut self.picks);
            self.used = 0;
        }
        let next = self.moments.get(self.used);
        let end = self.end.map_or(u64::MAX, SimTime::as_nanos);
        next.is_some_and(|&moment| moment < end)
    }

    /// The place behind the last prepared request that belongs to the phase.
    fn until_end(&self) -> usize {
        match self.end {
            None => self.moments.len(),
            Some(end) => self
                .moments
                .partition_point(|&moment| moment < end.as_nanos()),
        }
    }

    fn advance(&mut self, requests: usize) {
        self.used += requests;
        self.last = SimTime::from_nanos(self.moments[self.used - 1]);
        if let Some(remaining) = &mut self.remaining {
            *remaining -= requests as u64;
        }
    }

    /// When the phase ends: by the clock, or with its last request, evenly spaced ones one gap
    /// later, so that the spacing goes on across phases.
    fn ends_at(&mut self) -> SimTime {
        match (self.end, self.phase.arrivals().process.is_constant()) {
            (Some(end), _) => end,
            (None, true) => self.arrivals.next(),
            (None, false) => self.last,
        }
    }
}
