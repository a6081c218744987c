//! Reads a query from left to right.

use std::time::Duration;

use super::NotUnderstood;
use super::value::{Value, plus, times, unit};
use crate::config::rollout::exact;
use crate::config::rollout::requests::{Matcher, Requests, counted};
use crate::config::rollout::tokens::Token;
use crate::config::values::parse_duration;
use crate::units::Rational;

/// A reader, and where it is.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// Whether a function looks at the last two samples alone.
    pub(super) instant: bool,
    /// Whether it has no result as long as no request has failed.
    pub(super) only_failures: bool,
    /// A condition that tells some failures from others.
    pub(super) some_failures: Option<String>,
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

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: &'a [Token]) -> Self {
        Self {
            tokens,
            at: 0,
            instant: false,
            only_failures: false,
            some_failures: None,
            depth: 0,
        }
    }

    pub(super) fn is_at_the_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

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
    pub(super) fn expression(&mut self) -> Result<Value, NotUnderstood> {
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
        if counted.some_failures.is_some() {
            self.some_failures = counted.some_failures;
        }
        let (offset, slope) = match counted.requests {
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
