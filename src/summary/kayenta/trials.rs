//! Trials of a judge: labels of each metric, unchanged and changed, put together into scores.

use std::collections::BTreeMap;

use super::{MetricKind, Question, rule};
use crate::rollout::KayentaMetric;
use crate::sim::{PointLaw, PointSource, judged_trials};
use crate::stats::kayenta::{
    Classification, JudgedMetric, Label, MetricRule, StageOutcome, StageRule, Thresholds, classify,
    score,
};

/// Streams of changed metrics begin here, so that they are not those of unchanged ones.
const CHANGED: u64 = 1 << 32;

/// The changes among which the smallest is looked for: 2% apart, up to a hundredfold.
const STEP: f64 = 1.02;
const STEPS: u32 = 233;

/// The labels of one metric: for each trial those of its judgements, in order.
type Labels = Vec<Vec<Classification>>;

/// All labels so far. Metrics with the same rule and law share those of a change.
pub(super) struct Trials<'a> {
    question: &'a Question,
    metrics: Vec<(&'a KayentaMetric, MetricRule)>,
    /// For each metric the first with the same rule and law.
    classes: Vec<usize>,
    unchanged: Vec<Labels>,
    changed: BTreeMap<(usize, u64), Labels>,
}

impl<'a> Trials<'a> {
    pub(super) fn new(question: &'a Question) -> Self {
        let metrics: Vec<(&KayentaMetric, MetricRule)> = question
            .config
            .metrics
            .iter()
            .map(|metric| (metric, rule::of(metric)))
            .collect();
        let same = |one: &(&KayentaMetric, MetricRule), other: &(&KayentaMetric, MetricRule)| {
            one.1 == other.1 && rule::kind(one.0) == rule::kind(other.0)
        };
        let classes = metrics
            .iter()
            .map(|one| {
                metrics
                    .iter()
                    .position(|other| same(one, other))
                    .unwrap_or(0)
            })
            .collect();
        let mut trials = Self {
            question,
            metrics,
            classes,
            unchanged: Vec::new(),
            changed: BTreeMap::new(),
        };
        trials.unchanged = (0..trials.metrics.len())
            .map(|place| trials.labels(place, 1.0, place as u64))
            .collect();
        trials
    }

    /// The law of a metric's points, changed by a factor.
    pub(super) fn law(&self, place: usize, factor: f64) -> PointLaw {
        let (metric, _) = self.metrics[place];
        let requests = self.question.requests_per_point();
        let factor = match rule::falls(metric) {
            true => 1.0 / factor,
            false => factor,
        };
        match rule::kind(metric) {
            MetricKind::Mean => PointLaw::Means {
                mean: 100.0 * factor,
                // Single requests scatter as much as their mean is large.
                deviation: 100.0 * factor / requests.max(1.0).sqrt(),
            },
            MetricKind::Count => {
                let events = match rule::falls(metric) {
                    true => 1.0 - self.question.stable_error_rate,
                    false => self.question.stable_error_rate,
                };
                PointLaw::Counts(requests * events * factor)
            }
        }
    }

    fn labels(&self, place: usize, factor: f64, series: u64) -> Labels {
        let (control, experiment) = (self.law(place, 1.0), self.law(place, factor));
        let rule = self.metrics[place].1;
        let (points, judgements) = (self.question.points, self.question.judgements);
        let judged = |source: &mut PointSource| {
            let control = source.points(control, points as usize);
            let experiment = source.points(experiment, points as usize);
            // Each judgement sees all points so far.
            (1..=judgements)
                .map(|judgement| {
                    let seen = (u64::from(points) * u64::from(judgement))
                        .div_ceil(u64::from(judgements)) as usize;
                    let mut noise = || source.standard_normal();
                    classify(&experiment[..seen], &control[..seen], &rule, &mut noise)
                })
                .collect::<Vec<Classification>>()
        };
        judged_trials(self.question.seed, series, self.question.trials, judged)
    }

    fn changed(&mut self, place: usize, factor: f64) -> (usize, u64) {
        let class = self.classes[place];
        let key = (class, factor.to_bits());
        if !self.changed.contains_key(&key) {
            let labels = self.labels(class, factor, CHANGED + class as u64);
            self.changed.insert(key, labels);
        }
        key
    }

    /// In how many trials a changed metric is judged High or Low at the end.
    pub(super) fn flagged(&mut self, place: usize, factor: f64) -> u64 {
        let key = self.changed(place, factor);
        let bad = |one: &&Vec<Classification>| {
            let last = one.last().map(|last| last.label);
            matches!(last, Some(Label::High | Label::Low))
        };
        self.changed
            .get(&key)
            .map_or(0, |labels| labels.iter().filter(bad).count() as u64)
    }

    /// In how many trials the canary does not pass if nothing is changed.
    pub(super) fn stopped_unchanged(&self) -> u64 {
        self.count_stopped(None)
    }

    /// In how many trials the canary does not pass if one metric is changed.
    pub(super) fn stopped(&mut self, place: usize, factor: f64) -> u64 {
        let key = self.changed(place, factor);
        let labels = self.changed.get(&key);
        self.count_stopped(labels.map(|labels| (place, labels)))
    }

    fn count_stopped(&self, changed: Option<(usize, &Labels)>) -> u64 {
        let config = &self.question.config;
        let thresholds = Thresholds {
            pass: config.thresholds.pass,
            marginal: config.thresholds.marginal,
        };
        let labels: Vec<(&KayentaMetric, &Labels)> = self
            .metrics
            .iter()
            .enumerate()
            .filter(|(_, (metric, _))| !metric.muted)
            .map(|(place, (metric, _))| match changed {
                Some((one, labels)) if one == place => (*metric, labels),
                _ => (*metric, &self.unchanged[place]),
            })
            .collect();
        let mut judged: Vec<JudgedMetric> = Vec::with_capacity(labels.len());
        let mut stopped = 0;
        for trial in 0..usize::try_from(self.question.trials).unwrap_or(0) {
            let Some(mut stage) = StageRule::new(thresholds, self.question.judgements) else {
                return 0;
            };
            for judgement in 0..self.question.judgements as usize {
                judged.clear();
                judged.extend(labels.iter().map(|(metric, labels)| JudgedMetric {
                    groups: &metric.groups,
                    classification: labels[trial][judgement],
                }));
                match stage.take(score(&judged, &config.group_weights).summary) {
                    StageOutcome::Continues => {}
                    StageOutcome::Succeeded => break,
                    StageOutcome::NotAboveMarginal | StageOutcome::BelowPass => {
                        stopped += 1;
                        break;
                    }
                }
            }
        }
        stopped
    }

    /// The smallest change, to the next 2%, that is stopped with this probability; `None` up to a
    /// hundredfold.
    pub(super) fn smallest(&mut self, place: usize, probability: f64) -> Option<f64> {
        let enough = probability * self.question.trials as f64;
        let factor = |step: u32| STEP.powf(f64::from(step));
        let mut caught = |step: u32| self.stopped(place, factor(step)) as f64 >= enough;
        if !caught(STEPS) {
            return None;
        }
        let (mut low, mut high) = (0, STEPS);
        while high - low > 1 {
            let middle = low.midpoint(high);
            match caught(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(factor(high))
    }
}
