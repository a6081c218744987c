//! What a gate of a fixed number of requests promotes: "at least 99% of n requests succeed".

use serde::Serialize;

use super::errors_figures::probability_axis;
use super::{Terms, requests_and_time};
use crate::stats::planning::demonstration::requests_to_demonstrate;
use crate::stats::planning::fixed_gate::FixedGate;
use crate::stats::{Rational, StatsError};
use crate::summary::figures::{Area, Axis, Curve, Curves, Figure, Labels, Look, Unit};
use crate::units::display::{count, counted, percent, short_percent};
use crate::units::to_f64;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// What all plans have in common; the power is not used.
    pub terms: Terms,
    /// The share of the requests that has to succeed.
    pub success: Rational,
    /// The requests that the gate looks at.
    pub requests: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatePlan {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The share of the requests that has to succeed, 0 to 1.
    pub success: f64,
    /// The requests that the gate looks at.
    pub requests: u64,
    /// How long they take at the rate that was given, in minutes.
    pub minutes: Option<f64>,
    /// The largest number of errors with which it promotes.
    pub allowed_errors: u64,
    /// What it does with a version of a true error rate.
    pub outcomes: Vec<Outcome>,
    /// The error rate that it promotes with 95%, with a half and with 5%; absent if it promotes
    /// everything.
    pub promoted_with: [Option<f64>; 3],
    /// How many requests would show the success share at the confidence level.
    pub demonstration: Vec<Demonstration>,
    /// What follows, in plain sentences.
    pub advice: Vec<String>,
}

/// What the gate does with a version of a true error rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outcome {
    /// The true error rate, 0 to 1.
    pub error_rate: f64,
    /// P(promote), exact.
    pub promoted: f64,
    /// Whether such a version is good enough by the gate's own limit.
    pub good: bool,
}

/// Requests that show the success share if at most so many of them fail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Demonstration {
    /// Errors that are allowed.
    pub errors: u64,
    /// The smallest number of requests.
    pub requests: u64,
    /// How long they take, in minutes.
    pub minutes: Option<f64>,
}

/// True error rates in the table, as multiples of the limit.
const MULTIPLES: [f64; 7] = [0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0];
/// Points of the curve.
const STEPS: u32 = 200;

/// Answers.
///
/// # Errors
/// [`StatsError::Domain`] for no requests, or a share beyond 1.
pub fn plan(question: &Question) -> Result<GatePlan, StatsError> {
    let gate = FixedGate::new(question.requests, question.success)?;
    let limit = limit(question);
    let rates = match limit > 0.0 {
        true => MULTIPLES.map(|multiple| multiple * limit).to_vec(),
        false => vec![0.0001, 0.001, 0.01, 0.05, 0.1],
    };
    let outcomes = rates
        .into_iter()
        .filter(|rate| *rate < 1.0)
        .map(|error_rate| {
            Ok(Outcome {
                error_rate,
                promoted: gate.promotion_probability(error_rate)?,
                good: error_rate <= limit,
            })
        })
        .collect::<Result<Vec<Outcome>, StatsError>>()?;
    let mut promoted_with = [None; 3];
    for (found, probability) in promoted_with.iter_mut().zip([0.95, 0.5, 0.05]) {
        *found = gate.error_rate_promoted_with(probability)?;
    }
    let demonstration = demonstration(question, limit)?;
    let advice = advice(question, gate, promoted_with, &demonstration)?;
    Ok(GatePlan {
        shiftsim: env!("CARGO_PKG_VERSION"),
        success: to_f64(question.success),
        requests: question.requests,
        minutes: question.terms.minutes(question.requests),
        allowed_errors: gate.allowed_errors(),
        outcomes,
        promoted_with,
        demonstration,
        advice,
    })
}

/// The error rate that the gate is meant to allow.
fn limit(question: &Question) -> f64 {
    to_f64(Rational::from_integer(1) - question.success)
}

fn demonstration(question: &Question, limit: f64) -> Result<Vec<Demonstration>, StatsError> {
    if limit <= 0.0 {
        return Ok(Vec::new());
    }
    (0..4)
        .map(|errors| {
            let requests = requests_to_demonstrate(limit, errors, question.terms.confidence)?;
            Ok(Demonstration {
                errors,
                requests,
                minutes: question.terms.minutes(requests),
            })
        })
        .collect()
}

fn advice(
    question: &Question,
    gate: FixedGate,
    [good, _, bad]: [Option<f64>; 3],
    demonstration: &[Demonstration],
) -> Result<Vec<String>, StatsError> {
    let limit = limit(question);
    let mut advice = Vec::new();
    let allowed = match gate.allowed_errors() {
        0 => "not a single error".to_owned(),
        1 => "one error".to_owned(),
        errors => format!("{} errors", count(errors)),
    };
    if limit > 0.0 {
        let twice = (2.0 * limit).min(1.0);
        advice.push(format!(
            "The gate allows {allowed} in {}. A version at its limit, which fails in {}, is promoted \
             in {} of tries; one that fails twice as often in {}.",
            requests_and_time(question.requests, None),
            short_percent(limit),
            percent(gate.promotion_probability(limit)?),
            percent(gate.promotion_probability(twice)?)
        ));
    }
    if let (Some(good), Some(bad)) = (good, bad) {
        advice.push(format!(
            "It promotes with 95% only what fails in {} or less, and stops with 95% only what fails \
             in {} or more; in between it is a lottery.",
            percent(good),
            percent(bad)
        ));
    }
    if let [none, one, ..] = demonstration {
        advice.push(format!(
            "To show at {} that at least {} succeed, {} must all succeed, or {} with one error.",
            short_percent(question.terms.confidence),
            short_percent(to_f64(question.success)),
            requests_and_time(none.requests, none.minutes),
            count(one.requests)
        ));
    }
    Ok(advice)
}

/// The operating characteristic: P(promote) by the true error rate.
///
/// # Errors
/// [`StatsError`] as for the plan.
pub fn figures(question: &Question, plan: &GatePlan) -> Result<Vec<Figure>, StatsError> {
    let gate = FixedGate::new(question.requests, question.success)?;
    let limit = limit(question);
    let [_, half, bad] = plan.promoted_with;
    let last = (bad.or(half).unwrap_or(1.0) * 1.4)
        .max(3.0 * limit)
        .min(1.0);
    let points = (0..=STEPS)
        .map(|step| {
            let rate = last * f64::from(step) / f64::from(STEPS);
            Ok((rate, gate.promotion_probability(rate)?))
        })
        .collect::<Result<Vec<(f64, f64)>, StatsError>>()?;
    let area = |name: &str, colour, edge: &dyn Fn(f64) -> (f64, f64), good: bool| Area {
        name: name.to_owned(),
        colour,
        points: points
            .iter()
            .filter(|(rate, _)| (*rate <= limit) == good)
            .map(|&(rate, promoted)| {
                let (low, high) = edge(promoted);
                (rate, low, high)
            })
            .collect(),
    };
    let areas = vec![
        area("good, but stopped", 1, &|promoted| (promoted, 1.0), true),
        area("bad, but promoted", 2, &|promoted| (0.0, promoted), false),
    ];
    Ok(vec![Figure::Curves(Curves {
        labels: Labels {
            file_stem: "gate".into(),
            title: format!(
                "What \"at least {} of {} succeed\" promotes",
                short_percent(plan.success),
                counted(plan.requests, "request")
            ),
            caption: format!(
                "promotes with at most {} · exact: binomial",
                counted(plan.allowed_errors, "error")
            ),
            reading: "The curve is the exact probability that a version of a true error rate is \
                      promoted. Left of the limit every missing part is a good version that is \
                      stopped; right of it the area under the curve is bad versions that pass. More \
                      requests make it steeper."
                .into(),
        },
        across: Axis {
            name: "true error rate".into(),
            unit: Unit::Share,
            range: (0.0, last),
            logarithmic: false,
        },
        up: probability_axis("probability of promotion"),
        curves: vec![Curve {
            name: "promoted".into(),
            colour: 0,
            look: Look::Solid,
            points,
        }],
        areas,
        levels: Vec::new(),
        marks: vec![(limit, format!("limit {}", short_percent(limit)))],
    })])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(requests: u64) -> Question {
        Question {
            terms: Terms {
                confidence: 0.95,
                power: 0.8,
                rate: Some(1.0),
            },
            success: Rational::new(99, 100),
            requests,
        }
    }

    #[test]
    fn sixty_requests_allow_no_error() {
        let plan = plan(&question(60)).unwrap();
        assert_eq!(plan.allowed_errors, 0);
        let twice = plan.outcomes.iter().find(|row| row.error_rate == 0.02);
        assert!((twice.unwrap().promoted - 0.98f64.powi(60)).abs() < 1e-12);
        assert_eq!(plan.demonstration[0].requests, 299);
        assert!((plan.demonstration[0].minutes.unwrap() - 299.0 / 60.0).abs() < 1e-12);
    }

    #[test]
    fn a_gate_without_a_limit_still_has_an_answer() {
        let perfect = Question {
            success: Rational::from_integer(1),
            ..question(100)
        };
        let plan = plan(&perfect).unwrap();
        assert!(plan.demonstration.is_empty());
        assert_eq!(plan.allowed_errors, 0);
        assert!(figures(&perfect, &plan).is_ok());
    }
}
