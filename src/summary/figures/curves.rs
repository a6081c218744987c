//! Curves over a number: a probability by the number of requests, a rate by the canary's weight.

use super::Labels;

/// Curves over a number, with level lines, marks, and shaded areas.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Title, caption and file name.
    pub labels: Labels,
    /// The lower axis.
    pub across: Axis,
    /// The left axis.
    pub up: Axis,
    /// The curves, the most important one first: it is drawn last, and strongest.
    pub curves: Vec<Curve>,
    /// Areas below the curves.
    pub areas: Vec<Area>,
    /// Heights worth a thin dark line, such as a target, with what is written beside it.
    pub levels: Vec<(f64, String)>,
    /// Places worth an upright mark, with what is written above it.
    pub marks: Vec<(f64, String)>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it shows, in a few words.
    pub name: String,
    /// What its numbers are.
    pub unit: Unit,
    /// Its ends, the lower one first; positive where it is logarithmic.
    pub range: (f64, f64),
    /// Whether it is logarithmic.
    pub logarithmic: bool,
}

/// What the numbers of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole numbers, such as requests.
    Count,
    /// Shares, written as percentages.
    Share,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What the legend says.
    pub name: String,
    /// Its colour, by place in the palette.
    pub colour: usize,
    /// How it is drawn.
    pub look: Look,
    /// Its points, ascending.
    pub points: Vec<(f64, f64)>,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A solid line.
    Solid,
    /// A dashed line: an approximation, or a comparison.
    Dashed,
    /// Circles: simulated values beside a curve.
    Circles,
}

/// An area between two heights.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// What the legend says.
    pub name: String,
    /// Its colour, by place in the palette.
    pub colour: usize,
    /// Place, lower and upper height; ascending.
    pub points: Vec<(f64, f64, f64)>,
}
