//! Replications whose final counts are drawn from their law instead of replayed: much faster, and
//! said to be so. There is no running share, hence no fan.

use rand::distr::Distribution;
use rand_distr::Binomial as BinomialSampler;
use rand_distr::weighted::WeightedAliasIndex;

use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Length, Phase, Scenario};
use crate::sim::{Method, Replications};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::tally::{PhaseReplications, RunShape};
use crate::units::to_f64;

/// Counts whose probability beyond is less than the generator can draw are left out.
const UNDRAWN: f64 = 1e-25;

/// Draws the final counts of all replications from their multinomial law.
///
/// # Errors
/// [`StatsError::Limit`] if the counts of a phase do not follow a known law: its algorithm does not
/// pick independently, or it ends by time.
pub fn sample(scenario: &Scenario, shapes: &[RunShape]) -> Result<Replications, StatsError> {
    let runs = u64::from(scenario.replications());
    let phases = scenario
        .phases()
        .iter()
        .zip(shapes)
        .enumerate()
        .map(|(place, (phase, shape))| {
            let law = CountLaw::of(phase)?;
            let mut random = stream(scenario.seed(), Purpose::Sampled, &[place as u64]);
            Ok(law.replications(runs, shape, &mut random))
        })
        .collect::<Result<Vec<PhaseReplications>, StatsError>>()?;
    Ok(Replications {
        service: None,
        method: Method::Sampled,
        phases,
    })
}

/// The law of the counts of one phase.
struct CountLaw {
    requests: u64,
    /// The share of each destination among those from it on.
    conditional: Vec<f64>,
    /// The count of the first destination: its smallest value, and a table of the others.
    first: u64,
    table: WeightedAliasIndex<f64>,
}

impl CountLaw {
    fn of(phase: &Phase) -> Result<Self, StatsError> {
        let unknown = |limit: &str| StatsError::Limit {
            what: format!(
                "the law of the final counts of the phase `{}`",
                phase.name()
            ),
            limit: limit.to_owned(),
        };
        let Length::Requests(requests) = phase.length() else {
            return Err(unknown(
                "it is known for phases of a fixed number of requests",
            ));
        };
        if !phase.algorithm().picks_independently() {
            return Err(unknown(
                "it is known where each request is picked on its own",
            ));
        }
        let shares: Vec<f64> = phase.effective_shares().into_iter().map(to_f64).collect();
        let mut rest = 1.0;
        let mut conditional = Vec::with_capacity(shares.len());
        for share in &shares {
            conditional.push((share / rest).clamp(0.0, 1.0));
            rest = (rest - share).max(f64::MIN_POSITIVE);
        }
        let law = Binomial::with_share(requests, phase.effective_shares()[0])?;
        let (first, last) = (law.quantile(UNDRAWN)?, law.quantile(1.0 - f64::EPSILON)?);
        // The upper tail, as far out as the lower one: the law ends where nothing is drawn.
        let last = (last..=requests)
            .find(|&count| law.sf(count) < UNDRAWN)
            .unwrap_or(requests);
        let masses = (first..=last).map(|count| law.pmf(count)).collect();
        let table = WeightedAliasIndex::new(masses)
            .map_err(|error| unknown(&format!("a table of probabilities ({error})")))?;
        Ok(Self {
            requests,
            conditional,
            first,
            table,
        })
    }

    fn replications(&self, runs: u64, shape: &RunShape, random: &mut Stream) -> PhaseReplications {
        let mut sum = PhaseReplications::new(shape.targets.len());
        let destinations = self.conditional.len();
        if destinations <= 2 {
            // Few different counts: they are counted first, and added at once.
            let mut times: Vec<u64> = Vec::new();
            for _ in 0..runs {
                let place = self.table.sample(random);
                if times.len() <= place {
                    times.resize(place + 1, 0);
                }
                times[place] += 1;
            }
            for (place, &times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
                let count = self.first + place as u64;
                let counts = [count, self.requests - count];
                sum.add_counts(&counts[..destinations], times, shape);
            }
            return sum;
        }
        let mut counts = vec![0; destinations];
        for _ in 0..runs {
            counts[0] = self.first + self.table.sample(random) as u64;
            let mut rest = self.requests - counts[0];
            for (count, share) in counts.iter_mut().zip(&self.conditional).skip(1) {
                *count = part(rest, *share, random);
                rest -= *count;
            }
            sum.add_counts(&counts, 1, shape);
        }
        sum
    }
}

/// A binomial count of `n`.
fn part(n: u64, share: f64, random: &mut Stream) -> u64 {
    if n == 0 || share <= 0.0 {
        return 0;
    }
    if share >= 1.0 {
        return n;
    }
    // The share lies in (0, 1), so that there is always a law.
    BinomialSampler::new(n, share).map_or(0, |law| law.sample(random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{
        Algorithm, Arrivals, Destination, Parts, Protocol, ScenarioName, Version, VersionIndex,
    };
    use crate::stats::two_sided::{Convention, binomial_test};
    use crate::summary::shapes;
    use crate::units::{ConfidenceLevel, Rational, Tolerance};

    fn scenario(weights: &[u32], algorithm: Algorithm) -> Scenario {
        let destination = |(place, &weight): (usize, &u32)| Destination {
            version: VersionIndex(place),
            weight,
            replicas: 1,
        };
        let phase = Phase::new(
            "only".into(),
            weights.iter().enumerate().map(destination).collect(),
            Length::Requests(100),
            Arrivals::default(),
            algorithm,
        );
        let version = |place| Version::named(&format!("v{place}"));
        Scenario::new(Parts {
            name: ScenarioName::new("sampled").unwrap(),
            title: None,
            description: None,
            protocol: Protocol::Http,
            versions: (0..weights.len()).map(version).collect(),
            phases: vec![phase.unwrap()],
            warm_up: std::time::Duration::ZERO,
            scrape_interval: None,
            connections: None,
            seed: 1,
            replications: 50_000,
            tolerance: Tolerance::from_points(Rational::from_integer(5)).unwrap(),
            confidence: ConfidenceLevel::from_percent(Rational::from_integer(95)).unwrap(),
            claims: Vec::new(),
        })
        .unwrap()
    }

    #[test]
    fn counts_follow_their_law() {
        for weights in [&[80, 20][..], &[50, 30, 20], &[1, 0, 99]] {
            let scenario = scenario(weights, Algorithm::Envoy);
            let sampled = sample(&scenario, &shapes(&scenario)).unwrap();
            let phase = &sampled.phases[0];
            assert_eq!(phase.runs, 50_000);
            for (counts, share) in phase
                .counts
                .iter()
                .zip(scenario.phases()[0].effective_shares())
            {
                let law = Binomial::with_share(100, share).unwrap();
                for (&count, &runs) in counts {
                    let p = law.pmf(count);
                    let p_value = binomial_test(runs, 50_000, p, Convention::Doubling).unwrap();
                    assert!(p_value > 1e-9, "{weights:?}: {count} came {runs} times");
                }
            }
        }
    }

    #[test]
    fn what_has_no_law_is_refused() {
        let scenario = scenario(&[1, 1], Algorithm::SmoothWrr);
        assert!(sample(&scenario, &shapes(&scenario)).is_err());
    }
}
