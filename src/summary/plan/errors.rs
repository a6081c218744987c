//! Does the canary fail more often than the stable version? How many requests it takes to notice.

use serde::Serialize;

use super::{Effort, Terms, duration, requests_and_time};
use crate::stats::StatsError;
use crate::stats::planning::detectable::Traffic;
use crate::stats::planning::exact_power::{Alternative, Arm, fisher_power, pooled_z_power};
use crate::stats::planning::exact_size::{pooled_z_size, stable_requests};
use crate::stats::planning::two_proportions::{Formula, TwoProportions};
use crate::stats::sequential::Looks;
use crate::stats::sequential::error_share::canary_error_share;
use crate::stats::sequential::monitor::TwoVersionMonitor;
use crate::stats::sequential::multinomial::DEFAULT_CONCENTRATION;
use crate::units::display::{count, four_digits, percent, short_percent};

pub use super::errors_figures::figures;

/// Errors after which the anytime-valid test is no longer followed.
const MOST_ERRORS: u64 = 20_000;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// What all plans have in common.
    pub terms: Terms,
    /// The stable version's error rate, 0 to 1.
    pub stable: f64,
    /// The canary's error rate that is to be noticed, 0 to 1.
    pub canary: f64,
    /// The canary's share of the requests, above 0 and below 1.
    pub weight: f64,
    /// Whether only a worse canary is looked for.
    pub one_sided: bool,
    /// Requests to both versions that the user has in mind.
    pub requests: Option<u64>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorsPlan {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The stable version's error rate, 0 to 1.
    pub stable_error_rate: f64,
    /// The canary's error rate that is to be noticed.
    pub canary_error_rate: f64,
    /// The canary's share of the requests.
    pub canary_weight: f64,
    /// The level of the tests, 0 to 1.
    pub alpha: f64,
    /// Whether the level is one-sided or two-sided.
    pub sides: &'static str,
    /// The power that is asked for, 0 to 1.
    pub power: f64,
    /// Requests per second, if given.
    pub requests_per_second: Option<f64>,
    /// A row for each way to count.
    pub methods: Vec<Method>,
    /// What to send: the exact answer, or the formula's where that is out of reach.
    pub needed: Effort,
    /// Without watching for a fixed number: the test that may be looked at after every error.
    pub anytime: Option<AnytimePlan>,
    /// What the number of requests in mind can do.
    pub asked: Option<Asked>,
    /// What follows, in plain sentences.
    pub advice: Vec<String>,
}

/// One way to count the requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What it asks for.
    pub effort: Effort,
    /// The exact power of the pooled z test there.
    pub exact_power: f64,
    /// Its exact false alarms there, where both versions fail as often as the stable one.
    pub exact_size: f64,
    /// The exact power of Fisher's test there, where that is not too costly.
    pub fisher_power: Option<f64>,
}

/// The anytime-valid test of the canary's share of the errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnytimePlan {
    /// The canary's share of all errors if it is as bad as that.
    pub canary_share_of_errors: f64,
    /// Errors of both versions after which it has alarmed with the power.
    pub errors: u64,
    /// The requests in which so many errors are expected.
    pub expected: Effort,
}

/// What a number of requests can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// Requests to both versions, and to the canary.
    pub effort: Effort,
    /// The exact power of the pooled z test.
    pub exact_power: f64,
    /// Its exact false alarms.
    pub exact_size: f64,
    /// The smallest error rate of the canary that is noticed with the power; absent if not even
    /// one of 100% is.
    pub detectable_error_rate: Option<f64>,
}

impl Question {
    pub(super) fn alternative(&self) -> Alternative {
        match self.one_sided {
            true => Alternative::CanaryWorse,
            false => Alternative::TwoSided,
        }
    }

    /// Stable requests per canary request.
    pub(super) fn ratio(&self) -> f64 {
        (1.0 - self.weight) / self.weight
    }

    /// The plan that the formulas take: their level is two-sided.
    fn plan(&self) -> TwoProportions {
        TwoProportions {
            stable: self.stable,
            canary: self.canary,
            alpha: self.terms.alpha() * if self.one_sided { 2.0 } else { 1.0 },
            power: self.terms.power,
            ratio: self.ratio(),
        }
    }

    /// Both versions with `canary` requests to the canary, which fails in `rate` of them.
    pub(super) fn arms(&self, canary: u64, rate: f64) -> (Arm, Arm) {
        let canary_arm = Arm {
            requests: canary,
            error_rate: rate,
        };
        let stable_arm = Arm {
            requests: stable_requests(canary, self.ratio()),
            error_rate: self.stable,
        };
        (canary_arm, stable_arm)
    }

    /// The exact power of the pooled z test; its size at the stable rate.
    pub(super) fn exact_power(&self, canary: u64, rate: f64) -> Result<f64, StatsError> {
        let (canary, stable) = self.arms(canary, rate);
        pooled_z_power(canary, stable, self.terms.alpha(), self.alternative())
    }

    /// The exact power of Fisher's test; `None` where it would take too long.
    pub(super) fn fisher_power(&self, canary: u64) -> Result<Option<f64>, StatsError> {
        let (canary, stable) = self.arms(canary, self.canary);
        match fisher_power(canary, stable, self.terms.alpha(), self.alternative()) {
            Ok(power) => Ok(Some(power)),
            Err(StatsError::Limit { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn effort(&self, canary_requests: u64) -> Effort {
        let total = canary_requests + stable_requests(canary_requests, self.ratio());
        Effort {
            canary_requests,
            total_requests: total,
            minutes: self.terms.minutes(total),
        }
    }

    fn method(&self, name: &'static str, canary_requests: u64) -> Result<Method, StatsError> {
        Ok(Method {
            name,
            effort: self.effort(canary_requests),
            exact_power: self.exact_power(canary_requests, self.canary)?,
            exact_size: self.exact_power(canary_requests, self.stable)?,
            fisher_power: self.fisher_power(canary_requests)?,
        })
    }
}

/// Answers.
///
/// # Errors
/// [`StatsError::Domain`] for rates that are equal or out of range.
pub fn plan(question: &Question) -> Result<ErrorsPlan, StatsError> {
    let mut methods = Vec::new();
    let exact = match pooled_z_size(&exact_terms(question), question.alternative()) {
        Ok(size) => Some(size),
        Err(StatsError::Limit { .. }) => None,
        Err(error) => return Err(error),
    };
    if let Some(size) = exact {
        methods.push(question.method("pooled z, exact: from here on", size.stable)?);
        methods.push(question.method("pooled z, exact: first reached", size.first)?);
    }
    if exact.is_none() {
        methods.push(question.method("pooled z, exact power reached", enough(question)?)?);
    }
    for formula in Formula::ALL {
        let canary = question.plan().requests(formula)?.canary.max(1);
        methods.push(question.method(formula_name(formula), canary)?);
    }
    let needed = methods[0].effort;
    let anytime = anytime(question)?;
    let asked = question
        .requests
        .map(|requests| asked(question, requests))
        .transpose()?;
    let advice = advice(
        question,
        &methods[0],
        exact.is_some(),
        anytime.as_ref(),
        asked.as_ref(),
    );
    Ok(ErrorsPlan {
        shiftsim: env!("CARGO_PKG_VERSION"),
        stable_error_rate: question.stable,
        canary_error_rate: question.canary,
        canary_weight: question.weight,
        alpha: question.terms.alpha(),
        sides: if question.one_sided {
            "one-sided"
        } else {
            "two-sided"
        },
        power: question.terms.power,
        requests_per_second: question.terms.rate,
        methods,
        needed,
        anytime,
        asked,
        advice,
    })
}

/// A number of canary requests with the power, not the smallest: from the formula's on, in steps of
/// 1%, where trying every one would take too long.
fn enough(question: &Question) -> Result<u64, StatsError> {
    let mut canary = question.plan().requests(Formula::PooledZ)?.canary.max(1);
    while question.exact_power(canary, question.canary)? < question.terms.power {
        canary += (canary / 100).max(1);
    }
    Ok(canary)
}

/// The plan with the level as the exact power takes it.
fn exact_terms(question: &Question) -> TwoProportions {
    TwoProportions {
        alpha: question.terms.alpha(),
        ..question.plan()
    }
}

fn formula_name(formula: Formula) -> &'static str {
    match formula {
        Formula::PooledZ => "pooled z, formula",
        Formula::PooledZContinuity => "the same, continuity corrected",
        Formula::UnpooledZ => "unpooled z, formula",
        Formula::Arcsine => "arcsine (Cohen's h), formula",
        Formula::EvanMiller => "Evan Miller's calculator",
    }
}

/// After how many errors the anytime-valid test has alarmed with the power.
fn anytime(question: &Question) -> Result<Option<AnytimePlan>, StatsError> {
    if question.stable <= 0.0 || question.canary <= question.stable {
        return Ok(None);
    }
    let share = canary_error_share(question.weight, question.canary / question.stable)?;
    let alpha = question.terms.alpha();
    let monitor = TwoVersionMonitor::new(question.weight, DEFAULT_CONCENTRATION, alpha)?;
    let mut until = 250;
    loop {
        let curve = monitor.alarm_curve(share, &Looks::after_each(until)?)?;
        let reached = curve
            .iter()
            .find(|point| point.either() >= question.terms.power);
        if let Some(point) = reached {
            let weight = question.weight;
            let per_request = weight * question.canary + (1.0 - weight) * question.stable;
            let total = (point.n as f64 / per_request).ceil() as u64;
            return Ok(Some(AnytimePlan {
                canary_share_of_errors: share,
                errors: point.n,
                expected: Effort {
                    canary_requests: (total as f64 * weight).round() as u64,
                    total_requests: total,
                    minutes: question.terms.minutes(total),
                },
            }));
        }
        if until >= MOST_ERRORS {
            return Ok(None);
        }
        until *= 3;
    }
}

fn asked(question: &Question, requests: u64) -> Result<Asked, StatsError> {
    let canary = ((requests as f64 * question.weight).round() as u64).max(1);
    let traffic = Traffic {
        requests,
        canary_weight: question.weight,
        stable: question.stable,
    };
    let terms = question.terms;
    let detectable =
        traffic.exactly_detectable_rate(terms.alpha(), terms.power, question.alternative())?;
    Ok(Asked {
        effort: Effort {
            canary_requests: canary,
            total_requests: requests,
            minutes: terms.minutes(requests),
        },
        exact_power: question.exact_power(canary, question.canary)?,
        exact_size: question.exact_power(canary, question.stable)?,
        detectable_error_rate: detectable,
    })
}

fn advice(
    question: &Question,
    best: &Method,
    exact: bool,
    anytime: Option<&AnytimePlan>,
    asked: Option<&Asked>,
) -> Vec<String> {
    let power = short_percent(question.terms.power);
    let effort = best.effort;
    let mut advice = vec![format!(
        "To notice with {power} that the canary fails in {} of its requests instead of {}, send {} \
         in all, {} of them to the canary. A canary as good as the stable version is then called \
         {} in {} of such tries.{}",
        four_digits(question.canary),
        four_digits(question.stable),
        requests_and_time(effort.total_requests, effort.minutes),
        count(effort.canary_requests),
        if question.one_sided {
            "worse"
        } else {
            "different"
        },
        percent(best.exact_size),
        if exact {
            ""
        } else {
            " (Their power is exact; a search for the smallest number would take too long.)"
        }
    )];
    if let Some(asked) = asked {
        let limit = match asked.detectable_error_rate {
            Some(found) => format!(
                "the smallest error rate of the canary that they show with {power} is {}",
                four_digits(found)
            ),
            None => format!("with {power} they do not even show a canary that always fails"),
        };
        advice.push(format!(
            "Your {} notice it with {}; {limit}.",
            requests_and_time(asked.effort.total_requests, asked.effort.minutes),
            percent(asked.exact_power)
        ));
    }
    if let Some(anytime) = anytime {
        let time = anytime
            .expected
            .minutes
            .map_or(String::new(), |minutes| format!(", {}", duration(minutes)));
        advice.push(format!(
            "To watch and stop as soon as it shows, use the share of errors that the canary causes \
             ({} instead of {}): the anytime-valid test has alarmed with {power} after {} errors of \
             both versions together, some {} requests{time}, and may be looked at after every one.",
            percent(anytime.canary_share_of_errors),
            short_percent(question.weight),
            count(anytime.errors),
            count(anytime.expected.total_requests)
        ));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            terms: Terms {
                confidence: 0.95,
                power: 0.8,
                rate: Some(5.0),
            },
            stable: 0.01,
            canary: 0.02,
            weight: 0.1,
            one_sided: false,
            requests: Some(1000),
        }
    }

    #[test]
    fn formulas_are_those_of_the_library() {
        let plan = plan(&question()).unwrap();
        let formula = plan
            .methods
            .iter()
            .find(|row| row.name == "pooled z, formula");
        assert_eq!(formula.unwrap().effort.total_requests, 11_330);
        assert!((formula.unwrap().effort.minutes.unwrap() - 37.766_666).abs() < 1e-5);
    }

    #[test]
    fn the_needed_number_has_the_power_and_the_asked_one_has_not() {
        let plan = plan(&question()).unwrap();
        assert!(plan.methods[0].exact_power >= 0.8);
        assert!(plan.methods[1].effort.total_requests <= plan.needed.total_requests);
        let asked = plan.asked.unwrap();
        assert!(asked.exact_power < 0.3, "{}", asked.exact_power);
        assert!(asked.detectable_error_rate.unwrap() > 0.03);
    }

    #[test]
    fn without_a_stable_error_rate_there_is_no_share_of_errors_to_watch() {
        let spotless = Question {
            stable: 0.0,
            ..question()
        };
        assert_eq!(plan(&spotless).unwrap().anytime, None);
    }
}
