//! Prometheus queries: the share of successful or failed requests, or a quantile of the latency.
//!
//! A query is computed as a function of the share of successful requests: a selector of all
//! requests counts 1, of the successful s, of the failed 1 − s, and sums, differences, products with
//! numbers and a ratio of two such counts follow. `histogram_quantile` is a quantile of the latency.
//! Anything else is said not to be understood, with the reason.

use std::time::Duration;

use super::exact::{self, Exact};
use super::requests::{Matcher, Requests, counted};
use super::signal::{Quantity, Signal};
use super::tokens::{Token, tokens};
use crate::config::Diagnostic;
use crate::config::values::parse_duration;
use crate::config::yaml::Node;
use crate::rollout::Buckets;
use crate::units::Rational;

/// What a query measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// Its value.
    pub(super) signal: Signal,
    /// Whether it looks at the last two samples alone (`irate`).
    pub(super) instant: bool,
    /// Whether it has no result as long as no request has failed.
    pub(super) only_failures: bool,
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
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        instant: false,
        only_failures: false,
        depth: 0,
    };
    let value = parser.expression()?;
    if parser.at < tokens.len() {
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
        guessed_buckets,
    })
}

/// Istio's buckets, or the defaults of Prometheus' client libraries (in seconds .005 to 10).
fn buckets(istio: bool) -> Result<Buckets, NotUnderstood> {
    if istio {
        return Ok(Buckets::istio());
    }
    let bounds = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
    Buckets::new(bounds.into_iter().map(Rational::from_integer).collect())
        .map_err(|error| error.to_string())
}

/// A value as a function of the share s of successful requests.
#[derive(Debug, Clone)]
enum Value {
    /// A number.
    Number(Exact),
    /// (offset + slope·s) times all requests.
    Count {
        offset: Exact,
        slope: Exact,
        window: Duration,
    },
    /// offset + slope·s.
    Share {
        offset: Exact,
        slope: Exact,
        window: Duration,
    },
    /// The buckets of a histogram, whose unit is so many milliseconds.
    Buckets {
        milliseconds: Exact,
        window: Duration,
        istio: bool,
    },
    /// A quantile of the latency in milliseconds, times a factor.
    Latency {
        quantile: Rational,
        factor: Exact,
        window: Duration,
        istio: bool,
    },
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    instant: bool,
    only_failures: bool,
    depth: u32,
}

/// Functions and aggregations that change nothing here.
const TRANSPARENT: [&str; 13] = [
    "sum",
    "avg",
    "max",
    "min",
    "rate",
    "irate",
    "increase",
    "delta",
    "scalar",
    "abs",
    "round",
    "label_replace",
    "vector",
];

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(one)) if *one == sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(one)) if one == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), NotUnderstood> {
        match self.sign(sign) {
            true => Ok(()),
            false => Err(format!("it lacks a `{sign}`")),
        }
    }

    /// `a or b`: the second stands in when the first has no result.
    fn expression(&mut self) -> Result<Value, NotUnderstood> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("it is nested too deep".into());
        }
        let value = self.sum()?;
        while self.word("or") {
            self.matching()?;
            self.sum()?;
            self.only_failures = false;
        }
        self.depth -= 1;
        Ok(value)
    }

    fn sum(&mut self) -> Result<Value, NotUnderstood> {
        let mut value = self.product()?;
        loop {
            let negative = match (self.sign("+"), self.sign("-")) {
                (true, _) => false,
                (_, true) => true,
                _ => return Ok(value),
            };
            self.matching()?;
            let other = self.product()?;
            let other = match negative {
                true => times(other, exact::whole(-1))?,
                false => other,
            };
            value = plus(value, other)?;
        }
    }

    fn product(&mut self) -> Result<Value, NotUnderstood> {
        let mut value = self.single()?;
        loop {
            let divides = match (self.sign("*"), self.sign("/")) {
                (true, _) => false,
                (_, true) => true,
                _ => return Ok(value),
            };
            self.matching()?;
            let other = self.single()?;
            value = match (value, other) {
                (value, Value::Number(number)) if divides => {
                    let factor = exact::divide(exact::whole(1), number);
                    times(value, factor.ok_or("it divides by zero")?)?
                }
                (value, other) if divides => self.ratio(value, other)?,
                (value, Value::Number(number)) | (Value::Number(number), value) => {
                    times(value, number)?
                }
                _ => return Err("it multiplies two measurements".into()),
            };
        }
    }

    fn ratio(&mut self, value: Value, by: Value) -> Result<Value, NotUnderstood> {
        let (
            Value::Count {
                offset,
                slope,
                window,
            },
            Value::Count {
                offset: all,
                slope: varying,
                ..
            },
        ) = (value, by)
        else {
            return Err("it divides by something else than a count of requests".into());
        };
        if varying != exact::whole(0) {
            return Err("it does not divide by all requests".into());
        }
        self.only_failures = offset == exact::whole(1) && slope == exact::whole(-1);
        let too_large = "its numbers are too large";
        Ok(Value::Share {
            offset: exact::divide(offset, all).ok_or(too_large)?,
            slope: exact::divide(slope, all).ok_or(too_large)?,
            window,
        })
    }

    /// `on (…)`, `ignoring (…)`, `group_left (…)` after an operator.
    fn matching(&mut self) -> Result<(), NotUnderstood> {
        for word in ["on", "ignoring", "group_left", "group_right"] {
            if self.word(word) {
                self.labels()?;
            }
        }
        Ok(())
    }

    /// `by (le)`.
    fn grouping(&mut self) -> Result<(), NotUnderstood> {
        if self.word("by") || self.word("without") {
            self.labels()?;
        }
        Ok(())
    }

    fn labels(&mut self) -> Result<(), NotUnderstood> {
        if self.sign("(") {
            while !self.sign(")") {
                if self.peek().is_none() {
                    return Err("it lacks a `)`".into());
                }
                self.at += 1;
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<Value, NotUnderstood> {
        let mut negative = false;
        while self.sign("-") {
            negative = !negative;
        }
        if negative {
            return times(self.single()?, exact::whole(-1));
        }
        if self.sign("(") {
            let value = self.expression()?;
            self.expect(")")?;
            return Ok(value);
        }
        match self.peek().cloned() {
            Some(Token::Number(text)) => {
                self.at += 1;
                let number = exact::parse(&text);
                Ok(Value::Number(
                    number.ok_or("it has a number that is not one")?,
                ))
            }
            Some(Token::Word(name)) => {
                self.at += 1;
                self.named(&name)
            }
            Some(Token::Sign("{")) => self.selector(""),
            _ => Err("it ends where a value should follow".into()),
        }
    }

    fn named(&mut self, name: &str) -> Result<Value, NotUnderstood> {
        self.grouping()?;
        if !self.sign("(") {
            return self.selector(name);
        }
        let value = match name {
            "histogram_quantile" => self.quantile()?,
            "clamp_max" | "clamp_min" => {
                let value = self.expression()?;
                self.expect(",")?;
                self.expression()?;
                value
            }
            _ if TRANSPARENT.contains(&name) => {
                self.instant |= name == "irate";
                let value = self.expression()?;
                while self.sign(",") {
                    self.at += 1;
                }
                value
            }
            _ => return Err(format!("it uses `{name}`")),
        };
        self.expect(")")?;
        self.grouping()?;
        Ok(value)
    }

    fn quantile(&mut self) -> Result<Value, NotUnderstood> {
        let Value::Number(quantile) = self.expression()? else {
            return Err("its quantile is not a number".into());
        };
        let quantile = exact::unsigned(quantile)
            .filter(|share| *share.numer() > 0 && *share < Rational::from_integer(1))
            .ok_or("its quantile is not between 0 and 1")?;
        self.expect(",")?;
        match self.expression()? {
            Value::Buckets {
                milliseconds,
                window,
                istio,
            } => Ok(Value::Latency {
                quantile,
                factor: exact::divide(exact::whole(1), milliseconds)
                    .ok_or("its unit is not known")?,
                window,
                istio,
            }),
            _ => Err("its quantile is not taken from a histogram".into()),
        }
    }

    /// `name{matchers}[window] offset 5m`.
    fn selector(&mut self, name: &str) -> Result<Value, NotUnderstood> {
        let matchers = self.matchers()?;
        let window = self.window()?;
        if self.word("offset") {
            return Err("it looks at an earlier time".into());
        }
        let window = window.ok_or("it does not look at a window of time")?;
        if let Some(histogram) = name.strip_suffix("_bucket") {
            return Ok(Value::Buckets {
                milliseconds: unit(histogram)?,
                window,
                istio: histogram.starts_with("istio_"),
            });
        }
        if name.ends_with("_sum") {
            return Err("it is an average, not a quantile".into());
        }
        let counted = counted(&matchers).ok_or(
            "it counts some of the answers, and it is not clear whether those are failures",
        )?;
        let (offset, slope) = match counted {
            Requests::All => (1, 0),
            Requests::Successful => (0, 1),
            Requests::Failed => (1, -1),
        };
        Ok(Value::Count {
            offset: exact::whole(offset),
            slope: exact::whole(slope),
            window,
        })
    }

    fn matchers(&mut self) -> Result<Vec<Matcher>, NotUnderstood> {
        let mut matchers = Vec::new();
        if !self.sign("{") {
            return Ok(matchers);
        }
        while !self.sign("}") {
            let [
                Some(Token::Word(label)),
                Some(Token::Sign(operator)),
                Some(Token::Text(value)),
            ] = [0, 1, 2].map(|ahead| self.tokens.get(self.at + ahead))
            else {
                return Err("a selector in it has no label and value".into());
            };
            matchers.push(Matcher {
                label: label.clone(),
                operator,
                value: value.clone(),
            });
            self.at += 3;
            self.sign(",");
        }
        Ok(matchers)
    }

    fn window(&mut self) -> Result<Option<Duration>, NotUnderstood> {
        if !self.sign("[") {
            return Ok(None);
        }
        let window = match self.peek() {
            Some(Token::Number(text)) => parse_duration(text).filter(|window| !window.is_zero()),
            _ => None,
        };
        self.at += 1;
        let window = window.ok_or("its window is not a duration such as 5m")?;
        match self.sign("]") {
            true => Ok(Some(window)),
            false => Err("it has a subquery".into()),
        }
    }
}

/// How many milliseconds the unit of a histogram is.
fn unit(histogram: &str) -> Result<Exact, NotUnderstood> {
    let has = |word: &str| histogram.split('_').any(|part| part == word);
    if has("milliseconds") || has("ms") || has("millis") {
        Ok(exact::whole(1))
    } else if has("seconds") {
        Ok(exact::whole(1000))
    } else {
        Err("the unit of its histogram is not known".into())
    }
}

fn times(value: Value, number: Exact) -> Result<Value, NotUnderstood> {
    let scaled = |one: Exact| {
        exact::multiply(one, number).ok_or_else(|| "its numbers are too large".to_owned())
    };
    Ok(match value {
        Value::Number(one) => Value::Number(scaled(one)?),
        Value::Count {
            offset,
            slope,
            window,
        } => Value::Count {
            offset: scaled(offset)?,
            slope: scaled(slope)?,
            window,
        },
        Value::Share {
            offset,
            slope,
            window,
        } => Value::Share {
            offset: scaled(offset)?,
            slope: scaled(slope)?,
            window,
        },
        Value::Latency {
            quantile,
            factor,
            window,
            istio,
        } => Value::Latency {
            quantile,
            factor: scaled(factor)?,
            window,
            istio,
        },
        Value::Buckets { .. } => return Err("it multiplies a histogram".into()),
    })
}

fn plus(a: Value, b: Value) -> Result<Value, NotUnderstood> {
    let sum =
        |a: Exact, b: Exact| exact::add(a, b).ok_or_else(|| "its numbers are too large".to_owned());
    Ok(match (a, b) {
        (Value::Number(a), Value::Number(b)) => Value::Number(sum(a, b)?),
        (
            Value::Share {
                offset,
                slope,
                window,
            },
            Value::Number(number),
        )
        | (
            Value::Number(number),
            Value::Share {
                offset,
                slope,
                window,
            },
        ) => Value::Share {
            offset: sum(offset, number)?,
            slope,
            window,
        },
        (
            Value::Count {
                offset,
                slope,
                window,
            },
            Value::Count {
                offset: other_offset,
                slope: other_slope,
                ..
            },
        ) => Value::Count {
            offset: sum(offset, other_offset)?,
            slope: sum(slope, other_slope)?,
            window,
        },
        _ => return Err("it adds things of different kinds".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> (Exact, Exact, u64) {
        let found = read(text).unwrap();
        assert_eq!(found.signal.quantity, Quantity::SuccessShare, "{text}");
        (
            found.signal.offset,
            found.signal.slope,
            found.signal.window.as_secs(),
        )
    }

    #[test]
    fn shares_in_all_their_forms() {
        let good = "sum(rate(requests_total{code!~\"5.*\"}[5m]))";
        let bad = "sum by (app) (rate(requests_total{code=~\"5.*\", app=\"x\"}[5m]))";
        let all = "sum(rate(requests_total[5m]))";
        let whole = exact::whole;
        assert_eq!(share(&format!("{good} / {all}")), (whole(0), whole(1), 300));
        assert_eq!(
            share(&format!("{good} / {all} * 100")),
            (whole(0), whole(100), 300)
        );
        assert_eq!(share(&format!("{bad} / {all}")), (whole(1), whole(-1), 300));
        assert_eq!(
            share(&format!("100 - {good} / {all} * 100")),
            (whole(100), whole(-100), 300)
        );
        assert_eq!(
            share(&format!("({all} - {bad}) / {all}")),
            (whole(0), whole(1), 300)
        );
        assert_eq!(
            share(&format!("scalar(1 - ({bad} / on() {all}))")),
            (whole(0), whole(1), 300)
        );
        assert!(read(&format!("{bad} / {all}")).unwrap().only_failures);
        let guarded = format!("({bad} or vector(0)) / {all}");
        assert_eq!(share(&guarded), (whole(1), whole(-1), 300));
        let instant = "sum(irate(a{code!~\"5.*\"}[1m])) / sum(irate(a[1m]))";
        assert!(read(instant).unwrap().instant);
    }

    #[test]
    fn quantiles_know_their_unit() {
        let istio = "histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket\
                     {reporter=\"destination\"}[1m])) by (le))";
        let found = read(istio).unwrap();
        assert_eq!(found.signal.slope, exact::whole(1));
        assert!(!found.guessed_buckets);
        let seconds = read("histogram_quantile(.5, rate(http_seconds_bucket[1m])) * 1000").unwrap();
        assert_eq!(seconds.signal.slope, exact::whole(1));
        assert!(seconds.guessed_buckets);
    }

    #[test]
    fn what_is_not_understood_says_why() {
        let reason = |text: &str| read(text).unwrap_err();
        assert!(reason("sum(rate(a[5m]))").contains("how many requests"));
        assert!(reason("rate(a_seconds_sum[1m]) / rate(a_seconds_count[1m])").contains("average"));
        assert!(reason("topk(3, a)").contains("topk"));
        assert!(reason("a{code=\"418\"}[5m]").contains("not clear"));
        assert!(reason("5").contains("never changes"));
        assert!(reason(&"(".repeat(100_000)).contains("deep"));
        assert!(reason("up").contains("window"));
        assert!(reason("").contains("ends"));
    }
}
