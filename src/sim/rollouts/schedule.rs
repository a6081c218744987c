//! Weights by the clock.

use super::layout::nanos;
use super::observer::Observer;
use super::record::{Outcome, Reason};
use super::{Decision, MANUAL_PAUSE, Next};
use crate::rollout::{Route, Schedule};

#[derive(Debug)]
pub(super) struct ScheduleController<'a> {
    rollout: &'a Schedule,
    step: usize,
}

impl<'a> ScheduleController<'a> {
    pub(super) fn new(rollout: &'a Schedule) -> Self {
        Self { rollout, step: 0 }
    }

    pub(super) fn tick(&mut self, observer: &Observer) -> Next {
        let Some(step) = self.rollout.steps().get(self.step) else {
            return Next::Done(Decision {
                outcome: Outcome::Promoted,
                reason: Reason::ScheduleEnded,
            });
        };
        self.step += 1;
        Next::Go {
            route: Route::users(step.weight),
            until: observer.now() + nanos(step.duration.unwrap_or(MANUAL_PAUSE)),
        }
    }
}
