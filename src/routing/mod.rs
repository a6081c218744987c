//! What the mesh says should happen to a request: matches, routes, weighted destinations, faults,
//! mirrors. A [`RouteTable`] answers "there, because of this rule".
//!
//! ```text
//!  Request ─► VirtualHost (by gateway, port, authority) ─► Route (first match) ─► RouteAction
//!  Connection ─► Listener (by gateway, port) ─► TcpRoute (first match) ─► Forward
//! ```
//!
//! Whoever reads manifests builds these types; nothing here knows a file format, a clock or hidden
//! randomness. Random numbers are arguments ([`Draws`]), and the destinations of a route are
//! indices into its list. The semantics are Envoy's, and Istio's translation to it; where the APIs
//! differ, the constructors are named after them.

mod answer;
mod authority;
mod covers;
mod destination;
mod fault;
mod fractional_percent;
mod hosts;
mod lookup;
mod matching;
mod met_split;
mod mismatch;
mod outcome;
mod precedence;
mod re2;
mod request;
mod route;
mod source;
mod string_match;
mod table;
mod tcp;
mod witness;

pub use answer::{Answer, PassedOver, Resolution};
pub use authority::{Domain, DomainError};
pub use destination::{Backend, Destination, Forward, ForwardError, WeightedDestination};
pub use fault::{Abort, AbortStatus, Delay, Faults};
pub use fractional_percent::{Denominator, FractionalPercent};
pub use matching::{HeaderMatch, QueryMatch, RouteMatch, UriMatch, UriPattern};
pub use met_split::{MetSplit, NoSplit};
pub use mismatch::Mismatch;
pub use outcome::{Draws, Outcome, Reply, ResponseFlag};
pub use precedence::{Precedence, catch_alls_last, sort_by_gateway_api_precedence};
pub use re2::{Re2, Re2Error};
pub use request::{Connection, Request, RequestError};
pub use route::{
    DirectResponse, Mirror, Origin, Redirect, RedirectPath, Retries, Route, RouteAction,
};
pub use source::{MESH, Source, SourceMatch};
pub use string_match::StringMatch;
pub use table::{RouteTable, UnknownHost, VirtualHost};
pub use tcp::{Listener, Subnet, TcpAnswer, TcpMatch, TcpRoute};
pub use witness::Witness;
