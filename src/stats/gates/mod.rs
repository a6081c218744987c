//! Gates of rollouts: what they promote, exactly, by recursion over their counters.
//!
//! - [`tick`]: what one check comes to, for a fixed or a Poisson number of requests;
//! - [`attempts`]: the same where failed requests are tried again and every attempt counts;
//! - [`quantile`]: the same with a latency quantile besides;
//! - [`cumulative`]: failed checks add up over the whole rollout (Flagger);
//! - [`patient`]: the same, where a tick with too few requests decides nothing;
//! - [`measurements`]: a metric with limits on failures, errors and successes in a row (Argo);
//! - [`weighted`]: laws in which every error has a weight, for users who meet one;
//! - [`error_bounds`]: errors counted over all steps against a bound, at the end or at each step.
//!
//! All of them assume that the windows of different ticks do not overlap, so that checks are
//! independent. What overlaps is simulated, elsewhere.

pub mod attempts;
mod binomial_walk;
pub mod cumulative;
pub mod error_bounds;
mod error_walk;
pub mod measurements;
pub mod patient;
pub mod quantile;
pub mod tick;
pub mod weighted;
