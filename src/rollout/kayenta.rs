//! A canary configuration of Kayenta: what its judge compares, and how it adds up.
//!
//! The judge itself is pure statistics and lives in `stats::kayenta`.

/// A canary configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct KayentaConfig {
    /// What it is called.
    pub name: String,
    /// The metrics; at least one.
    pub metrics: Vec<KayentaMetric>,
    /// The weights of groups in percent; groups without one share the rest.
    pub group_weights: Vec<(String, f64)>,
    /// From which score on a canary passes, and from which it is marginal.
    pub thresholds: KayentaThresholds,
}

/// From which score on a canary passes, and from which it is marginal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KayentaThresholds {
    /// Passes with at least this, 0 to 100.
    pub pass: f64,
    /// Marginal with at least this; an interim judgement must be above it.
    pub marginal: f64,
}

/// A metric and how it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct KayentaMetric {
    /// What it is called.
    pub name: String,
    /// The groups that it counts for.
    pub groups: Vec<String>,
    /// Which changes are bad.
    pub direction: KayentaDirection,
    /// Whether missing values count as zero (`nanStrategy: replace`) instead of being left out.
    pub missing_is_zero: bool,
    /// Outliers go beyond so many interquartile ranges; absent: they stay.
    pub outlier_factor: Option<f64>,
    /// How the size of a change is measured, and from which size on it counts.
    pub effect: KayentaEffect,
    /// Whether a change fails everything.
    pub critical: bool,
    /// Whether missing data counts against its groups.
    pub must_have_data: bool,
    /// Whether it is reported without counting.
    pub muted: bool,
}

/// Which changes are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KayentaDirection {
    /// More is bad.
    Increase,
    /// Less is bad.
    Decrease,
    /// Both.
    #[default]
    Either,
}

/// How the size of a change is measured, and from which sizes on it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KayentaEffect {
    /// Whether it is the common language effect size (`cles`) instead of the ratio of means.
    pub common_language: bool,
    /// `allowedIncrease`: High needs at least this.
    pub allowed_increase: f64,
    /// `allowedDecrease`: Low needs at most this.
    pub allowed_decrease: f64,
    /// `criticalIncrease`: a critical failure needs at least this.
    pub critical_increase: f64,
    /// `criticalDecrease`: a critical failure needs at most this.
    pub critical_decrease: f64,
}

impl KayentaEffect {
    /// Every change counts: all limits at "no change".
    #[must_use]
    pub fn any(common_language: bool) -> Self {
        let none = if common_language { 0.5 } else { 1.0 };
        Self {
            common_language,
            allowed_increase: none,
            allowed_decrease: none,
            critical_increase: none,
            critical_decrease: none,
        }
    }
}
