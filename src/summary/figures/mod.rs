//! What is worth drawing, as data: every number that a chart shows, computed before it is drawn.

mod curves;
mod dashboard;
mod shares;

pub use curves::{Area, Axis, Curve, Curves, Look, Unit};
pub use dashboard::{Dash, Dashboard, Panel, PanelAxis, PanelLine};
pub use shares::{Shares, SharesPhase};

/// A chart, before it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// The running share of one version with its exact funnel.
    RunningShare(RunningShare),
    /// Many replications of the running share.
    Fan(Fan),
    /// The counts of the replications against the exact distribution.
    CountHistogram(CountHistogram),
    /// The first requests one by one, a strip per phase.
    Strips(Strips),
    /// Observed shares against their targets.
    Bars(Bars),
    /// Requests per version over time, with the configured weights above.
    Timeline(Timeline),
    /// The evidence against the target as requests came.
    Evidence(Evidence),
    /// How often a gate promotes, by the true error rate.
    OperatingCharacteristic(OperatingCharacteristic),
    /// One rollout, tick by tick.
    Rollout(RolloutTimeline),
    /// Curves over a number.
    Curves(Curves),
    /// Shares over time with their targets.
    Shares(Shares),
    /// What a metrics system would show of backends.
    Dashboard(Dashboard),
}

impl Figure {
    /// The name of the file, without its ending; unique within a run.
    #[must_use]
    pub fn file_stem(&self) -> &str {
        &self.labels().file_stem
    }

    /// Title, caption and file name.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        match self {
            Self::RunningShare(figure) => &figure.labels,
            Self::Fan(figure) => &figure.labels,
            Self::CountHistogram(figure) => &figure.labels,
            Self::Strips(figure) => &figure.labels,
            Self::Bars(figure) => &figure.labels,
            Self::Timeline(figure) => &figure.labels,
            Self::Evidence(figure) => &figure.labels,
            Self::OperatingCharacteristic(figure) => &figure.labels,
            Self::Rollout(figure) => &figure.labels,
            Self::Curves(figure) => &figure.labels,
            Self::Shares(figure) => &figure.labels,
            Self::Dashboard(figure) => &figure.labels,
        }
    }
}

/// What every chart says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// The name of the file, without its ending.
    pub file_stem: String,
    /// The headline: what the chart shows.
    pub title: String,
    /// Seed, number of requests, weights, algorithm; printed below the chart.
    pub caption: String,
    /// What to look for, in a sentence; for the page and for screen readers.
    pub reading: String,
}

/// A point of a running share: the request number and the share so far, 0 to 1.
pub type SharePoint = (u64, f64);

/// A band at one request number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// The request number, from 1.
    pub requests: u64,
    /// The lower edge, a share.
    pub low: f64,
    /// The upper edge, a share.
    pub high: f64,
}

/// A request number worth a mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// The request number.
    pub requests: u64,
    /// What happens there, in a few words.
    pub label: String,
}

/// The running share of one version with its exact funnel. x is the request number (logarithmic
/// when `requests` exceeds 200), y the share.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningShare {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The version whose share it is, as a legend says it.
    pub version: String,
    /// Its colour: its place among the versions.
    pub version_index: usize,
    /// The number of requests, the right end of the x axis.
    pub requests: u64,
    /// The target share.
    pub target: f64,
    /// The tolerance, as a share.
    pub tolerance: f64,
    /// The level of the bands, 0 to 1.
    pub confidence: f64,
    /// The observed running share; ascending in the request number.
    pub points: Vec<SharePoint>,
    /// The exact pointwise band (binomial quantiles), a staircase.
    pub pointwise: Vec<BandPoint>,
    /// The band that holds at all request numbers at once.
    pub time_uniform: Vec<BandPoint>,
    /// Request numbers worth a mark.
    pub markers: Vec<Marker>,
}

/// Many replications of the running share.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The version whose share it is.
    pub version: String,
    /// Its colour: its place among the versions.
    pub version_index: usize,
    /// The number of requests of each run.
    pub requests: u64,
    /// The target share.
    pub target: f64,
    /// The tolerance, as a share.
    pub tolerance: f64,
    /// The runs that are drawn, at most 200; the first is highlighted.
    pub runs: Vec<Vec<SharePoint>>,
    /// The 5%, 25%, 50%, 75% and 95% quantiles over all runs, by request number.
    pub quantiles: Vec<(u64, [f64; 5])>,
    /// The final share of every run: (share, runs), ascending; for the histogram in the margin.
    pub finals: Vec<(f64, u64)>,
    /// Runs in all.
    pub total: u64,
    /// Runs whose final share is outside the tolerance.
    pub outside: u64,
    /// The exact probability of that, where there is one.
    pub exact_outside: Option<f64>,
}

/// A law with its name: (count, probability), ascending.
pub type ComparedLaw = (String, Vec<(u64, f64)>);

/// The counts of the replications against the exact distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct CountHistogram {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The version whose requests are counted.
    pub version: String,
    /// Its colour: its place among the versions.
    pub version_index: usize,
    /// The number of requests of each run; the second axis is count / requests.
    pub requests: u64,
    /// Runs in all.
    pub runs: u64,
    /// (count, share of the runs), ascending in the count, without empty counts.
    pub simulated: Vec<(u64, f64)>,
    /// (count, probability), ascending, where the exact law is known.
    pub exact: Vec<(u64, f64)>,
    /// What the exact law is, such as "binomial(15, 0.5)".
    pub exact_name: String,
    /// A second law to compare, such as the picker of 2017: its name and (count, probability).
    pub compared: Option<ComparedLaw>,
    /// The counts within the tolerance, lowest and highest.
    pub within: (u64, u64),
    /// The share of the runs within the tolerance.
    pub simulated_within: f64,
    /// The exact probability of that, where there is one.
    pub exact_within: Option<f64>,
    /// The count of the first run, to be marked.
    pub observed: u64,
}

/// The first requests one by one: a cell per request, wrapped at 50, a strip per phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Strips {
    /// Title, caption and file name.
    pub labels: Labels,
    /// What the legend says of each version, by place.
    pub versions: Vec<String>,
    /// One strip per phase.
    pub strips: Vec<Strip>,
}

/// One strip.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// The phase and its algorithm.
    pub name: String,
    /// Requests of the phase in all; the strip shows the first ones.
    pub requests: u64,
    /// The version of each request shown, by place; at most 500.
    pub picks: Vec<usize>,
    /// Text at the right: runs, expected runs, p-value; a line each.
    pub notes: Vec<String>,
}

/// Observed shares against their targets, with intervals; a group of bars per phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The level of the intervals, 0 to 1.
    pub confidence: f64,
    /// One group per phase.
    pub groups: Vec<BarGroup>,
}

/// The bars of one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct BarGroup {
    /// The phase.
    pub name: String,
    /// Its requests.
    pub requests: u64,
    /// One bar per destination.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The version.
    pub version: String,
    /// Its colour: its place among the versions.
    pub version_index: usize,
    /// The target share.
    pub target: f64,
    /// The observed share.
    pub observed: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// Requests per version over time as stacked areas, with the configured weights above.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Title, caption and file name.
    pub labels: Labels,
    /// What the legend says of each version, by place.
    pub versions: Vec<String>,
    /// The width of a bucket in seconds.
    pub bucket_seconds: f64,
    /// Requests per version in each bucket, oldest first; bucket i begins at i × width.
    pub buckets: Vec<Vec<u64>>,
    /// The end of the run in seconds.
    pub end_seconds: f64,
    /// The phases: when each begins in seconds, its name, and the target share of each version.
    pub phases: Vec<TimelinePhase>,
    /// Versions that report no telemetry: the live metrics do not show them.
    pub silent: Vec<usize>,
}

/// A phase on the time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePhase {
    /// When it begins, in seconds.
    pub start_seconds: f64,
    /// Its name.
    pub name: String,
    /// The configured share of each version, by place; they sum to 1.
    pub shares: Vec<f64>,
}

/// The evidence against the target as requests came: the test of a planned number of requests, and
/// the one that may be looked at any time. x is the request number (logarithmic when `requests`
/// exceeds 200), y a power of ten: −log10 p, and log10 e.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The number of requests, the right end of the x axis.
    pub requests: u64,
    /// −log10 of the p-value of the counts so far, as if no one had looked before; ascending in
    /// the request number.
    pub fixed: Vec<(u64, f64)>,
    /// How that p-value is defined.
    pub fixed_name: String,
    /// log10 of the e-value so far, which may be negative.
    pub sequential: Vec<(u64, f64)>,
    /// How it is defined.
    pub sequential_name: String,
    /// The level α: both lines alarm at −log10 α.
    pub alpha: f64,
    /// The first request at which each line reached the alarm: `fixed`, then `sequential`.
    pub first_alarms: [Option<u64>; 2],
}

/// How often a gate promotes a version, by its true error rate. x is the error rate (logarithmic),
/// y the probability.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatingCharacteristic {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The largest acceptable error rate.
    pub objective: f64,
    /// What it is called.
    pub objective_label: String,
    /// The curves; the first one is the gate itself.
    pub curves: Vec<OperatingCurve>,
    /// Whether the wrong decisions of the first curve are shaded.
    pub shaded: bool,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatingCurve {
    /// What it is of.
    pub name: String,
    /// (true error rate, probability of promotion), ascending, rates above zero.
    pub points: Vec<(f64, f64)>,
}

/// One rollout, tick by tick: weights and observed shares, error rates, failed checks.
#[derive(Debug, Clone, PartialEq)]
pub struct RolloutTimeline {
    /// Title (the decision and its rule), caption and file name.
    pub labels: Labels,
    /// When it was decided, in seconds.
    pub end_seconds: f64,
    /// The weight of the new version: from, to, in seconds, and the share.
    pub weights: Vec<(f64, f64, f64)>,
    /// The ticks at which the gate looked, in order.
    pub ticks: Vec<RolloutTick>,
    /// The largest acceptable error rate.
    pub error_limit: f64,
    /// The number of failed checks that rolls back, if there is one.
    pub failures_limit: Option<u32>,
}

/// What a tick came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickMark {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It had no data.
    NoData,
    /// It decided nothing.
    Undecided,
}

/// A tick at which the gate looked.
#[derive(Debug, Clone, PartialEq)]
pub struct RolloutTick {
    /// When, in seconds.
    pub seconds: f64,
    /// What it came to.
    pub mark: TickMark,
    /// The share of users' requests since the last tick that the new version answered.
    pub observed_share: Option<f64>,
    /// The error rate in the metric's window: lower end, estimate, upper end.
    pub error_rate: Option<(f64, f64, f64)>,
    /// Failed checks so far.
    pub failed_checks: u32,
}
