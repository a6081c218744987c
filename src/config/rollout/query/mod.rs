//! Prometheus queries: the share of successful or failed requests, or a quantile of the latency.
//!
//! A query is computed as a function of the share of successful requests: a selector of all
//! requests counts 1, of the successful s, of the failed 1 − s, and sums, differences, products with
//! numbers and a ratio of two such counts follow. `histogram_quantile` is a quantile of the latency.
//! Anything else is said not to be understood, with the reason.

mod parser;
#[cfg(test)]
mod tests;
mod value;

use std::time::Duration;

use super::exact;
use super::signal::{Quantity, Signal};
use super::tokens::tokens;
use crate::config::Diagnostic;
use crate::config::yaml::Node;
use parser::Parser;
use value::{Value, buckets};

/// What a query measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// Its value.
    pub(super) signal: Signal,
    /// Whether it looks at the last two samples alone (`irate`).
    pub(super) instant: bool,
    /// Whether it has no result as long as no request has failed.
    pub(super) only_failures: bool,
    /// A condition that tells some failures from others, which the simulation does not.
    pub(super) some_failures: Option<String>,
    /// Whether the buckets of its histogram are a guess.
    pub(super) guessed_buckets: bool,
}

/// How often Prometheus looks at counters, as far as it matters here: `irate` sees the requests
/// between two looks alone. Istio's and most installers' setting.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);

impl Query {
    /// Its value over the requests that it really looks at.
    pub(super) fn seen(&self) -> Signal {
        let window = match self.instant {
            true => SCRAPE_INTERVAL.min(self.signal.window),
            false => self.signal.window,
        };
        Signal {
            window,
            ..self.signal.clone()
        }
    }

    /// What its author should know. `without_result` is what a query without a result leads to;
    /// `None` if the author has seen to it.
    pub(super) fn warnings(&self, place: &Node, without_result: Option<&str>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut warn = |message: &str, label: &str, help: &str| {
            found.push(Diagnostic::warning(place.span.clone(), message, label).help(help));
        };
        if self.instant && self.signal.window > SCRAPE_INTERVAL {
            warn(
                "`irate` looks at the last two samples alone",
                "so it sees 15 seconds of requests if Prometheus scrapes every 15s",
                "use `rate`, which sees the whole window",
            );
        }
        if let Some(consequence) = without_result.filter(|_| self.only_failures) {
            warn(
                "this query has no result before the first failure",
                "it counts failed requests alone",
                &format!(
                    "for a version without failures that is {consequence}; add `or vector(0)` to the \
                     count of failures. That case is not simulated"
                ),
            );
        }
        if let Some(condition) = &self.some_failures {
            warn(
                &format!("`{condition}` tells some failures from others"),
                "taken to count every error that is simulated",
                "error rates on this page are those of the answers that it counts as failures; what \
                 other failures do is not simulated",
            );
        }
        if self.guessed_buckets {
            warn(
                "the buckets of this histogram are not known",
                "taken as the client libraries' defaults: 5 ms to 10 s",
                "the coarser the buckets, the more a quantile is rounded",
            );
        }
        found
    }
}

/// Why a query is not understood, as a clause: "it …".
pub(super) type NotUnderstood = String;

/// Reads a query.
pub(super) fn read(text: &str) -> Result<Query, NotUnderstood> {
    let tokens = tokens(text).ok_or("it has characters that no query has")?;
    let mut parser = Parser::new(&tokens);
    let value = parser.expression()?;
    if !parser.is_at_the_end() {
        return Err("it compares or combines values in a way that is not known".into());
    }
    let guessed_buckets = matches!(&value, Value::Latency { istio: false, .. });
    let signal = match value {
        Value::Share {
            offset,
            slope,
            window,
        } => Signal {
            quantity: Quantity::SuccessShare,
            offset,
            slope,
            window,
        },
        Value::Latency {
            quantile,
            factor,
            window,
            istio,
        } => Signal {
            quantity: Quantity::Latency {
                quantile,
                buckets: buckets(istio)?,
            },
            offset: exact::whole(0),
            slope: factor,
            window,
        },
        Value::Number(_) => return Err("it is a number that never changes".into()),
        Value::Count { .. } => {
            return Err("its value depends on how many requests there are".into());
        }
        Value::Buckets { .. } => return Err("it is a histogram".into()),
    };
    if signal.slope == exact::whole(0) {
        return Err("its value does not depend on how requests end".into());
    }
    Ok(Query {
        signal,
        instant: parser.instant,
        only_failures: parser.only_failures,
        some_failures: parser.some_failures.clone(),
        guessed_buckets,
    })
}
