//! Shares over time with their targets.

use super::Labels;

/// The share of each version over time as stacked areas, with the targets as lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Title, caption and file name.
    pub labels: Labels,
    /// What the shares are of.
    pub measure: &'static str,
    /// What the legend says of each version, by place.
    pub versions: Vec<String>,
    /// The width of a bucket in seconds.
    pub bucket_seconds: f64,
    /// Counts per version in each bucket, oldest first; bucket i begins at i × width.
    pub buckets: Vec<Vec<u64>>,
    /// The end of the run in seconds.
    pub end_seconds: f64,
    /// The phases in order.
    pub phases: Vec<SharesPhase>,
}

/// A phase on the time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct SharesPhase {
    /// When it begins, in seconds.
    pub start_seconds: f64,
    /// Its name.
    pub name: String,
    /// The target share of each version, by place; they sum to 1. `None`: nobody is to come, or the
    /// target is not known.
    pub targets: Option<Vec<f64>>,
}
