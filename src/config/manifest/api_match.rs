//! Conditions of Gateway API's rules: HTTP matches, and gRPC methods as paths.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/{httproute,grpcroute}_types.go`.

use super::object::{Keys, items, object, refuse, text};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{HeaderMatch, QueryMatch, Re2, RouteMatch, StringMatch, UriMatch, UriPattern};

/// A match of an HTTPRoute.
pub(super) fn http_match(node: &Node, report: &mut Report) -> Option<RouteMatch> {
    const MATCH: Keys = Keys {
        read: &["path", "headers", "queryParams", "method"],
        not_simulated: &[],
    };
    const PATH: Keys = Keys {
        read: &["type", "value"],
        not_simulated: &[],
    };
    let fields = object(node, "a match", &MATCH, report)?;
    let uri = match fields.get("path") {
        Some(node) => {
            let path = object(node, "a path", &PATH, report)?;
            let value = text(&path, "value", report).unwrap_or_else(|| "/".into());
            let kind = text(&path, "type", report);
            let is_regex = kind.as_deref() == Some("RegularExpression");
            if !is_regex && !value.starts_with('/') {
                let message = format!("the path `{value}` has to begin with a slash");
                refuse(report, node.span.clone(), message);
            }
            Some(match kind.as_deref() {
                Some("Exact") => UriPattern::Exact(value),
                Some("RegularExpression") => UriPattern::Regex(re2(&value, node, report)?),
                None | Some("PathPrefix") => UriPattern::PathPrefix(value),
                Some(other) => {
                    let message = format!("`{other}` is not a type of path");
                    refuse(report, node.span.clone(), message);
                    return None;
                }
            })
        }
        // The API's default.
        None => Some(UriPattern::PathPrefix("/".into())),
    };
    let mut condition = RouteMatch {
        uri: uri.map(|pattern| UriMatch {
            pattern,
            ignore_case: false,
        }),
        method: text(&fields, "method", report).map(StringMatch::Exact),
        ..RouteMatch::default()
    };
    condition.headers = headers(&fields, report);
    for (name, value) in named(&fields, "queryParams", report) {
        // The first of the same name counts.
        if condition.query.iter().all(|query| query.name != name) {
            condition.query.push(QueryMatch { name, value });
        }
    }
    Some(condition)
}

fn headers(fields: &Fields, report: &mut Report) -> Vec<HeaderMatch> {
    let mut headers: Vec<HeaderMatch> = Vec::new();
    for (name, value) in named(fields, "headers", report) {
        let header = HeaderMatch::new(&name, value);
        if headers.iter().all(|other| other.name() != header.name()) {
            headers.push(header);
        }
    }
    headers
}

/// `[{type, name, value}]`: headers, or query parameters.
fn named(fields: &Fields, key: &str, report: &mut Report) -> Vec<(String, StringMatch)> {
    const NAMED: Keys = Keys {
        read: &["type", "name", "value"],
        not_simulated: &[],
    };
    let mut found = Vec::new();
    for node in items(fields, key, report) {
        let Some(one) = object(node, "a match by name", &NAMED, report) else {
            continue;
        };
        let name = text(&one, "name", report).unwrap_or_default();
        let value = text(&one, "value", report).unwrap_or_default();
        let value = match text(&one, "type", report).as_deref() {
            Some("RegularExpression") => re2(&value, node, report).map(StringMatch::Regex),
            _ => Some(StringMatch::Exact(value)),
        };
        found.extend(value.map(|value| (name, value)));
    }
    found
}

fn re2(pattern: &str, node: &Node, report: &mut Report) -> Option<Re2> {
    match Re2::new(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            refuse(report, node.span.clone(), error.to_string());
            None
        }
    }
}

/// A method of gRPC is a path: `/service/method`.
pub(super) fn grpc_match(node: &Node, report: &mut Report) -> Option<RouteMatch> {
    const MATCH: Keys = Keys {
        read: &["method", "headers"],
        not_simulated: &[],
    };
    const METHOD: Keys = Keys {
        read: &["type", "service", "method"],
        not_simulated: &[],
    };
    let fields = object(node, "a match", &MATCH, report)?;
    let mut condition = RouteMatch {
        headers: headers(&fields, report),
        ..RouteMatch::default()
    };
    if let Some(node) = fields.get("method") {
        let method = object(node, "a method", &METHOD, report)?;
        let (service, name) = (
            text(&method, "service", report),
            text(&method, "method", report),
        );
        let is_regex = text(&method, "type", report).as_deref() == Some("RegularExpression");
        let pattern = match (service, name, is_regex) {
            (None, None, _) => None,
            (service, name, true) => {
                let any = || "[^/]+".to_owned();
                let path = format!(
                    "/{}/{}",
                    service.unwrap_or_else(any),
                    name.unwrap_or_else(any)
                );
                Some(UriPattern::Regex(re2(&path, node, report)?))
            }
            (Some(service), Some(name), false) => {
                Some(UriPattern::Exact(format!("/{service}/{name}")))
            }
            (Some(service), None, false) => Some(UriPattern::Prefix(format!("/{service}/"))),
            (None, Some(name), false) => {
                let path = format!("/[^/]+/{}", regex::escape(&name));
                Some(UriPattern::Regex(re2(&path, node, report)?))
            }
        };
        condition.uri = pattern.map(|pattern| UriMatch {
            pattern,
            ignore_case: false,
        });
    }
    Some(condition)
}
