//! Requests on their way through a mesh: a page that calls services, every hop routed by its own
//! rules, while manifests are applied and deleted.
//!
//! Each proxy learns of a change after a delay of its own, and routes by the rules of before until
//! then. Services answer at once; what takes time are injected delays, timeouts and retries. There
//! are no queues here (`sim` has them), and no files.

mod hop;
mod proxies;
mod run;
mod story;
mod tally;

pub use run::run;
pub use story::{Call, Propagation, Story, Stretch, Viewer};
pub use tally::{Answered, Failure, Page, StoryTally, StretchTally};
