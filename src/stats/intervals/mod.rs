//! Intervals for shares: what target shares an observation is compatible with.
//!
//! One share: Wilson (for display), Clopper–Pearson (never below its level), Jeffreys,
//! Agresti–Coull. Valid at every n at once: the time-uniform interval. Several shares at once:
//! Goodman, and Sison and Glaz. How often each really contains the share: [`coverage`]. None of them knows where its counts come from.

mod coverage;
mod goodman;
mod single;
mod sison_glaz;
mod time_uniform;

pub use coverage::{Method, coverage};
pub use goodman::goodman;
pub use single::{agresti_coull, clopper_pearson, jeffreys, wilson};
pub use sison_glaz::sison_glaz;
pub use time_uniform::{time_uniform, time_uniform_band};

use super::StatsError;

/// A closed interval of shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end, 0 to 1.
    pub low: f64,
    /// The upper end, 0 to 1.
    pub high: f64,
}

fn check(count: u64, n: u64, confidence: f64) -> Result<(), StatsError> {
    if n == 0 || count > n {
        return Err(StatsError::Domain {
            name: "count",
            expected: "at most n, and n at least 1",
            value: format!("{count} of {n}"),
        });
    }
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatsError::Domain {
            name: "confidence",
            expected: "in (0, 1)",
            value: confidence.to_string(),
        });
    }
    Ok(())
}
