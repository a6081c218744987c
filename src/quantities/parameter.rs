//! What a quantity takes: the name, the kind and the meaning of each argument.

/// An argument that a quantity takes.
#[derive(Debug)]
pub struct Parameter {
    /// Its name before the `=`.
    pub name: &'static str,
    /// What may stand behind the `=`.
    pub kind: Kind,
    /// What it is, in a few words.
    pub meaning: &'static str,
    /// What it is if it is not given; without, it has to be given.
    pub default: Option<&'static str>,
}

/// What may stand behind the `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, 0 or more.
    Whole,
    /// An exact share, 0 to 1: `0.2`, `1/5` or `20%`.
    Share,
    /// A real number: `0.2`, `1/5`, `20%`, `1e-4`.
    Real,
    /// Real numbers with commas between.
    Reals,
    /// Whole numbers with commas between.
    Wholes,
    /// Weights with commas between, as they are configured: exact, of any sum.
    Weights,
    /// Outcomes of two kinds one after the other, such as `1222211`.
    Sequence,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Parameter {
    /// A parameter that has to be given.
    pub(super) const fn new(name: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            meaning,
            default: None,
        }
    }

    /// The same with a default.
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }
}

/// `n`, a number of requests.
pub(super) const N: Parameter = Parameter::new("n", Kind::Whole, "requests");
/// `count`, requests of one version.
pub(super) const COUNT: Parameter = Parameter::new("count", Kind::Whole, "requests of the version");
/// `p`, a target share.
pub(super) const P: Parameter = Parameter::new("p", Kind::Share, "target share of the version");
/// `weights` of all versions.
pub(super) const WEIGHTS: Parameter =
    Parameter::new("weights", Kind::Weights, "weights of all versions");
/// `counts` of all versions.
pub(super) const COUNTS: Parameter =
    Parameter::new("counts", Kind::Wholes, "requests of each version");
/// `tolerance`, as a share.
pub(super) const TOLERANCE: Parameter = Parameter::new(
    "tolerance",
    Kind::Share,
    "how far a share may be off, itself a share: 0.05 or 5%",
);
/// `confidence`, 95% by default.
pub(super) const CONFIDENCE: Parameter =
    Parameter::new("confidence", Kind::Real, "confidence level").or("95%");
/// `alpha`, 5% by default.
pub(super) const ALPHA: Parameter =
    Parameter::new("alpha", Kind::Real, "level: false alarms allowed").or("5%");
/// `power`, 80% by default.
pub(super) const POWER: Parameter =
    Parameter::new("power", Kind::Real, "probability to notice it").or("80%");
