//! What changed, as marks on the time axis.

use crate::scenario::Scenario;
use crate::sim::RunTally;
use crate::summary::words;
use crate::tally::service::{Change, ServiceTally, What};

/// So many marks are legible beside the phases.
const MOST: usize = 12;
/// Changes of one version's replicas that are nearer to each other than this part of the run are
/// marked as one.
const NEAR: f64 = 0.03;

/// A change, or several of the same version close to each other.
struct Mark {
    seconds: f64,
    version: usize,
    what: What,
    /// How many of its kind there are, if it stands for all of them.
    first_of: Option<usize>,
}

/// The phases, and what changed by itself, in the order of time.
pub(super) fn marks(
    scenario: &Scenario,
    run: &RunTally,
    service: &ServiceTally,
    end: f64,
) -> Vec<(f64, String)> {
    let several = scenario.phases().len() > 1;
    let phases = scenario.phases().iter().zip(&run.phases);
    let mut marks: Vec<(f64, String)> = phases
        .filter(|_| several)
        .map(|(phase, tally)| {
            let name = phase.name();
            let split = words::split(phase);
            (tally.start.as_seconds(), format!("{name}: {split}"))
        })
        .collect();
    let changes = gathered(&service.changes.first, end);
    let named = |version: usize| scenario.versions()[version].name.as_str();
    marks.extend(kept(changes).iter().map(|mark| {
        let version = named(mark.version);
        let label = match mark.what {
            What::Replicas { from, to } => format!("{version}: {from} → {to} replicas"),
            What::Crashed(replica) => format!("{version}: replica {replica} crashes"),
            What::Ejected(replica) => format!("{version}: replica {replica} ejected"),
        };
        let label = match mark.first_of {
            Some(many) if service.changes.more == 0 => format!("{label} (first of {many})"),
            Some(_) => format!("{label} (first of many)"),
            None => label,
        };
        (mark.seconds, label)
    }));
    let last = run
        .phases
        .last()
        .map_or(0.0, |tally| tally.end.as_seconds());
    if end > last * 1.05 {
        marks.push((
            last,
            format!("last {} arrived", scenario.protocol().noun(1)),
        ));
    }
    marks.sort_by(|one, other| one.0.total_cmp(&other.0));
    marks
}

/// Neighbouring changes of replicas as one; a crash says by itself that there is one less.
fn gathered(changes: &[Change], end: f64) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for change in changes {
        #[expect(clippy::cast_precision_loss, reason = "for drawing")]
        let seconds = change.nanos as f64 / 1e9;
        let last = marks
            .iter_mut()
            .rev()
            .find(|mark| mark.version == change.version);
        if let What::Replicas { to, .. } = change.what
            && let Some(last) = last
            && seconds - last.seconds < NEAR * end
        {
            match &mut last.what {
                What::Replicas { to: whole, .. } => {
                    *whole = to;
                    continue;
                }
                What::Crashed(_) if seconds == last.seconds => continue,
                _ => {}
            }
        }
        marks.push(Mark {
            seconds,
            version: change.version,
            what: change.what,
            first_of: None,
        });
    }
    marks.retain(|mark| !matches!(mark.what, What::Replicas { from, to } if from == to));
    marks
}

/// Where there are too many, the first of each kind of each version.
fn kept(marks: Vec<Mark>) -> Vec<Mark> {
    if marks.len() <= MOST {
        return marks;
    }
    let kind = |mark: &Mark| (mark.version, std::mem::discriminant(&mark.what));
    let kinds: Vec<_> = marks.iter().map(kind).collect();
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        let own = kind(&mark);
        if kept.len() < MOST && kept.iter().all(|other| kind(other) != own) {
            let many = kinds.iter().filter(|&&other| other == own).count();
            kept.push(Mark {
                first_of: (many > 1).then_some(many),
                ..mark
            });
        }
    }
    kept
}
