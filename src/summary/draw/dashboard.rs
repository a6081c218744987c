//! The dashboard: what a metrics system would show of the run, all over the same virtual time.

mod lines;
mod marks;
mod ready;

use lines::Over;

use super::overview::{labels, legend};
use crate::scenario::{Phase, Protocol, Scenario};
use crate::sim::RunTally;
use crate::summary::figures::{Dash, Dashboard, Panel, PanelAxis, PanelLine};
use crate::tally::service::ServiceTally;

/// With more versions than this, only the 99th percentile of each is drawn.
const MOST_WITH_ALL_QUANTILES: usize = 3;
/// Times from here on are told in seconds rather than in milliseconds.
const LONG: f64 = 30.0;

/// The dashboard of a run with backends.
pub(super) fn dashboard(scenario: &Scenario, run: &RunTally, service: &ServiceTally) -> Dashboard {
    let over = Over::new(scenario, run, service);
    let requests = run.phases.iter().map(|tally| tally.requests()).sum();
    let mut panels = vec![
        rates(scenario, &over),
        shares(scenario, &over),
        success(&over),
        times(&over),
        under_way(scenario, &over),
    ];
    panels.extend(connections(&over));
    panels.push(replicas(&over));
    Dashboard {
        labels: labels(
            scenario,
            requests,
            "dashboard",
            scenario.title(),
            "What a metrics system would show, all panels over the same virtual time. The thin \
             upright lines are what changed: phases with their weights, replicas, crashes, \
             ejections. Success and response times are of the responses sent in an interval, and \
             of those before it where they are fewer than 20.",
        ),
        versions: legend(scenario),
        end_seconds: over.end.max(1e-9),
        panels,
        marks: marks::marks(scenario, run, service, over.end),
    }
}

/// What is counted: connections only where they carry nothing that could be counted.
fn noun(scenario: &Scenario, over: &Over) -> &'static str {
    match scenario.protocol() {
        Protocol::Tcp if !over.carries => "connections",
        Protocol::Http | Protocol::Tcp => "requests",
    }
}

fn line(version: usize, dash: Dash, stretches: Vec<Vec<(f64, f64)>>) -> PanelLine {
    PanelLine {
        version,
        dash,
        stretches,
    }
}

/// Lines that often lie on each other: the last one is drawn over wider ones.
fn beside(over: &Over, version: usize) -> Dash {
    if version + 1 == over.versions().len() {
        Dash::Solid
    } else {
        Dash::Wide
    }
}

/// The highest value of all lines, or 0.
fn highest(lines: &[PanelLine]) -> f64 {
    values(lines).fold(0.0, f64::max)
}

fn values(lines: &[PanelLine]) -> impl Iterator<Item = f64> {
    let stretches = lines
        .iter()
        .flat_map(|line| line.stretches.iter().flatten());
    stretches.map(|&(_, value)| value)
}

/// From zero to a little above the highest value.
fn from_zero(lines: &[PanelLine]) -> (f64, f64) {
    let most = highest(lines);
    (0.0, if most > 0.0 { most * 1.06 } else { 1.0 })
}

fn rates(scenario: &Scenario, over: &Over) -> Panel {
    let mut lines = Vec::new();
    let retried = over.is_retried();
    for version in over.versions() {
        lines.push(line(version, Dash::Solid, over.arrival_rate(version)));
        if retried {
            lines.push(line(version, Dash::Dashed, over.attempt_rate(version)));
        }
    }
    let most = highest(&lines);
    let mut limits = Vec::new();
    for version in over.versions() {
        let limit = over.limit(scenario, version);
        let limit = limit.map(|limit| lines::cut(&limit, 1.2 * most));
        limits.extend(limit.map(|limit| line(version, Dash::Dotted, limit)));
    }
    let mut name = format!("{} per second", noun(scenario, over));
    if retried {
        name += " (dashed: attempts, with retries)";
    }
    if !limits.is_empty() {
        name += "; dotted: the most its replicas can serve";
    }
    lines.extend(limits);
    Panel {
        name,
        axis: PanelAxis::Number,
        range: from_zero(&lines),
        lines,
    }
}

fn shares(scenario: &Scenario, over: &Over) -> Panel {
    let mut lines = Vec::new();
    for version in over.versions() {
        lines.push(line(version, Dash::Solid, over.observed_share(version)));
        let target = over.target_share(scenario, version);
        lines.push(line(version, Dash::Dashed, target));
    }
    let follows = |phase: &Phase| phase.algorithm().follows_replicas();
    let phases = scenario.phases();
    let dashed = match (phases.iter().any(follows), phases.iter().all(follows)) {
        (_, true) => "share of the ready replicas",
        (true, _) => "configured weight or, where replicas decide, share of the ready ones",
        _ => "configured weight",
    };
    Panel {
        name: format!("share of {} (dashed: {dashed})", noun(scenario, over)),
        axis: PanelAxis::Share,
        range: (0.0, 1.0),
        lines,
    }
}

fn success(over: &Over) -> Panel {
    let lines: Vec<PanelLine> = over
        .versions()
        .map(|version| line(version, beside(over, version), over.success(version)))
        .collect();
    let least = values(&lines).fold(1.0, f64::min);
    let foot = [0.99, 0.95, 0.9, 0.75, 0.5]
        .into_iter()
        .find(|foot| *foot < least);
    Panel {
        name: "success rate of responses".to_owned(),
        axis: PanelAxis::Share,
        range: (foot.unwrap_or(0.0), 1.0),
        lines,
    }
}

fn times(over: &Over) -> Panel {
    let all = over.versions().len() <= MOST_WITH_ALL_QUANTILES;
    let quantiles: &[(f64, Dash)] = if all {
        &[
            (0.5, Dash::Dotted),
            (0.95, Dash::Dashed),
            (0.99, Dash::Solid),
        ]
    } else {
        &[(0.99, Dash::Solid)]
    };
    let mut lines = Vec::new();
    for version in over.versions() {
        for &(quantile, dash) in quantiles {
            lines.push(line(version, dash, over.quantile(version, quantile)));
        }
    }
    let seconds = highest(&lines) >= LONG;
    if !seconds {
        let points = lines.iter_mut().flat_map(|line| &mut line.stretches);
        points.flatten().for_each(|point| point.1 *= 1e3);
    }
    let which = if all {
        "p99 (dashed: p95, dotted: p50)"
    } else {
        "p99"
    };
    let unit = if seconds { "seconds" } else { "milliseconds" };
    Panel {
        name: format!("response time in {unit}, logarithmic: {which}"),
        axis: PanelAxis::LogTime,
        range: around(&lines),
        lines,
    }
}

/// A logarithmic range around all values, of at least half a decade, so that a steady time is not
/// blown up.
fn around(lines: &[PanelLine]) -> (f64, f64) {
    let positive = || values(lines).filter(|value| *value > 0.0);
    let low = positive().fold(f64::INFINITY, f64::min);
    let high = positive().fold(0.0, f64::max);
    if high > 0.0 {
        (low * 0.85, (high * 1.15).max(low * 3.0))
    } else {
        (1.0, 10.0)
    }
}

fn under_way(scenario: &Scenario, over: &Over) -> Panel {
    let lines: Vec<PanelLine> = over
        .versions()
        .map(|version| line(version, Dash::Solid, over.in_flight(version)))
        .collect();
    Panel {
        name: format!("{} in flight", noun(scenario, over)),
        axis: PanelAxis::Count,
        range: from_zero(&lines),
        lines,
    }
}

/// Open TCP connections, where requests are sent over such.
fn connections(over: &Over) -> Option<Panel> {
    let lines = over.versions().map(|version| {
        let open = over.open_connections(version)?;
        Some(line(version, beside(over, version), open))
    });
    let lines: Vec<PanelLine> = lines.collect::<Option<_>>()?;
    Some(Panel {
        name: "open connections".to_owned(),
        axis: PanelAxis::Count,
        range: from_zero(&lines),
        lines,
    })
}

fn replicas(over: &Over) -> Panel {
    let lines: Vec<PanelLine> = over
        .versions()
        .map(|version| line(version, beside(over, version), over.replicas(version)))
        .collect();
    Panel {
        name: "replicas that take requests".to_owned(),
        axis: PanelAxis::Count,
        range: from_zero(&lines),
        lines,
    }
}
