//! Values of a query as functions of the share of successful requests, and their arithmetic.

use std::time::Duration;

use super::NotUnderstood;
use crate::config::rollout::exact::{self, Exact};
use crate::rollout::Buckets;
use crate::units::Rational;

/// A value as a function of the share s of successful requests.
#[derive(Debug, Clone)]
pub(super) enum Value {
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
/// Istio's buckets, or the defaults of Prometheus' client libraries (in seconds .005 to 10).
pub(super) fn buckets(istio: bool) -> Result<Buckets, NotUnderstood> {
    if istio {
        return Ok(Buckets::istio());
    }
    let bounds = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
    Buckets::new(bounds.into_iter().map(Rational::from_integer).collect())
        .map_err(|error| error.to_string())
}
/// How many milliseconds the unit of a histogram is.
pub(super) fn unit(histogram: &str) -> Result<Exact, NotUnderstood> {
    let has = |word: &str| histogram.split('_').any(|part| part == word);
    if has("milliseconds") || has("ms") || has("millis") {
        Ok(exact::whole(1))
    } else if has("seconds") {
        Ok(exact::whole(1000))
    } else {
        Err("the unit of its histogram is not known".into())
    }
}
pub(super) fn times(value: Value, number: Exact) -> Result<Value, NotUnderstood> {
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

pub(super) fn plus(a: Value, b: Value) -> Result<Value, NotUnderstood> {
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
