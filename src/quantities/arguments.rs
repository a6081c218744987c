//! Arguments such as `n=15 p=20%`, read by the kinds that a quantity declares.

use std::collections::BTreeMap;

use num_rational::Ratio;

use super::{Kind, Parameter};
use crate::stats::{Rational, StatsError};
use crate::units::{parse_decimal, to_f64};

/// Why arguments cannot be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArgumentError {
    /// It is not of the form `key=value`.
    #[error("`{0}` is not of the form key=value")]
    Form(String),
    /// The quantity has no such argument.
    #[error("there is no argument `{0}`")]
    Unknown(String),
    /// It was given twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// It has to be given.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Its value cannot be read.
    #[error("`{name}` is {expected}, not `{value}`")]
    Value {
        /// The argument.
        name: &'static str,
        /// What may be given.
        expected: String,
        /// What was given.
        value: String,
    },
}

/// Arguments that have been read, each of its kind.
#[derive(Debug)]
pub struct Arguments {
    read: BTreeMap<&'static str, Read>,
}

/// A value of its kind.
#[derive(Debug, Clone)]
enum Read {
    Whole(u64),
    Share(Rational),
    Real(f64),
    Reals(Vec<f64>),
    Wholes(Vec<u64>),
    Weights(Vec<Rational>),
    Sequence(Vec<bool>),
    Word(&'static str),
}

impl Arguments {
    /// Reads `key=value` arguments by the declared parameters.
    pub(super) fn read(
        parameters: &'static [Parameter],
        given: &[String],
    ) -> Result<Self, ArgumentError> {
        let mut texts: BTreeMap<&'static str, &str> = BTreeMap::new();
        for argument in given {
            let (key, value) = argument
                .split_once('=')
                .ok_or_else(|| ArgumentError::Form(argument.clone()))?;
            let parameter = parameters
                .iter()
                .find(|parameter| parameter.name == key.trim())
                .ok_or_else(|| ArgumentError::Unknown(key.to_owned()))?;
            if texts.insert(parameter.name, value.trim()).is_some() {
                return Err(ArgumentError::Twice(key.to_owned()));
            }
        }
        let mut read = BTreeMap::new();
        for parameter in parameters {
            let text = texts.get(parameter.name).copied().or(parameter.default);
            let text = text.ok_or(ArgumentError::Missing(parameter.name))?;
            let value = parse(parameter.kind, text).ok_or_else(|| ArgumentError::Value {
                name: parameter.name,
                expected: parameter.kind.expected(),
                value: text.to_owned(),
            })?;
            read.insert(parameter.name, value);
        }
        Ok(Self { read })
    }

    pub(super) fn whole(&self, name: &'static str) -> Result<u64, StatsError> {
        self.pick(name, |read| match read {
            Read::Whole(value) => Some(*value),
            _ => None,
        })
    }

    pub(super) fn share(&self, name: &'static str) -> Result<Rational, StatsError> {
        self.pick(name, |read| match read {
            Read::Share(value) => Some(*value),
            _ => None,
        })
    }

    /// A real number, or an exact share as one.
    pub(super) fn real(&self, name: &'static str) -> Result<f64, StatsError> {
        self.pick(name, |read| match read {
            Read::Real(value) => Some(*value),
            Read::Share(value) => Some(to_f64(*value)),
            _ => None,
        })
    }

    /// Real numbers, or weights as shares.
    pub(super) fn reals(&self, name: &'static str) -> Result<Vec<f64>, StatsError> {
        self.pick(name, |read| match read {
            Read::Reals(values) => Some(values.clone()),
            Read::Weights(shares) => Some(shares.iter().map(|&share| to_f64(share)).collect()),
            _ => None,
        })
    }

    pub(super) fn wholes(&self, name: &'static str) -> Result<Vec<u64>, StatsError> {
        self.pick(name, |read| match read {
            Read::Wholes(values) => Some(values.clone()),
            _ => None,
        })
    }

    /// Weights as exact shares.
    pub(super) fn shares(&self, name: &'static str) -> Result<Vec<Rational>, StatsError> {
        self.pick(name, |read| match read {
            Read::Weights(values) => Some(values.clone()),
            _ => None,
        })
    }

    pub(super) fn sequence(&self, name: &'static str) -> Result<Vec<bool>, StatsError> {
        self.pick(name, |read| match read {
            Read::Sequence(values) => Some(values.clone()),
            _ => None,
        })
    }

    pub(super) fn word(&self, name: &'static str) -> Result<&'static str, StatsError> {
        self.pick(name, |read| match read {
            Read::Word(word) => Some(*word),
            _ => None,
        })
    }

    /// The value, if it was declared with the kind that the quantity asks for; a test computes every
    /// quantity once, so that no user meets the error.
    fn pick<T>(
        &self,
        name: &'static str,
        of_kind: impl Fn(&Read) -> Option<T>,
    ) -> Result<T, StatsError> {
        self.read
            .get(name)
            .and_then(of_kind)
            .ok_or_else(|| StatsError::Domain {
                name,
                expected: "declared with the kind that is asked for",
                value: "another".into(),
            })
    }
}

impl Kind {
    /// What may stand behind the `=`, in words.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Whole => "a whole number such as 15".into(),
            Self::Share => "a share such as 0.2, 1/5 or 20%".into(),
            Self::Real => "a number such as 0.2, 1/5, 20% or 1e-4".into(),
            Self::Reals => "numbers such as 0.25,0.5,1".into(),
            Self::Wholes => "whole numbers such as 16,4".into(),
            Self::Weights => "weights such as 80,20 or 0.8,0.2".into(),
            Self::Sequence => "a sequence of two signs such as 1222211".into(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
        }
    }
}

fn parse(kind: Kind, text: &str) -> Option<Read> {
    Some(match kind {
        Kind::Whole => Read::Whole(whole(text)?),
        Kind::Share => {
            Read::Share(exact(text).filter(|share| *share <= Rational::from_integer(1))?)
        }
        Kind::Real => Read::Real(real(text)?),
        Kind::Reals => Read::Reals(text.split(',').map(real).collect::<Option<_>>()?),
        Kind::Wholes => Read::Wholes(text.split(',').map(whole).collect::<Option<_>>()?),
        Kind::Weights => Read::Weights(weights(text)?),
        Kind::Sequence => Read::Sequence(sequence(text)?),
        Kind::Word(words) => Read::Word(words.iter().find(|word| **word == text)?),
    })
}

/// A whole number; `1e6` and `1_000_000` are whole too.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "");
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let (digits, zeros) = text.split_once(['e', 'E'])?;
    let power = 10_u64.checked_pow(zeros.parse().ok()?)?;
    digits.parse::<u64>().ok()?.checked_mul(power)
}

/// An exact number: `0.2`, `1/5` or `20%`.
fn exact(text: &str) -> Option<Rational> {
    let text = text.trim();
    if let Some(percent) = text.strip_suffix('%') {
        return Some(parse_decimal(percent.trim())? / Rational::from_integer(100));
    }
    match text.split_once('/') {
        Some((numerator, denominator)) => {
            let denominator = whole(denominator)?;
            (denominator > 0).then_some(())?;
            Some(Ratio::new(whole(numerator)?, denominator))
        }
        None => parse_decimal(text),
    }
}

/// A real number; negative ones and exponents too.
fn real(text: &str) -> Option<f64> {
    let exact = exact(text).map(to_f64);
    let parsed = || text.trim().parse().ok();
    exact
        .or_else(parsed)
        .filter(|value: &f64| value.is_finite())
}

/// Weights as shares of their sum.
fn weights(text: &str) -> Option<Vec<Rational>> {
    let weights: Vec<Rational> = text.split(',').map(exact).collect::<Option<_>>()?;
    // Over the common denominator the weights are whole, and so is their sum.
    let common = weights
        .iter()
        .try_fold(1_u64, |all, weight| checked_lcm(all, *weight.denom()))?;
    let whole: Vec<u64> = weights
        .iter()
        .map(|weight| weight.numer().checked_mul(common / weight.denom()))
        .collect::<Option<_>>()?;
    let total = whole
        .iter()
        .try_fold(0_u64, |sum, &weight| sum.checked_add(weight))?;
    (total > 0).then(|| {
        whole
            .iter()
            .map(|&weight| Ratio::new(weight, total))
            .collect()
    })
}

fn checked_lcm(one: u64, other: u64) -> Option<u64> {
    (one / num_integer::gcd(one, other)).checked_mul(other)
}

/// Two different signs at most; the one that comes first counts as the first outcome.
fn sequence(text: &str) -> Option<Vec<bool>> {
    let signs: Vec<char> = text
        .chars()
        .filter(|sign| !sign.is_whitespace() && *sign != ',')
        .collect();
    let first = *signs.first()?;
    let mut others: Vec<char> = signs
        .iter()
        .copied()
        .filter(|sign| *sign != first)
        .collect();
    others.dedup();
    (others.len() <= 1 || others.iter().all(|sign| *sign == others[0]))
        .then(|| signs.iter().map(|sign| *sign == first).collect())
}
