//! How long a replica works on a request: the service-time distributions, a file each.
//!
//! A distribution is known by its name and its parameters, and fills a slice with samples in whole
//! nanoseconds. A new one is a file here and a row in [`KINDS`]; scenario files, their diagnostics
//! and the engine learn of it from that row. Queues and replicas are not here (that is `sim`).

mod constant;
mod empirical;
mod exponential;
mod gamma;
mod log_normal;
mod parameters;
mod pareto;
mod uniform;
mod weibull;

use std::fmt;
use std::sync::Arc;

pub use parameters::{Parameter, ParameterKind, Parameters, ServiceTimeError, Value};

use crate::random::Stream;
use crate::units::whole_nanos;

/// A distribution of service times.
pub trait Law: fmt::Debug + Send + Sync {
    /// The mean in seconds, finite.
    fn mean(&self) -> f64;

    /// The variance in seconds²; infinite where it does not exist.
    fn variance(&self) -> f64;

    /// Fills `nanos` with independent samples, rounded to nanoseconds. Filling two slices one after
    /// the other gives the same samples as filling one slice of their joint length.
    fn fill(&self, random: &mut Stream, nanos: &mut [u64]);
}

/// A distribution of service times, with the name and the parameters it was made of.
#[derive(Debug, Clone)]
pub struct ServiceTime {
    law: Arc<dyn Law>,
    words: String,
}

/// A kind of distribution: the row that makes it known.
#[derive(Debug)]
pub struct Kind {
    /// The name by which scenario files call it.
    pub name: &'static str,
    /// All parameters that it understands.
    pub parameters: &'static [Parameter],
    /// The parameters that belong together, for help texts, such as "`mean`, or `p50` and `p99`".
    pub usage: &'static str,
    /// Makes it, or says why the parameters are impossible.
    build: fn(&Parameters) -> Result<Arc<dyn Law>, ServiceTimeError>,
}

/// Every kind of distribution.
pub const KINDS: &[Kind] = &[
    constant::KIND,
    exponential::KIND,
    log_normal::KIND,
    gamma::KIND,
    weibull::KIND,
    pareto::KIND,
    uniform::KIND,
    empirical::KIND,
];

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// A distribution of this kind.
    ///
    /// # Errors
    /// [`ServiceTimeError`]: parameters are missing, stand beside others that exclude them, or no
    /// distribution has them.
    pub fn build(&self, parameters: &Parameters) -> Result<ServiceTime, ServiceTimeError> {
        Ok(ServiceTime {
            law: (self.build)(parameters)?,
            words: format!("{} {}", self.name, parameters.words())
                .trim_end()
                .to_owned(),
        })
    }
}

impl ServiceTime {
    /// Exponential with this mean in seconds, which is positive and finite.
    #[must_use]
    pub fn exponential(mean: f64) -> Option<Self> {
        let parameters = Parameters::default().with("mean", Value::Time(mean));
        exponential::KIND.build(&parameters).ok()
    }

    /// The mean in seconds, finite.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.law.mean()
    }

    /// The variance in seconds²; infinite where it does not exist.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.law.variance()
    }

    /// Fills `nanos` with samples; see [`Law::fill`].
    pub fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        self.law.fill(random, nanos);
    }
}

/// The name and the parameters, such as `log-normal p50 20ms p99 200ms`.
impl fmt::Display for ServiceTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

/// Distributions are equal if they have the same name and parameters.
impl PartialEq for ServiceTime {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

/// Fills `nanos` from a distribution of nanoseconds.
fn fill_from(
    distribution: &impl rand_distr::Distribution<f64>,
    random: &mut Stream,
    nanos: &mut [u64],
) {
    // A copy of its own can stay in registers.
    let mut own = random.clone();
    for slot in nanos {
        *slot = whole_nanos(distribution.sample(&mut own));
    }
    *random = own;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn build(name: &str, values: &[(&'static str, Value)]) -> ServiceTime {
        let parameters = values
            .iter()
            .fold(Parameters::default(), |all, (key, value)| {
                all.with(key, value.clone())
            });
        Kind::named(name).unwrap().build(&parameters).unwrap()
    }

    /// One of each kind, with the exact mean and variance from scipy.stats.
    fn laws() -> Vec<(ServiceTime, f64, f64)> {
        let time = |seconds| Value::Time(seconds);
        vec![
            (build("constant", &[("mean", time(0.02))]), 0.02, 0.0),
            (build("exponential", &[("mean", time(0.02))]), 0.02, 4e-4),
            // scipy.stats.lognorm(s=0.989777..., scale=0.02): sigma = ln 10 / 2.3263478740408408.
            (
                build("log-normal", &[("p50", time(0.02)), ("p99", time(0.2))]),
                0.032_641_021_110_407,
                0.001_772_449_796_542_5,
            ),
            // The same law by its mean and a percentile.
            (
                build(
                    "log-normal",
                    &[("mean", time(0.032_641_021_110_407)), ("p50", time(0.02))],
                ),
                0.032_641_021_110_407,
                0.001_772_449_796_542_5,
            ),
            (
                build(
                    "log-normal",
                    &[("mean", time(0.032_641_021_110_407)), ("p99", time(0.2))],
                ),
                0.032_641_021_110_407,
                0.001_772_449_796_542_5,
            ),
            (
                build(
                    "gamma",
                    &[("mean", time(0.02)), ("shape", Value::Number(2.5))],
                ),
                0.02,
                1.6e-4,
            ),
            (
                build(
                    "weibull",
                    &[("mean", time(0.02)), ("shape", Value::Number(2.0))],
                ),
                0.02,
                1.092_958_178_940_651_4e-4,
            ),
            (
                build(
                    "pareto",
                    &[("mean", time(0.02)), ("shape", Value::Number(5.0))],
                ),
                0.02,
                2.666_666_666_666_667e-5,
            ),
            (
                build("uniform", &[("from", time(0.01)), ("to", time(0.03))]),
                0.02,
                3.333_333_333_333_333e-5,
            ),
            (
                build(
                    "empirical",
                    &[("values", Value::Times(vec![0.01, 0.02, 0.06]))],
                ),
                0.03,
                4.666_666_666_666_667e-4,
            ),
        ]
    }

    #[test]
    fn samples_have_the_mean_and_variance_that_the_law_states() {
        const SAMPLES: usize = 400_000;
        for (law, mean, variance) in laws() {
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b + 1e-18;
            assert!(close(law.mean(), mean), "{law}: mean {}", law.mean());
            assert!(
                close(law.variance(), variance),
                "{law}: variance {}",
                law.variance()
            );
            let mut nanos = vec![0; SAMPLES];
            law.fill(&mut stream(1, Purpose::Service, &[]), &mut nanos);
            let n = SAMPLES as f64;
            let seconds = nanos.iter().map(|&n| n as f64 / 1e9);
            let seen = seconds.clone().sum::<f64>() / n;
            // Five standard errors; the seed is fixed.
            assert!(
                (seen - mean).abs() <= 5.0 * (variance / n).sqrt() + 1e-9,
                "{law}: {seen}"
            );
            let spread = seconds.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            assert!(
                (spread / variance.max(1e-30) - 1.0).abs() < 0.1 || variance == 0.0,
                "{law}"
            );
        }
    }

    #[test]
    fn percentiles_are_those_that_were_asked_for() {
        let asked = [("p50", Value::Time(0.02)), ("p99", Value::Time(0.2))];
        for name in ["log-normal", "weibull", "pareto"] {
            let mut nanos = vec![0; 400_000];
            build(name, &asked).fill(&mut stream(2, Purpose::Service, &[]), &mut nanos);
            nanos.sort_unstable();
            let at = |share: f64| nanos[(share * nanos.len() as f64) as usize] as f64 / 1e9;
            assert!((at(0.5) / 0.02 - 1.0).abs() < 0.02, "{name} {}", at(0.5));
            assert!((at(0.99) / 0.2 - 1.0).abs() < 0.05, "{name} {}", at(0.99));
        }
    }

    #[test]
    fn filling_in_two_goes_gives_the_same_samples() {
        for (law, _, _) in laws() {
            let (mut whole, mut parts) = (vec![0; 100], vec![0; 100]);
            law.fill(&mut stream(3, Purpose::Service, &[]), &mut whole);
            let mut random = stream(3, Purpose::Service, &[]);
            law.fill(&mut random, &mut parts[..37]);
            law.fill(&mut random, &mut parts[37..]);
            assert_eq!(whole, parts, "{law}");
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let refused = |name: &str, values: &[(&'static str, f64)]| {
            let parameters = values
                .iter()
                .fold(Parameters::default(), |all, &(key, value)| {
                    all.with(key, Value::Time(value))
                });
            Kind::named(name).unwrap().build(&parameters).is_err()
        };
        assert!(refused("log-normal", &[("p50", 0.2), ("p99", 0.02)]));
        assert!(refused("pareto", &[("p50", 0.01), ("p99", 0.5)]));
        assert!(!refused("pareto", &[("p50", 0.01), ("p99", 0.49)]));
        assert!(refused("log-normal", &[("p50", 0.2)]));
        assert!(refused("log-normal", &[("p50", 0.2), ("mean", 0.2)]));
        assert!(refused("log-normal", &[("p99", 0.2), ("mean", 0.2)]));
        assert!(refused("log-normal", &[("p99", 15.0), ("mean", 1.0)]));
        assert!(!refused("log-normal", &[("p99", 14.9), ("mean", 1.0)]));
        assert!(refused("exponential", &[("mean", 0.2), ("p50", 0.2)]));
        assert!(refused("exponential", &[("mean", 0.0)]));
        assert!(refused("uniform", &[("from", 0.2), ("to", 0.1)]));
        assert!(refused("constant", &[]));
    }
}
