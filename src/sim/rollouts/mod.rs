//! Rollouts, tick by tick: each tool's controller, literally, on random traffic.
//!
//! This is the twin of the exact characteristics in `stats::gates`, and the answer where there is
//! none: windows that overlap, several metrics, sequential tests. A controller is a state machine
//! that is asked at each tick where requests go from now on, and until when.

mod argo;
mod counts;
mod flagger;
mod latency;
mod layout;
mod observer;
mod record;
mod schedule;
mod staged;
mod tally;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::time::Duration;

use rayon::prelude::*;

pub use observer::{Counts, Totals, Value};
pub use record::{Outcome, Reason, TickRecord, TickResult};
pub use tally::RolloutTally;

use super::Progress;
use crate::rollout::{
    ArgoStep, Buckets, CanaryWeight, Controller, FlaggerStrategy, GateTraffic, Measure, Rollout,
    Route, StagedRule,
};
use argo::ArgoController;
use flagger::FlaggerController;
use layout::Layout;
use observer::Observer;
use record::Log;
use schedule::ScheduleController;
use staged::StagedController;

/// How long a pause without a duration is taken to last, until somebody goes on.
pub const MANUAL_PAUSE: Duration = Duration::from_secs(300);

/// A rollout that takes longer than this is left undecided: a year.
const LONGEST: u64 = 365 * 86_400 * 1_000_000_000;

/// Rollouts that one task simulates.
const BLOCK: u64 = 1024;

/// How a rollout ended, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// How.
    pub outcome: Outcome,
    /// By which rule.
    pub reason: Reason,
}

/// One rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct RolloutRun {
    /// How it ended.
    pub decision: Decision,
    /// How long that took, in nanoseconds.
    pub nanos: u64,
    /// Requests until then.
    pub totals: Totals,
    /// Its ticks, if they were asked for.
    pub ticks: Vec<TickRecord>,
}

/// What a controller wants next.
#[derive(Debug)]
enum Next {
    /// Requests go this way until that moment.
    Go { route: Route, until: u64 },
    /// It is over.
    Done(Decision),
}

#[derive(Debug)]
enum AnyController<'a> {
    Flagger(FlaggerController<'a>),
    Argo(ArgoController<'a>),
    Staged(StagedController<'a>),
    Schedule(ScheduleController<'a>),
}

impl<'a> AnyController<'a> {
    fn new(controller: &'a Controller) -> Self {
        match controller {
            Controller::Flagger(flagger) => Self::Flagger(FlaggerController::new(flagger)),
            Controller::Argo(argo) => Self::Argo(ArgoController::new(argo)),
            Controller::Staged(staged) => Self::Staged(StagedController::new(staged)),
            Controller::Schedule(schedule) => Self::Schedule(ScheduleController::new(schedule)),
        }
    }

    fn tick(&mut self, observer: &Observer, log: Log) -> Next {
        match self {
            Self::Flagger(flagger) => flagger.tick(observer, log),
            Self::Argo(argo) => argo.tick(observer, log),
            Self::Staged(staged) => staged.tick(observer, log),
            Self::Schedule(schedule) => schedule.tick(observer),
        }
    }
}

/// One rollout with its ticks: replication number `replication` under `seed`.
#[must_use]
pub fn replay_rollout(
    rollout: &Rollout,
    traffic: &GateTraffic,
    seed: u64,
    replication: u64,
) -> RolloutRun {
    let layout = layout(rollout, traffic, true);
    let ticks = RefCell::new(Vec::new());
    let observer = Observer::new(&layout, seed, &[0, replication]);
    let mut run = run_one(&rollout.controller, observer, Log(Some(&ticks)));
    run.ticks = ticks.into_inner();
    run
}

/// Replications 0 to `replications` (excluded), counted, over all cores. `series` keeps the random
/// numbers of different questions apart; the replications of [`replay_rollout`] are those of
/// series 0. The result does not depend on the number of threads.
#[must_use]
pub fn simulate_rollouts(
    rollout: &Rollout,
    traffic: &GateTraffic,
    seed: u64,
    series: u64,
    replications: u64,
    progress: Progress,
) -> RolloutTally {
    let layout = layout(rollout, traffic, false);
    (0..replications.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let mut tally = RolloutTally::default();
            let last = replications.min((block + 1) * BLOCK);
            for replication in block * BLOCK..last {
                let observer = Observer::new(&layout, seed, &[series, replication]);
                tally.add(
                    &run_one(&rollout.controller, observer, Log(None)),
                    traffic.users,
                );
            }
            progress(last - block * BLOCK);
            tally
        })
        .reduce(RolloutTally::default, RolloutTally::merge)
}

fn run_one(controller: &Controller, mut observer: Observer, log: Log) -> RolloutRun {
    let mut controller = AnyController::new(controller);
    let decision = loop {
        match controller.tick(&observer, log) {
            Next::Done(decision) => break decision,
            Next::Go { until, .. } if until > LONGEST => {
                break Decision {
                    outcome: Outcome::Undecided,
                    reason: Reason::NotEnoughData,
                };
            }
            Next::Go { route, until } => observer.advance(route, until),
        }
    };
    RolloutRun {
        decision,
        nanos: observer.now(),
        totals: observer.totals(),
        ticks: Vec::new(),
    }
}

/// The cells of time that this rollout needs, with their laws.
fn layout<'a>(rollout: &Rollout, traffic: &'a GateTraffic, all_counts: bool) -> Layout<'a> {
    let shape = Shape::of(&rollout.controller);
    let longest = shape.windows.iter().copied().max().unwrap_or_default();
    let bounded = shape
        .windows
        .iter()
        .filter(|&&window| window < Duration::MAX);
    let spans: Vec<Duration> = shape.spans.iter().chain(bounded).copied().collect();
    let mut layout = Layout::new(
        traffic,
        &spans,
        longest,
        shape.buckets.as_ref(),
        shape.needs_stable || all_counts,
    );
    for &(route, span) in &shape.routes {
        layout.prepare(route, span);
    }
    layout
}

/// What of a rollout decides how time is cut.
#[derive(Debug, Default)]
struct Shape {
    spans: Vec<Duration>,
    windows: Vec<Duration>,
    routes: Vec<(Route, Duration)>,
    buckets: Option<Buckets>,
    needs_stable: bool,
}

impl Shape {
    fn of(controller: &Controller) -> Self {
        let mut shape = Self::default();
        match controller {
            Controller::Flagger(flagger) => {
                shape.spans.push(flagger.interval());
                for check in flagger.checks() {
                    shape.measures(&check.measure, check.window());
                }
                for route in flagger_routes(flagger.strategy()) {
                    shape.routes.push((route, flagger.interval()));
                }
            }
            Controller::Staged(staged) => {
                shape.spans.push(staged.interval());
                for &weight in staged.weights() {
                    shape.routes.push((Route::users(weight), staged.interval()));
                }
                match staged.rule() {
                    StagedRule::Checks {
                        checks,
                        minimum_requests,
                        ..
                    } => {
                        for check in checks {
                            shape.measures(&check.measure, check.window());
                        }
                        if *minimum_requests > 0 {
                            // Requests since the last decision, however long ago.
                            shape.windows = vec![staged.interval(), Duration::MAX];
                        }
                    }
                    StagedRule::ErrorShare { .. } => shape.needs_stable = true,
                }
            }
            Controller::Schedule(schedule) => {
                for step in schedule.steps() {
                    let span = step.duration.unwrap_or(MANUAL_PAUSE);
                    shape.spans.push(span);
                    shape.routes.push((Route::users(step.weight), span));
                }
            }
            Controller::Argo(argo) => shape.argo(argo),
        }
        shape
    }

    fn argo(&mut self, argo: &crate::rollout::Argo) {
        let background = argo.background().map(|background| &background.analysis);
        let inline = argo.steps().iter().filter_map(|step| match step {
            ArgoStep::Analysis(analysis) => Some(analysis),
            ArgoStep::SetWeight(_) | ArgoStep::Pause(_) => None,
        });
        self.spans.push(crate::rollout::ERROR_RETRY);
        for analysis in inline.chain(background) {
            for metric in analysis.metrics() {
                let parts = metric.parts();
                self.measures(&parts.measure, parts.window);
                self.spans.extend(parts.interval);
                self.spans.push(parts.initial_delay);
            }
        }
        for step in argo.steps() {
            if let ArgoStep::Pause(span) = step {
                self.spans.push(span.unwrap_or(MANUAL_PAUSE));
            }
        }
        self.spans.retain(|span| !span.is_zero());
        let longest = self.spans.iter().copied().max().unwrap_or_default();
        let weights = argo.steps().iter().filter_map(|step| match step {
            ArgoStep::SetWeight(weight) => Some(*weight),
            ArgoStep::Pause(_) | ArgoStep::Analysis(_) => None,
        });
        let routes = weights.chain([CanaryWeight::NONE]).map(Route::users);
        self.routes.extend(routes.map(|route| (route, longest)));
    }

    fn measures(&mut self, measure: &Measure, window: Duration) {
        if matches!(measure, Measure::NotSimulated { .. }) {
            // It looks at no request.
            return;
        }
        self.windows.push(window);
        if let Measure::LatencyQuantile { buckets, .. } = measure {
            self.buckets.get_or_insert_with(|| buckets.clone());
        }
    }
}

/// Every route that Flagger may set.
fn flagger_routes(strategy: &FlaggerStrategy) -> Vec<Route> {
    let users = Route::users;
    match strategy {
        FlaggerStrategy::Canary { weights, mirror } => {
            let mirrored = mirror.map(|mirror| Route {
                users: CanaryWeight::NONE,
                mirrored: mirror.weight,
            });
            weights.iter().copied().map(users).chain(mirrored).collect()
        }
        FlaggerStrategy::BlueGreen { mirror, .. } => vec![
            Route {
                users: CanaryWeight::NONE,
                mirrored: mirror.map_or(CanaryWeight::NONE, |mirror| mirror.weight),
            },
            users(CanaryWeight::ALL),
        ],
        FlaggerStrategy::AbTest { .. } => vec![users(CanaryWeight::ALL)],
    }
}
