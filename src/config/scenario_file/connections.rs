//! `connections`: TCP connections that carry several requests each.

use super::backend;
use super::versions::NamedVersion;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::scenario::{
    ArrivalProcess, Backend, Connections, MAX_OPEN_CONNECTIONS, Phase, Protocol,
};
use crate::units::to_f64;

/// The settings of `connections`.
pub(in crate::config) const CONNECTION_KEYS: [&str; 3] = ["lifetime", "think", "drain"];

pub(super) fn read(
    file: &Fields,
    protocol: Protocol,
    versions: &[NamedVersion],
    phases: &[Phase],
    report: &mut Report,
) -> Option<Connections> {
    let node = file.get("connections")?;
    let fields = Fields::of(node, "`connections`", &CONNECTION_KEYS, report)?;
    if protocol != Protocol::Tcp {
        let message = "`connections` without `protocol: tcp`";
        report.add(
            Diagnostic::error(node.span.clone(), message, "of HTTP, requests are split").help(
                "add `protocol: tcp`, or remove `connections`: a proxy that understands \
                       HTTP routes each request on its own, whatever its connection",
            ),
        );
    }
    fits(node, versions, phases, report);
    let lifetime = fields.required("lifetime", "{exponential: {mean: 2m}}", report);
    let think = fields.required("think", "1s", report);
    let lifetime = lifetime.and_then(|node| backend::service_time::read(node, report))?;
    for phase in phases {
        let open = to_f64(phase.arrivals().rate.per_second()) * lifetime.mean();
        if open > MAX_OPEN_CONNECTIONS {
            let message = format!(
                "`{}` would have {open:.2e} connections open at the same time",
                phase.name()
            );
            report.add(
                Diagnostic::error(fields.start(), message, "more than fit in memory").help(
                    format!(
                        "at most {MAX_OPEN_CONNECTIONS}: a lower `rate`, or a shorter `lifetime`"
                    ),
                ),
            );
        }
    }
    Some(Connections {
        lifetime,
        think: values::duration(think?, report)?,
        drain: match fields.get("drain") {
            Some(node) if node.value == Value::Plain("never".into()) => None,
            Some(node) => Some(values::duration(node, report)?),
            None => Some(Connections::ISTIO_DRAIN),
        },
    })
}

/// Reports what cannot be with connections.
fn fits(node: &Node, versions: &[NamedVersion], phases: &[Phase], report: &mut Report) {
    let mut refuse = |message: String, help: &str| {
        let label = "a connection stays at its replica";
        report.add(Diagnostic::error(node.span.clone(), message, label).help(help));
    };
    for named in versions {
        let name = &named.version.name;
        let Some(backend) = &named.version.backend else {
            refuse(
                format!("`{name}` has no `backend` to answer the requests of its connections"),
                "add `backend: {service-time: 20ms}`",
            );
            continue;
        };
        for key in what_needs_requests(backend) {
            refuse(
                format!("`{key}` of `{name}` does not go with `connections`"),
                "a TCP proxy sees bytes, not requests: it cannot repeat them, judge them, or \
                 give each to another replica; remove one of the two",
            );
        }
    }
    let closed =
        |phase: &Phase| matches!(phase.arrivals().process, ArrivalProcess::ClosedLoop { .. });
    if phases.iter().any(closed) {
        refuse(
            "`closed-loop` does not go with `connections`".into(),
            "clients of connections wait for responses anyway: give the `rate` at which \
             connections open",
        );
    }
}

fn what_needs_requests(backend: &Backend) -> Vec<&'static str> {
    let resilience = &backend.resilience;
    let there = [
        (resilience.retries.is_some(), "retries"),
        (resilience.outlier_detection.is_some(), "outlier-detection"),
        (backend.balancing.shares_queue, "shared-queue"),
    ];
    let there = there.into_iter().filter(|(there, _)| *there);
    there.map(|(_, key)| key).collect()
}
