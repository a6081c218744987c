//! Signed exact fractions, for what queries and conditions compute.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

use crate::units::{Rational, parse_decimal};

/// An exact fraction with a sign.
pub(super) type Exact = Ratio<i128>;

/// A whole number.
pub(super) fn whole(number: i128) -> Exact {
    Exact::from_integer(number)
}

/// Reads `5`, `0.95`, `-1` or `1e-3`; `None` for anything else, or more than 18 digits.
pub(super) fn parse(text: &str) -> Option<Exact> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    // `.5` is a number here, and to Prometheus and Argo.
    let padded = match digits.strip_prefix('.') {
        Some(fraction) => format!("0.{fraction}"),
        None => digits.to_owned(),
    };
    let value = parse_decimal(padded.trim_end_matches('.'))?;
    let value = Exact::new((*value.numer()).into(), (*value.denom()).into());
    let power = whole(10_i128.checked_pow(exponent.unsigned_abs().min(40))?);
    let value = match exponent {
        0 => value,
        1.. => multiply(value, power)?,
        _ => divide(value, power)?,
    };
    Some(if negative { -value } else { value })
}

/// The sum, if it fits.
pub(super) fn add(a: Exact, b: Exact) -> Option<Exact> {
    a.checked_add(&b)
}

/// The difference, if it fits.
pub(super) fn subtract(a: Exact, b: Exact) -> Option<Exact> {
    a.checked_sub(&b)
}

/// The product, if it fits.
pub(super) fn multiply(a: Exact, b: Exact) -> Option<Exact> {
    a.checked_mul(&b)
}

/// The quotient, if there is one that fits.
pub(super) fn divide(a: Exact, b: Exact) -> Option<Exact> {
    (*b.numer() != 0).then(|| a.checked_div(&b)).flatten()
}

/// As a fraction without a sign; `None` below zero or if it does not fit.
pub(super) fn unsigned(value: Exact) -> Option<Rational> {
    let numerator = u64::try_from(*value.numer()).ok()?;
    let denominator = u64::try_from(*value.denom()).ok()?;
    Some(Rational::new(numerator, denominator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(parse("0.95"), Some(Exact::new(19, 20)));
        assert_eq!(parse("-1"), Some(whole(-1)));
        assert_eq!(parse(".5"), Some(Exact::new(1, 2)));
        assert_eq!(parse("1e-3"), Some(Exact::new(1, 1000)));
        assert_eq!(parse("2E3"), Some(whole(2000)));
        for text in ["", "-", "x", "1e", "1e99", "--1", "1.2.3"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(unsigned(whole(-1)), None);
        assert_eq!(divide(whole(1), whole(0)), None);
    }
}
