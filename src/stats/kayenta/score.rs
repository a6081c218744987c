//! From metrics to one score: groups, weights, and what fails everything.

use super::classify::{Classification, Label};

/// From this share of metrics without data on, the score is zero (in percent).
const NODATA_THRESHOLD: f64 = 50.0;

/// A metric that was judged, with the groups that it belongs to. Muted metrics are left out before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedMetric<'a> {
    /// The groups that it counts for.
    pub groups: &'a [String],
    /// Its judgement.
    pub classification: Classification,
}

/// From which score on a canary passes, and from which it is marginal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Passes with at least this.
    pub pass: f64,
    /// Marginal with at least this.
    pub marginal: f64,
}

/// The score of a group: the share of its metrics that pass.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupScore {
    /// The group.
    pub name: String,
    /// From 0 to 100; `None` if none of its metrics has data, which counts as 100.
    pub score: Option<f64>,
}

/// Why the score is zero whatever the groups say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreReason {
    /// A critical metric failed.
    Critical,
    /// Half of the metrics, or more, have no data.
    TooManyWithoutData,
}

/// The score of a canary.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// From 0 to 100, rounded half up to two digits.
    pub summary: f64,
    /// The groups, in the order of their first metric.
    pub groups: Vec<GroupScore>,
    /// Why it is zero whatever the groups say.
    pub reason: Option<ScoreReason>,
}

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// At least the pass threshold.
    Pass,
    /// Between the thresholds.
    Marginal,
    /// Below the marginal threshold.
    Fail,
}

impl Score {
    /// What the score means under thresholds.
    #[must_use]
    pub fn verdict(&self, thresholds: Thresholds) -> Verdict {
        if self.summary >= thresholds.pass {
            Verdict::Pass
        } else if self.summary >= thresholds.marginal {
            Verdict::Marginal
        } else {
            Verdict::Fail
        }
    }
}

/// The score of a canary: Σ weight · group score, where groups without a weight share what is left
/// of 100. `weights` are in percent.
///
/// Upstream: WeightedSumScorer.scala, `score`.
#[must_use]
pub fn score(metrics: &[JudgedMetric], weights: &[(String, f64)]) -> Score {
    let groups = group_scores(metrics);
    let reason = reason_for_zero(metrics);
    let summary = match reason {
        Some(_) => 0.0,
        None => summary(&groups, weights),
    };
    Score {
        summary,
        groups,
        reason,
    }
}

fn reason_for_zero(metrics: &[JudgedMetric]) -> Option<ScoreReason> {
    let failed = |metric: &JudgedMetric| {
        metric.classification.critical && metric.classification.label != Label::Pass
    };
    if metrics.iter().any(failed) {
        return Some(ScoreReason::Critical);
    }
    let without = metrics
        .iter()
        .filter(|metric| metric.classification.label == Label::Nodata)
        .count();
    let percent = without as f64 / metrics.len() as f64 * 100.0;
    (percent >= NODATA_THRESHOLD).then_some(ScoreReason::TooManyWithoutData)
}

fn group_scores(metrics: &[JudgedMetric]) -> Vec<GroupScore> {
    let mut names: Vec<&String> = Vec::new();
    for name in metrics.iter().flat_map(|metric| metric.groups) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let mut judged = (0_u32, 0_u32);
            for metric in metrics.iter().filter(|metric| metric.groups.contains(name)) {
                match metric.classification.label {
                    Label::Pass => judged = (judged.0 + 1, judged.1 + 1),
                    Label::High | Label::Low | Label::NodataFailMetric => judged.1 += 1,
                    Label::Nodata | Label::Error => {}
                }
            }
            let (passed, total) = judged;
            GroupScore {
                name: name.clone(),
                score: (total > 0).then(|| f64::from(passed) / f64::from(total) * 100.0),
            }
        })
        .collect()
}

fn summary(groups: &[GroupScore], weights: &[(String, f64)]) -> f64 {
    let weight_of = |name: &str| {
        weights
            .iter()
            .find(|(group, _)| group == name)
            .map(|(_, weight)| *weight)
    };
    let given: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let unweighted = groups
        .iter()
        .filter(|group| weight_of(&group.name).is_none())
        .count();
    let rest = (100.0 - given) / unweighted as f64;
    let sum: f64 = groups
        .iter()
        .map(|group| {
            let weight = weight_of(&group.name).unwrap_or(rest);
            group.score.unwrap_or(100.0) * (weight / 100.0)
        })
        .sum();
    rounded(sum)
}

/// Rounded half up at the second digit of the shortest decimal (commons-math `Precision.round`).
fn rounded(value: f64) -> f64 {
    let text = format!("{value}");
    let Some((whole, digits)) = text.split_once('.') else {
        return value;
    };
    if digits.len() <= 2 {
        return value;
    }
    let (kept, dropped) = digits.split_at(2);
    let up = dropped.as_bytes()[0] >= b'5';
    let hundredths: f64 = format!("{}{kept}", whole.trim_start_matches('-'))
        .parse()
        .unwrap_or(f64::NAN);
    let size = (hundredths + f64::from(u8::from(up))) / 100.0;
    if text.starts_with('-') { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(label: Label) -> Classification {
        Classification {
            label,
            critical: false,
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// The summary of metrics, each with its groups.
    fn summary_of(metrics: &[(&[&str], Classification)], weights: &[(&str, f64)]) -> Score {
        let groups: Vec<Vec<String>> = metrics.iter().map(|(groups, _)| names(groups)).collect();
        let metrics: Vec<JudgedMetric> = metrics
            .iter()
            .zip(&groups)
            .map(|((_, classification), groups)| JudgedMetric {
                groups,
                classification: *classification,
            })
            .collect();
        let weights: Vec<(String, f64)> = weights
            .iter()
            .map(|&(name, weight)| (name.to_owned(), weight))
            .collect();
        score(&metrics, &weights)
    }

    #[test]
    fn groups_are_shares_and_the_rest_of_the_weight_is_shared() {
        let metrics: [(&[&str], Classification); 4] = [
            (&["errors"], judged(Label::High)),
            (&["errors"], judged(Label::Pass)),
            (&["latency"], judged(Label::Pass)),
            (&["system"], judged(Label::Low)),
        ];
        // 60% of 50 + 20% of 100 + 20% of 0.
        assert_eq!(summary_of(&metrics, &[("errors", 60.0)]).summary, 50.0);
        // A third each.
        assert_eq!(summary_of(&metrics, &[]).summary, 50.0);
    }

    #[test]
    fn two_of_three_round_half_up() {
        let metrics: [(&[&str], Classification); 3] = [
            (&["g"], judged(Label::High)),
            (&["g"], judged(Label::Pass)),
            (&["g"], judged(Label::Pass)),
        ];
        assert_eq!(summary_of(&metrics, &[]).summary, 66.67);
        assert_eq!(rounded(1.005), 1.01);
        assert_eq!(rounded(-2.345), -2.35);
        assert_eq!(rounded(66.664), 66.66);
        assert_eq!(rounded(100.0), 100.0);
    }

    #[test]
    fn a_group_without_data_counts_as_full_and_too_many_fail() {
        let metrics: [(&[&str], Classification); 3] = [
            (&["a"], judged(Label::Nodata)),
            (&["b"], judged(Label::Pass)),
            (&["b"], judged(Label::Pass)),
        ];
        let found = summary_of(&metrics, &[]);
        assert_eq!((found.summary, found.reason), (100.0, None));
        let half = summary_of(&metrics[..2], &[]);
        assert_eq!(
            (half.summary, half.reason),
            (0.0, Some(ScoreReason::TooManyWithoutData))
        );
    }

    #[test]
    fn a_critical_failure_is_the_end() {
        let critical = Classification {
            label: Label::High,
            critical: true,
        };
        let metrics: [(&[&str], Classification); 2] =
            [(&["a"], critical), (&["b"], judged(Label::Pass))];
        let found = summary_of(&metrics, &[]);
        assert_eq!(
            (found.summary, found.reason),
            (0.0, Some(ScoreReason::Critical))
        );
        let thresholds = Thresholds {
            pass: 95.0,
            marginal: 75.0,
        };
        assert_eq!(found.verdict(thresholds), Verdict::Fail);
    }

    #[test]
    fn missing_data_that_must_be_there_counts_against_the_group() {
        let metrics: [(&[&str], Classification); 4] = [
            (&["a"], judged(Label::NodataFailMetric)),
            (&["a"], judged(Label::Pass)),
            (&["a"], judged(Label::Pass)),
            (&["a"], judged(Label::Error)),
        ];
        assert_eq!(summary_of(&metrics, &[]).summary, 66.67);
    }
}
