//! One metric: Pass, High or Low, or why there is no answer.

use super::effect_size::{common_language_effect_size, mean_ratio};
use super::mann_whitney::Comparison;
use super::transform::{MissingValues, clean};
use super::{CONFIDENCE, TOLERANCE};

/// Which changes are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// More is bad, such as errors and latency.
    Increase,
    /// Less is bad.
    Decrease,
    /// Both.
    #[default]
    Either,
}

impl Direction {
    fn includes_increase(self) -> bool {
        matches!(self, Self::Increase | Self::Either)
    }

    fn includes_decrease(self) -> bool {
        matches!(self, Self::Decrease | Self::Either)
    }
}

/// How the size of a change is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EffectMeasure {
    /// Mean of the experiment over mean of the control; 1 is no change.
    #[default]
    MeanRatio,
    /// The common language effect size; 0.5 is no change.
    CommonLanguage,
}

impl EffectMeasure {
    /// The value without a change, which is every threshold's default.
    #[must_use]
    pub fn no_change(self) -> f64 {
        match self {
            Self::MeanRatio => 1.0,
            Self::CommonLanguage => 0.5,
        }
    }
}

/// A change is High only if its size is at least `increase`, Low only if it is at most `decrease`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectSize {
    /// How it is measured.
    pub measure: EffectMeasure,
    /// `allowedIncrease`.
    pub increase: f64,
    /// `allowedDecrease`.
    pub decrease: f64,
}

impl EffectSize {
    /// Every change counts that the test finds.
    #[must_use]
    pub fn any(measure: EffectMeasure) -> Self {
        Self {
            measure,
            increase: measure.no_change(),
            decrease: measure.no_change(),
        }
    }
}

/// A change of a critical metric fails the whole only from these sizes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriticalEffect {
    /// `criticalIncrease`.
    pub increase: f64,
    /// `criticalDecrease`.
    pub decrease: f64,
}

/// How a metric is judged (`analysisConfigurations.canary`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricRule {
    /// Which changes are bad.
    pub direction: Direction,
    /// What becomes of missing values.
    pub missing: MissingValues,
    /// Outliers go beyond so many interquartile ranges; `None` keeps them.
    pub outlier_factor: Option<f64>,
    /// The size from which on a change counts.
    pub effect: EffectSize,
    /// A critical metric fails the whole with a change of this size; `None` is not critical.
    pub critical: Option<CriticalEffect>,
    /// Whether no data counts against the group (`mustHaveData`).
    pub must_have_data: bool,
}

impl Default for MetricRule {
    fn default() -> Self {
        Self {
            direction: Direction::Either,
            missing: MissingValues::Remove,
            outlier_factor: None,
            effect: EffectSize::any(EffectMeasure::MeanRatio),
            critical: None,
            must_have_data: false,
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// No change that counts.
    Pass,
    /// Higher than the control.
    High,
    /// Lower than the control.
    Low,
    /// One side has no points.
    Nodata,
    /// One side has no points, and must have some.
    NodataFailMetric,
    /// The test could not be computed.
    Error,
}

/// The judgement of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classification {
    /// What it is.
    pub label: Label,
    /// Whether it fails the whole at once.
    pub critical: bool,
}

impl Classification {
    fn plain(label: Label) -> Self {
        Self {
            label,
            critical: false,
        }
    }
}

/// Judges a metric. `noise` gives standard normal numbers: with them Kayenta breaks the ties of two
/// samples that are each constant (so that such a verdict can depend on chance).
///
/// High if the lower end of the 98% interval lies above a quarter of the Hodges–Lehmann estimate's
/// size, the direction includes an increase, and the effect is at least `allowedIncrease` or cannot
/// be computed; Low is the mirror image.
pub fn classify(
    experiment: &[f64],
    control: &[f64],
    rule: &MetricRule,
    noise: &mut dyn FnMut() -> f64,
) -> Classification {
    let mut experiment = clean(experiment, rule.missing, rule.outlier_factor);
    let mut control = clean(control, rule.missing, rule.outlier_factor);
    if experiment.is_empty() || control.is_empty() {
        return without_data(rule);
    }
    experiment.sort_unstable_by(f64::total_cmp);
    control.sort_unstable_by(f64::total_cmp);
    let constant = is_constant(&experiment) && is_constant(&control);
    if experiment == control || (constant && experiment[0] == control[0]) {
        return Classification::plain(Label::Pass);
    }
    if constant {
        disturb(&mut experiment, noise);
        disturb(&mut control, noise);
    }
    let label = compare(&experiment, &control, rule).unwrap_or(Label::Error);
    let effect = measured(&experiment, &control, rule.effect.measure);
    let critical = rule.critical.is_some_and(|critical| match label {
        Label::High => effect.is_nan() || effect >= critical.increase,
        Label::Low => effect.is_nan() || effect <= critical.decrease,
        _ => false,
    });
    Classification { label, critical }
}

fn without_data(rule: &MetricRule) -> Classification {
    match (rule.missing, rule.critical) {
        (MissingValues::Replace, _) => Classification::plain(Label::Pass),
        (MissingValues::Remove, Some(_)) => Classification {
            label: Label::Nodata,
            critical: true,
        },
        (MissingValues::Remove, None) if rule.must_have_data => {
            Classification::plain(Label::NodataFailMetric)
        }
        (MissingValues::Remove, None) => Classification::plain(Label::Nodata),
    }
}

/// The label by test and effect size; `None` if the test cannot be computed.
fn compare(experiment: &[f64], control: &[f64], rule: &MetricRule) -> Option<Label> {
    let comparison = Comparison::new(experiment, control).ok()?;
    // Only the ends that matter, and the estimate only if one of them leaves zero out: the bound is
    // never negative. All three fail together, if they fail.
    let lower = match rule.direction.includes_increase() {
        true => comparison.lower(CONFIDENCE).ok()?,
        false => f64::NEG_INFINITY,
    };
    let upper = match rule.direction.includes_decrease() {
        true => comparison.upper(CONFIDENCE).ok()?,
        false => f64::INFINITY,
    };
    let may_be_high = lower > 0.0;
    let may_be_low = upper < 0.0;
    if !may_be_high && !may_be_low {
        return Some(Label::Pass);
    }
    let bound = TOLERANCE * comparison.estimate().ok()?.abs();
    let effect = measured(experiment, control, rule.effect.measure);
    let large = effect.is_nan() || effect >= rule.effect.increase;
    let small = effect.is_nan() || effect <= rule.effect.decrease;
    Some(if may_be_high && lower > bound && large {
        Label::High
    } else if may_be_low && upper < -bound && small {
        Label::Low
    } else {
        Label::Pass
    })
}

fn measured(experiment: &[f64], control: &[f64], measure: EffectMeasure) -> f64 {
    match measure {
        EffectMeasure::MeanRatio => mean_ratio(experiment, control),
        EffectMeasure::CommonLanguage => common_language_effect_size(experiment, control),
    }
}

#[expect(clippy::float_cmp, reason = "constant is equality")]
fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

/// Adds noise of a hundred-thousandth of the value (MannWhitneyClassifier.scala,
/// `addGaussianNoise`).
fn disturb(values: &mut [f64], noise: &mut dyn FnMut() -> f64) {
    for value in values {
        *value += noise() * *value * 1e-5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal numbers that are not random: quantiles in a fixed order.
    fn quantiles() -> impl FnMut() -> f64 {
        let mut place = 0_u32;
        move || {
            place += 7;
            crate::stats::special::normal_quantile(f64::from(place % 101 + 1) / 103.0).unwrap()
        }
    }

    fn label(experiment: &[f64], control: &[f64], rule: &MetricRule) -> Label {
        classify(experiment, control, rule, &mut quantiles()).label
    }

    fn hundredfold(points: usize) -> Vec<f64> {
        let mut values = vec![1.0; 10];
        values[..points].fill(100.0);
        values
    }

    #[test]
    fn seven_of_ten_points_at_a_hundredfold_pass_and_eight_are_high() {
        // spinnaker/spinnaker#6278.
        let rule = MetricRule::default();
        for points in 1..=7 {
            assert_eq!(
                label(&hundredfold(points), &[1.0; 10], &rule),
                Label::Pass,
                "{points}"
            );
        }
        for points in 8..=10 {
            assert_eq!(
                label(&hundredfold(points), &[1.0; 10], &rule),
                Label::High,
                "{points}"
            );
        }
    }

    #[test]
    fn direction_and_effect_size_hold_a_change_back() {
        let (high, base) = (hundredfold(9), [1.0; 10]);
        let with = |direction, increase| MetricRule {
            direction,
            effect: EffectSize {
                increase,
                ..EffectSize::any(EffectMeasure::MeanRatio)
            },
            ..MetricRule::default()
        };
        // The mean is 90.1.
        assert_eq!(
            label(&high, &base, &with(Direction::Increase, 90.1)),
            Label::High
        );
        assert_eq!(
            label(&high, &base, &with(Direction::Increase, 90.2)),
            Label::Pass
        );
        assert_eq!(
            label(&high, &base, &with(Direction::Decrease, 1.0)),
            Label::Pass
        );
        assert_eq!(label(&base, &high, &MetricRule::default()), Label::Low);
    }

    #[test]
    fn a_ratio_that_cannot_be_computed_holds_nothing_back() {
        let rule = MetricRule {
            effect: EffectSize {
                increase: 1000.0,
                ..EffectSize::any(EffectMeasure::MeanRatio)
            },
            ..MetricRule::default()
        };
        let errors: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(label(&errors, &[0.0; 20], &rule), Label::High);
    }

    #[test]
    fn constant_samples_are_told_apart_by_their_noise() {
        let rule = MetricRule::default();
        assert_eq!(label(&[5.0; 20], &[0.0; 20], &rule), Label::High);
        assert_eq!(label(&[0.0; 20], &[0.0; 30], &rule), Label::Pass);
        assert_eq!(label(&[5.0], &[0.0], &rule), Label::Error);
    }

    #[test]
    fn missing_data_is_what_the_rule_says() {
        let rule = MetricRule::default();
        let without = |rule: &MetricRule| classify(&[f64::NAN], &[1.0], rule, &mut quantiles());
        assert_eq!(without(&rule), Classification::plain(Label::Nodata));
        let must = MetricRule {
            must_have_data: true,
            ..rule
        };
        assert_eq!(
            without(&must),
            Classification::plain(Label::NodataFailMetric)
        );
        let critical = MetricRule {
            critical: Some(CriticalEffect {
                increase: 1.0,
                decrease: 1.0,
            }),
            ..must
        };
        assert_eq!(
            without(&critical),
            Classification {
                label: Label::Nodata,
                critical: true
            }
        );
        // Replaced by zero there is data; only an empty row passes.
        let replace = MetricRule {
            missing: MissingValues::Replace,
            ..critical
        };
        let empty = classify(&[], &[1.0], &replace, &mut quantiles());
        assert_eq!(empty, Classification::plain(Label::Pass));
    }

    #[test]
    fn a_critical_change_must_have_the_critical_size() {
        let rule = |increase| MetricRule {
            critical: Some(CriticalEffect {
                increase,
                decrease: 1.0,
            }),
            ..MetricRule::default()
        };
        let judged = |rule: &MetricRule| {
            classify(&hundredfold(9), &[1.0; 10], rule, &mut quantiles()).critical
        };
        assert!(judged(&rule(90.0)));
        assert!(!judged(&rule(91.0)));
    }
}
