//! Istio's rules for HTTP: what to do with a request that matches.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go` and `virtualservice.go`.

use super::istio_match::http_match;
use super::istio_names::{destination_problem, is_label};
use super::object::{Keys, decimal, doubt, duration, items, number, object, refuse, scalar, text};
use super::resources::{Action, HttpRule, Meta, Target, qualified};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::{Node, Value};
use crate::routing::{
    Abort, AbortStatus, Delay, DirectResponse, Faults, FractionalPercent, Origin, Redirect,
    RedirectPath, Retries,
};

const RULE: Keys = Keys {
    read: &[
        "name",
        "match",
        "route",
        "redirect",
        "directResponse",
        "timeout",
        "retries",
        "fault",
        "mirror",
        "mirrors",
        "mirrorPercent",
        "mirror_percent",
        "mirrorPercentage",
        "delegate",
    ],
    not_simulated: &[
        (
            "rewrite",
            "the destination sees another path or host; the route is the same",
        ),
        (
            "corsPolicy",
            "browsers may be refused; the route is the same",
        ),
        (
            "headers",
            "headers are changed for the destination; the route is the same",
        ),
        ("websocketUpgrade", "upgrades are always allowed"),
        (
            "appendHeaders",
            "headers are added for the destination; the route is the same",
        ),
    ],
};

/// One rule; `place` is its place in the list.
pub(super) fn http_rule(
    node: &Node,
    place: usize,
    meta: &Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<HttpRule> {
    let fields = object(node, "an HTTP rule", &RULE, report)?;
    let name = text(&fields, "name", report).unwrap_or_else(|| format!("http[{place}]"));
    let origin = Origin {
        resource: meta.resource(),
        rule: name.clone(),
        place: Some(line(node.span.start)),
    };
    let mut matches = Vec::new();
    let listed = items(&fields, "match", report);
    for (index, node) in listed.iter().enumerate() {
        let (own, condition) = http_match(node, meta, report)?;
        let rule = match own {
            Some(own) => format!("{name}.{own}"),
            None if listed.len() == 1 => name.clone(),
            None => format!("{name}.match[{index}]"),
        };
        let origin = Origin {
            rule,
            place: Some(line(node.span.start)),
            ..origin.clone()
        };
        matches.push((origin, condition, node.span.clone()));
    }
    let action = action(&fields, node, meta, report);
    let rule = HttpRule {
        matches,
        origin,
        faults: faults(&fields, report),
        mirrors: mirrors(&fields, meta, report),
        timeout: duration(&fields, "timeout", report).filter(|timeout| !timeout.is_zero()),
        retries: retries(&fields, report),
        action: action?,
        span: node.span.clone(),
    };
    let with_timer = rule.timeout.is_some() || fields.get("retries").is_some();
    if !rule.faults.is_empty() && with_timer {
        doubt(
            report,
            fields.start(),
            "a rule with a fault has no timeout and no retries",
            "Istio does not enable them beside a fault of the client's proxy",
        );
    }
    Some(rule)
}

/// What cannot stand together in a rule, with Istio's text.
const CONFLICTS: [(&str, &str, &str); 10] = [
    (
        "redirect",
        "route",
        "HTTP route cannot contain both route and redirect",
    ),
    (
        "redirect",
        "fault",
        "HTTP route cannot contain both fault and redirect",
    ),
    (
        "redirect",
        "rewrite",
        "HTTP route rule cannot contain both rewrite and redirect",
    ),
    (
        "redirect",
        "directResponse",
        "HTTP route rule cannot contain both direct_response and redirect",
    ),
    (
        "directResponse",
        "route",
        "HTTP route cannot contain both route and direct_response",
    ),
    (
        "directResponse",
        "fault",
        "HTTP route cannot contain both fault and direct_response",
    ),
    (
        "directResponse",
        "rewrite",
        "HTTP route rule cannot contain both rewrite and direct_response",
    ),
    (
        "delegate",
        "redirect",
        "root HTTP route %s must not specify redirect",
    ),
    (
        "delegate",
        "route",
        "root HTTP route %s must not specify route",
    ),
    (
        "delegate",
        "directResponse",
        "root HTTP route must not specify direct_response",
    ),
];

fn action(fields: &Fields, node: &Node, meta: &Meta, report: &mut Report) -> Option<Action> {
    let name = fields.get("name").and_then(scalar).unwrap_or_default();
    let mut conflicts = CONFLICTS.iter().filter_map(|(one, other, message)| {
        fields.get(other)?;
        Some((fields.get(one)?.span.clone(), message.replace("%s", name)))
    });
    if let Some((span, message)) = conflicts.next() {
        refuse(report, span, message);
        conflicts.for_each(|(span, message)| refuse(report, span, message));
        return None;
    }
    let (redirect, direct) = (fields.get("redirect"), fields.get("directResponse"));
    if let Some(delegate) = fields.get("delegate") {
        doubt(
            report,
            delegate.span.clone(),
            "`delegate` is not simulated",
            "the rules of the other VirtualService are not merged; this one answers nothing",
        );
        return None;
    }
    if let Some(redirect) = redirect {
        return read_redirect(redirect, report).map(Action::Redirect);
    }
    if let Some(direct) = direct {
        return direct_response(direct, report).map(Action::DirectResponse);
    }
    let listed = items(fields, "route", report);
    if listed.is_empty() {
        let message = "HTTP route, redirect or direct_response is required";
        refuse(report, first_line(node, fields), message);
        return None;
    }
    targets(listed, meta, report).map(Action::Forward)
}

fn first_line(node: &Node, fields: &Fields) -> std::ops::Range<usize> {
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
    let failed = |all: &[crate::config::Diagnostic]| {
        all.iter()
            .any(|one| one.severity == crate::config::Severity::Error)
    };
    (!failed(&report.diagnostics[before..])).then_some(targets)
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
fn target(node: &Node, meta: &Meta, report: &mut Report) -> Option<Target> {
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
        span: node.span.clone(),
    })
}

fn read_redirect(node: &Node, report: &mut Report) -> Option<Redirect> {
    const REDIRECT: Keys = Keys {
        read: &["uri", "authority", "port", "scheme", "redirectCode"],
        not_simulated: &[("derivePort", "the port of the new address is left as it is")],
    };
    let fields = object(node, "a redirect", &REDIRECT, report)?;
    let says = ["uri", "authority", "port", "derivePort", "scheme"];
    if says.iter().all(|key| fields.get(key).is_none()) {
        let message = "redirect must specify URI, authority, scheme, or port";
        refuse(report, first_line(node, &fields), message);
        return None;
    }
    let code = number(&fields, "redirectCode", 0, i64::from(u16::MAX), report).unwrap_or(0);
    if code != 0 && !(300..400).contains(&code) {
        let message = format!("{code} is not a valid redirect code, must be 3xx");
        refuse(report, first_line(node, &fields), message);
    }
    let scheme = text(&fields, "scheme", report).filter(|scheme| !scheme.is_empty());
    if scheme
        .as_deref()
        .is_some_and(|scheme| !matches!(scheme, "http" | "https"))
    {
        let message = "invalid redirect scheme, must be \"http\" or \"https\"";
        refuse(report, first_line(node, &fields), message);
    }
    Some(Redirect {
        status: if code == 0 { 301 } else { code },
        scheme,
        authority: text(&fields, "authority", report),
        port: number(&fields, "port", 1, 65535, report),
        path: text(&fields, "uri", report).map(RedirectPath::Full),
    })
}

fn direct_response(node: &Node, report: &mut Report) -> Option<DirectResponse> {
    const RESPONSE: Keys = Keys {
        read: &["status", "body"],
        not_simulated: &[],
    };
    const BODY: Keys = Keys {
        read: &["string"],
        not_simulated: &[("bytes", "the body is left empty")],
    };
    let fields = object(node, "a direct response", &RESPONSE, report)?;
    let status = number(&fields, "status", 0, i64::from(u16::MAX), report);
    let Some(status) = status.filter(|status| (200..=599).contains(status)) else {
        let status = status.unwrap_or(0);
        let message = format!("HTTP status {status} is not in range 200-599");
        refuse(report, fields.start(), message);
        return None;
    };
    let body = match fields.get("body") {
        Some(body) => {
            let body = object(body, "a body", &BODY, report)?;
            text(&body, "string", report).unwrap_or_default()
        }
        None => String::new(),
    };
    Some(DirectResponse { status, body })
}

fn faults(fields: &Fields, report: &mut Report) -> Faults {
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
    let duration = duration(&fields, "fixedDelay", report);
    if duration.is_none() {
        refuse(
            report,
            fields.start(),
            "delay type not set: `fixedDelay` is missing",
        );
    }
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
        let percent = number::<u32>(fields, "percent", 0, 100, report);
        let message = "`percent` is deprecated; Istio reads `percentage` only";
        doubt(
            report,
            node.span.clone(),
            message,
            "write `percentage: {value: …}`",
        );
        return percent.map_or(FractionalPercent::NEVER, FractionalPercent::percent);
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
fn percentage(node: &Node, report: &mut Report) -> Option<FractionalPercent> {
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

fn mirrors(fields: &Fields, meta: &Meta, report: &mut Report) -> Vec<(Target, FractionalPercent)> {
    const MIRROR: Keys = Keys {
        read: &["destination", "percentage"],
        not_simulated: &[],
    };
    let listed = items(fields, "mirrors", report);
    if let Some(node) = fields.get("mirror") {
        if !listed.is_empty() {
            let message = "HTTP route cannot contain both mirror and mirrors";
            refuse(report, node.span.clone(), message);
        }
        let percentage = mirror_percentage(fields, report);
        let target = target(node, meta, report);
        return target
            .map(|target| (target, percentage))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    for node in listed {
        let Some(mirror) = object(node, "a mirror", &MIRROR, report) else {
            continue;
        };
        let share = match mirror.get("percentage") {
            Some(node) => percentage(node, report).unwrap_or(FractionalPercent::NEVER),
            None => FractionalPercent::ALWAYS,
        };
        match mirror.get("destination") {
            Some(node) => found.extend(target(node, meta, report).map(|target| (target, share))),
            None => refuse(
                report,
                node.span.clone(),
                "destination is required for mirrors",
            ),
        }
    }
    found
}

/// Absent means all requests.
fn mirror_percentage(fields: &Fields, report: &mut Report) -> FractionalPercent {
    if let Some(node) = fields.get("mirrorPercentage") {
        let value = Fields::any(node, "a percentage", report)
            .and_then(|percentage| decimal(&percentage, "value", report));
        if let Some(value) = value.filter(|value| *value > 100.0) {
            let message =
                format!("mirror_percentage must have a max value of 100 (it has {value:.6})");
            refuse(report, node.span.clone(), message);
        }
        if let Some(value) = value.filter(|value| *value < 0.0) {
            let message =
                format!("mirror_percentage must have a min value of 0 (it has {value:.6})");
            refuse(report, node.span.clone(), message);
        }
        return value.map_or(FractionalPercent::NEVER, FractionalPercent::istio);
    }
    for key in ["mirrorPercent", "mirror_percent"] {
        if let Some(node) = fields.get(key) {
            let percent = number::<u32>(fields, key, 0, 100, report);
            let message =
                "using deprecated setting \"mirrorPercent\", use \"mirrorPercentage\" instead";
            doubt(report, node.span.clone(), message, "deprecated");
            return percent.map_or(FractionalPercent::NEVER, FractionalPercent::percent);
        }
    }
    FractionalPercent::ALWAYS
}

fn retries(fields: &Fields, report: &mut Report) -> Retries {
    const RETRIES: Keys = Keys {
        read: &["attempts", "perTryTimeout", "retryOn"],
        not_simulated: &[
            ("retryRemoteLocalities", "all replicas count as near"),
            (
                "retryIgnorePreviousHosts",
                "a retry may meet the same replica",
            ),
            ("backoff", "retries wait as long as by default"),
        ],
    };
    let Some(node) = fields.get("retries") else {
        return Retries::default();
    };
    let Some(policy) = object(node, "retries", &RETRIES, report) else {
        return Retries::default();
    };
    let attempts: Option<i64> = number(&policy, "attempts", i64::MIN, i64::MAX, report);
    if attempts.is_some_and(|attempts| attempts < 0) {
        refuse(report, node.span.clone(), "attempts cannot be negative");
    }
    let more = policy.get("perTryTimeout").is_some() || policy.get("retryOn").is_some();
    if attempts == Some(0) && more {
        let message = "http retry policy configured when attempts are set to 0 (disabled)";
        refuse(report, node.span.clone(), message);
    }
    if attempts == Some(0) {
        return Retries::NEVER;
    }
    let standard = Retries::default();
    Retries {
        attempts: attempts
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(standard.attempts),
        per_try_timeout: duration(&policy, "perTryTimeout", report),
        retry_on: match text(&policy, "retryOn", report) {
            Some(conditions) => retry_conditions(&conditions, &policy, report),
            None => standard.retry_on,
        },
    }
}

/// The conditions that Envoy and gRPC know.
const RETRY_ON: [&str; 17] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
    "unknown",
];

fn retry_conditions(written: &str, policy: &Fields, report: &mut Report) -> Vec<String> {
    let conditions: Vec<String> = written
        .split(',')
        .map(|one| one.trim().to_owned())
        .collect();
    for condition in &conditions {
        let is_status = condition
            .parse::<u16>()
            .is_ok_and(|status| (100..600).contains(&status));
        if !is_status && !RETRY_ON.contains(&condition.as_str()) {
            let message = format!("\"{condition}\" is not a valid retryOn policy");
            refuse(report, policy.start(), message);
        }
    }
    conditions
}
