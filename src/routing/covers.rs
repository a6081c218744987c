//! Which conditions leave nothing for others: a rule behind one that covers it is never used.
//!
//! What is said here holds; not all that holds is found, since two regular expressions are compared
//! as texts.

use super::{HeaderMatch, RouteMatch, StringMatch, UriMatch, UriPattern};

impl RouteMatch {
    /// Whether every request that meets `other` meets this match too, as far as can be told.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let uri = match (&self.uri, &other.uri) {
            (None, _) => true,
            (Some(own), Some(other)) => own.covers(other),
            (Some(own), None) => own.is_catch_all(),
        };
        let plain = [
            (&self.method, &other.method),
            (&self.authority, &other.authority),
            (&self.scheme, &other.scheme),
        ];
        let plain = plain.iter().all(|(own, other)| match (own, other) {
            (None, _) => true,
            (Some(own), Some(other)) => own.covers(other),
            (Some(_), None) => false,
        });
        let header = |own: &HeaderMatch| {
            let mut others = other.headers.iter();
            others.any(|one| one.name() == own.name() && own.value.covers(&one.value))
        };
        let query = self.query.iter().all(|own| {
            let mut others = other.query.iter();
            others.any(|one| one.name == own.name && own.value.covers(&one.value))
        });
        let without = &other.without_headers;
        uri && plain
            && self.headers.iter().all(header)
            && query
            && self.without_headers.iter().all(|own| without.contains(own))
            && (self.port.is_none() || self.port == other.port)
            && (self.source.is_empty() || self.source == other.source)
    }
}

impl UriMatch {
    fn covers(&self, other: &Self) -> bool {
        if self.is_catch_all() {
            return true;
        }
        if other.ignore_case && !self.ignore_case {
            return self == other;
        }
        match (&self.pattern, &other.pattern) {
            (UriPattern::Exact(_), UriPattern::Exact(path)) => self.holds(path),
            (UriPattern::Prefix(_), pattern) => match pattern {
                // A path that begins with `path` begins with what `path` begins with.
                UriPattern::Exact(path) | UriPattern::Prefix(path) => self.holds(path),
                UriPattern::PathPrefix(path) => self.holds(path.trim_end_matches('/')),
                UriPattern::Regex(_) => false,
            },
            (UriPattern::PathPrefix(own), UriPattern::Prefix(path)) => {
                let own = own.trim_end_matches('/').len();
                // The segment has to have ended.
                self.holds(path) && path.len() > own
            }
            (UriPattern::PathPrefix(_), UriPattern::Exact(path)) => self.holds(path),
            (UriPattern::PathPrefix(_), UriPattern::PathPrefix(path)) => {
                self.holds(path.trim_end_matches('/'))
            }
            // An expression counts case.
            (UriPattern::Regex(regex), UriPattern::Exact(path)) => {
                !other.ignore_case && regex.matches(path)
            }
            (UriPattern::Regex(own), UriPattern::Regex(other)) => own == other,
            _ => false,
        }
    }
}

impl StringMatch {
    /// Whether every text that meets `other` meets this one too, as far as can be told.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Present, _) => true,
            (Self::Prefix(own), Self::Prefix(other)) => other.starts_with(own.as_str()),
            (own, Self::Exact(text)) => own.holds(text),
            (own, other) => own == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{QueryMatch, Re2, Request};
    use super::*;

    fn paths() -> Vec<UriPattern> {
        let texts = ["/", "/a", "/a/", "/a/b", "/ab"].map(str::to_owned);
        let regexes = ["/a.*", "/a/b"].map(|regex| UriPattern::Regex(Re2::new(regex).unwrap()));
        texts
            .iter()
            .flat_map(|text| {
                [
                    UriPattern::Exact(text.clone()),
                    UriPattern::Prefix(text.clone()),
                    UriPattern::PathPrefix(text.clone()),
                ]
            })
            .chain(regexes)
            .collect()
    }

    fn matches() -> Vec<RouteMatch> {
        let exact = |text: &str| StringMatch::Exact(text.into());
        let mut all = vec![RouteMatch::default()];
        for pattern in paths() {
            for ignore_case in [false, true] {
                all.push(RouteMatch {
                    uri: Some(UriMatch {
                        pattern: pattern.clone(),
                        ignore_case,
                    }),
                    ..RouteMatch::default()
                });
            }
        }
        let values = [
            exact("v1"),
            exact("v2"),
            StringMatch::Prefix("v".into()),
            StringMatch::Present,
        ];
        for value in values {
            let header = HeaderMatch::new("x", value.clone());
            all.push(RouteMatch {
                headers: vec![header.clone()],
                ..RouteMatch::default()
            });
            all.push(RouteMatch {
                without_headers: vec![header],
                ..RouteMatch::default()
            });
            all.push(RouteMatch {
                query: vec![QueryMatch {
                    name: "x".into(),
                    value: value.clone(),
                }],
                method: Some(exact("GET")),
                ..RouteMatch::default()
            });
        }
        all
    }

    #[test]
    fn what_is_covered_is_met_by_no_request_that_the_other_does_not_meet() {
        let mut requests = Vec::new();
        for method in ["GET", "POST"] {
            for path in [
                "/", "/a", "/A", "/a/", "/a/b", "/A/B/c", "/ab", "/a?x=v1", "/b?x=w",
            ] {
                for header in [None, Some("v1"), Some("v2"), Some("")] {
                    let request = Request::parse(&format!("{method} http://h{path}")).unwrap();
                    requests.push(match header {
                        Some(value) => request.with_header("x", value),
                        None => request,
                    });
                }
            }
        }
        let all = matches();
        let mut found = 0;
        for own in &all {
            for other in all.iter().filter(|other| own.covers(other)) {
                found += 1;
                for request in &requests {
                    let contradicts = other.holds(request) && !own.holds(request);
                    assert!(!contradicts, "{own:?} {other:?} {request:?}");
                }
            }
            assert!(own.covers(own), "{own:?}");
        }
        assert!(found > 4 * all.len(), "{found}");
    }

    #[test]
    fn a_shorter_prefix_covers_a_longer_one_and_no_method_every_method() {
        let prefix = |text: &str, method: Option<&str>| RouteMatch {
            uri: Some(UriMatch {
                pattern: UriPattern::Prefix(text.into()),
                ignore_case: false,
            }),
            method: method.map(|method| StringMatch::Exact(method.into())),
            ..RouteMatch::default()
        };
        assert!(prefix("/shop", None).covers(&prefix("/shops", Some("GET"))));
        assert!(!prefix("/shops", None).covers(&prefix("/shop", None)));
        assert!(!prefix("/shop", Some("GET")).covers(&prefix("/shops", None)));
        assert!(!prefix("/shop", Some("GET")).covers(&prefix("/shops", Some("POST"))));
    }
}
