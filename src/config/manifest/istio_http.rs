//! Istio's rules for HTTP: what to do with a request that matches.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go` and `virtualservice.go`.

use super::istio_answer::{direct_response, read_redirect};
use super::istio_fault::faults;
use super::istio_match::http_match;
use super::istio_mirror::mirrors;
use super::istio_retry::retries;
use super::istio_target::{first_line, targets};
use super::object::{Keys, doubt, duration, items, object, refuse, scalar, text};
use super::resources::{Action, HttpRule, Meta};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::Origin;

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
            "the fault of this rule comes before its timeout and its retries",
            "an injected delay is no part of the timeout, and an abort is not tried again",
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
