//! The conditions of a route on a request.

use std::fmt;

use super::mismatch::{Condition, Mismatch};
use super::{Re2, Request, SourceMatch, StringMatch};

/// The conditions of a route; all have to hold. The default holds for every request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteMatch {
    /// On the path, without its query.
    pub uri: Option<UriMatch>,
    /// On the method.
    pub method: Option<StringMatch>,
    /// On the authority, its port included.
    pub authority: Option<StringMatch>,
    /// On the scheme.
    pub scheme: Option<StringMatch>,
    /// On headers; all have to hold.
    pub headers: Vec<HeaderMatch>,
    /// On headers; none may hold.
    pub without_headers: Vec<HeaderMatch>,
    /// On query parameters; all have to hold.
    pub query: Vec<QueryMatch>,
    /// On the port that the client connects to.
    pub port: Option<u16>,
    /// On the proxy that routes.
    pub source: SourceMatch,
}

/// A condition on the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriMatch {
    /// What the path has to look like.
    pub pattern: UriPattern,
    /// Whether the case of ASCII letters is ignored; regular expressions know it by `(?i)` only.
    pub ignore_case: bool,
}

/// What a path has to look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriPattern {
    /// The whole path.
    Exact(String),
    /// How the text of the path begins: `/log` includes `/login`. VirtualService's prefix.
    Prefix(String),
    /// Whole segments: `/log` includes `/log` and `/log/in`, not `/login`. Gateway API's prefix. A
    /// slash at the end counts for nothing.
    PathPrefix(String),
    /// The whole path fits the expression.
    Regex(Re2),
}

/// A condition on a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Its name, in lower case.
    name: String,
    /// What its value has to look like.
    pub value: StringMatch,
}

/// A condition on a query parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryMatch {
    /// Its name; case counts.
    pub name: String,
    /// What its first value has to look like.
    pub value: StringMatch,
}

impl HeaderMatch {
    /// A condition on the header of that name, in whatever case.
    #[must_use]
    pub fn new(name: &str, value: StringMatch) -> Self {
        Self {
            name: name.to_ascii_lowercase(),
            value,
        }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether any of the header's values meets it.
    fn holds(&self, request: &Request) -> bool {
        let mut values = request.header_values(&self.name);
        values.any(|value| self.value.holds(value))
    }

    /// As a condition that must not hold: a header that is missing counts as empty, unless mere
    /// presence is forbidden.
    fn is_kept_out(&self, request: &Request) -> bool {
        let is_missing = request.header_values(&self.name).next().is_none();
        match &self.value {
            StringMatch::Present => is_missing,
            pattern if is_missing => !pattern.holds(""),
            _ => !self.holds(request),
        }
    }
}

impl UriMatch {
    /// Whether a path without query meets it.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        match &self.pattern {
            UriPattern::Exact(exact) => {
                exact.len() == path.len() && self.begins(path.as_bytes(), exact)
            }
            UriPattern::Prefix(prefix) => self.begins(path.as_bytes(), prefix),
            UriPattern::PathPrefix(prefix) => {
                let prefix = prefix.trim_end_matches('/');
                let after = path.as_bytes().get(prefix.len());
                self.begins(path.as_bytes(), prefix) && matches!(after, None | Some(b'/'))
            }
            UriPattern::Regex(regex) => regex.matches(path),
        }
    }

    fn begins(&self, path: &[u8], prefix: &str) -> bool {
        path.get(..prefix.len()).is_some_and(|head| {
            if self.ignore_case {
                head.eq_ignore_ascii_case(prefix.as_bytes())
            } else {
                head == prefix.as_bytes()
            }
        })
    }

    /// Whether every path meets it.
    pub(super) fn is_catch_all(&self) -> bool {
        match &self.pattern {
            UriPattern::Exact(_) => false,
            UriPattern::Prefix(prefix) | UriPattern::PathPrefix(prefix) => {
                prefix.is_empty() || prefix == "/"
            }
            UriPattern::Regex(regex) => regex.pattern() == ".*",
        }
    }
}

impl RouteMatch {
    /// Whether every request that reaches the route meets it.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/route.go` (`IsCatchAllRoute`).
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        self.uri.as_ref().is_none_or(UriMatch::is_catch_all)
            && [&self.method, &self.authority, &self.scheme]
                .iter()
                .all(|condition| condition.is_none())
            && self.headers.is_empty()
            && self.without_headers.is_empty()
            && self.query.is_empty()
            && self.port.is_none()
            && self.source.is_empty()
    }

    /// Whether a request meets all conditions.
    #[must_use]
    pub fn holds(&self, request: &Request) -> bool {
        self.first_unmet(request).is_none()
    }

    /// The first condition that a request does not meet, with what it has instead.
    #[must_use]
    pub fn mismatch(&self, request: &Request) -> Option<Mismatch> {
        self.first_unmet(request)
            .map(|condition| condition.describe(request))
    }

    /// The first condition that a request does not meet; those that cost little come first.
    fn first_unmet(&self, request: &Request) -> Option<Condition<'_>> {
        if let Some(uri) = &self.uri
            && !uri.holds(request.bare_path())
        {
            return Some(Condition::Uri(uri));
        }
        if let Some(port) = self.port
            && port != request.port
        {
            return Some(Condition::Port(port));
        }
        if !self.source.is_empty() && !self.source.holds_for_http(&request.source) {
            return Some(Condition::Source(&self.source));
        }
        let plain = [
            ("method", &self.method, &request.method),
            ("authority", &self.authority, &request.authority),
            ("scheme", &self.scheme, &request.scheme),
        ];
        for (name, condition, found) in plain {
            if let Some(pattern) = condition
                && !pattern.holds(found)
            {
                return Some(Condition::Plain(name, pattern));
            }
        }
        let header = self.headers.iter().find(|header| !header.holds(request));
        let query = || {
            let unmet = |query: &&QueryMatch| {
                let value = request.query(&query.name);
                !value.is_some_and(|value| query.value.holds(value))
            };
            self.query.iter().find(unmet).map(Condition::Query)
        };
        let without = || {
            let unmet = |header: &&HeaderMatch| !header.is_kept_out(request);
            self.without_headers
                .iter()
                .find(unmet)
                .map(Condition::Without)
        };
        header
            .map(Condition::Header)
            .or_else(query)
            .or_else(without)
    }

    /// Every condition in words; empty if there is none.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let plain = [
            ("method", &self.method),
            ("authority", &self.authority),
            ("scheme", &self.scheme),
        ];
        let plain = plain
            .into_iter()
            .filter_map(|(name, pattern)| Some(Condition::Plain(name, pattern.as_ref()?)));
        let source = (!self.source.is_empty()).then_some(Condition::Source(&self.source));
        // Gateway API's default path says nothing.
        let is_said = |uri: &&UriMatch| uri.pattern != UriPattern::PathPrefix("/".into());
        let uri = self.uri.iter().filter(is_said).map(Condition::Uri);
        uri.chain(self.port.map(Condition::Port))
            .chain(source)
            .chain(plain)
            .chain(self.headers.iter().map(Condition::Header))
            .chain(self.query.iter().map(Condition::Query))
            .chain(self.without_headers.iter().map(Condition::Without))
            .map(|condition| condition.to_string())
            .collect()
    }
}

impl fmt::Display for UriMatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            UriPattern::Exact(exact) => write!(formatter, "= {exact}")?,
            UriPattern::Prefix(prefix) => write!(formatter, "begins with {prefix}")?,
            UriPattern::PathPrefix(prefix) => write!(formatter, "is {prefix} or below")?,
            UriPattern::Regex(regex) => write!(formatter, "fits {regex}")?,
        }
        if self.ignore_case {
            formatter.write_str(", in any case")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::parse("GET http://reviews:9080/reviews/0?user=jason&flag")
            .unwrap()
            .with_header("end-user", "jason")
    }

    fn uri(pattern: UriPattern) -> UriMatch {
        UriMatch {
            pattern,
            ignore_case: false,
        }
    }

    fn exact(text: &str) -> StringMatch {
        StringMatch::Exact(text.into())
    }

    #[test]
    fn a_prefix_is_raw_and_a_path_prefix_goes_by_segments() {
        let raw = uri(UriPattern::Prefix("/log".into()));
        let segments = uri(UriPattern::PathPrefix("/log".into()));
        let fits =
            |uri: &UriMatch| ["/log", "/log/in", "/login", "/lo"].map(|path| uri.holds(path));
        assert_eq!(fits(&raw), [true, true, true, false]);
        assert_eq!(fits(&segments), [true, true, false, false]);
        let slash = uri(UriPattern::PathPrefix("/log/".into()));
        assert_eq!(fits(&slash), [true, true, false, false]);
        assert!(uri(UriPattern::PathPrefix("/".into())).holds("/anything"));
    }

    #[test]
    fn case_counts_unless_it_is_said_not_to() {
        let mut path = uri(UriPattern::Exact("/Reviews".into()));
        assert!(!path.holds("/reviews"));
        path.ignore_case = true;
        assert!(path.holds("/reviews"));
        assert!(!path.holds("/review"));
    }

    #[test]
    fn the_first_condition_that_fails_is_named_with_what_was_there() {
        let condition = RouteMatch {
            headers: vec![HeaderMatch::new("End-User", exact("mary"))],
            ..RouteMatch::default()
        };
        let mismatch = condition.mismatch(&request()).unwrap();
        assert_eq!(
            mismatch.to_string(),
            "header end-user = mary; the request has jason"
        );
        let absent = RouteMatch {
            headers: vec![HeaderMatch::new("x-canary", StringMatch::Present)],
            ..RouteMatch::default()
        };
        let mismatch = absent.mismatch(&request()).unwrap();
        assert_eq!(
            mismatch.to_string(),
            "header x-canary is present; the request has none"
        );
    }

    #[test]
    fn without_headers_hold_for_a_missing_header_unless_the_pattern_fits_nothing() {
        let without = |name, value| RouteMatch {
            without_headers: vec![HeaderMatch::new(name, value)],
            ..RouteMatch::default()
        };
        assert!(!without("end-user", exact("jason")).holds(&request()));
        assert!(without("end-user", exact("mary")).holds(&request()));
        assert!(!without("end-user", StringMatch::Present).holds(&request()));
        assert!(without("absent", StringMatch::Present).holds(&request()));
        assert!(without("absent", exact("mary")).holds(&request()));
        let anything = StringMatch::Regex(Re2::new(".*").unwrap());
        assert!(!without("absent", anything).holds(&request()));
    }

    #[test]
    fn query_parameters_go_by_their_first_value() {
        let query = |name: &str, value| RouteMatch {
            query: vec![QueryMatch {
                name: name.into(),
                value,
            }],
            ..RouteMatch::default()
        };
        assert!(query("user", exact("jason")).holds(&request()));
        assert!(query("flag", StringMatch::Present).holds(&request()));
        assert!(!query("other", StringMatch::Present).holds(&request()));
    }

    #[test]
    fn only_what_holds_for_every_request_is_a_catch_all() {
        assert!(RouteMatch::default().is_catch_all());
        let path = |pattern| RouteMatch {
            uri: Some(uri(pattern)),
            ..RouteMatch::default()
        };
        assert!(path(UriPattern::Prefix("/".into())).is_catch_all());
        assert!(path(UriPattern::Regex(Re2::new(".*").unwrap())).is_catch_all());
        assert!(!path(UriPattern::Prefix("/a".into())).is_catch_all());
        let method = RouteMatch {
            method: Some(exact("GET")),
            ..RouteMatch::default()
        };
        assert!(!method.is_catch_all());
    }
}
