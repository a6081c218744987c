//! The conditions of a route in Envoy's words.
//!
//! Source: envoyproxy/envoy, `api/envoy/config/route/v3/route_components.proto` (`RouteMatch`).

use serde_json::{Map, Value, json};

use crate::routing::{RouteMatch, StringMatch, UriMatch, UriPattern};

/// All conditions but port and source, which Envoy never sees.
pub(super) fn conditions(condition: &RouteMatch) -> Value {
    let mut out = condition.uri.as_ref().map_or_else(any_path, path);
    let pseudo = [
        (":method", &condition.method),
        (":authority", &condition.authority),
        (":scheme", &condition.scheme),
    ];
    let pseudo = pseudo.into_iter();
    let pseudo = pseudo.filter_map(|(name, pattern)| Some(header(name, pattern.as_ref()?)));
    let with = condition.headers.iter();
    let with = with.map(|one| header(one.name(), &one.value));
    let without = condition.without_headers.iter();
    let without = without.map(|one| inverted(one.name(), &one.value));
    let headers: Vec<Value> = pseudo.chain(with).chain(without).collect();
    if !headers.is_empty() {
        out.insert("headers".into(), headers.into());
    }
    let queries = condition.query.iter();
    let queries: Vec<Value> = queries
        .map(|one| match &one.value {
            StringMatch::Present => json!({"name": one.name, "present_match": true}),
            value => json!({"name": one.name, "string_match": string(value)}),
        })
        .collect();
    if !queries.is_empty() {
        out.insert("query_parameters".into(), queries.into());
    }
    out.into()
}

fn any_path() -> Map<String, Value> {
    Map::from_iter([("prefix".into(), "/".into())])
}

fn path(uri: &UriMatch) -> Map<String, Value> {
    let (key, value): (&str, Value) = match &uri.pattern {
        UriPattern::Exact(path) => ("path", path.as_str().into()),
        UriPattern::Prefix(prefix) => ("prefix", prefix.as_str().into()),
        UriPattern::PathPrefix(prefix) => match prefix.trim_end_matches('/') {
            "" => ("prefix", "/".into()),
            prefix => ("path_separated_prefix", prefix.into()),
        },
        UriPattern::Regex(regex) => ("safe_regex", json!({"regex": regex.pattern()})),
    };
    let mut out = Map::from_iter([(key.to_owned(), value)]);
    if uri.ignore_case {
        out.insert("case_sensitive".into(), false.into());
    }
    out
}

fn header(name: &str, pattern: &StringMatch) -> Value {
    match pattern {
        StringMatch::Present => json!({"name": name, "present_match": true}),
        pattern => json!({"name": name, "string_match": string(pattern)}),
    }
}

/// A condition that must not hold, where a missing header counts as empty.
fn inverted(name: &str, pattern: &StringMatch) -> Value {
    match pattern {
        StringMatch::Present => json!({"name": name, "present_match": true, "invert_match": true}),
        pattern => json!({
            "name": name,
            "string_match": string(pattern),
            "invert_match": true,
            "treat_missing_header_as_empty": true,
        }),
    }
}

fn string(pattern: &StringMatch) -> Value {
    match pattern {
        StringMatch::Exact(text) => json!({"exact": text}),
        StringMatch::Prefix(text) => json!({"prefix": text}),
        StringMatch::Regex(regex) => json!({"safe_regex": {"regex": regex.pattern()}}),
        StringMatch::Present => json!({"safe_regex": {"regex": ".*"}}),
    }
}
