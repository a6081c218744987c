//! Does a z statistic ever cross its boundary? The joint law of several looks, by recursion.
//!
//! Source: P. Armitage, C. K. McPherson and B. C. Rowe, "Repeated Significance Tests on
//! Accumulating Data" (1969). The score Z √t is Brownian motion in the information t; its density
//! among the runs that have not crossed is carried from look to look by Gauss–Legendre quadrature.

use std::f64::consts::PI;

use super::gauss_legendre::GaussLegendre;
use crate::stats::StatsError;
use crate::stats::special::{normal_cdf, normal_sf};

/// No standard normal variable is beyond this: the probability is 10^-314.
pub(super) const FARTHEST_Z: f64 = 37.8;

/// Nodes per standard deviation of the narrowest increment: the error is then below 10^-13.
const NODES_PER_SD: f64 = 5.0;

/// The most nodes at one look.
const MAX_NODES: usize = 8192;

/// P(|Z| has been at least its bound at one of the looks so far), for each look.
///
/// `times` are the information fractions of the looks, positive and rising (1 at the planned end;
/// only their ratios matter if `drift` is 0); `bounds` are the two-sided bounds on |Z|, +∞ to never
/// stop; `drift` is the mean of Z at information 1, 0 under the null hypothesis. Absolute error below
/// 10^-12, and relative error near it where the probability is tiny.
///
/// # Errors
/// [`StatsError::Domain`] outside of that domain; [`StatsError::Limit`] if looks are so unevenly
/// spaced that the quadrature would need more than 8192 nodes.
///
/// ```
/// # use shiftsim::stats::sequential::crossing::crossing_probabilities;
/// // a 5% test looked at five times is a 14% test
/// let looks = [0.2, 0.4, 0.6, 0.8, 1.0];
/// let ever = crossing_probabilities(&looks, &[1.959963984540054; 5], 0.0)?;
/// assert!((ever[4] - 0.14168933259).abs() < 1e-10);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn crossing_probabilities(
    times: &[f64],
    bounds: &[f64],
    drift: f64,
) -> Result<Vec<f64>, StatsError> {
    if bounds.len() != times.len() {
        return Err(StatsError::domain("bounds", "one per look", bounds.len()));
    }
    if let Some(bound) = bounds.iter().find(|bound| bound.is_nan() || **bound < 0.0) {
        return Err(StatsError::domain("bounds", "at least 0", bound));
    }
    let mut recursion = Recursion::new(times, drift)?;
    let mut crossed = 0.0;
    let mut so_far = Vec::with_capacity(times.len());
    for &bound in bounds {
        crossed += recursion.crossing_now(bound);
        recursion.advance(bound)?;
        so_far.push(crossed.min(1.0));
    }
    Ok(so_far)
}

/// `count` looks at equal steps of information, the last at 1.
///
/// ```
/// # use shiftsim::stats::sequential::crossing::equally_spaced;
/// assert_eq!(equally_spaced(4), [0.25, 0.5, 0.75, 1.0]);
/// ```
#[must_use]
pub fn equally_spaced(count: usize) -> Vec<f64> {
    (1..=count).map(|look| look as f64 / count as f64).collect()
}

/// The runs that have not crossed so far: (score, mass), a quadrature of their density.
#[derive(Debug)]
pub(super) struct Recursion<'a> {
    times: &'a [f64],
    drift: f64,
    /// How many looks are over.
    look: usize,
    surviving: Vec<(f64, f64)>,
    rule: Option<GaussLegendre>,
}

impl<'a> Recursion<'a> {
    pub(super) fn new(times: &'a [f64], drift: f64) -> Result<Self, StatsError> {
        let rising = times.windows(2).all(|pair| pair[0] < pair[1]);
        let positive = times.first().is_some_and(|&first| first > 0.0);
        if !rising || !positive || !times.iter().all(|time| time.is_finite()) {
            let given = format!("{times:?}");
            return Err(StatsError::domain("times", "positive and rising", given));
        }
        if !drift.is_finite() {
            return Err(StatsError::domain("drift", "finite", drift));
        }
        Ok(Self {
            times,
            drift,
            look: 0,
            surviving: vec![(0.0, 1.0)],
            rule: None,
        })
    }

    /// P(no crossing before, and |Z| ≥ `bound` at the look to come).
    pub(super) fn crossing_now(&self, bound: f64) -> f64 {
        let edge = bound * self.time().sqrt();
        let (mean, sd) = self.increment();
        let beyond = |&(score, mass): &(f64, f64)| {
            let centre = score + mean;
            mass * (normal_sf((edge - centre) / sd) + normal_cdf((-edge - centre) / sd))
        };
        self.surviving.iter().map(beyond).sum()
    }

    /// The look to come is over: those with |Z| < `bound` go on.
    pub(super) fn advance(&mut self, bound: f64) -> Result<(), StatsError> {
        let time = self.time();
        let (mean, sd) = self.increment();
        let centre = self.drift * time;
        let edge = bound * time.sqrt();
        let low = (-edge).max(centre - FARTHEST_Z * time.sqrt());
        let high = edge.min(centre + FARTHEST_Z * time.sqrt());
        self.look += 1;
        if self.look == self.times.len() || low >= high {
            self.surviving.clear();
            return Ok(());
        }
        let narrowest = sd.min(self.increment().1);
        let rule = self.rule_for((high - low) / narrowest)?;
        let scale = 1.0 / (sd * (2.0 * PI).sqrt());
        let density = |at: f64| {
            let mass_from = |&(score, mass): &(f64, f64)| {
                let z = (at - score - mean) / sd;
                mass * (-0.5 * z * z).exp()
            };
            scale * self.surviving.iter().map(mass_from).sum::<f64>()
        };
        let next = rule
            .over(low, high)
            .map(|(at, weight)| (at, weight * density(at)));
        self.surviving = next.collect();
        self.rule = Some(rule);
        Ok(())
    }

    /// The information at the look to come.
    fn time(&self) -> f64 {
        self.times[self.look]
    }

    /// Mean and standard deviation of the score's next increment.
    fn increment(&self) -> (f64, f64) {
        let before = if self.look == 0 {
            0.0
        } else {
            self.times[self.look - 1]
        };
        let step = self.time() - before;
        (self.drift * step, step.sqrt())
    }

    /// A rule that resolves an interval so many standard deviations wide: the last one, if it does.
    fn rule_for(&mut self, width: f64) -> Result<GaussLegendre, StatsError> {
        let wanted = (NODES_PER_SD * width).ceil() + 40.0;
        if wanted > MAX_NODES as f64 {
            return Err(StatsError::Limit {
                what: "the law of looks so unevenly spaced".to_owned(),
                limit: format!("{MAX_NODES} nodes"),
            });
        }
        let wanted = wanted as usize;
        match self.rule.take() {
            Some(rule) if rule.len() >= wanted && rule.len() < 2 * wanted => Ok(rule),
            _ => Ok(GaussLegendre::new(wanted + wanted / 4)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_inflation_of_repeated_looks() {
        // Armitage, McPherson and Rowe (1969), table 2, to the three decimals they print.
        let z = 1.959_963_984_540_054;
        for (looks, published) in [(1, 0.05), (2, 0.083), (10, 0.193), (20, 0.248), (50, 0.320)] {
            let times = equally_spaced(looks);
            let ever = crossing_probabilities(&times, &vec![z; looks], 0.0).unwrap();
            assert!(
                (ever[looks - 1] - published).abs() < 0.0006,
                "{looks}: {ever:?}"
            );
        }
    }

    #[test]
    fn infinite_bounds_never_stop() {
        let ever = crossing_probabilities(&[0.3, 1.0], &[f64::INFINITY, 1.0], 0.0).unwrap();
        assert_eq!(ever[0], 0.0);
        assert!((ever[1] - 2.0 * normal_sf(1.0)).abs() < 1e-13);
        let at_once = crossing_probabilities(&[0.3, 1.0], &[0.0, 1.0], 0.0).unwrap();
        assert_eq!(at_once, [1.0, 1.0]);
    }

    #[test]
    fn refuses_what_is_no_design() {
        assert!(crossing_probabilities(&[], &[], 0.0).is_err());
        assert!(crossing_probabilities(&[0.5, 0.5], &[2.0, 2.0], 0.0).is_err());
        assert!(crossing_probabilities(&[0.5, 1.0], &[2.0], 0.0).is_err());
        assert!(crossing_probabilities(&[0.5], &[f64::NAN], 0.0).is_err());
        assert!(crossing_probabilities(&[1e-9, 1.0], &[2.0, 2.0], 0.0).is_ok());
        let uneven = [0.5, 0.5 + 1e-12, 1.0];
        assert!(matches!(
            crossing_probabilities(&uneven, &[2.0; 3], 0.0),
            Err(StatsError::Limit { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_look_that_never_stops_changes_nothing(
            t in 0.05..0.95f64, c in 0.5..4.0f64, drift in -4.0..4.0f64,
        ) {
            let alone = crossing_probabilities(&[1.0], &[c], drift).unwrap()[0];
            let bounds = [f64::INFINITY, c];
            let with = crossing_probabilities(&[t, 1.0], &bounds, drift).unwrap()[1];
            prop_assert!((alone - with).abs() < 1e-12);
        }

        #[test]
        fn more_drift_more_power(c in 1.0..4.0f64, drift in 0.0..4.0f64, more in 0.01..1.0f64) {
            let times = equally_spaced(4);
            let at = |d: f64| crossing_probabilities(&times, &[c; 4], d).unwrap()[3];
            prop_assert!(at(drift + more) > at(drift));
            prop_assert!((at(-drift) - at(drift)).abs() < 1e-12);
        }
    }
}
