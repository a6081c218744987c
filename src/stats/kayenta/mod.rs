//! Kayenta's judge `NetflixACAJudge-v1.0`, as pure statistics.
//!
//! A metric is a row of points for the new version (the experiment) and one for the old version
//! (the control). The judge goes this way:
//!
//! | step | module | upstream, in spinnaker/kayenta |
//! |---|---|---|
//! | missing values and outliers | `transform` | judge/preprocessing/Transforms.scala, judge/detectors/IQRDetector.scala |
//! | Mann–Whitney test, Hodges–Lehmann estimate and interval | [`mann_whitney`] | mannwhitney/MannWhitney.scala, BrentSolver.java |
//! | how large is it? | `effect_size` | judge/stats/EffectSizes.scala |
//! | Pass, High or Low | [`classify`] | judge/classifiers/metric/MannWhitneyClassifier.scala |
//! | scores of groups and of the whole | [`score`] | judge/scorers/WeightedSumScorer.scala |
//! | go on or stop, over several judgements | [`StageRule`] | orca-kayenta, MonitorKayentaCanaryTask.kt and AggregateCanaryResultsTask.kt |
//!
//! The figures agree with those that Kayenta logs to all digits (spinnaker/spinnaker#6278), so
//! nothing here may be "improved": a solver with a finer tolerance would give another verdict.
//! Reading configurations is left to `config`, drawing points at random to `sim`.

mod brent;
mod classify;
mod effect_size;
mod mann_whitney;
mod score;
mod stage;
mod transform;

pub use classify::{
    Classification, CriticalEffect, Direction, EffectMeasure, EffectSize, Label, MetricRule,
    classify,
};
pub use effect_size::{common_language_effect_size, mean_ratio};
pub use mann_whitney::{Comparison, MannWhitney, mann_whitney};
pub use score::{GroupScore, JudgedMetric, Score, ScoreReason, Thresholds, Verdict, score};
pub use stage::{StageOutcome, StageRule};
pub use transform::{MissingValues, clean, percentile, remove_outliers};

/// A change counts only if it exceeds this share of the Hodges–Lehmann estimate (hard-coded
/// upstream in NetflixACAJudge.scala).
pub const TOLERANCE: f64 = 0.25;

/// The level of the confidence interval (hard-coded upstream in NetflixACAJudge.scala).
pub const CONFIDENCE: f64 = 0.98;
