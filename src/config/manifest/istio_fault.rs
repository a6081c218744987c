//! Istio's faults: delays and aborts of a share of the requests.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use super::object::{Keys, decimal, doubt, duration, number, object, refuse, scalar};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{Abort, AbortStatus, Delay, Faults, FractionalPercent};

/// The faults of a rule.
pub(super) fn faults(fields: &Fields, report: &mut Report) -> Faults {
    const FAULT: Keys = Keys {
        read: &["delay", "abort"],
        not_simulated: &[],
    };
    let Some(node) = fields.get("fault") else {
        return Faults::default();
    };
    let Some(fault) = object(node, "a fault", &FAULT, report) else {
        return Faults::default();
    };
    if fault.get("delay").is_none() && fault.get("abort").is_none() {
        let message = "HTTP fault injection must have an abort and/or a delay";
        refuse(report, node.span.clone(), message);
    }
    Faults {
        delay: fault.get("delay").and_then(|node| delay(node, report)),
        abort: fault.get("abort").and_then(|node| abort(node, report)),
    }
}

fn delay(node: &Node, report: &mut Report) -> Option<Delay> {
    const DELAY: Keys = Keys {
        read: &["percentage", "percent", "fixedDelay"],
        not_simulated: &[("exponentialDelay", "Istio does not support it")],
    };
    let fields = object(node, "a delay", &DELAY, report)?;
    if let Some(node) = fields.get("exponentialDelay") {
        refuse(
            report,
            node.span.clone(),
            "exponentialDelay not supported yet",
        );
        return None;
    }
    let percentage = fault_percentage(&fields, "delay", report);
    if fields.get("fixedDelay").is_none() {
        let effect = "nothing is delayed";
        doubt(
            report,
            fields.start(),
            "the delay has no `fixedDelay`",
            effect,
        );
    }
    let duration = duration(&fields, "fixedDelay", report);
    Some(Delay {
        percentage,
        duration: duration?,
    })
}

fn abort(node: &Node, report: &mut Report) -> Option<Abort> {
    const ABORT: Keys = Keys {
        read: &["percentage", "percent", "httpStatus", "grpcStatus"],
        not_simulated: &[("http2Error", "Istio does not support it")],
    };
    let fields = object(node, "an abort", &ABORT, report)?;
    if let Some(node) = fields.get("http2Error") {
        let message = "HTTP/2 abort fault injection not supported yet";
        refuse(report, node.span.clone(), message);
        return None;
    }
    let percentage = fault_percentage(&fields, "abort", report);
    let status = match (fields.get("httpStatus"), fields.get("grpcStatus")) {
        (Some(node), _) => {
            let status = number(&fields, "httpStatus", 0, i64::from(u16::MAX), report)?;
            // Upstream's check lets 600 pass too, though its text does not.
            if !(200..=600).contains(&status) {
                let message = format!("HTTP status {status} is not in range 200-599");
                refuse(report, node.span.clone(), message);
                return None;
            }
            AbortStatus::Http(status)
        }
        (None, Some(node)) => AbortStatus::Grpc(grpc_status(node, report)?),
        (None, None) => {
            let effect = "nothing is aborted";
            doubt(
                report,
                fields.start(),
                "abort configured, but error type not set",
                effect,
            );
            return None;
        }
    };
    Some(Abort { percentage, status })
}

/// The codes of gRPC by name, in their order.
const GRPC: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn grpc_status(node: &Node, report: &mut Report) -> Option<u8> {
    let written = scalar(node).unwrap_or_default();
    let place = GRPC.iter().position(|name| *name == written);
    let found = place.and_then(|place| u8::try_from(place).ok());
    if found.is_none() {
        let message = format!(
            "gRPC status \"{written}\" is not supported. See \
             https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported \
             codes, for example 'NOT_FOUND'"
        );
        refuse(report, node.span.clone(), message);
    }
    found
}

/// Absent means never; `percent` is the deprecated whole number.
fn fault_percentage(fields: &Fields, what: &str, report: &mut Report) -> FractionalPercent {
    if let Some(node) = fields.get("percentage") {
        return percentage(node, report).unwrap_or(FractionalPercent::NEVER);
    }
    if let Some(node) = fields.get("percent") {
        let message = "`percent` is deprecated; Istio reads `percentage` only";
        let effect = format!("the {what} is never injected: write `percentage: {{value: …}}`");
        doubt(report, node.span.clone(), message, effect);
        return FractionalPercent::NEVER;
    }
    let message = format!("the {what} has no percentage: it is never injected");
    doubt(
        report,
        fields.start(),
        message,
        "add `percentage: {value: 100}`",
    );
    FractionalPercent::NEVER
}

/// `{value: 12.5}`, in percent.
pub(super) fn percentage(node: &Node, report: &mut Report) -> Option<FractionalPercent> {
    const PERCENTAGE: Keys = Keys {
        read: &["value"],
        not_simulated: &[],
    };
    let fields = object(node, "a percentage", &PERCENTAGE, report)?;
    let value = decimal(&fields, "value", report).unwrap_or(0.0);
    if !(0.0..=100.0).contains(&value) {
        let message = format!("percentage {value} is not in range 0..100");
        refuse(report, node.span.clone(), message);
        return None;
    }
    Some(FractionalPercent::istio(value))
}
