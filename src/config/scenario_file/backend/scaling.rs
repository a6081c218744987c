//! How replicas come, go and fail: `schedule`, `autoscaler`, `faults`.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Keys;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::scenario::{Autoscaler, Fault, ReplicaFault, Scaling, ScalingStep};
use crate::units::to_f64;

/// The settings of `autoscaler`.
pub(in crate::config) const AUTOSCALER_KEYS: [&str; 5] =
    ["min", "max", "target", "sync-period", "stabilisation"];
/// The keys of a step of `schedule`.
pub(in crate::config) const STEP_KEYS: [&str; 2] = ["at", "replicas"];
/// The keys of one of the `faults`.
pub(in crate::config) const FAULT_KEYS: [&str; 5] =
    ["replica", "slow", "errors", "crash-at", "restart"];

/// The most replicas that may be asked for.
const MOST: u64 = 100_000;

pub(super) fn read(keys: &Keys, report: &mut Report) -> Scaling {
    match (keys.get("schedule"), keys.get("autoscaler")) {
        (None, None) => Scaling::Fixed,
        (Some(node), None) => schedule(node, report),
        (None, Some(node)) => autoscaler(node, report).map_or(Scaling::Fixed, Scaling::Autoscaler),
        (Some(node), Some(_)) => {
            report.add(
                Diagnostic::error(
                    node.span.clone(),
                    "both `schedule` and `autoscaler`",
                    "one of them decides",
                )
                .help("remove one of the two"),
            );
            Scaling::Fixed
        }
    }
}

fn replicas(fields: &Fields, key: &str, example: &str, report: &mut Report) -> Option<NonZeroU32> {
    let node = fields.required(key, example, report)?;
    let number = values::whole(node, 1, MOST, report)?;
    NonZeroU32::new(u32::try_from(number).ok()?)
}

fn list<'a>(node: &'a Node, what: &str, report: &mut Report) -> &'a [Node] {
    if let Value::List(items) = &node.value {
        return items;
    }
    report.expected(node, what);
    &[]
}

fn schedule(node: &Node, report: &mut Report) -> Scaling {
    let example = "a list such as `[{at: 60s, replicas: 4}]`";
    let mut steps: Vec<ScalingStep> = Vec::new();
    for item in list(node, example, report) {
        let Some(fields) = Fields::of(item, "a step of `schedule`", &STEP_KEYS, report) else {
            continue;
        };
        let at = fields
            .required("at", "60s", report)
            .and_then(|node| values::duration(node, report));
        let replicas = replicas(&fields, "replicas", "4", report);
        let (Some(at), Some(replicas)) = (at, replicas) else {
            continue;
        };
        if steps.last().is_some_and(|last| last.at >= at) {
            report.add(
                Diagnostic::error(fields.start(), "`schedule` goes back in time", "too early")
                    .help("put the steps in the order in which they happen"),
            );
        }
        steps.push(ScalingStep { at, replicas });
    }
    Scaling::Schedule(steps)
}

fn autoscaler(node: &Node, report: &mut Report) -> Option<Autoscaler> {
    let fields = Fields::of(node, "`autoscaler`", &AUTOSCALER_KEYS, report)?;
    let min = replicas(&fields, "min", "2", report);
    let max = replicas(&fields, "max", "10", report);
    let target = match fields.get("target") {
        Some(node) => values::percent(node, report).map_or(1.0, to_f64),
        None => 0.8,
    };
    let duration = |key, report: &mut Report| {
        let node = fields.get(key)?;
        values::duration(node, report)
    };
    let sync_period = duration("sync-period", report).unwrap_or(Duration::from_secs(15));
    let stabilisation = duration("stabilisation", report).unwrap_or(Duration::from_secs(300));
    let (min, max) = (min?, max?);
    if min > max || target == 0.0 {
        report.add(Diagnostic::error(
            fields.start(),
            "`min` must not be above `max`, nor `target` be zero",
            "in this autoscaler",
        ));
    }
    Some(Autoscaler {
        min,
        max,
        target,
        sync_period,
        stabilisation,
    })
}

/// Reads the `faults` of replicas.
pub(super) fn faults(keys: &Keys, report: &mut Report) -> Vec<ReplicaFault> {
    let Some(node) = keys.get("faults") else {
        return Vec::new();
    };
    let example = "a list such as `[{replica: 0, slow: 5}]`";
    let items = list(node, example, report).iter();
    items.filter_map(|item| fault(item, report)).collect()
}

fn fault(node: &Node, report: &mut Report) -> Option<ReplicaFault> {
    let fields = Fields::of(node, "a fault", &FAULT_KEYS, report)?;
    let replica = fields.required("replica", "0", report)?;
    let replica = u32::try_from(values::whole(replica, 0, MOST, report)?).ok()?;
    let kinds = ["slow", "errors", "crash-at"].map(|key| fields.get(key));
    let fault = match kinds {
        [Some(node), None, None] => Fault::Slow(to_f64(values::positive_decimal(node, report)?)),
        [None, Some(node), None] => Fault::Errors(to_f64(values::percent(node, report)?)),
        [None, None, Some(node)] => Fault::Crash {
            at: values::duration(node, report)?,
            restart: fields
                .get("restart")
                .and_then(|node| values::duration(node, report))
                .unwrap_or(Duration::from_secs(10)),
        },
        _ => {
            let message = "a fault has exactly one of `slow`, `errors` and `crash-at`";
            report.add(
                Diagnostic::error(fields.start(), message, "what is wrong with the replica?")
                    .help("write `{replica: 0, slow: 5}`: five times as slow"),
            );
            return None;
        }
    };
    Some(ReplicaFault { replica, fault })
}
