//! Argo's `Rollout` (argoproj.io/v1alpha1): its steps and where it analyses.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::argo_analysis::{self, Templates};
use super::argo_replicas;
use super::keys::{self, Keys, not_simulated, scalar};
use crate::config::Diagnostic;
use crate::config::kubernetes::Resource;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::rollout::{
    Analysis, Argo, ArgoStep, Background, CanaryWeight, Controller, Rollout, RolloutError,
};

const ROLLOUT: Keys = Keys {
    read: &["apiVersion", "kind", "metadata", "spec"],
    not_simulated: &[],
    ignored: &["status"],
};

const SPEC: Keys = Keys {
    read: &["strategy", "replicas"],
    not_simulated: &[("paused", "a paused rollout waits for somebody")],
    ignored: &[
        "analysis",
        "selector",
        "workloadRef",
        "template",
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
        "progressDeadlineAbort",
        "restartAt",
        "rollbackWindow",
    ],
};

const STRATEGY: Keys = Keys {
    read: &["canary", "blueGreen"],
    not_simulated: &[],
    ignored: &[],
};

const CANARY: Keys = Keys {
    read: &["steps", "analysis", "trafficRouting", "maxSurge"],
    not_simulated: &[(
        "dynamicStableScale",
        "after an abort, traffic returns only as fast as old pods start",
    )],
    ignored: &[
        "canaryService",
        "stableService",
        "canaryMetadata",
        "stableMetadata",
        "maxUnavailable",
        "scaleDownDelaySeconds",
        "scaleDownDelayRevisionLimit",
        "abortScaleDownDelaySeconds",
        "minPodsPerReplicaSet",
        "antiAffinity",
        "pingPong",
        "replicaProgressThreshold",
    ],
};

const BLUE_GREEN: Keys = Keys {
    read: &[
        "postPromotionAnalysis",
        "autoPromotionEnabled",
        "autoPromotionSeconds",
    ],
    not_simulated: &[(
        "prePromotionAnalysis",
        "it runs before any user sees the new version; taken as successful",
    )],
    ignored: &[
        "activeService",
        "previewService",
        "previewReplicaCount",
        "scaleDownDelaySeconds",
        "scaleDownDelayRevisionLimit",
        "abortScaleDownDelaySeconds",
        "antiAffinity",
        "activeMetadata",
        "previewMetadata",
        "maxUnavailable",
    ],
};

const STEP: Keys = Keys {
    read: &["setWeight", "pause", "analysis"],
    not_simulated: &[
        (
            "experiment",
            "pods beside the rollout; taken as successful at once",
        ),
        ("setHeaderRoute", "requests are told apart by weight alone"),
        ("setMirrorRoute", "copies of requests are not counted"),
        ("plugin", "what it does is not known; taken as done at once"),
    ],
    ignored: &["setCanaryScale", "replicaProgressThreshold"],
};

/// Reads a rollout.
pub(super) fn read(
    resource: &Resource,
    templates: &Templates,
    report: &mut Report,
) -> Option<Rollout> {
    let rollout = keys::open(&resource.root, "a Rollout", &ROLLOUT, report)?;
    let spec = rollout.required("spec", "{strategy: {canary: {steps: …}}}", report)?;
    let spec = keys::open(spec, "`spec` of a Rollout", &SPEC, report)?;
    let strategy = spec.required("strategy", "{canary: {steps: …}}", report)?;
    let strategy = keys::open(strategy, "a strategy", &STRATEGY, report)?;
    let argo = match (strategy.get("canary"), strategy.get("blueGreen")) {
        (_, Some(node)) => blue_green(node, templates, report),
        (Some(node), None) => canary(node, &spec, templates, report),
        (None, None) => {
            strategy.required("canary", "{steps: …}", report);
            None
        }
    };
    Some(Rollout {
        name: resource.name.clone(),
        controller: Controller::Argo(argo?),
    })
}

fn canary(node: &Node, spec: &Fields, templates: &Templates, report: &mut Report) -> Option<Argo> {
    let canary = keys::open(node, "a canary strategy", &CANARY, report)?;
    let items = canary
        .get("steps")
        .map_or(&[][..], |node| keys::list(node, "a list of steps", report));
    if items.is_empty() {
        report.add(
            Diagnostic::warning(
                canary.start(),
                "without steps the new version gets everything at once",
                "a rolling update",
            )
            .help("add steps such as `- setWeight: 10` and `- pause: {duration: 10m}`"),
        );
    }
    let weights = Weights::of(&canary, spec, report);
    let mut steps = Vec::new();
    // Some steps are not simulated: where each step of the file begins in the list.
    let mut begins = Vec::new();
    let mut broken = false;
    for item in items {
        begins.push(steps.len());
        let read = step(item, &weights, templates, report);
        broken |= read.is_none();
        steps.extend(read.into_iter().flatten());
    }
    begins.push(steps.len());
    if steps.is_empty() {
        steps.push(ArgoStep::SetWeight(CanaryWeight::ALL));
    }
    let background = match canary.get("analysis") {
        Some(node) => background(node, &begins, templates, report),
        None => None,
    };
    if broken {
        return None;
    }
    made(steps, background, &canary, report)
}

fn made(
    steps: Vec<ArgoStep>,
    background: Option<Background>,
    fields: &Fields,
    report: &mut Report,
) -> Option<Argo> {
    match Argo::new(steps, background) {
        Ok(argo) => Some(argo),
        Err(error) => {
            let mut diagnostic =
                Diagnostic::error(fields.start(), error.to_string(), "in this strategy");
            if error == RolloutError::Endless {
                diagnostic = diagnostic.help("add `count` to the metric in the AnalysisTemplate");
            }
            report.add(diagnostic);
            None
        }
    }
}

/// How a weight of the file becomes a share of traffic.
struct Weights {
    /// What `setWeight` is counted in: 100, or `maxTrafficWeight`.
    most: u64,
    /// Without traffic routing: all pods, and whether there may be one more.
    pods: Option<(u64, bool)>,
    /// Whether it was said that shares are rounded.
    said: Cell<bool>,
}

impl Weights {
    fn of(canary: &Fields, spec: &Fields, report: &mut Report) -> Self {
        let routing = canary.get("trafficRouting");
        let most = routing
            .and_then(|node| match &node.value {
                Value::Mapping(entries) => {
                    entries.iter().find(|entry| entry.key == "maxTrafficWeight")
                }
                _ => None,
            })
            .and_then(|entry| values::whole(&entry.value, 1, 1_000_000, report));
        let pods = routing.is_none().then(|| {
            let pods = spec
                .get("replicas")
                .and_then(|node| values::whole(node, 0, 1_000_000, report))
                .unwrap_or(1);
            // Both a count and a percentage above zero allow one more.
            let surge = canary.get("maxSurge").and_then(scalar);
            (pods, !matches!(surge, Some("0" | "0%")))
        });
        Self {
            most: most.unwrap_or(100),
            pods,
            said: Cell::new(false),
        }
    }

    fn share(&self, node: &Node, report: &mut Report) -> Option<CanaryWeight> {
        let wanted = values::whole(node, 0, self.most, report)?;
        let (numerator, denominator, message) = match self.pods {
            None => (wanted, self.most, "the share is no whole percentage"),
            Some((pods, surge)) => {
                let (canary, total) = argo_replicas::nearest(pods, wanted, surge);
                (
                    canary,
                    total.max(1),
                    "without `trafficRouting` pods set the share",
                )
            }
        };
        let percent = (200 * numerator + denominator) / (2 * denominator);
        let rounded =
            percent * denominator != 100 * numerator || percent * self.most != wanted * 100;
        if rounded && !self.said.replace(true) {
            let label = match self.pods {
                None => format!("rounded to {percent}%"),
                Some(_) => format!("{numerator} of {denominator} pods: {percent}%"),
            };
            report.add(
                Diagnostic::warning(node.span.clone(), message, label)
                    .help("this is the first such weight; others are rounded as well"),
            );
        }
        CanaryWeight::percent(u32::try_from(percent).ok()?)
    }
}

/// The steps that one step of the file is: one, or none if it is not simulated. `None` after a
/// mistake.
fn step(
    item: &Node,
    weights: &Weights,
    templates: &Templates,
    report: &mut Report,
) -> Option<Vec<ArgoStep>> {
    let fields = keys::open(item, "a step", &STEP, report)?;
    if let Some(node) = fields.get("setWeight") {
        return Some(vec![ArgoStep::SetWeight(weights.share(node, report)?)]);
    }
    if let Some(entry) = fields.entry("pause") {
        return Some(vec![ArgoStep::Pause(pause(&entry.value, report)?)]);
    }
    let Some(node) = fields.get("analysis") else {
        return Some(Vec::new());
    };
    let analysis = argo_analysis::run(node, templates, report)?;
    let endless = analysis.as_ref().is_some_and(|analysis| {
        analysis.metrics().iter().all(|metric| {
            metric.measurements().is_none() && metric.parts().consecutive_success_limit.is_none()
        })
    });
    if endless {
        report.add(
            Diagnostic::warning(
                node.span.clone(),
                "this step ends only when the analysis fails",
                "its metrics have an interval and no `count`",
            )
            .help(
                "add `count` to the metric, or analyse in the background: then the run ends with \
                 the steps. Taken as a pause without an end",
            ),
        );
        return Some(vec![ArgoStep::Pause(None)]);
    }
    Some(analysis.map(ArgoStep::Analysis).into_iter().collect())
}

/// `pause`: a duration, or until somebody goes on.
#[expect(
    clippy::option_option,
    reason = "no mistake, and a pause without an end"
)]
fn pause(node: &Node, report: &mut Report) -> Option<Option<Duration>> {
    if node.value == Value::Null {
        return Some(None);
    }
    let keys = Keys {
        read: &["duration"],
        not_simulated: &[],
        ignored: &[],
    };
    let fields = keys::open(node, "a pause", &keys, report)?;
    let Some(duration) = fields.get("duration") else {
        return Some(None);
    };
    let found = scalar(duration).and_then(values::parse_duration);
    if found.is_none() {
        report.expected(
            duration,
            "a duration, such as 10m, 1h or a number of seconds",
        );
    }
    found.map(Some)
}

fn background(
    node: &Node,
    begins: &[usize],
    templates: &Templates,
    report: &mut Report,
) -> Option<Background> {
    let analysis = argo_analysis::run(node, templates, report).flatten();
    let start = match &node.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == "startingStep"),
        _ => None,
    };
    let starting_step = match start {
        None => 0,
        Some(entry) => {
            let most = begins.len().saturating_sub(2) as u64;
            let step = values::whole(&entry.value, 0, most, report)?;
            begins[usize::try_from(step).ok()?]
        }
    };
    let last = begins.last().copied().unwrap_or(0).saturating_sub(1);
    Some(Background {
        analysis: analysis?,
        starting_step: starting_step.min(last),
    })
}

fn blue_green(node: &Node, templates: &Templates, report: &mut Report) -> Option<Argo> {
    let fields = keys::open(node, "a blue-green strategy", &BLUE_GREEN, report)?;
    let mut steps = Vec::new();
    let automatic = fields
        .get("autoPromotionEnabled")
        .and_then(|node| values::boolean(node, report))
        .unwrap_or(true);
    if let Some(node) = fields.get("autoPromotionSeconds") {
        let seconds = values::whole(node, 0, u64::from(u32::MAX), report)?;
        steps.push(ArgoStep::Pause(Some(Duration::from_secs(seconds))));
    } else if !automatic {
        steps.push(ArgoStep::Pause(None));
    }
    steps.push(ArgoStep::SetWeight(CanaryWeight::ALL));
    if let Some(node) = fields.get("postPromotionAnalysis") {
        let analysis = argo_analysis::run(node, templates, report)?;
        steps.extend(analysis.map(ArgoStep::Analysis));
    }
    made(steps, None, &fields, report)
}

/// A template that no rollout names, judged as if all traffic went to the new version: with an
/// interval and no `count` over ten measurements.
pub(super) fn template_alone(
    analysis: Analysis,
    resource: &Resource,
    report: &mut Report,
) -> Option<Rollout> {
    let name = &resource.name;
    report.add(
        Diagnostic::warning(
            resource.kind_span.clone(),
            format!("no Rollout in these files uses `{name}`"),
            "judged with all traffic on the new version",
        )
        .help("give the file with the Rollout as well, to see it with its weights"),
    );
    let longest = analysis
        .metrics()
        .iter()
        .filter(|metric| metric.measurements().is_none())
        .filter_map(|metric| metric.parts().interval)
        .max();
    let weight = ArgoStep::SetWeight(CanaryWeight::ALL);
    let argo = match longest.and_then(|interval| interval.checked_mul(10)) {
        None => Argo::new(vec![weight, ArgoStep::Analysis(analysis)], None),
        Some(time) => {
            let background = Background {
                analysis,
                starting_step: 0,
            };
            Argo::new(vec![weight, ArgoStep::Pause(Some(time))], Some(background))
        }
    };
    Some(Rollout {
        name: name.clone(),
        controller: Controller::Argo(argo.ok()?),
    })
}

/// The arguments that a run gives to its templates.
pub(super) type Arguments = BTreeMap<String, String>;

/// A warning that a step or metric is left out.
pub(super) fn left_out(node: &Node, what: &str, reason: &str) -> Diagnostic {
    not_simulated(
        node.span.clone(),
        what,
        &format!("{reason}; taken as successful"),
    )
}
