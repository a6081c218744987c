//! Points of metrics over time, drawn at random for a judge to compare.

use rand_distr::{Distribution, Poisson, StandardNormal};
use rayon::prelude::*;

use crate::random::{Purpose, Stream, stream};

/// The law of the points of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PointLaw {
    /// A count: Poisson with this mean, zero or above.
    Counts(f64),
    /// A mean of many requests: normal.
    Means {
        /// The mean.
        mean: f64,
        /// The standard deviation of a point, zero or above.
        deviation: f64,
    },
}

/// A source of points.
#[derive(Debug)]
pub struct PointSource {
    random: Stream,
}

impl PointSource {
    /// So many independent points.
    pub fn points(&mut self, law: PointLaw, count: usize) -> Vec<f64> {
        let random = &mut self.random;
        match law {
            PointLaw::Counts(mean) => match Poisson::new(mean) {
                Ok(poisson) => (0..count).map(|_| poisson.sample(random)).collect(),
                // A mean of zero.
                Err(_) => vec![0.0; count],
            },
            PointLaw::Means { mean, deviation } => (0..count)
                .map(|_| {
                    let normal: f64 = StandardNormal.sample(random);
                    mean + deviation * normal
                })
                .collect(),
        }
    }

    /// A standard normal number.
    pub fn standard_normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.random)
    }
}

/// `judged` of so many trials, in their order; each has a stream of its own in `series`. Runs on all
/// cores; the result does not depend on their number.
pub fn judged_trials<T: Send>(
    seed: u64,
    series: u64,
    trials: u64,
    judged: impl Fn(&mut PointSource) -> T + Sync,
) -> Vec<T> {
    (0..trials)
        .into_par_iter()
        .map(|trial| {
            let random = stream(seed, Purpose::Points, &[series, trial]);
            judged(&mut PointSource { random })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_their_law_and_do_not_depend_on_threads() {
        let sums = |law| -> Vec<f64> {
            judged_trials(1, 0, 2000, |source| {
                source.points(law, 50).iter().sum::<f64>()
            })
        };
        let counts = sums(PointLaw::Counts(5.0));
        let mean = counts.iter().sum::<f64>() / 100_000.0;
        // Five standard deviations of the mean of 100,000 points.
        assert!((mean - 5.0).abs() < 5.0 * (5.0_f64 / 1e5).sqrt(), "{mean}");
        assert_eq!(counts, sums(PointLaw::Counts(5.0)));
        assert_eq!(sums(PointLaw::Counts(0.0))[0], 0.0);
        let means = sums(PointLaw::Means {
            mean: 100.0,
            deviation: 10.0,
        });
        let mean = means.iter().sum::<f64>() / 100_000.0;
        assert!((mean - 100.0).abs() < 5.0 * 10.0 / 1e5_f64.sqrt(), "{mean}");
    }
}
