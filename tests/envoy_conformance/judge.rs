//! The verdict: every outcome possible, every share and every order consistent with the prediction.

use std::collections::BTreeMap;

use shiftsim::routing::Request;
use shiftsim::stats::binomial::Binomial;
use shiftsim::stats::order::Runs;
use shiftsim::stats::two_sided::{Convention, p_value};
use shiftsim::units::{Rational, to_f64};

use crate::configurations::Configuration;
use crate::predict::{self, Prediction};

/// The probability that any test of the family fails though all predictions are right, at most.
const FAMILY_ERROR: f64 = 1e-6;

/// One kind of request of one configuration: predicted, and seen in order.
pub struct Observed {
    pub configuration: &'static str,
    pub kind: String,
    prediction: Prediction,
    outcomes: Vec<String>,
}

impl Observed {
    pub fn requests(configuration: &Configuration, request: &Request) -> Self {
        let headers = request.headers().iter();
        let headers: String = headers
            .map(|(name, value)| format!(", {name}: {value}"))
            .collect();
        Self {
            configuration: configuration.name,
            kind: format!("{} {}{headers}", request.method, request.path),
            prediction: predict::request(&configuration.table, request),
            outcomes: Vec::new(),
        }
    }

    pub fn connections(configuration: &Configuration) -> Self {
        let route = &configuration.table.listeners()[0].routes[0];
        Self {
            configuration: configuration.name,
            kind: "TCP".into(),
            prediction: predict::connection(route),
            outcomes: Vec::new(),
        }
    }

    /// Notes the next outcome. It has to be one that can happen.
    pub fn note(&mut self, outcome: &str) {
        assert!(
            self.prediction.contains_key(outcome),
            "{}, {}: `{outcome}` is not among {:?}",
            self.configuration,
            self.kind,
            self.prediction
        );
        self.outcomes.push(outcome.to_owned());
    }

    /// A row for each outcome.
    fn rows(&self) -> Vec<Row> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for outcome in &self.outcomes {
            *counts.entry(outcome).or_default() += 1;
        }
        let requests = self.outcomes.len() as u64;
        let row = |(outcome, &share): (&String, &Rational)| {
            let seen = counts.get(outcome.as_str()).copied().unwrap_or(0);
            Row {
                configuration: self.configuration,
                kind: self.kind.clone(),
                outcome: outcome.clone(),
                requests,
                predicted: to_f64(share),
                seen,
                p_value: share_p_value(requests, share, seen),
            }
        };
        self.prediction.iter().map(row).collect()
    }

    /// The runs test on whether the likeliest outcome came; `None` if there is only one.
    fn order(&self) -> Option<f64> {
        let likeliest = self.prediction.iter().max_by_key(|(_, share)| **share)?.0;
        let came: Vec<bool> = self
            .outcomes
            .iter()
            .map(|outcome| outcome == likeliest)
            .collect();
        let runs = Runs::of(&came);
        (runs.first > 0 && runs.second > 0).then(|| runs.exact().unwrap().two_sided)
    }
}

/// Exact binomial, two-sided by minimum likelihood; `None` for a certain outcome.
fn share_p_value(requests: u64, share: Rational, seen: u64) -> Option<f64> {
    (share < Rational::from(1)).then(|| {
        let law = Binomial::with_share(requests, share).unwrap();
        p_value(&law, seen, Convention::MinimumLikelihood).unwrap()
    })
}

/// An outcome of a kind of request.
pub struct Row {
    pub configuration: &'static str,
    pub kind: String,
    pub outcome: String,
    pub requests: u64,
    pub predicted: f64,
    pub seen: u64,
    pub p_value: Option<f64>,
}

/// All tests together.
#[derive(Default)]
pub struct Family {
    pub rows: Vec<Row>,
    pub orders: Vec<(&'static str, String, f64)>,
}

impl Family {
    pub fn add(&mut self, observed: Observed) {
        self.rows.extend(observed.rows());
        let order = observed.order();
        self.orders
            .extend(order.map(|p| (observed.configuration, observed.kind, p)));
    }

    /// How many tests there are.
    pub fn tests(&self) -> usize {
        self.rows.iter().filter(|row| row.p_value.is_some()).count() + self.orders.len()
    }

    /// The smallest p-value that passes, by Bonferroni.
    pub fn limit(&self) -> f64 {
        FAMILY_ERROR / self.tests() as f64
    }

    /// Fails if any test does.
    pub fn judge(&self) {
        let limit = self.limit();
        let shares = self.rows.iter().filter_map(|row| {
            let p = row.p_value.filter(|&p| p < limit)?;
            Some(format!(
                "{}, {}, {}: {} of {}, predicted {}, p = {p:e}",
                row.configuration, row.kind, row.outcome, row.seen, row.requests, row.predicted
            ))
        });
        let orders = self.orders.iter().filter(|(.., p)| *p < limit);
        let orders = orders.map(|(name, kind, p)| format!("{name}, {kind}: order, p = {p:e}"));
        let failed: Vec<String> = shares.chain(orders).collect();
        assert!(failed.is_empty(), "below {limit:e}:\n{}", failed.join("\n"));
    }
}
