//! Rollouts in our own few-line form: a scenario file with the key `rollout`, and the same settings
//! on the command line.

mod gate;

#[cfg(test)]
pub(super) use gate::{ARGO_KEYS, FLAGGER_KEYS, SCHEDULE_KEYS, STAGED_KEYS};

use std::num::NonZeroU64;

use super::diagnostic::{Severity, render};
use super::reader::{Fields, Report};
use super::source::{ConfigError, Source};
use super::yaml::Node;
use super::{Diagnostic, values, yaml};
use crate::rollout::{
    Controller, CountedAt, GateTraffic, Latency, Retries, Rollout, WindowArrivals,
};
use crate::scenario::{MAX_REPLICATIONS, RolloutScenario};
use crate::units::{Rate, Rational, to_f64};

/// The keys of a rollout scenario.
pub(super) const KEYS: [&str; 17] = [
    "name",
    "title",
    "description",
    "rollout",
    "rate",
    "arrivals",
    "errors",
    "latency",
    "objective",
    "load-test",
    "scrape",
    "users",
    "retries",
    "counted",
    "seed",
    "replications",
    "$schema",
];

/// A rollout scenario and what its author should know about the file.
#[derive(Debug, Clone)]
pub struct LoadedRollout {
    /// The scenario.
    pub scenario: RolloutScenario,
    /// Warnings, rendered with the lines of the file.
    pub warnings: Vec<String>,
}

/// Whose rule a gate follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateKind {
    /// Flagger.
    Flagger,
    /// Argo Rollouts.
    Argo,
    /// Our own form.
    Staged,
    /// A schedule without a gate.
    Schedule,
}

impl GateKind {
    /// The key under `rollout`, and the flag without its dashes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flagger => "flagger",
            Self::Argo => "argo",
            Self::Staged => "staged",
            Self::Schedule => "schedule",
        }
    }
}

/// Reads the text of a rollout scenario.
///
/// # Errors
/// [`ConfigError::Mistakes`] with every mistake of the file.
pub fn parse_rollout_scenario(source: &Source) -> Result<LoadedRollout, ConfigError> {
    let mut report = Report::default();
    let scenario = read(source, &mut report);
    let (errors, warnings) = split(report);
    match scenario {
        Some(scenario) if errors.is_empty() => Ok(LoadedRollout {
            scenario,
            warnings: warnings
                .iter()
                .map(|warning| render(source, warning))
                .collect(),
        }),
        _ => Err(ConfigError::mistakes(source, errors)),
    }
}

/// Reads the settings of a gate from the command line: `interval=1m,threshold=5,weights=10..50/10`.
///
/// # Errors
/// [`ConfigError::Mistakes`] with every mistake, shown as lines of `KEY: VALUE`.
pub fn parse_gate_settings(kind: GateKind, settings: &str) -> Result<Rollout, ConfigError> {
    let source = Source::new(&format!("--{}", kind.name()), &as_lines(settings));
    let mut report = Report::default();
    let controller = yaml::parse(source.text(), &mut report.diagnostics)
        .and_then(|node| gate::read(kind, &node, &mut report));
    if controller.is_none() && report.diagnostics.is_empty() {
        report.add(
            Diagnostic::error(0..0, "there are no settings", "nothing here")
                .help("such as weights=10..50/10,success=99"),
        );
    }
    let (errors, _) = split(report);
    match controller {
        Some(controller) if errors.is_empty() => Ok(Rollout {
            name: kind.name().to_owned(),
            controller,
        }),
        _ => Err(ConfigError::mistakes(&source, errors)),
    }
}

/// `a=1,b=[2,3]` as `a: 1` and `b: [2,3]`, a line each.
fn as_lines(settings: &str) -> String {
    let mut text = String::with_capacity(settings.len() + 8);
    let mut depth = 0_u32;
    let mut in_key = true;
    for letter in settings.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match letter {
            ',' if depth == 0 => {
                text.push('\n');
                in_key = true;
            }
            '=' if in_key => {
                text.push_str(": ");
                in_key = false;
            }
            ' ' if in_key => {}
            other => text.push(other),
        }
    }
    text.push('\n');
    text
}

fn split(report: Report) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    report
        .diagnostics
        .into_iter()
        .partition(|found| found.severity == Severity::Error)
}

fn read(source: &Source, report: &mut Report) -> Option<RolloutScenario> {
    let root = yaml::parse(source.text(), &mut report.diagnostics)?;
    let fields = Fields::of(&root, "a rollout scenario", &KEYS, report)?;
    let name = values::scenario_name(&fields, "good-version-at-night", report);
    let controller = fields
        .required("rollout", "{flagger: {weights: 10..50/10}}", report)
        .and_then(|node| read_gate(node, report));
    let rate = match fields.get("rate") {
        Some(node) => values::rate(node, report),
        None => Some(Rate::one_per_second()),
    };
    let (stable, canary) = errors(&fields, report);
    let traffic = GateTraffic {
        rate: rate.unwrap_or_else(Rate::one_per_second),
        arrivals: arrivals(&fields, report),
        canary_error_rate: canary,
        stable_error_rate: stable,
        latency: latency(&fields, report),
        load_test: fields
            .get("load-test")
            .and_then(|node| values::rate(node, report)),
        scrape_interval: fields
            .get("scrape")
            .and_then(|node| values::duration(node, report)),
        users: fields
            .get("users")
            .and_then(|node| values::whole(node, 1, u32::MAX.into(), report))
            .and_then(NonZeroU64::new),
        retries: retries(&fields, report),
    };
    if let Some(node) = fields.get("load-test")
        && traffic.arrivals != WindowArrivals::Poisson
    {
        report.add(
            Diagnostic::error(
                node.span.clone(),
                "a load test needs `arrivals: poisson`",
                "arrivals are not random",
            )
            .help("remove one of the two"),
        );
    }
    let objective = fields
        .get("objective")
        .and_then(|node| values::level(node, report))
        .map(|level| Rational::from_integer(1) - level.percent() / 100);
    let text = |key: &str, report: &mut Report| values::paragraph(fields.get(key)?, report);
    let name = name?;
    Some(RolloutScenario {
        title: text("title", report),
        description: text("description", report),
        rollout: Rollout {
            name: name.to_string(),
            controller: controller?,
        },
        traffic,
        objective,
        seed: fields
            .get("seed")
            .and_then(|node| values::whole(node, 0, u64::MAX, report))
            .unwrap_or(1),
        replications: fields
            .get("replications")
            .and_then(|node| values::whole(node, 1, MAX_REPLICATIONS.into(), report))
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(1),
        name,
    })
}

/// `{flagger: {…}}`: one tool and its settings.
fn read_gate(node: &Node, report: &mut Report) -> Option<Controller> {
    const KINDS: [GateKind; 4] = [
        GateKind::Flagger,
        GateKind::Argo,
        GateKind::Staged,
        GateKind::Schedule,
    ];
    let names: Vec<&str> = KINDS.into_iter().map(GateKind::name).collect();
    let fields = Fields::of(node, "a rollout", &names, report)?;
    let found: Vec<(GateKind, &Node)> = KINDS
        .into_iter()
        .filter_map(|kind| Some((kind, fields.get(kind.name())?)))
        .collect();
    match found[..] {
        [(kind, settings)] => gate::read(kind, settings, report),
        _ => {
            report.expected(node, "one gate, such as `{flagger: {weights: 10..50/10}}`");
            None
        }
    }
}

fn arrivals(fields: &Fields, report: &mut Report) -> WindowArrivals {
    let choices = [
        ("poisson", WindowArrivals::Poisson),
        ("constant", WindowArrivals::Constant),
        ("fixed", WindowArrivals::Fixed),
    ];
    fields
        .get("arrivals")
        .and_then(|node| values::one_of(node, "arrivals", &choices, report))
        .unwrap_or_default()
}

/// `{stable: 0.1, canary: 2}`, in percent.
fn errors(fields: &Fields, report: &mut Report) -> (f64, f64) {
    let Some(node) = fields.get("errors") else {
        return (0.0, 0.0);
    };
    let Some(errors) = Fields::of(node, "`errors`", &["stable", "canary"], report) else {
        return (0.0, 0.0);
    };
    let mut percent = |key: &str| {
        errors
            .get(key)
            .and_then(|node| values::percent(node, report))
            .map_or(0.0, to_f64)
    };
    (percent("stable"), percent("canary"))
}

/// `retries: 2`, and where the metrics count: `counted: client` or `server`.
fn retries(fields: &Fields, report: &mut Report) -> Option<Retries> {
    let choices = [("client", CountedAt::Client), ("server", CountedAt::Server)];
    let counted = fields
        .get("counted")
        .and_then(|node| values::one_of(node, "where to count", &choices, report));
    let most = fields
        .get("retries")
        .and_then(|node| values::whole(node, 0, Retries::MOST.into(), report));
    Retries::new(u32::try_from(most?).ok()?, counted.unwrap_or_default())
}

/// `{median: 40ms, p99: 300ms}`.
fn latency(fields: &Fields, report: &mut Report) -> Option<Latency> {
    let node = fields.get("latency")?;
    let latency = Fields::of(node, "`latency`", &["median", "p99"], report)?;
    let mut span = |key: &str, example: &str| {
        let node = latency.required(key, example, report)?;
        values::duration(node, report)
    };
    let (median, p99) = (span("median", "40ms"), span("p99", "300ms"));
    let law = Latency::new(median?.as_secs_f64() * 1000.0, p99?.as_secs_f64() * 1000.0);
    if law.is_none() {
        report.add(Diagnostic::error(
            node.span.clone(),
            "`p99` must be longer than `median`",
            "not a law of latencies",
        ));
    }
    law
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_lines() {
        assert_eq!(
            as_lines("interval=1m, weights=[5,10],success=99"),
            "interval: 1m\nweights: [5,10]\nsuccess: 99\n"
        );
    }

    #[test]
    fn every_tool_can_be_set_on_the_command_line() {
        for (kind, settings) in [
            (
                GateKind::Flagger,
                "interval=1m,threshold=5,weights=10..50/10,success=99",
            ),
            (
                GateKind::Flagger,
                "strategy=blue-green,iterations=5,mirror=100,success=99",
            ),
            (
                GateKind::Flagger,
                "strategy=a-b,iterations=5,success=99,p99=500ms",
            ),
            (
                GateKind::Argo,
                "weights=[20,40],pause=10m,success=95,failure-limit=3,analysis=background",
            ),
            (
                GateKind::Argo,
                "weights=[20],pause=5m,success=95,count=5,consecutive-success-limit=3",
            ),
            (
                GateKind::Staged,
                "weights=10..100/10,success=99,minimum-requests=200",
            ),
            (
                GateKind::Staged,
                "weights=[1,5,25],test=error-share,level=5",
            ),
            (GateKind::Schedule, "weights=10..100/10,pause=10m"),
        ] {
            let rollout = parse_gate_settings(kind, settings);
            assert!(rollout.is_ok(), "{settings}: {}", rollout.unwrap_err());
        }
        let error = |settings| {
            parse_gate_settings(GateKind::Flagger, settings)
                .unwrap_err()
                .to_string()
        };
        assert!(error("weights=10..50/10,treshold=5").contains("did you mean `threshold`?"));
        assert!(error("weights=50..10/10").contains("10..50/10"));
        assert!(error("interval=5s,weights=10..50/10,success=99").contains("10 seconds"));
        assert!(error("").contains("weights"));
    }
}
