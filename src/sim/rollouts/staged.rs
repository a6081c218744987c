//! The controller of our own form, tick by tick.

use super::layout::nanos;
use super::observer::{Observer, Totals};
use super::record::{Log, Outcome, Reason, TickRecord, TickResult};
use super::{Decision, Next};
use crate::rollout::{CanaryWeight, MetricCheck, Route, Staged, StagedRule};
use crate::stats::sequential::multinomial::ln_e_value;
use crate::units::to_f64;

#[derive(Debug)]
pub(super) struct StagedController<'a> {
    rollout: &'a Staged,
    /// The step that runs; `None` before the first.
    step: Option<usize>,
    failed_checks: u32,
    without_data: bool,
    undecided: u32,
    /// Where the requests begin that the next decision looks at.
    since: u64,
    at_step: Totals,
    ln_finished_steps: f64,
    /// Errors of the new version beyond what the weights expect.
    excess: f64,
}

impl<'a> StagedController<'a> {
    pub(super) fn new(rollout: &'a Staged) -> Self {
        Self {
            rollout,
            step: None,
            failed_checks: 0,
            without_data: false,
            undecided: 0,
            since: 0,
            at_step: Totals::default(),
            ln_finished_steps: 0.0,
            excess: 0.0,
        }
    }

    pub(super) fn tick(&mut self, observer: &Observer, log: Log) -> Next {
        let Some(step) = self.step else {
            self.step = Some(0);
            return self.go(observer);
        };
        let decision = match self.rollout.rule() {
            StagedRule::Checks {
                checks,
                failures,
                minimum_requests,
                patience,
            } => {
                let limits = (*failures, *minimum_requests, *patience);
                self.check(observer, checks, limits, log)
            }
            StagedRule::ErrorShare {
                level,
                concentration,
            } => self.error_share(observer, to_f64(*level), *concentration, log),
        };
        match decision {
            Verdict::Stay => self.go(observer),
            Verdict::Stop(decision) => Next::Done(decision),
            Verdict::Pass if step + 1 == self.rollout.weights().len() => Next::Done(Decision {
                outcome: Outcome::Promoted,
                reason: Reason::AllPassed,
            }),
            Verdict::Pass => {
                self.step = Some(step + 1);
                self.go(observer)
            }
        }
    }

    fn weight(&self) -> CanaryWeight {
        let weights = self.rollout.weights();
        weights[self.step.unwrap_or(0).min(weights.len() - 1)]
    }

    fn go(&self, observer: &Observer) -> Next {
        Next::Go {
            route: Route::users(self.weight()),
            until: observer.now() + nanos(self.rollout.interval()),
        }
    }

    fn check(
        &mut self,
        observer: &Observer,
        checks: &[MetricCheck],
        (failures, minimum, patience): (u32, u64, Option<u32>),
        log: Log,
    ) -> Verdict {
        let route = Route::users(self.weight());
        let since = std::time::Duration::from_nanos(observer.now() - self.since);
        let window = |check: &MetricCheck| match minimum {
            0 => check.window(),
            _ => since,
        };
        if minimum > 0 && observer.counted(since).all() < minimum {
            self.undecided += 1;
            log.push(|| TickRecord::new(observer, route, TickResult::NotEnough));
            log.set_failed(self.failed_checks);
            return match patience {
                Some(patience) if self.undecided >= patience => Verdict::Stop(Decision {
                    outcome: Outcome::Undecided,
                    reason: Reason::NotEnoughData,
                }),
                _ => Verdict::Stay,
            };
        }
        self.undecided = 0;
        self.since = observer.now();
        for check in checks {
            let value = observer.measure(&check.measure, window(check));
            let accepted = value.lies_in(&check.accepted);
            if accepted != Some(true) {
                self.failed_checks += 1;
                self.without_data |= accepted.is_none();
                log.push(|| TickRecord::of_check(observer, route, check, value));
                log.set_failed(self.failed_checks);
                if self.failed_checks < failures {
                    return Verdict::Stay;
                }
                return Verdict::Stop(Decision {
                    outcome: Outcome::RolledBack {
                        without_data: self.without_data,
                    },
                    reason: Reason::FailedChecks {
                        failed: self.failed_checks,
                    },
                });
            }
        }
        log.push(|| TickRecord::passed(observer, route, checks));
        log.set_failed(self.failed_checks);
        Verdict::Pass
    }

    /// Errors on either version against the weights, multiplied over the steps.
    fn error_share(
        &mut self,
        observer: &Observer,
        level: f64,
        concentration: u32,
        log: Log,
    ) -> Verdict {
        let totals = observer.totals();
        let canary = totals.canary.failed - self.at_step.canary.failed;
        let stable = totals.stable.failed - self.at_step.stable.failed;
        let share = to_f64(self.weight().share());
        let weights = [share, 1.0 - share];
        // A version with all the traffic has all the errors, and nothing can be learnt.
        let ln_step = match self.weight() == CanaryWeight::ALL {
            true => 0.0,
            // The weights are shares, so that there is always a value.
            false => {
                ln_e_value(&[canary, stable], &weights, f64::from(concentration)).unwrap_or(0.0)
            }
        };
        self.ln_finished_steps += ln_step;
        self.excess += canary as f64 - share * (canary + stable) as f64;
        self.at_step = totals;
        let crossed = self.ln_finished_steps >= -level.ln() && self.excess > 0.0;
        log.push(|| {
            let result = TickResult::Evidence {
                e_value: self.ln_finished_steps.exp(),
                crossed,
            };
            TickRecord::new(observer, Route::users(self.weight()), result)
        });
        match crossed {
            true => Verdict::Stop(Decision {
                outcome: Outcome::RolledBack {
                    without_data: false,
                },
                reason: Reason::ErrorShare {
                    e_value: self.ln_finished_steps.exp(),
                },
            }),
            false => Verdict::Pass,
        }
    }
}

/// What a tick decides.
#[derive(Debug)]
enum Verdict {
    Stay,
    Pass,
    Stop(Decision),
}
