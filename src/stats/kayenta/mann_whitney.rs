//! The two-sided Mann–Whitney test turned around: for which shifts would it not be rejected?

use super::brent;
use crate::stats::StatsError;
use crate::stats::special::normal_quantile;

/// The shift between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// The Hodges–Lehmann estimate of experiment − control.
    pub estimate: f64,
    /// The lower end of its confidence interval.
    pub lower: f64,
    /// The upper end of its confidence interval.
    pub upper: f64,
}

/// Estimate and interval of the shift of `experiment` against `control`, as R's
/// `wilcox.test(experiment, control, exact = FALSE, correct = TRUE, conf.int = TRUE)` and Kayenta
/// compute them: the shift at which the standardised rank sum (with the correction for ties and a
/// continuity correction of 1/2) is 0, or the normal quantile of either tail.
///
/// The ends depend on the solver's tolerance of 10^-4, here exactly as upstream (MannWhitney.scala,
/// `calculateConfidenceInterval`).
///
/// # Errors
/// [`StatsError::Domain`] if a sample is empty or has a value that is not a number, if the level is
/// not strictly between 0 and 1, or if all values are tied at an end of the range of shifts (each
/// sample constant), where upstream throws as well.
pub fn mann_whitney(
    experiment: &[f64],
    control: &[f64],
    level: f64,
) -> Result<MannWhitney, StatsError> {
    let comparison = Comparison::new(experiment, control)?;
    let (lower, upper) = (comparison.lower(level)?, comparison.upper(level)?);
    Ok(MannWhitney {
        estimate: comparison.estimate()?,
        lower,
        upper,
    })
}

/// Two samples, ready to be compared: sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    experiment: Vec<f64>,
    control: Vec<f64>,
}

impl Comparison {
    /// Sorts the samples.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if one is empty or has a value that is not finite.
    pub fn new(experiment: &[f64], control: &[f64]) -> Result<Self, StatsError> {
        let sorted = |name, values: &[f64]| {
            if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
                return Err(StatsError::domain(
                    name,
                    "finite values, at least one",
                    format!("{values:?}"),
                ));
            }
            let mut values = values.to_vec();
            values.sort_unstable_by(f64::total_cmp);
            Ok(values)
        };
        Ok(Self {
            experiment: sorted("experiment", experiment)?,
            control: sorted("control", control)?,
        })
    }

    /// The lower end of the interval at a confidence level in (0, 1).
    ///
    /// # Errors
    /// As [`mann_whitney`].
    pub fn lower(&self, level: f64) -> Result<f64, StatsError> {
        self.shift(-tail_quantile(level)?)
    }

    /// The upper end of the interval at a confidence level in (0, 1).
    ///
    /// # Errors
    /// As [`mann_whitney`].
    pub fn upper(&self, level: f64) -> Result<f64, StatsError> {
        self.shift(tail_quantile(level)?)
    }

    /// The Hodges–Lehmann estimate.
    ///
    /// # Errors
    /// As [`mann_whitney`].
    pub fn estimate(&self) -> Result<f64, StatsError> {
        let (least, most) = self.range();
        let (at_least, at_most) = self.ends()?;
        Ok(brent::root(least, most, at_least, at_most, |shift| {
            self.standardised(shift)
        }))
    }

    /// The shift at which the standardised rank sum equals `quantile`.
    fn shift(&self, quantile: f64) -> Result<f64, StatsError> {
        let (least, most) = self.range();
        let (at_least, at_most) = self.ends()?;
        let (at_least, at_most) = (at_least - quantile, at_most - quantile);
        if at_least <= 0.0 {
            return Ok(least);
        }
        if at_most >= 0.0 {
            return Ok(most);
        }
        Ok(brent::root(least, most, at_least, at_most, |shift| {
            self.standardised(shift) - quantile
        }))
    }

    /// All shifts that are possible: from the least to the largest difference.
    fn range(&self) -> (f64, f64) {
        let first = |values: &[f64]| values.first().copied().unwrap_or(f64::NAN);
        let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
        (
            first(&self.experiment) - last(&self.control),
            last(&self.experiment) - first(&self.control),
        )
    }

    fn ends(&self) -> Result<(f64, f64), StatsError> {
        let (least, most) = self.range();
        let ends = (self.standardised(least), self.standardised(most));
        if ends.0.is_nan() || ends.1.is_nan() {
            return Err(StatsError::domain(
                "samples",
                "more than one value in one of them",
                "all tied",
            ));
        }
        Ok(ends)
    }

    /// (W − E W − ½ sign) / σ of the experiment moved down by `shift`, with σ corrected for ties;
    /// NaN if all values are tied.
    fn standardised(&self, shift: f64) -> f64 {
        let (rank_sum, tie_sum) = self.ranks(shift);
        let (n, m) = (self.experiment.len() as f64, self.control.len() as f64);
        let excess = rank_sum - n * (n + 1.0) / 2.0 - n * m / 2.0;
        let correction = if excess == 0.0 {
            0.0
        } else {
            0.5 * excess.signum()
        };
        let total = n + m;
        let variance = (n * m / 12.0) * ((total + 1.0) - tie_sum / (total * (total - 1.0)));
        let deviation = variance.sqrt();
        if deviation == 0.0 {
            return f64::NAN;
        }
        (excess - correction) / deviation
    }

    /// The sum of the experiment's mid-ranks, and Σ(t³ − t) over all ties. Both samples are sorted,
    /// and stay so when one is moved: one walk along both is enough.
    fn ranks(&self, shift: f64) -> (f64, f64) {
        let (mut place, mut other) = (0, 0);
        let (mut rank_sum, mut tie_sum) = (0.0, 0.0);
        while place < self.experiment.len() || other < self.control.len() {
            let mine = self.experiment.get(place).map(|value| value - shift);
            let theirs = self.control.get(other).copied();
            let value = match (mine, theirs) {
                (Some(mine), Some(theirs)) => mine.min(theirs),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => break,
            };
            let before = (place + other) as f64;
            #[expect(clippy::float_cmp, reason = "a tie is equality")]
            let tied = |values: &[f64], shift: f64| {
                values
                    .iter()
                    .take_while(|&&one| one - shift == value)
                    .count()
            };
            let (from, to) = (
                tied(&self.experiment[place..], shift),
                tied(&self.control[other..], 0.0),
            );
            let ties = (from + to) as f64;
            rank_sum += from as f64 * (before + (ties + 1.0) / 2.0);
            tie_sum += ties * ties * ties - ties;
            place += from;
            other += to;
        }
        (rank_sum, tie_sum)
    }
}

/// The standard normal quantile of (1 − level)/2: negative.
fn tail_quantile(level: f64) -> Result<f64, StatsError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(StatsError::domain(
            "level",
            "strictly between 0 and 1",
            level,
        ));
    }
    normal_quantile((1.0 - level) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(runs: &[(f64, usize)]) -> Vec<f64> {
        runs.iter()
            .flat_map(|&(value, times)| std::iter::repeat_n(value, times))
            .collect()
    }

    #[test]
    fn the_log_of_the_issue_is_reproduced_to_all_digits() {
        // spinnaker/spinnaker#6278: seven of ten points at 100, control all 1.
        let found = mann_whitney(
            &points(&[(100.0, 7), (1.0, 3)]),
            &points(&[(1.0, 10)]),
            0.98,
        )
        .unwrap();
        let logged = 6.825_022_991_538_781e-5;
        assert!((found.lower / logged - 1.0).abs() < 1e-9, "{found:?}");
        assert!(
            (found.estimate - 98.999_929_041_701_93).abs() < 1e-12,
            "{found:?}"
        );
    }

    #[test]
    fn the_estimate_is_near_the_median_of_all_differences() {
        let experiment = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        let control = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.34, 1.29];
        let mut differences: Vec<f64> = experiment
            .iter()
            .flat_map(|x| control.iter().map(move |y| x - y))
            .collect();
        differences.sort_unstable_by(f64::total_cmp);
        let found = mann_whitney(&experiment, &control, 0.98).unwrap();
        // The normal approximation solves for a zero of a step function: the neighbouring
        // differences are the best that can be promised.
        let (below, above) = (differences[38], differences[42]);
        assert!(
            (below - 1e-3..=above + 1e-3).contains(&found.estimate),
            "{found:?}"
        );
        assert!(found.lower < found.estimate && found.estimate < found.upper);
    }

    #[test]
    fn swapping_the_samples_mirrors_the_interval() {
        let experiment = [5.0, 7.0, 8.0, 12.0, 4.0, 9.0, 15.0];
        let control = [1.0, 3.0, 6.0, 2.0, 8.0, 2.0];
        let one = mann_whitney(&experiment, &control, 0.9).unwrap();
        let other = mann_whitney(&control, &experiment, 0.9).unwrap();
        assert!((one.lower + other.upper).abs() < 2e-4, "{one:?} {other:?}");
        assert!((one.upper + other.lower).abs() < 2e-4, "{one:?} {other:?}");
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        assert!(mann_whitney(&[], &[1.0], 0.98).is_err());
        assert!(mann_whitney(&[f64::NAN], &[1.0], 0.98).is_err());
        assert!(mann_whitney(&[2.0, 3.0], &[1.0], 1.0).is_err());
        // Every shift that makes them meet ties all values.
        assert!(mann_whitney(&[5.0, 5.0], &[1.0, 1.0, 1.0], 0.98).is_err());
    }
}
