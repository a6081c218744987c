//! Injected faults: a delay, an abort, each by its own percentage.
//!
//! Source: envoyproxy/envoy, `source/extensions/filters/http/fault/fault_filter.cc`. Each check draws
//! a number of its own, so faults depend neither on the split nor on each other; the delay comes
//! first, and the abort is decided after it.

use std::time::Duration;

use super::FractionalPercent;

/// The faults of a route; none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// Hold the request back.
    pub delay: Option<Delay>,
    /// Answer in the place of the destination.
    pub abort: Option<Abort>,
}

impl Faults {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.delay.is_none() && self.abort.is_none()
    }
}

/// A fixed delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// Of which requests.
    pub percentage: FractionalPercent,
    /// How long.
    pub duration: Duration,
}

/// An answer in the place of the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abort {
    /// Of which requests.
    pub percentage: FractionalPercent,
    /// The answer.
    pub status: AbortStatus,
}

/// What an abort answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortStatus {
    /// An HTTP status, 200 to 600.
    Http(u16),
    /// A gRPC status, 0 to 16, under HTTP status 200.
    Grpc(u8),
}

impl AbortStatus {
    /// The HTTP status that goes over the wire.
    #[must_use]
    pub fn http(self) -> u16 {
        match self {
            Self::Http(status) => status,
            Self::Grpc(_) => 200,
        }
    }
}
