//! Requests on their way through a mesh: a page that calls services, every hop routed by its own
//! rules, while manifests are applied and deleted; or connections, which listeners route once.
//!
//! Each proxy learns of a change after a delay of its own, and routes by the rules of before until
//! then. What takes time are injected delays, the work of versions, timeouts, retries, and the
//! lives of connections. There are no queues here (`sim` has them), and no files.
//!
//! [`run`] tells a story with drawn numbers; [`expect`] enumerates what can happen in it, with the
//! same code.

mod chance;
mod connections;
mod enumerate;
mod expect;
mod hop;
mod landed;
mod proxies;
mod replicate;
mod retry;
mod run;
mod story;
mod tally;

pub use expect::{Expectation, Expected, expect};
pub use replicate::{Counts, Replicated, StretchCounts, replicate};
pub use run::{Told, run};
pub use story::{
    Alias, Between, Call, Connections, Requests, Running, RunningVersion, Story, Stretch, Traffic,
    Viewer,
};
pub use tally::{
    Answered, Failure, Page, Series, ServiceVersion, StoryTally, StretchTally, UnderWay,
};
