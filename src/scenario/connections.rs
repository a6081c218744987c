//! TCP connections that stay open and carry several requests.

use std::time::Duration;

use crate::service_time::ServiceTime;

/// The most connections that may be open at the same time on average.
pub const MAX_OPEN_CONNECTIONS: f64 = 4_000_000.0;

/// How clients use a TCP connection.
///
/// The weights choose a version, and balancing a replica, once: when a connection opens. All its
/// requests go there. A client sends a request, waits for the response, pauses, and begins again
/// until the lifetime is over. One whose connection is cut opens a new one when it next has
/// something to send, for the rest of the lifetime.
#[derive(Debug, Clone, PartialEq)]
pub struct Connections {
    /// How long a client wants its connection.
    pub lifetime: ServiceTime,
    /// The mean of the exponential pause between a response and the next request.
    pub think: Duration,
    /// After a change of the weights, connections of before are cut this much later (45 s is
    /// Istio's `drainDuration`); `None` never cuts.
    pub drain: Option<Duration>,
}

impl Connections {
    /// Istio's `drainDuration` (`pkg/config/mesh/mesh.go`).
    pub const ISTIO_DRAIN: Duration = Duration::from_secs(45);
}
