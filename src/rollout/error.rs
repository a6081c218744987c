//! Why a rollout cannot be.

use super::MAX_STEPS;

/// Why parts do not make a rollout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolloutError {
    /// No step, or too many.
    #[error("a rollout has 1 to {MAX_STEPS} steps, not {0}")]
    Steps(usize),
    /// A step without traffic, so that nothing could ever be measured.
    #[error("step {0} gives the new version no traffic")]
    EmptyStep(usize),
    /// No metric to judge.
    #[error("an analysis needs at least one metric")]
    NoMetrics,
    /// A time that must be above zero is not.
    #[error("`{0}` must be above zero")]
    NoTime(&'static str),
    /// A count that must be at least one is not.
    #[error("`{0}` must be at least 1")]
    NoCount(&'static str),
    /// Flagger's interval is never below ten seconds.
    #[error("Flagger checks every 10 seconds at most")]
    TooOften,
    /// A range that nothing lies in.
    #[error("no value is in the range")]
    EmptyRange,
    /// A share above one, or a quantile that is not strictly between 0 and 1.
    #[error("`{0}` must be a share between 0 and 1")]
    Share(&'static str),
    /// Bucket bounds that do not rise.
    #[error("the bounds of buckets must be above zero and rise")]
    Buckets,
    /// Both limits are missing where a measurement would repeat without an end.
    #[error("an inline analysis with an interval and no `count` would never end")]
    Endless,
    /// A background analysis that starts at a step that is not there.
    #[error("there is no step {0} for the background analysis to start at")]
    StartingStep(usize),
}
