//! The dashboard of a run with backends: panels that share one time axis.

use super::Labels;

/// What a metrics system would show of a run, panel below panel, all over the same virtual time.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Title, caption and file name.
    pub labels: Labels,
    /// What the legend says of each version, by place.
    pub versions: Vec<String>,
    /// The right end of the time axis in seconds, above zero.
    pub end_seconds: f64,
    /// The panels, the highest first.
    pub panels: Vec<Panel>,
    /// Moments at which something changed: seconds and a few words, in the order of time.
    pub marks: Vec<(f64, String)>,
}

/// One panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What it shows, in a line.
    pub name: String,
    /// What its axis counts.
    pub axis: PanelAxis,
    /// The ends of its axis, the lower one first.
    pub range: (f64, f64),
    /// What is drawn in it.
    pub lines: Vec<PanelLine>,
}

/// What the axis of a panel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelAxis {
    /// Anything above zero that may be a fraction, such as a rate.
    Number,
    /// Whole things.
    Count,
    /// Shares, as percentages.
    Share,
    /// Times, logarithmic, in the unit that the name of the panel says.
    LogTime,
}

/// A line of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelLine {
    /// The version whose colour it has, by place.
    pub version: usize,
    /// How it is drawn.
    pub dash: Dash,
    /// Stretches without a gap: (seconds, value), ascending in time.
    pub stretches: Vec<Vec<(f64, f64)>>,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// The main thing: solid.
    Solid,
    /// The main thing, where another line may well cover it: solid and wide.
    Wide,
    /// Beside it: dashed.
    Dashed,
    /// In the background: dotted.
    Dotted,
}
