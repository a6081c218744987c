//! From tallies and exact laws to figures: every number that a chart will show.

mod dashboard;
mod overview;
mod replicated;
pub(in crate::summary) mod running;

use super::figures::{Figure, Labels};
use super::{Summary, focus, words};
use crate::scenario::{Phase, Scenario};
use crate::sim::{Replications, RunTally};
use crate::stats::StatsError;
use crate::units::display::count;

/// The figures of a run, in the order in which a page shows them.
///
/// # Errors
/// [`StatsError`] if an exact law cannot be computed to the promised precision.
pub fn figures(
    scenario: &Scenario,
    run: &RunTally,
    replications: Option<&Replications>,
    summary: &Summary,
) -> Result<Vec<Figure>, StatsError> {
    let mut figures = Vec::new();
    if let Some(service) = &run.service {
        figures.push(Figure::Dashboard(dashboard::dashboard(
            scenario, run, service,
        )));
    }
    figures.push(Figure::Bars(overview::bars(scenario, summary)));
    if scenario.phases().len() > 1 {
        figures.push(Figure::Timeline(overview::timeline(scenario, run)));
    }
    figures.push(Figure::Strips(overview::strips(scenario, run, summary)));
    for (place, phase) in scenario.phases().iter().enumerate() {
        let tally = &run.phases[place];
        // Their laws are those of a split that stays.
        let moves = phase.algorithm().follows_replicas();
        if moves || !focus::is_split(phase) || tally.requests() == 0 {
            continue;
        }
        let subject = Subject {
            scenario,
            phase,
            place,
        };
        figures.push(Figure::RunningShare(running::running_share(
            &subject, tally,
        )?));
        let replicated = replications.map(|all| &all.phases[place]);
        if let Some(histogram) = replicated::count_histogram(&subject, tally, replicated)? {
            figures.push(Figure::CountHistogram(histogram));
        }
        if let Some(replicated) = replicated
            && let Some(fan) = replicated::fan(&subject, replicated)?
        {
            figures.push(Figure::Fan(fan));
        }
    }
    Ok(figures)
}

/// The fan of one phase's replications; `None` if it ends by time.
pub(in crate::summary) fn fan(
    scenario: &Scenario,
    place: usize,
    replications: &Replications,
) -> Result<Option<Figure>, StatsError> {
    let subject = Subject {
        scenario,
        phase: &scenario.phases()[place],
        place,
    };
    let fan = replicated::fan(&subject, &replications.phases[place])?;
    Ok(fan.map(Figure::Fan))
}

/// The phase that a figure is about.
struct Subject<'a> {
    scenario: &'a Scenario,
    phase: &'a Phase,
    place: usize,
}

impl Subject<'_> {
    /// The destination that the figure follows.
    fn focus(&self) -> usize {
        focus::focus(self.phase)
    }

    /// The colour of the version of a destination.
    fn version_index(&self, destination: usize) -> usize {
        self.phase.destinations()[destination].version.0
    }

    /// How the followed version is called.
    fn version(&self) -> String {
        words::version(self.scenario, self.phase, self.focus())
    }

    fn labels(&self, kind: &str, title: String, requests: u64, reading: String) -> Labels {
        let several = self.scenario.phases().len() > 1;
        let number = self.place + 1;
        let phase = self.phase.name();
        Labels {
            file_stem: if several {
                format!("{kind}-{number}")
            } else {
                kind.to_owned()
            },
            title: if several {
                format!("{title} · {phase}")
            } else {
                title
            },
            caption: caption(self.scenario, self.phase, requests),
            reading,
        }
    }
}

/// Scenario, seed, number of requests, weights and algorithm.
fn caption(scenario: &Scenario, phase: &Phase, requests: u64) -> String {
    format!(
        "{} · {} {} · {} · {} · seed {}",
        scenario.name(),
        count(requests),
        scenario.protocol().noun(requests),
        words::splits([phase]).concat(),
        words::algorithm(scenario, phase.algorithm()),
        scenario.seed()
    )
}
