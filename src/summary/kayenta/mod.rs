//! What does Kayenta's judge really catch?
//!
//! The judge compares rows of points by a rank test that has no closed form here, so all figures are
//! simulated, with their standard errors: each trial draws the points of both versions and lets the
//! judge of `stats::kayenta` decide. One metric at a time is changed, the others stay as they are.

mod draw;
mod rule;
mod trials;
mod types;

pub use draw::figures;
pub use types::{Change, JudgeSummary, MetricKind, MetricSummary, Proportion};

use crate::rollout::KayentaConfig;
use crate::summary::Warning;
use crate::units::display::short_percent;
use crate::units::{Rate, to_f64};
use trials::Trials;
use types::Proportion as Share;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The configuration of the judge.
    pub config: KayentaConfig,
    /// Users' requests per second to both versions together; half of them to each.
    pub rate: Rate,
    /// Points of each version, a minute apart.
    pub points: u32,
    /// Judgements, evenly spread and at least one; each sees all points so far.
    pub judgements: u32,
    /// The old version's error rate, from 0 to 1.
    pub stable_error_rate: f64,
    /// The seed.
    pub seed: u64,
    /// Trials for each figure.
    pub trials: u64,
}

/// Seconds between two points.
const POINT_SECONDS: f64 = 60.0;

/// The changes that the table lists, as factors; the first is none.
const FACTORS: [f64; 9] = [1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0];

/// With fewer points Spinnaker warns (MonitorKayentaCanaryTask.kt).
const FEW_POINTS: u32 = 50;

impl Question {
    /// Requests of each version in a point.
    fn requests_per_point(&self) -> f64 {
        to_f64(self.rate.per_second()) * POINT_SECONDS / 2.0
    }
}

/// Answers.
#[must_use]
pub fn judge(question: &Question) -> JudgeSummary {
    let mut trials = Trials::new(question);
    let unchanged = Share::of(trials.stopped_unchanged(), question.trials);
    let metrics: Vec<MetricSummary> = (0..question.config.metrics.len())
        .map(|place| metric(question, place, &mut trials))
        .collect();
    JudgeSummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        config: question.config.name.clone(),
        judge: "NetflixACAJudge-v1.0",
        pass: question.config.thresholds.pass,
        marginal: question.config.thresholds.marginal,
        requests_per_second: to_f64(question.rate.per_second()),
        requests_per_point: question.requests_per_point(),
        points: question.points,
        judgements: question.judgements,
        stable_error_rate: question.stable_error_rate,
        seed: question.seed,
        trials: question.trials,
        warnings: warnings(question, &metrics),
        advice: advice(question, unchanged, &metrics),
        unchanged_stopped: unchanged,
        metrics,
    }
}

fn metric(question: &Question, place: usize, trials: &mut Trials) -> MetricSummary {
    let metric = &question.config.metrics[place];
    let law = trials.law(place, 1.0);
    let changes = FACTORS
        .iter()
        .map(|&factor| Change {
            factor,
            flagged: Share::of(trials.flagged(place, factor), question.trials),
            stopped: Share::of(trials.stopped(place, factor), question.trials),
        })
        .collect();
    MetricSummary {
        name: metric.name.clone(),
        groups: metric.groups.clone(),
        kind: rule::kind(metric),
        rule: rule::sentence(metric),
        falls: rule::falls(metric),
        mean_per_point: rule::mean(law),
        stops_in_80_percent: trials.smallest(place, 0.8),
        stops_in_95_percent: trials.smallest(place, 0.95),
        changes,
    }
}

fn warnings(question: &Question, metrics: &[MetricSummary]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if question.points < FEW_POINTS {
        warnings.push(Warning {
            what: format!("{} points are few", question.points),
            why: "Spinnaker itself warns below 50 points".into(),
            advice: "let the canary run longer, or take more points".into(),
        });
    }
    let sparse: Vec<&str> = metrics
        .iter()
        .filter(|metric| metric.kind == MetricKind::Count && metric.mean_per_point < 1.0)
        .map(|metric| metric.name.as_str())
        .collect();
    if !sparse.is_empty() {
        warnings.push(Warning {
            what: format!("most points of {} are zero", sparse.join(", ")),
            why: "a rank test sees almost nothing where most values are tied".into(),
            advice: "judge a ratio over longer points, or compare the counts themselves with \
                     `shiftsim plan`"
                .into(),
        });
    }
    warnings
}

fn advice(question: &Question, unchanged: Share, metrics: &[MetricSummary]) -> Vec<String> {
    let mut sentences = vec![format!(
        "A version that is as good as the old one is stopped in {} of rollouts.",
        short_percent(unchanged.value)
    )];
    for metric in metrics {
        let factor = |factor: f64| rule::factor(factor, metric.falls);
        let name = &metric.name;
        sentences.push(match (metric.stops_in_80_percent, metric.stops_in_95_percent) {
            (Some(eighty), Some(ninety_five)) => format!(
                "A change of `{name}` alone is stopped with 80% from {} on, and with 95% from {}.",
                factor(eighty),
                factor(ninety_five)
            ),
            (Some(eighty), None) => format!(
                "A change of `{name}` alone is stopped with 80% from {} on, and never with 95%.",
                factor(eighty)
            ),
            (None, _) if question.config.metrics.iter().any(|one| one.name == *name && one.muted) => {
                format!("`{name}` is muted: it stops nothing.")
            }
            (None, _) => format!(
                "No change of `{name}` alone is stopped with 80%: the score stays at or above \
                 {}, or the change is not seen.",
                question.config.thresholds.pass
            ),
        });
    }
    sentences
}
