//! What does a rollout gate really catch?
//!
//! A gate is a statistical test that nobody has computed. Here its operating characteristic is: the
//! probability that it promotes a version, by the version's true error rate; how long that takes,
//! and whom it costs; and what would do better.

mod alternatives;
mod answer;
mod argo;
mod counted;
mod describe;
mod draw;
mod exact;
mod latency;
mod settings;
mod steps;
mod types;

use std::num::NonZeroU64;

pub use answer::{Answer, Method};
pub(super) use describe::{rule, span};
pub use draw::figures;
pub use settings::{Change, Settings};
pub use types::{
    Alternative, Catches, Curve, GateSummary, GatedVersion, GivenMetric, Objective, RetriesSummary,
    SlowerCatches, StepSummary,
};

use crate::rollout::{GateTraffic, Rollout, WindowArrivals};
use crate::sim::rollouts::RolloutTally;
use crate::sim::side_by_side;
use crate::stats::StatsError;
use crate::summary::Warning;
use crate::units::display::{rate as rate_words, short_percent};
use crate::units::{Rate, Rational, to_f64};
use answer::{Exact, Simulation, answer, exactly, simulated};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The rollout with its gate.
    pub rollout: Rollout,
    /// The traffic; its canary error rate is varied.
    pub traffic: GateTraffic,
    /// Whether nobody has said how much traffic there is.
    pub rate_is_assumed: bool,
    /// The largest acceptable share of errors; that of the gate's own check if absent.
    pub objective: Option<Rational>,
    /// Error rates of interest, besides those around the objective.
    pub error_rates: Vec<f64>,
    /// Other rates of traffic to draw a curve for.
    pub other_rates: Vec<Rate>,
    /// The seed of what is simulated.
    pub seed: u64,
    /// Rollouts for each simulated figure; absent: 10,000, or fewer where each draws many
    /// latencies.
    pub replications: Option<u64>,
}

/// Rollouts for each simulated figure, if nobody says how many.
const USUAL_ROLLOUTS: u64 = 10_000;
/// Latencies that may be drawn for each simulated figure, and the fewest rollouts.
const MOST_LATENCIES: f64 = 3e7;
const FEWEST_ROLLOUTS: u64 = 200;

impl Question {
    fn simulation(&self) -> Simulation {
        Simulation {
            seed: self.seed,
            rollouts: self.rollouts(),
        }
    }

    /// Rollouts for each simulated figure.
    fn rollouts(&self) -> u64 {
        self.replications.unwrap_or_else(|| {
            let draws = self.traffic.latency.is_some()
                && describe::checks_latency(&self.rollout.controller);
            if !draws {
                return USUAL_ROLLOUTS;
            }
            let requests = alternatives::requests_of_all_steps(self).max(1.0);
            ((MOST_LATENCIES / requests) as u64).clamp(FEWEST_ROLLOUTS, USUAL_ROLLOUTS)
        })
    }

    fn objective(&self) -> Objective {
        objective(&self.rollout, self.objective)
    }

    fn at(&self, error_rate: f64) -> Result<Answer, StatsError> {
        let traffic = self.traffic.with_canary_error_rate(error_rate);
        let mut answer = answer(&self.rollout, &traffic, self.simulation())?;
        if traffic.users.is_some() && answer.users_hit.is_none() {
            answer.users_hit = simulated(&self.rollout, &traffic, self.simulation()).users_hit;
        }
        Ok(answer)
    }
}

/// The largest acceptable share of errors: as given, or that of the gate's own check, or 1%.
#[must_use]
pub fn objective(rollout: &Rollout, given: Option<Rational>) -> Objective {
    let own = describe::own_limit(&rollout.controller);
    let (error_rate, source) = match (given, own) {
        (Some(given), _) => (to_f64(given), "given"),
        (None, Some(own)) => (own, "the gate's own limit"),
        (None, None) => (0.01, "assumed"),
    };
    Objective { error_rate, source }
}

/// The exact figures at the traffic's own error rates, or why there are none.
pub(super) fn exact_answer(
    rollout: &Rollout,
    traffic: &GateTraffic,
) -> Result<Result<Answer, &'static str>, StatsError> {
    Ok(match exactly(rollout, traffic)? {
        Exact::Found(answer) => Ok(answer),
        Exact::NotExact(reason) => Err(reason),
    })
}

/// The figures that a tally of simulated rollouts gives.
pub(super) fn simulated_answer(tally: &RolloutTally, error_rate: f64) -> Answer {
    answer::of_tally(tally, error_rate)
}

/// Answers.
///
/// # Errors
/// [`StatsError`] if a figure cannot be given to the promised precision.
pub fn gate(question: &Question) -> Result<GateSummary, StatsError> {
    let objective = question.objective();
    let limit = objective.error_rate;
    let mut rates = vec![
        ("perfect".to_owned(), 0.0),
        ("good: half of that".to_owned(), limit / 2.0),
        ("at the objective".to_owned(), limit),
        ("bad: twice that".to_owned(), (2.0 * limit).min(1.0)),
        ("five times that".to_owned(), (5.0 * limit).min(1.0)),
    ];
    rates.extend(
        question
            .error_rates
            .iter()
            .map(|&rate| ("asked".to_owned(), rate)),
    );
    let mut versions = Vec::with_capacity(rates.len());
    for (name, rate) in rates {
        versions.push(GatedVersion {
            name,
            answer: question.at(rate)?,
        });
    }
    let catches = catches(question, limit)?;
    let exact = exactly(&question.rollout, &question.traffic)?;
    let alternatives = alternatives::alternatives(question, limit, &versions)?;
    Ok(GateSummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        rollout: question.rollout.name.clone(),
        tool: question.rollout.controller.tool().to_string(),
        rule: describe::rule(&question.rollout.controller),
        users: question.traffic.users.map(NonZeroU64::get),
        requests_per_second: to_f64(question.traffic.rate.per_second()),
        rate_is_assumed: question.rate_is_assumed,
        arrivals: match question.traffic.arrivals {
            WindowArrivals::Poisson => "poisson",
            WindowArrivals::Constant => "constant",
            WindowArrivals::Fixed => "fixed",
        },
        not_simulated: question
            .rollout
            .not_simulated()
            .into_iter()
            .map(|(name, successful)| GivenMetric {
                name: name.to_owned(),
                successful: to_f64(successful),
            })
            .collect(),
        retries: RetriesSummary::of(&question.traffic),
        steps: steps::steps(question, &versions)?,
        method: method(question, &exact),
        seed: question.seed,
        warnings: warnings(question, &versions),
        notes: Vec::new(),
        advice: describe::advice(limit, &question.traffic, &versions, &catches, &alternatives),
        settings: settings::settings(question, &alternatives),
        objective,
        versions,
        catches,
        alternatives,
    })
}

fn method(question: &Question, exact: &Exact) -> String {
    match exact {
        Exact::Found(_) => "exact: recursion over the gate's counters".into(),
        Exact::NotExact(reason) => format!(
            "simulated, {} rollouts for each figure, because {reason}",
            crate::units::display::count(question.rollouts())
        ),
    }
}

/// The operating characteristic at this traffic and at the other rates: 50 error rates and more,
/// from a tenth of the objective to thirty times of it.
///
/// # Errors
/// As [`gate`].
pub fn curves(question: &Question) -> Result<Vec<Curve>, StatsError> {
    let limit = question.objective().error_rate;
    let rates = error_rates(limit);
    let traffics = question.other_rates.iter().map(|&rate| GateTraffic {
        rate,
        ..question.traffic
    });
    std::iter::once(question.traffic)
        .chain(traffics)
        .map(|traffic| {
            let points = side_by_side(&rates, |&rate| {
                let traffic = traffic.with_canary_error_rate(rate);
                answer(&question.rollout, &traffic, question.simulation())
            })?;
            Ok(Curve {
                name: rate_words(to_f64(traffic.rate.per_second())),
                points,
            })
        })
        .collect()
}

/// The characteristics of this gate and of what would do better, at this traffic.
///
/// # Errors
/// As [`gate`].
pub fn alternative_curves(question: &Question) -> Result<Vec<Curve>, StatsError> {
    let limit = question.objective().error_rate;
    alternatives::curves(question, limit, &error_rates(limit))
}

/// 51 error rates around a limit, evenly spaced on a logarithmic axis; the limit is one of them.
fn error_rates(limit: f64) -> Vec<f64> {
    let highest = (30.0 * limit).min(1.0);
    let factor = |place: i32, ends: f64, steps: i32| ends.powf(f64::from(place) / f64::from(steps));
    let below = (0..20).map(|place| limit * 0.1 * factor(place, 10.0, 20));
    let above = (0..=30).map(|place| limit * factor(place, highest / limit, 30));
    below.chain(above).map(|rate| rate.min(1.0)).collect()
}

/// The smallest error rates that are rolled back with 80% and 95%, by bisection.
fn catches(question: &Question, limit: f64) -> Result<Catches, StatsError> {
    let alone = Question {
        traffic: GateTraffic {
            users: None,
            ..question.traffic
        },
        ..question.clone()
    };
    let question = &alone;
    let smallest = |wanted: f64| -> Result<Option<f64>, StatsError> {
        let caught = |rate: f64| Ok::<bool, StatsError>(question.at(rate)?.rolled_back >= wanted);
        if !caught(1.0)? {
            return Ok(None);
        }
        let (mut low, mut high) = (limit / 1000.0, 1.0);
        if caught(low)? {
            return Ok(Some(0.0));
        }
        while high / low > 1.0 + 1e-4 {
            let middle = (low * high).sqrt();
            match caught(middle)? {
                true => high = middle,
                false => low = middle,
            }
        }
        Ok(Some(high))
    };
    Ok(Catches {
        in_80_percent: smallest(0.8)?,
        in_95_percent: smallest(0.95)?,
        slower: slower_catches(question, limit)?,
    })
}

/// The smallest slowdowns of a good version that are rolled back with 80% and 95%.
fn slower_catches(question: &Question, limit: f64) -> Result<Option<SlowerCatches>, StatsError> {
    let Some(latency) = question.traffic.latency else {
        return Ok(None);
    };
    if !describe::checks_latency(&question.rollout.controller) {
        return Ok(None);
    }
    let caught = |factor: f64, wanted: f64| -> Result<bool, StatsError> {
        let traffic = GateTraffic {
            latency: Some(latency.slower(factor)),
            canary_error_rate: limit / 2.0,
            ..question.traffic
        };
        let answer = answer(&question.rollout, &traffic, question.simulation())?;
        Ok(answer.rolled_back >= wanted)
    };
    let smallest = |wanted: f64| -> Result<Option<f64>, StatsError> {
        let (mut low, mut high) = (1.0, 100.0);
        if !caught(high, wanted)? {
            return Ok(None);
        }
        if caught(low, wanted)? {
            return Ok(Some(1.0));
        }
        while high / low > 1.0 + 1e-3 {
            let middle = f64::sqrt(low * high);
            match caught(middle, wanted)? {
                true => high = middle,
                false => low = middle,
            }
        }
        Ok(Some(high))
    };
    Ok(Some(SlowerCatches {
        in_80_percent: smallest(0.8)?,
        in_95_percent: smallest(0.95)?,
    }))
}

fn warnings(question: &Question, versions: &[GatedVersion]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let perfect = &versions[0].answer;
    if perfect.rolled_back_without_data > 0.01 {
        warnings.push(Warning {
            what: format!(
                "a version without a single error is rolled back in {} of rollouts",
                short_percent(perfect.rolled_back)
            ),
            why: "its windows are often empty, and an empty window counts as a failed check".into(),
            advice:
                "more traffic, a longer interval with a longer window, or a gate that waits for \
                     a minimum of requests"
                    .into(),
        });
    }
    let always: Vec<String> = question
        .rollout
        .not_simulated()
        .into_iter()
        .filter(|(_, successful)| *successful == Rational::from_integer(1))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if let [first, ..] = &always[..] {
        warnings.push(Warning {
            what: format!(
                "not simulated, and so taken to pass always: {}",
                always.join(", ")
            ),
            why: "the real gate rolls back more often than this page says".into(),
            advice: format!(
                "say how often it passes, in percent: --metric '{}=99'",
                first.trim_matches('`')
            ),
        });
    }
    if question.traffic.latency.is_none() && describe::checks_latency(&question.rollout.controller)
    {
        warnings.push(Warning {
            what: "the check of latencies never fails here".into(),
            why: "how long the new version takes is not given".into(),
            advice: "give its median and 99th percentile, such as --latency 40ms,300ms".into(),
        });
    }
    if describe::pauses_for_somebody(&question.rollout.controller) {
        warnings.push(Warning {
            what: "a pause without a duration is taken to last 5 minutes".into(),
            why: "it lasts until somebody goes on, which nobody can compute".into(),
            advice: "give the pause a duration to see another one".into(),
        });
    }
    warnings
}
