//! Flagger's controller, tick by tick (fluxcd/flagger, pkg/controller/scheduler.go,
//! `advanceCanary`, `runCanary`, `runBlueGreen`, `runAB`).

use super::layout::nanos;
use super::observer::Observer;
use super::record::{Log, Outcome, Reason, TickRecord};
use super::{Decision, Next};
use crate::rollout::{CanaryWeight, Flagger, FlaggerStrategy, Mirror, Route};

/// The status of the `Canary` object.
#[derive(Debug)]
pub(super) struct FlaggerController<'a> {
    rollout: &'a Flagger,
    route: Route,
    /// The number of weights that have been set.
    steps: usize,
    iterations: u32,
    failed_checks: u32,
    without_data: bool,
}

impl<'a> FlaggerController<'a> {
    pub(super) fn new(rollout: &'a Flagger) -> Self {
        Self {
            rollout,
            route: Route::users(CanaryWeight::NONE),
            steps: 0,
            iterations: 0,
            failed_checks: 0,
            without_data: false,
        }
    }

    pub(super) fn tick(&mut self, observer: &Observer, log: Log) -> Next {
        if self.failed_checks >= self.rollout.threshold() {
            return Next::Done(Decision {
                outcome: Outcome::RolledBack {
                    without_data: self.without_data,
                },
                reason: Reason::FailedChecks {
                    failed: self.failed_checks,
                },
            });
        }
        let starts = self.steps == 0
            && self.iterations == 0
            && self.route == Route::users(CanaryWeight::NONE);
        if !starts && !self.run_analysis(observer, log) {
            return self.wait(observer);
        }
        let promoted = match self.rollout.strategy() {
            FlaggerStrategy::Canary { weights, mirror } => self.next_weight(weights, *mirror),
            FlaggerStrategy::BlueGreen { iterations, mirror } => {
                self.next_iteration(*iterations, *mirror)
            }
            FlaggerStrategy::AbTest { iterations } => {
                self.route = Route::users(CanaryWeight::ALL);
                self.iterations += 1;
                self.iterations > *iterations
            }
        };
        match promoted {
            true => Next::Done(Decision {
                outcome: Outcome::Promoted,
                reason: Reason::AllPassed,
            }),
            false => self.wait(observer),
        }
    }

    /// Whether the weights are used up; sets the next one if not.
    fn next_weight(&mut self, weights: &[CanaryWeight], mirror: Option<Mirror>) -> bool {
        let unmirrored = self.route.mirrored == CanaryWeight::NONE;
        if let Some(mirror) = mirror
            && self.steps == 0
            && unmirrored
        {
            self.route.mirrored = mirror.weight;
            return false;
        }
        match weights.get(self.steps) {
            Some(&weight) => {
                self.route = Route::users(weight);
                self.steps += 1;
                false
            }
            None => true,
        }
    }

    /// `iterations` ticks on mirrored traffic, one on all traffic.
    fn next_iteration(&mut self, iterations: u32, mirror: Option<Mirror>) -> bool {
        self.route = match self.iterations < iterations {
            true => Route {
                users: CanaryWeight::NONE,
                mirrored: mirror.map_or(CanaryWeight::NONE, |mirror| mirror.weight),
            },
            false => Route::users(CanaryWeight::ALL),
        };
        self.iterations += 1;
        self.iterations > iterations + 1
    }

    /// Whether every check passes. The first that does not is counted, and ends the tick.
    fn run_analysis(&mut self, observer: &Observer, log: Log) -> bool {
        for check in self.rollout.checks() {
            let value = observer.measure(&check.measure, check.window());
            let accepted = value.lies_in(&check.accepted);
            if accepted != Some(true) {
                self.failed_checks += 1;
                self.without_data |= accepted.is_none();
                log.push(|| TickRecord::of_check(observer, self.route, check, value));
                log.set_failed(self.failed_checks);
                return false;
            }
        }
        log.push(|| TickRecord::passed(observer, self.route, self.rollout.checks()));
        log.set_failed(self.failed_checks);
        true
    }

    fn wait(&self, observer: &Observer) -> Next {
        Next::Go {
            route: self.route,
            until: observer.now() + nanos(self.rollout.interval()),
        }
    }
}
