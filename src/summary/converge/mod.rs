//! After how many requests is a split settled? Every meaning of that, side by side.

mod curve;
mod draw;
mod simulate;
mod types;

pub use curve::{Curve, CurvePoint, curve};
pub use draw::figures;
pub use types::{ConvergeSummary, CounterAnswer, Meaning, Needed, Target};

use crate::scenario::{Phase, Scenario};
use crate::stats::counter_picker::CounterPicker;
use crate::stats::{StatsError, convergence};
use crate::units::display::{count, counted, percent, short_percent};
use crate::units::{Rational, to_f64};

/// Streams per refresh for which the picker of 2017 is shown: a bare proxy, and one that handles a
/// page with two calls behind it.
const STRIDES: [u64; 2] = [1, 3];

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The phase whose weights are meant.
    pub phase: usize,
    /// The number of requests that the user has in mind.
    pub requests: Option<u64>,
    /// Replays beside the exact figures; none if 0.
    pub replications: u64,
}

/// Answers for one phase of a scenario, under independent picks with its weights.
///
/// # Errors
/// [`StatsError`] where a figure that must be there cannot be computed.
pub fn converge(scenario: &Scenario, question: Question) -> Result<ConvergeSummary, StatsError> {
    let phase = &scenario.phases()[question.phase];
    let split = Split::of(scenario, phase);
    let mut meanings = vec![split.every_version_seen(question.requests)?];
    meanings.extend(split.within(question.requests)?);
    meanings.push(split.stays_within(question.requests)?);
    if let Some(requests) = question.requests
        && question.replications > 0
    {
        simulate::beside(scenario, question, requests, &mut meanings);
    }
    Ok(ConvergeSummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        targets: split.targets(),
        tolerance_points: to_f64(scenario.tolerance().points()),
        confidence_percent: to_f64(scenario.confidence().percent()),
        requests: question.requests,
        replications: question.replications,
        seed: scenario.seed(),
        expected_deviation_points: at(question.requests, |n| {
            Ok(100.0 * convergence::expected_deviation(&split.shares, n)?)
        })?,
        counter_of_2017: split.counters(question.requests)?,
        advice: split.advice(&meanings, question.requests),
        meanings,
    })
}

/// The weights of a phase, and what counts as near them.
struct Split<'a> {
    names: Vec<&'a str>,
    weights: Vec<u64>,
    shares: Vec<Rational>,
    tolerance: Rational,
    points: f64,
    confidence: f64,
}

impl<'a> Split<'a> {
    fn of(scenario: &'a Scenario, phase: &Phase) -> Self {
        let shares = phase.effective_shares();
        let live: Vec<usize> = (0..shares.len())
            .filter(|&i| *shares[i].numer() > 0)
            .collect();
        let name = |place: usize| {
            scenario.versions()[phase.destinations()[place].version.0]
                .name
                .as_str()
        };
        Self {
            names: live.iter().map(|&place| name(place)).collect(),
            weights: live
                .iter()
                .map(|&i| u64::from(phase.effective_weights()[i]))
                .collect(),
            shares: live.iter().map(|&i| shares[i]).collect(),
            tolerance: scenario.tolerance().share(),
            points: to_f64(scenario.tolerance().points()),
            confidence: scenario.confidence().probability(),
        }
    }

    fn targets(&self) -> Vec<Target> {
        let rows = self.names.iter().zip(&self.weights).zip(&self.shares);
        rows.map(|((name, &weight), &share)| Target {
            version: (*name).to_owned(),
            weight,
            target_share: to_f64(share),
        })
        .collect()
    }

    fn every_version_seen(&self, requests: Option<u64>) -> Result<Meaning, StatsError> {
        Ok(Meaning {
            name: "every version seen".to_owned(),
            version: None,
            needed: Needed::from(convergence::all_seen_n(&self.shares, self.confidence).map(Some))?,
            first: None,
            at_requests: at(requests, |n| convergence::all_seen(&self.shares, n))?,
            at_least: false,
            simulated: None,
            method: "exact: inclusion-exclusion",
        })
    }

    /// Two shares are near their targets together; more are judged jointly, and each alone.
    fn within(&self, requests: Option<u64>) -> Result<Vec<Meaning>, StatsError> {
        if self.shares.len() <= 2 {
            let mut meaning = self.one_within(self.shares.len() - 1, requests)?;
            meaning.name = format!("share within ±{} points", self.points);
            meaning.version = None;
            return Ok(vec![meaning]);
        }
        let (shares, tolerance) = (&self.shares, self.tolerance);
        let first = convergence::joint_first_n(shares, tolerance, self.confidence);
        let needed = convergence::joint_stable_n(shares, tolerance, self.confidence).map(Some);
        let mut meanings = vec![Meaning {
            name: format!("all shares within ±{} points", self.points),
            version: None,
            needed: self.or_bound(Needed::from(needed)?)?,
            first: first.ok(),
            at_requests: at(requests, |n| {
                convergence::joint_within(&self.shares, n, self.tolerance)
            })?,
            at_least: false,
            simulated: None,
            method: "exact: multinomial, joint",
        }];
        for place in 0..self.shares.len() {
            meanings.push(self.one_within(place, requests)?);
        }
        Ok(meanings)
    }

    fn one_within(&self, place: usize, requests: Option<u64>) -> Result<Meaning, StatsError> {
        let (share, tolerance) = (self.shares[place], self.tolerance);
        let first = convergence::first_n(share, tolerance, self.confidence);
        let stable = convergence::stable_n(share, tolerance, self.confidence);
        Ok(Meaning {
            name: format!(
                "share of {} within ±{} points",
                self.names[place], self.points
            ),
            version: Some(self.names[place].to_owned()),
            needed: self.or_bound(Needed::from(stable.map(Some))?)?,
            first: first.ok(),
            at_requests: at(requests, |n| {
                convergence::within_tolerance(n, share, tolerance)
            })?,
            at_least: false,
            simulated: None,
            method: "exact: binomial",
        })
    }

    /// What is too costly to find exactly has a bound: who stays within from some number on is within
    /// at every later one.
    fn or_bound(&self, needed: Needed) -> Result<Needed, StatsError> {
        if needed != Needed::TooCostly {
            return Ok(needed);
        }
        let bound =
            convergence::stays_within_bound_n(&self.shares, self.tolerance, self.confidence);
        Ok(match Needed::from(bound.map(Some))? {
            Needed::Requests(requests) => Needed::AtMost(requests),
            other => other,
        })
    }

    /// Exact where the recursion is short enough, else a bound that says so.
    fn stays_within(&self, requests: Option<u64>) -> Result<Meaning, StatsError> {
        let (shares, tolerance) = (&self.shares, self.tolerance);
        let found = convergence::joint_stays_within_n(shares, tolerance, self.confidence);
        let found = Needed::from(found.map(Some))?;
        let bounded = found == Needed::TooCostly;
        let (needed, at_requests) = if bounded {
            let needed = self.or_bound(found)?;
            let bound = |n| convergence::stays_within_bound(shares, n, tolerance);
            (needed, at(requests, bound)?)
        } else {
            let exact = |n| convergence::joint_stays_within(shares, n, tolerance);
            (found, at(requests, exact)?)
        };
        Ok(Meaning {
            name: format!("stays within ±{} for ever", self.points),
            version: None,
            needed,
            first: None,
            at_requests,
            at_least: bounded,
            simulated: None,
            method: match bounded {
                true => {
                    "a bound (Doob's inequality), at most so many requests and at least that \
                     probability: the exact recursion would take too long"
                }
                false => "exact: backward recursion over the lattice",
            },
        })
    }

    fn counters(&self, requests: Option<u64>) -> Result<Vec<CounterAnswer>, StatsError> {
        let mut answers = Vec::new();
        for stride in STRIDES {
            let picker = match CounterPicker::new(&self.weights, stride) {
                Ok(picker) => picker,
                Err(StatsError::Limit { .. }) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            answers.push(CounterAnswer {
                stride,
                certain: picker.all_seen_n(1.0).ok(),
                seen: at(requests, |n| picker.all_seen(n))?,
                within: at(requests, |n| picker.joint_within(n, self.tolerance))?,
            });
        }
        Ok(answers)
    }

    /// What to do, for someone who knows no statistics.
    fn advice(&self, meanings: &[Meaning], requests: Option<u64>) -> Vec<String> {
        let [seen, within, ..] = meanings else {
            return Vec::new();
        };
        let level = short_percent(self.confidence);
        let mut advice = Vec::new();
        if let (Needed::Requests(seen), Needed::Requests(within)) = (seen.needed, within.needed) {
            advice.push(format!(
                "To see every version once, send {}; to see the proportion within ±{} \
                 points, send {}. Either then holds in {level} of such tries.",
                counted(seen, "request"),
                self.points,
                count(within)
            ));
        }
        let wide = |share: &&Rational| **share <= self.tolerance;
        if let Some(place) = self.shares.iter().position(|share| wide(&share)) {
            advice.push(format!(
                "±{} points around {} for {} include 0%: that cannot tell it from nothing. A smaller \
                 --tolerance can.",
                self.points,
                short_percent(to_f64(self.shares[place])),
                self.names[place]
            ));
        }
        let asked = requests.zip(seen.at_requests).zip(within.at_requests);
        if let Some(((requests, seen), within)) = asked {
            let enough = |value: f64| {
                if value >= self.confidence {
                    "enough"
                } else {
                    "not enough"
                }
            };
            advice.push(format!(
                "{} {} {} to see every version ({}), and {} to see the proportion ({}).",
                counted(requests, "request"),
                if requests == 1 { "is" } else { "are" },
                enough(seen),
                percent(seen),
                enough(within),
                percent(within)
            ));
        }
        advice
    }
}

/// The figure at the number of requests that the user has in mind; absent where it is too costly.
fn at(
    requests: Option<u64>,
    figure: impl Fn(u64) -> Result<f64, StatsError>,
) -> Result<Option<f64>, StatsError> {
    match requests.map(figure) {
        Some(Err(StatsError::Limit { .. })) | None => Ok(None),
        Some(figure) => figure.map(Some),
    }
}
