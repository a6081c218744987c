//! The orders that APIs put routes in before the first match wins.

use std::cmp::Reverse;

use super::{Route, RouteMatch, StringMatch, UriPattern};

/// How specific a match is for Gateway API; the most specific is least, so that it sorts first.
///
/// Exact path, then longest prefix, then a method, then most headers, then most query parameters.
/// Source: Gateway API, `HTTPRouteRule.matches`; where a regular expression stands is left to
/// implementations, and Istio puts it behind the prefixes
/// (`pilot/pkg/config/kube/gateway/conversion.go`, `getURIRank`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Precedence {
    kind: PathKind,
    length: Reverse<usize>,
    method: Reverse<bool>,
    headers: Reverse<usize>,
    query: Reverse<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PathKind {
    Exact,
    Prefix,
    Regex,
    Absent,
}

impl Precedence {
    /// The precedence of a match.
    #[must_use]
    pub fn of(condition: &RouteMatch) -> Self {
        let (kind, length) = match condition.uri.as_ref().map(|uri| &uri.pattern) {
            Some(UriPattern::Exact(path)) => (PathKind::Exact, path.len()),
            Some(UriPattern::Regex(regex)) => (PathKind::Regex, regex.pattern().len()),
            Some(UriPattern::Prefix(path) | UriPattern::PathPrefix(path)) => {
                (PathKind::Prefix, path.len())
            }
            None => (PathKind::Absent, 0),
        };
        let is_exact = |method: &StringMatch| matches!(method, StringMatch::Exact(_));
        Self {
            kind,
            length: Reverse(length),
            method: Reverse(condition.method.as_ref().is_some_and(is_exact)),
            headers: Reverse(condition.headers.len()),
            query: Reverse(condition.query.len()),
        }
    }
}

/// Puts routes in the order of Gateway API. Equals keep their order, so the caller brings them in
/// the order that breaks ties: oldest resource, then namespace and name, then rule.
pub fn sort_by_gateway_api_precedence(routes: &mut [Route]) {
    routes.sort_by_key(|route| Precedence::of(&route.condition));
}

/// Moves catch-alls behind the others, both in their order: what Istio does where a gateway merges
/// the routes of several VirtualServices for one host.
///
/// Source: istio/istio, `pilot/pkg/networking/core/route/route.go` (`SortVHostRoutes`).
pub fn catch_alls_last(routes: &mut [Route]) {
    routes.sort_by_key(|route| route.condition.is_catch_all());
}

#[cfg(test)]
mod tests {
    use super::super::{
        DirectResponse, HeaderMatch, Origin, QueryMatch, Re2, RouteAction, UriMatch,
    };
    use super::*;

    fn path(pattern: UriPattern) -> RouteMatch {
        RouteMatch {
            uri: Some(UriMatch {
                pattern,
                ignore_case: false,
            }),
            ..RouteMatch::default()
        }
    }

    #[test]
    fn the_most_specific_comes_first() {
        let prefix = |text: &str| path(UriPattern::PathPrefix(text.into()));
        let exact = |text: &str| StringMatch::Exact(text.into());
        let mut with_method = prefix("/a");
        with_method.method = Some(exact("GET"));
        let mut with_header = prefix("/a");
        with_header.headers = vec![HeaderMatch::new("x", exact("1"))];
        let mut with_query = prefix("/a");
        with_query.query = vec![QueryMatch {
            name: "q".into(),
            value: exact("1"),
        }];
        let expected = [
            path(UriPattern::Exact("/".into())),
            prefix("/a/b"),
            with_method,
            with_header,
            with_query,
            prefix("/a"),
            prefix("/"),
            path(UriPattern::Regex(Re2::new("/a/b/.*").unwrap())),
            path(UriPattern::Regex(Re2::new("/a.*").unwrap())),
            RouteMatch::default(),
        ];
        let answer = RouteAction::DirectResponse(DirectResponse {
            status: 200,
            body: String::new(),
        });
        let mut routes: Vec<Route> = expected
            .iter()
            .rev()
            .map(|condition| Route {
                condition: condition.clone(),
                ..Route::new(Origin::default(), answer.clone())
            })
            .collect();
        sort_by_gateway_api_precedence(&mut routes);
        let sorted: Vec<RouteMatch> = routes.into_iter().map(|route| route.condition).collect();
        assert_eq!(sorted, expected);
    }
}
