//! Conditions of Istio's rules: strings, headers, query parameters, ports, sources.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto` (`HTTPMatchRequest`,
//! `StringMatch`); messages from istio/istio, `pkg/config/validation/virtualservice.go`.

use super::istio_names::is_label;
use super::object::{Keys, boolean, doubt, labels, number, object, refuse, scalar, text, texts};
use super::resources::{Meta, source_match};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::yaml::{Node, Value};
use crate::routing::{HeaderMatch, QueryMatch, Re2, RouteMatch, StringMatch, UriMatch, UriPattern};

const MATCH: Keys = Keys {
    read: &[
        "name",
        "uri",
        "scheme",
        "method",
        "authority",
        "headers",
        "port",
        "sourceLabels",
        "gateways",
        "queryParams",
        "ignoreUriCase",
        "withoutHeaders",
        "sourceNamespace",
    ],
    not_simulated: &[("statPrefix", "names a statistic; routing is the same")],
};

/// The longest regular expression that Istio accepts.
const LONGEST_REGEX: usize = 1024;

/// One match of an HTTP rule: its name, and its conditions.
pub(super) fn http_match(
    node: &Node,
    meta: &Meta,
    report: &mut Report,
) -> Option<(Option<String>, RouteMatch)> {
    let fields = object(node, "a match", &MATCH, report)?;
    let ignore_case = boolean(&fields, "ignoreUriCase", report);
    let string = |key: &'static str, report: &mut Report| {
        fields
            .get(key)
            .and_then(|node| string_match(node, key, report))
    };
    let uri = match string("uri", report) {
        Some(StringMatch::Exact(path)) => Some(UriPattern::Exact(path)),
        Some(StringMatch::Prefix(path)) => Some(UriPattern::Prefix(path)),
        Some(StringMatch::Regex(regex)) => Some(UriPattern::Regex(regex)),
        Some(StringMatch::Present) | None => None,
    };
    let condition = RouteMatch {
        uri: uri.map(|pattern| UriMatch {
            pattern,
            ignore_case,
        }),
        method: string("method", report),
        authority: string("authority", report),
        scheme: string("scheme", report),
        headers: header_matches(&fields, "headers", report),
        without_headers: header_matches(&fields, "withoutHeaders", report),
        query: query_matches(&fields, report),
        port: number(&fields, "port", 1, 65535, report),
        source: source_match(
            gateway_names(&fields, meta, report),
            labels(&fields, "sourceLabels", report),
            text(&fields, "sourceNamespace", report),
        ),
    };
    Some((text(&fields, "name", report), condition))
}

/// Gateways by `namespace/name`; a name alone is one beside the resource, `mesh` all sidecars.
pub(super) fn gateway_names(fields: &Fields, meta: &Meta, report: &mut Report) -> Vec<String> {
    let named = texts(fields, "gateways", report);
    let span = fields
        .get("gateways")
        .map_or_else(|| fields.start(), |node| node.span.clone());
    let full = named.into_iter().map(|name| {
        if name == crate::routing::MESH {
            name
        } else if let Some((namespace, gateway)) = name.split_once('/') {
            let problem = match (is_label(namespace), is_label(gateway)) {
                _ if namespace.is_empty() || gateway.is_empty() => {
                    Some("config namespace and gateway name cannot be empty".to_owned())
                }
                (false, _) => Some(format!("invalid value for namespace: \"{namespace}\"")),
                (_, false) => Some(format!("invalid value for gateway name: \"{gateway}\"")),
                (true, true) => None,
            };
            if let Some(problem) = problem {
                refuse(report, span.clone(), problem);
            }
            name
        } else if let Some((gateway, rest)) = name.split_once('.') {
            let namespace = rest.split('.').next().unwrap_or_default();
            let full = format!("{namespace}/{gateway}");
            let message = format!(
                "using legacy gatewayName format \"{name}\"; prefer the <namespace>/<name> \
                 format: \"{full}\""
            );
            doubt(report, span.clone(), message, "an old way to write it");
            full
        } else {
            format!("{}/{name}", meta.namespace)
        }
    });
    full.collect()
}

fn header_matches(fields: &Fields, key: &str, report: &mut Report) -> Vec<HeaderMatch> {
    let Some(node) = fields.get(key) else {
        return Vec::new();
    };
    let Some(headers) = Fields::any(node, "headers by name", report) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in headers.entries() {
        if entry.value.value == Value::Null && key == "headers" {
            let message = format!("header match {} cannot be null", entry.key);
            refuse(report, entry.key_span.clone(), message);
            continue;
        }
        if entry.key.starts_with('@') {
            report.add(Diagnostic::warning(
                entry.key_span.clone(),
                format!("`{}` is not simulated", entry.key),
                "no request has claims here, so the match holds for none",
            ));
        }
        if let Some(value) = string_match(&entry.value, key, report) {
            found.push(HeaderMatch::new(&entry.key, value));
        }
    }
    found
}

fn query_matches(fields: &Fields, report: &mut Report) -> Vec<QueryMatch> {
    let Some(node) = fields.get("queryParams") else {
        return Vec::new();
    };
    let Some(parameters) = Fields::any(node, "query parameters by name", report) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in parameters.entries() {
        if let Some(value) = string_match(&entry.value, "queryParams", report) {
            found.push(QueryMatch {
                name: entry.key.clone(),
                value,
            });
        }
    }
    found
}

/// `{exact: …}`, `{prefix: …}`, `{regex: …}`, or `{}` for whatever is there.
fn string_match(node: &Node, name: &str, report: &mut Report) -> Option<StringMatch> {
    const STRING: Keys = Keys {
        read: &["exact", "prefix", "regex"],
        not_simulated: &[],
    };
    let fields = object(node, "a string match", &STRING, report)?;
    let Some(entry) = fields.entries().first() else {
        return Some(StringMatch::Present);
    };
    if fields.entries().len() > 1 {
        let message = format!("{name}: only one of exact, prefix and regex can be given");
        refuse(report, node.span.clone(), message);
        return None;
    }
    let Some(value) = scalar(&entry.value) else {
        report.expected(&entry.value, "text");
        return None;
    };
    match entry.key.as_str() {
        "exact" => Some(StringMatch::Exact(value.to_owned())),
        "prefix" if value.is_empty() && name != "uri" => {
            let message = format!("\"{name}\": prefix string match should not be empty");
            refuse(report, entry.value.span.clone(), message);
            None
        }
        "prefix" => Some(StringMatch::Prefix(value.to_owned())),
        "regex" => regex(value, name, &entry.value, report),
        _ => None,
    }
}

/// A regular expression in RE2's syntax; `*` alone stands for presence.
fn regex(value: &str, name: &str, node: &Node, report: &mut Report) -> Option<StringMatch> {
    let refused = |report: &mut Report, message: String| {
        refuse(report, node.span.clone(), message);
        None
    };
    if value == "*" {
        return Some(StringMatch::Present);
    }
    if value.is_empty() {
        let message = format!("\"{name}\": regex string match should not be empty");
        return refused(report, message);
    }
    if value.len() > LONGEST_REGEX {
        let message =
            format!("\"{name}\": regex is too large, max length allowed is {LONGEST_REGEX}");
        return refused(report, message);
    }
    match Re2::new(value) {
        Ok(regex) => Some(StringMatch::Regex(regex)),
        Err(error) => refused(report, format!("\"{name}\": {error}")),
    }
}
