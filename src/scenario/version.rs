//! A version of the service, and what a viewer sees of it.

use super::Backend;

/// Which version: its place in [`super::Scenario::versions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionIndex(pub usize);

/// A version of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The name that weights refer to, such as `v2`.
    pub name: String,
    /// What a viewer sees of it, such as `red stars` or the prefix `two`.
    pub shows: Option<String>,
    /// Whether it reports telemetry, so that live metrics count its requests.
    pub telemetry: bool,
    /// What it does with a request; without, requests are only counted.
    pub backend: Option<Backend>,
}

impl Version {
    /// A version that is known by its name alone and reports telemetry.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            shows: None,
            telemetry: true,
            backend: None,
        }
    }

    /// What a viewer sees: what it shows, or its name.
    #[must_use]
    pub fn seen_as(&self) -> &str {
        self.shows.as_deref().unwrap_or(&self.name)
    }
}

/// What is split: HTTP requests, or TCP connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Each request is routed on its own.
    #[default]
    Http,
    /// Each connection is routed once, when it opens.
    Tcp,
}

impl Protocol {
    /// The word for one or many of what is split.
    #[must_use]
    pub fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Http, 1) => "request",
            (Self::Http, _) => "requests",
            (Self::Tcp, 1) => "connection",
            (Self::Tcp, _) => "connections",
        }
    }
}
