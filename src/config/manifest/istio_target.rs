//! Istio's destinations: hosts, subsets, ports and weights.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use super::istio_names::{destination_problem, is_label};
use super::object::{Keys, doubt, number, object, refuse, scalar, text};
use super::resources::{Meta, Reference, Target, qualified};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::{Node, Value};
use crate::units::display::short_percent;

pub(super) fn first_line(node: &Node, fields: &Fields) -> std::ops::Range<usize> {
    match fields.entries().is_empty() {
        true => node.span.clone(),
        false => fields.start(),
    }
}

/// Weighted destinations; several need weights that do not sum to zero.
pub(super) fn targets(listed: &[Node], meta: &Meta, report: &mut Report) -> Option<Vec<Target>> {
    const WEIGHTED: Keys = Keys {
        read: &["destination", "weight"],
        not_simulated: &[(
            "headers",
            "headers are changed for the destination; the route is the same",
        )],
    };
    let mut targets = Vec::new();
    let before = report.diagnostics.len();
    for node in listed {
        if node.value == Value::Null {
            refuse(report, node.span.clone(), "weight may not be nil");
            continue;
        }
        let fields = object(node, "a destination", &WEIGHTED, report)?;
        let Some(destination) = fields.get("destination") else {
            refuse(report, first_line(node, &fields), "destination is required");
            continue;
        };
        let weight = weight(&fields, report);
        if let Some(mut target) = target(destination, meta, report) {
            target.weight = weight;
            targets.push(target);
        }
    }
    let sum: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
    if listed.len() > 1 && targets.len() == listed.len() && sum == 0 {
        let span = listed[0].span.start..listed[listed.len() - 1].span.end;
        refuse(report, span, "total destination weight = 0");
    }
    if sum > u64::from(u32::MAX) {
        let span = listed[0].span.clone();
        refuse(
            report,
            span,
            "The sum of weights of all weighted clusters exceeds 4294967295",
        );
    }
    warn_of_sum(&targets, listed, report);
    let failed = |all: &[crate::config::Diagnostic]| {
        all.iter()
            .any(|one| one.severity == crate::config::Severity::Error)
    };
    (!failed(&report.diagnostics[before..])).then_some(targets)
}

/// Weights are relative to their sum, which people who write percentages may not expect.
fn warn_of_sum(targets: &[Target], listed: &[Node], report: &mut Report) {
    let sum: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
    let all_read = targets.len() == listed.len() && targets.len() > 1;
    if !all_read || sum == 0 || is_round(sum) {
        return;
    }
    let shares: Vec<String> = targets
        .iter()
        .map(|target| short_percent(f64::from(target.weight) / sum as f64))
        .collect();
    let message = format!("these weights sum to {sum}, not to 100");
    let effect = format!("they are relative: the shares are {}", shares.join(", "));
    let span = listed[0].span.start..listed[listed.len() - 1].span.end;
    doubt(report, span, message, effect);
}

/// 10, 100, 1000 and so on: parts that are meant to be parts of that.
fn is_round(sum: u64) -> bool {
    sum > 1
        && std::iter::successors(Some(sum), |rest| (rest % 10 == 0).then_some(rest / 10)).last()
            == Some(1)
}

fn weight(fields: &Fields, report: &mut Report) -> u32 {
    let Some(node) = fields.get("weight") else {
        return 0;
    };
    match scalar(node).and_then(|text| text.parse::<i64>().ok()) {
        Some(weight) if weight < 0 => {
            refuse(report, node.span.clone(), format!("weight {weight} < 0"));
            0
        }
        Some(weight) if weight <= i64::from(i32::MAX) => u32::try_from(weight).unwrap_or(0),
        _ => {
            report.expected(node, "a weight: a whole number from 0 to 2147483647");
            0
        }
    }
}

/// `{host, subset, port: {number}}`.
pub(super) fn target(node: &Node, meta: &Meta, report: &mut Report) -> Option<Target> {
    const DESTINATION: Keys = Keys {
        read: &["host", "subset", "port"],
        not_simulated: &[],
    };
    const PORT: Keys = Keys {
        read: &["number"],
        not_simulated: &[("name", "ports by name are not resolved")],
    };
    let fields = object(node, "a destination", &DESTINATION, report)?;
    let host = text(&fields, "host", report).unwrap_or_default();
    if let Some(problem) = destination_problem(&host) {
        let span = fields.get("host").map(|node| node.span.clone());
        refuse(
            report,
            span.unwrap_or_else(|| first_line(node, &fields)),
            problem,
        );
        return None;
    }
    if let Some(name) = fields.get("subset")
        && let Some(subset) = scalar(name).filter(|subset| !subset.is_empty() && !is_label(subset))
    {
        refuse(
            report,
            name.span.clone(),
            format!("subset name is invalid: {subset}"),
        );
        return None;
    }
    let port = match fields.get("port") {
        Some(port) => {
            let port = object(port, "a port", &PORT, report)?;
            number(&port, "number", 1, 65535, report)
        }
        None => None,
    };
    Some(Target {
        host: qualified(&host, &meta.namespace),
        subset: text(&fields, "subset", report).filter(|subset| !subset.is_empty()),
        port,
        weight: 0,
        reference: Reference::Free,
        span: node.span.clone(),
    })
}
