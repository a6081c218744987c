//! Is the split what was configured? How many requests it takes to notice another one.

use serde::Serialize;

use super::errors_figures::probability_axis;
use super::{Terms, requests_and_time, spread};
use crate::stats::planning::one_share::{OneShareTest, RejectionRule};
use crate::stats::sequential::Looks;
use crate::stats::sequential::monitor::TwoVersionMonitor;
use crate::stats::sequential::multinomial::DEFAULT_CONCENTRATION;
use crate::stats::{Rational, StatsError};
use crate::summary::figures::{Axis, Curve, Curves, Figure, Labels, Look, Unit};
use crate::units::display::{count, counted, percent, short_percent};
use crate::units::to_f64;

/// Looks after which the anytime-valid test is no longer followed.
const MOST_LOOKS: u64 = 20_000;
/// Up to this many requests the power is drawn at every one.
const EVERY: u64 = 600;

/// What is asked: is the share of a version `target`, or `actual`?
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What all plans have in common.
    pub terms: Terms,
    /// The version.
    pub version: String,
    /// Its configured share.
    pub target: Rational,
    /// The share that is to be noticed.
    pub actual: Rational,
    /// Requests that the user has in mind.
    pub requests: Option<u64>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitPlan {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The version whose share it is.
    pub version: String,
    /// The configured share, 0 to 1.
    pub target_share: f64,
    /// The share that is to be noticed.
    pub actual_share: f64,
    /// The level of the tests, 0 to 1, two-sided.
    pub alpha: f64,
    /// The power that is asked for, 0 to 1.
    pub power: f64,
    /// The first number of requests with which the exact test has the power.
    pub first: u64,
    /// The number from which on it has it for good.
    pub stable: u64,
    /// How long the latter takes, in minutes.
    pub minutes: Option<f64>,
    /// Counts that the test rejects there: up to the first, and from the second on.
    pub rejected: (Option<u64>, Option<u64>),
    /// Its true false alarms there.
    pub size: f64,
    /// Requests after which the anytime-valid test, looked at after each, has alarmed with the
    /// power.
    pub anytime: Option<u64>,
    /// The power with the number of requests in mind.
    pub power_at_requests: Option<f64>,
    /// What follows, in plain sentences.
    pub advice: Vec<String>,
}

/// Answers.
///
/// # Errors
/// [`StatsError::Domain`] for shares that are equal; [`StatsError::Limit`] if they are too near.
pub fn plan(question: &Question) -> Result<SplitPlan, StatsError> {
    let test = test(question)?;
    let actual = to_f64(question.actual);
    let size = test.sample_size(actual, question.terms.power)?;
    let region = test.region(size.stable)?;
    let anytime = anytime(question)?;
    let power_at_requests = question
        .requests
        .map(|requests| test.power(requests, actual))
        .transpose()?;
    let mut plan = SplitPlan {
        shiftsim: env!("CARGO_PKG_VERSION"),
        version: question.version.clone(),
        target_share: to_f64(question.target),
        actual_share: actual,
        alpha: question.terms.alpha(),
        power: question.terms.power,
        first: size.first,
        stable: size.stable,
        minutes: question.terms.minutes(size.stable),
        rejected: (region.low(), region.high()),
        size: region.probability(to_f64(question.target))?,
        anytime,
        power_at_requests,
        advice: Vec::new(),
    };
    plan.advice = advice(question, &plan);
    Ok(plan)
}

fn test(question: &Question) -> Result<OneShareTest, StatsError> {
    OneShareTest::new(
        to_f64(question.target),
        question.terms.alpha(),
        RejectionRule::EqualTailed,
    )
}

fn anytime(question: &Question) -> Result<Option<u64>, StatsError> {
    let alpha = question.terms.alpha();
    let monitor = TwoVersionMonitor::new(to_f64(question.target), DEFAULT_CONCENTRATION, alpha)?;
    let mut until = 250;
    while until <= MOST_LOOKS {
        let curve = monitor.alarm_curve(to_f64(question.actual), &Looks::after_each(until)?)?;
        let reached = curve
            .iter()
            .find(|point| point.either() >= question.terms.power);
        if let Some(point) = reached {
            return Ok(Some(point.n));
        }
        until *= 3;
    }
    Ok(None)
}

fn advice(question: &Question, plan: &SplitPlan) -> Vec<String> {
    let power = short_percent(plan.power);
    let mut advice = vec![format!(
        "To tell with {power} that {} gets {} of the requests instead of {}, send {}. The exact test \
         then accuses a correct split in {} of tries.",
        plan.version,
        short_percent(plan.actual_share),
        short_percent(plan.target_share),
        requests_and_time(plan.stable, plan.minutes),
        percent(plan.size)
    )];
    let counts = match plan.rejected {
        (Some(low), Some(high)) => Some(format!(
            "{} or fewer, or {} or more",
            count(low),
            count(high)
        )),
        (Some(low), None) => Some(format!("{} or fewer", count(low))),
        (None, Some(high)) => Some(format!("{} or more", count(high))),
        (None, None) => None,
    };
    if let Some(counts) = counts {
        advice.push(format!(
            "Of {}, {counts} to {} contradict the configured split.",
            counted(plan.stable, "request"),
            plan.version
        ));
    }
    if let (Some(requests), Some(found)) = (question.requests, plan.power_at_requests) {
        advice.push(format!(
            "Your {} notice it with {}.",
            requests_and_time(requests, question.terms.minutes(requests)),
            percent(found)
        ));
    }
    if let Some(anytime) = plan.anytime {
        advice.push(format!(
            "Looked at after every request, the anytime-valid test has alarmed with {power} by \
             request {}.",
            count(anytime)
        ));
    }
    advice
}

/// The power by the number of requests: a saw-tooth.
///
/// # Errors
/// [`StatsError`] as for the plan.
pub fn figures(question: &Question, plan: &SplitPlan) -> Result<Vec<Figure>, StatsError> {
    let test = test(question)?;
    let last = (plan.stable * 3 / 2).max(plan.stable + 10);
    let numbers = match last {
        ..=EVERY => (1..=last).collect(),
        _ => spread(1, last, 300),
    };
    let curve = |name: String, share: f64, colour| -> Result<Curve, StatsError> {
        let points = numbers
            .iter()
            .map(|&n| Ok((n as f64, test.power(n, share)?)))
            .collect::<Result<_, StatsError>>()?;
        Ok(Curve {
            name,
            colour,
            look: Look::Solid,
            points,
        })
    };
    let mut marks = vec![(
        plan.stable as f64,
        format!("from {} on", count(plan.stable)),
    )];
    if plan.first < plan.stable {
        marks.push((plan.first as f64, format!("first {}", count(plan.first))));
    }
    if let Some(requests) = question.requests.filter(|requests| *requests <= last) {
        marks.push((requests as f64, format!("yours: {}", count(requests))));
    }
    Ok(vec![Figure::Curves(Curves {
        labels: Labels {
            file_stem: "power".into(),
            title: format!(
                "Telling {} from {} takes {}",
                short_percent(plan.actual_share),
                short_percent(plan.target_share),
                counted(plan.stable, "request")
            ),
            caption: format!(
                "share of {} · exact two-sided binomial test, both tails at most {} · level {}",
                plan.version,
                short_percent(plan.alpha / 2.0),
                short_percent(plan.alpha)
            ),
            reading: "The curve is the exact probability to notice the other split. It is a \
                      saw-tooth because counts are whole: a few requests more can see less. From the \
                      mark on it stays above the dark line."
                .into(),
        },
        across: Axis {
            name: "requests".into(),
            unit: Unit::Count,
            range: (1.0, last as f64),
            logarithmic: last > EVERY,
        },
        up: probability_axis("probability to call the split wrong"),
        curves: vec![
            curve(
                format!("power: the share is {}", short_percent(plan.actual_share)),
                plan.actual_share,
                0,
            )?,
            curve(
                format!("false alarms: it is {}", short_percent(plan.target_share)),
                plan.target_share,
                2,
            )?,
        ],
        areas: Vec::new(),
        levels: vec![(plan.power, format!("power {}", short_percent(plan.power)))],
        marks,
    })])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_against_fifty() {
        let question = Question {
            terms: Terms {
                confidence: 0.95,
                power: 0.8,
                rate: None,
            },
            version: "v2".into(),
            target: Rational::new(1, 2),
            actual: Rational::new(3, 5),
            requests: Some(15),
        };
        let plan = plan(&question).unwrap();
        assert_eq!((plan.first, plan.stable), (199, 210));
        assert!((plan.power_at_requests.unwrap() - 0.092_429_671_628_8).abs() < 1e-12);
        assert!(figures(&question, &plan).is_ok());
    }
}
