//! A metric of a configuration: its rule for the judge, in words, and what its points are.

use super::MetricKind;
use crate::rollout::{KayentaDirection, KayentaMetric};
use crate::sim::PointLaw;
use crate::stats::kayenta::{
    CriticalEffect, Direction, EffectMeasure, EffectSize, MetricRule, MissingValues,
};

/// The rule, as the judge takes it.
pub(super) fn of(metric: &KayentaMetric) -> MetricRule {
    let effect = &metric.effect;
    MetricRule {
        direction: match metric.direction {
            KayentaDirection::Increase => Direction::Increase,
            KayentaDirection::Decrease => Direction::Decrease,
            KayentaDirection::Either => Direction::Either,
        },
        missing: match metric.missing_is_zero {
            true => MissingValues::Replace,
            false => MissingValues::Remove,
        },
        outlier_factor: metric.outlier_factor,
        effect: EffectSize {
            measure: match effect.common_language {
                true => EffectMeasure::CommonLanguage,
                false => EffectMeasure::MeanRatio,
            },
            increase: effect.allowed_increase,
            decrease: effect.allowed_decrease,
        },
        critical: metric.critical.then_some(CriticalEffect {
            increase: effect.critical_increase,
            decrease: effect.critical_decrease,
        }),
        must_have_data: metric.must_have_data,
    }
}

/// Words in the name of a metric that counts events.
const COUNTS: [&str; 7] = [
    "error",
    "fail",
    "exception",
    "5xx",
    "4xx",
    "timeout",
    "reject",
];

/// Words in the name or the groups of a metric that is a mean over requests.
const MEANS: [&str; 11] = [
    "latency", "duration", "time", "p50", "p90", "p95", "p99", "cpu", "memory", "heap", "usage",
];

/// What its points are taken to be, by its name and groups: a configuration does not say.
pub(super) fn kind(metric: &KayentaMetric) -> MetricKind {
    let has = |name: &String, words: &[&str]| {
        let name = name.to_lowercase();
        words.iter().any(|word| name.contains(word))
    };
    let mut names = std::iter::once(&metric.name).chain(&metric.groups);
    let mean = !has(&metric.name, &COUNTS) && names.any(|name| has(name, &MEANS));
    match mean {
        true => MetricKind::Mean,
        false => MetricKind::Count,
    }
}

/// Whether a bad change makes it fall.
pub(super) fn falls(metric: &KayentaMetric) -> bool {
    metric.direction == KayentaDirection::Decrease
}

/// How it is judged, in words.
pub(super) fn sentence(metric: &KayentaMetric) -> String {
    let mut parts = vec![match metric.direction {
        KayentaDirection::Increase => "more is bad".to_owned(),
        KayentaDirection::Decrease => "less is bad".to_owned(),
        KayentaDirection::Either => "any change is bad".to_owned(),
    }];
    let effect = &metric.effect;
    let none = if effect.common_language { 0.5 } else { 1.0 };
    if effect.allowed_increase > none {
        parts.push(format!("from ×{} on", effect.allowed_increase));
    }
    if metric.critical {
        parts.push("critical".into());
    }
    if metric.muted {
        parts.push("muted".into());
    }
    if metric.outlier_factor.is_some() {
        parts.push("without outliers".into());
    }
    parts.join(", ")
}

/// A change, as text: `×1.5`, or `÷1.5`.
pub(super) fn factor(factor: f64, falls: bool) -> String {
    let sign = if falls { '÷' } else { '×' };
    let digits = if factor < 10.0 { 2 } else { 1 };
    format!("{sign}{factor:.digits$}")
}

/// The mean of a point.
pub(super) fn mean(law: PointLaw) -> f64 {
    match law {
        PointLaw::Counts(mean) | PointLaw::Means { mean, .. } => mean,
    }
}
