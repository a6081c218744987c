//! OpenKruise's `Rollout` (rollouts.kruise.io/v1beta1): weights and pauses, without a gate.

use std::time::Duration;

use super::keys::{self, Keys, scalar};
use crate::config::Diagnostic;
use crate::config::kubernetes::Resource;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::Node;
use crate::rollout::{CanaryWeight, Controller, Rollout, Schedule, ScheduleStep};

const ROLLOUT: Keys = Keys {
    read: &["apiVersion", "kind", "metadata", "spec"],
    not_simulated: &[],
    ignored: &["status"],
};

const SPEC: Keys = Keys {
    read: &["strategy"],
    not_simulated: &[("disabled", "a disabled rollout does nothing")],
    ignored: &["workloadRef", "objectRef", "rolloutID"],
};

const STRATEGY: Keys = Keys {
    read: &["canary", "blueGreen"],
    not_simulated: &[("paused", "a paused rollout waits for somebody")],
    ignored: &[],
};

const CANARY: Keys = Keys {
    read: &["steps"],
    not_simulated: &[],
    ignored: &[
        "trafficRoutings",
        "trafficRoutingRef",
        "failureThreshold",
        "patchPodTemplateMetadata",
        "enableExtraWorkloadForCanary",
        "disableGenerateCanaryService",
    ],
};

const STEP: Keys = Keys {
    read: &["traffic", "weight", "replicas", "pause", "matches"],
    not_simulated: &[],
    ignored: &["requestHeaderModifier"],
};

const PAUSE: Keys = Keys {
    read: &["duration"],
    not_simulated: &[],
    ignored: &[],
};

/// Reads a rollout.
pub(super) fn read(resource: &Resource, report: &mut Report) -> Option<Rollout> {
    let rollout = keys::open(&resource.root, "a Rollout", &ROLLOUT, report)?;
    let spec = rollout.required("spec", "{strategy: {canary: {steps: …}}}", report)?;
    let spec = keys::open(spec, "`spec` of a Rollout", &SPEC, report)?;
    let strategy = spec.required("strategy", "{canary: {steps: …}}", report)?;
    let strategy = keys::open(strategy, "a strategy", &STRATEGY, report)?;
    let canary = match strategy.get("blueGreen") {
        Some(node) => node,
        None => strategy.required("canary", "{steps: …}", report)?,
    };
    let canary = keys::open(canary, "a canary strategy", &CANARY, report)?;
    let steps = canary.required("steps", "[{traffic: 5%, pause: {duration: 60}}]", report)?;
    report.add(Diagnostic::warning(
        resource.kind_span.clone(),
        "this rollout has no gate",
        "OpenKruise looks at pods, not at metrics",
    ));
    let items = keys::list(steps, "a list of steps", report);
    let read: Vec<ScheduleStep> = items.iter().filter_map(|item| step(item, report)).collect();
    if read.len() < items.len() {
        return None;
    }
    match Schedule::new(read) {
        Ok(schedule) => Some(Rollout {
            name: resource.name.clone(),
            controller: Controller::Schedule(schedule),
        }),
        Err(error) => {
            report.add(Diagnostic::error(
                steps.span.clone(),
                error.to_string(),
                "in these steps",
            ));
            None
        }
    }
}

fn step(node: &Node, report: &mut Report) -> Option<ScheduleStep> {
    let fields = keys::open(node, "a step", &STEP, report)?;
    if let Some(matches) = fields.get("matches") {
        report.add(keys::not_simulated(
            matches.span.clone(),
            "matches",
            "requests that match go to the new version, whatever `traffic` says; taken as a share",
        ));
    }
    let weight = match (fields.get("traffic"), fields.get("weight")) {
        (Some(node), _) => share(node, report),
        (None, Some(node)) => values::whole(node, 0, 100, report)
            .and_then(|percent| u32::try_from(percent).ok())
            .and_then(CanaryWeight::percent),
        (None, None) => by_pods(&fields, report),
    };
    let duration = match fields.get("pause") {
        None => None,
        Some(node) => {
            let pause = keys::open(node, "a pause", &PAUSE, report)?;
            match pause.get("duration") {
                None => None,
                Some(node) => {
                    let seconds = values::whole(node, 0, u64::from(u32::MAX), report)?;
                    Some(Duration::from_secs(seconds))
                }
            }
        }
    };
    Some(ScheduleStep {
        weight: weight?,
        duration,
    })
}

/// Without `traffic`, pods set the share: `replicas` as a percentage of them.
fn by_pods(fields: &Fields, report: &mut Report) -> Option<CanaryWeight> {
    let Some(node) = fields.get("replicas") else {
        fields.required("traffic", "5%", report);
        return None;
    };
    let weight = share(node, report)?;
    report.add(Diagnostic::warning(
        node.span.clone(),
        "without `traffic` pods set the share",
        format!("taken as {weight} of the requests"),
    ));
    Some(weight)
}

/// `5%`, with or without quotes.
fn share(node: &Node, report: &mut Report) -> Option<CanaryWeight> {
    let percent = scalar(node)
        .and_then(|text| text.strip_suffix('%'))
        .and_then(|text| text.parse().ok())
        .and_then(CanaryWeight::percent);
    if percent.is_none() {
        report.expected(node, "a whole percentage from 0% to 100%, such as 5%");
    }
    percent
}
