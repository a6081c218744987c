//! Which condition of a route a request does not meet, in words.

use std::fmt;

use super::matching::{HeaderMatch, QueryMatch, UriMatch};
use super::{Request, SourceMatch, StringMatch};

/// A condition that a request does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The condition in words, such as `header end-user = jason`.
    pub condition: String,
    /// What the request has; `None` if it has nothing of the kind.
    pub found: Option<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some(found) => write!(formatter, "{}; the request has {found}", self.condition),
            None => write!(formatter, "{}; the request has none", self.condition),
        }
    }
}

/// One of the conditions of a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition<'m> {
    Uri(&'m UriMatch),
    Port(u16),
    Source(&'m SourceMatch),
    Plain(&'static str, &'m StringMatch),
    Header(&'m HeaderMatch),
    Query(&'m QueryMatch),
    Without(&'m HeaderMatch),
}

impl Condition<'_> {
    pub(super) fn describe(self, request: &Request) -> Mismatch {
        let found = match self {
            Self::Uri(_) => Some(request.bare_path().to_owned()),
            Self::Port(_) => Some(request.port.to_string()),
            Self::Source(_) => Some(request.source.to_string()),
            Self::Plain("method", _) => Some(request.method.clone()),
            Self::Plain("scheme", _) => Some(request.scheme.clone()),
            Self::Plain(..) => Some(request.authority.clone()),
            Self::Header(header) | Self::Without(header) => {
                let values: Vec<&str> = request.header_values(header.name()).collect();
                (!values.is_empty()).then(|| values.join(", "))
            }
            Self::Query(query) => request.query(&query.name).map(str::to_owned),
        };
        Mismatch {
            condition: self.to_string(),
            found,
        }
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(uri) => write!(formatter, "path {uri}"),
            Self::Port(port) => write!(formatter, "port = {port}"),
            Self::Source(source) => source.fmt(formatter),
            Self::Plain(name, pattern) => write!(formatter, "{name} {pattern}"),
            Self::Header(header) => write!(formatter, "header {} {}", header.name(), header.value),
            Self::Query(query) => write!(formatter, "query {} {}", query.name, query.value),
            Self::Without(header) => {
                write!(formatter, "not: header {} {}", header.name(), header.value)
            }
        }
    }
}
