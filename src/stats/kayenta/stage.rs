//! Several judgements in a row: the rule of Spinnaker's canary stage.

use super::score::Thresholds;

/// The rule over the judgements of a stage, which it sees one after the other.
///
/// Every score must be above the marginal threshold; the last one must also reach the pass
/// threshold. Upstream: MonitorKayentaCanaryTask.kt, AggregateCanaryResultsTask.kt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageRule {
    thresholds: Thresholds,
    left: u32,
}

/// What a stage does after a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOutcome {
    /// Waits for the next judgement.
    Continues,
    /// The canary has passed.
    Succeeded,
    /// A score is not above the marginal threshold.
    NotAboveMarginal,
    /// The last score is below the pass threshold.
    BelowPass,
}

impl StageRule {
    /// The rule over so many judgements; `None` without any.
    #[must_use]
    pub fn new(thresholds: Thresholds, judgements: u32) -> Option<Self> {
        (judgements > 0).then_some(Self {
            thresholds,
            left: judgements,
        })
    }

    /// Takes the next score and says what the stage does. Scores after the last one repeat its
    /// rule.
    pub fn take(&mut self, score: f64) -> StageOutcome {
        self.left = self.left.saturating_sub(1);
        if score <= self.thresholds.marginal {
            StageOutcome::NotAboveMarginal
        } else if self.left > 0 {
            StageOutcome::Continues
        } else if score < self.thresholds.pass {
            StageOutcome::BelowPass
        } else {
            StageOutcome::Succeeded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(scores: &[f64]) -> Vec<StageOutcome> {
        let thresholds = Thresholds {
            pass: 95.0,
            marginal: 75.0,
        };
        let mut rule = StageRule::new(thresholds, 3).unwrap();
        scores.iter().map(|&score| rule.take(score)).collect()
    }

    #[test]
    fn interim_scores_must_be_above_marginal_and_the_last_must_pass() {
        use StageOutcome::{BelowPass, Continues, NotAboveMarginal, Succeeded};
        assert_eq!(
            outcomes(&[75.01, 80.0, 95.0]),
            [Continues, Continues, Succeeded]
        );
        assert_eq!(outcomes(&[75.0]), [NotAboveMarginal]);
        assert_eq!(
            outcomes(&[100.0, 100.0, 94.99]),
            [Continues, Continues, BelowPass]
        );
        let one = StageRule::new(
            Thresholds {
                pass: 95.0,
                marginal: 75.0,
            },
            0,
        );
        assert_eq!(one, None);
    }
}
