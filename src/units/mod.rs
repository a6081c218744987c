//! Units as types: virtual time, rates and exact decimals.
//!
//! A leaf: it knows nothing of the rest. What is a plain count (requests, weights) stays an integer
//! and is not wrapped here.

pub mod display;
mod nanos;

use std::fmt;
use std::time::Duration;

use num_rational::Ratio;

pub use nanos::{sum_nanos, whole_nanos};

/// An exact non-negative fraction. Shares and tolerances are held as fractions, because
/// |3/20 − 0.2| ≤ 0.05 is true and in `f64` it is not.
pub type Rational = Ratio<u64>;

/// The nearest `f64` to an exact fraction.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest f64 is the purpose"
)]
pub fn to_f64(ratio: Rational) -> f64 {
    *ratio.numer() as f64 / *ratio.denom() as f64
}

/// Reads a non-negative decimal such as `5`, `2.5` or `99.99` exactly.
///
/// Returns `None` for anything else: a sign, an exponent, an empty text, or more digits than fit
/// (18 in all).
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Rational> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len() + fraction.len();
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || text.ends_with('.') || digits > 18 {
        return None;
    }
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let numerator: u64 = format!("{whole}{fraction}").parse().ok()?;
    let denominator = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some(Ratio::new(numerator, denominator))
}

/// A moment of virtual time: nanoseconds since the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(u64);

impl SimTime {
    /// The moment a run begins.
    pub const ZERO: Self = Self(0);

    /// The moment that many nanoseconds after the beginning.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the run began.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the run began, for display and charts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for display only")]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The moment `span` later; the end of time (584 years) if that would be beyond it.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

/// Requests per second, exact and above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Rational);

impl Rate {
    /// A rate of `per_second` requests a second; `None` if it is zero.
    #[must_use]
    pub fn new(per_second: Rational) -> Option<Self> {
        (*per_second.numer() > 0).then_some(Self(per_second))
    }

    /// One request a second: a person who refreshes a page.
    #[must_use]
    pub fn one_per_second() -> Self {
        Self(Ratio::from_integer(1))
    }

    /// Requests per second.
    #[must_use]
    pub fn per_second(self) -> Rational {
        self.0
    }

    /// Nanoseconds from the first arrival to arrival number `index` when arrivals are evenly
    /// spaced, rounded down; `None` beyond 584 years.
    #[must_use]
    pub fn nanos_until(self, index: u64) -> Option<u64> {
        let numerator = u128::from(index) * 1_000_000_000 * u128::from(*self.0.denom());
        u64::try_from(numerator / u128::from(*self.0.numer())).ok()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/s", to_f64(self.0))
    }
}

/// A tolerance around a target share, in percentage points: above 0, at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(Rational);

impl Tolerance {
    /// A tolerance of that many percentage points; `None` outside (0, 100], or with more than six
    /// decimals.
    #[must_use]
    pub fn from_points(points: Rational) -> Option<Self> {
        let in_range = *points.numer() > 0 && points <= Ratio::from_integer(100);
        let valid = in_range && 1_000_000 % *points.denom() == 0;
        valid.then_some(Self(points))
    }

    /// In percentage points, as written.
    #[must_use]
    pub fn points(self) -> Rational {
        self.0
    }

    /// As a share: 5 points are 1/20.
    #[must_use]
    pub fn share(self) -> Rational {
        self.0 / 100
    }
}

impl Tolerance {
    /// Whether `count` of `requests` is within the tolerance of `share`, the edges included:
    /// |count/requests − share| ≤ tolerance, compared as exact fractions. False without requests.
    ///
    /// `requests` is at most 10^13 and the denominator of `share` at most 2^32, as everywhere in
    /// a scenario, so that no product overflows.
    #[must_use]
    pub fn includes(self, count: u64, requests: u64, share: Rational) -> bool {
        let [count, requests] = [count, requests].map(u128::from);
        let [numer, denom] = [*share.numer(), *share.denom()].map(u128::from);
        let distance = (count * denom).abs_diff(requests * numer);
        let band = self.share();
        let [band_numer, band_denom] = [*band.numer(), *band.denom()].map(u128::from);
        requests > 0 && distance * band_denom <= band_numer * requests * denom
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self(Ratio::from_integer(5))
    }
}

/// A probability that a person asks for, such as a confidence level, in percent: strictly between
/// 0 and 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfidenceLevel(Rational);

impl ConfidenceLevel {
    /// A level of that many percent; `None` outside (0, 100).
    #[must_use]
    pub fn from_percent(percent: Rational) -> Option<Self> {
        let valid = *percent.numer() > 0 && percent < Ratio::from_integer(100);
        valid.then_some(Self(percent))
    }

    /// In percent, as written.
    #[must_use]
    pub fn percent(self) -> Rational {
        self.0
    }

    /// As a probability: 95% is 0.95.
    #[must_use]
    pub fn probability(self) -> f64 {
        to_f64(self.0 / 100)
    }
}

impl Default for ConfidenceLevel {
    fn default() -> Self {
        Self(Ratio::from_integer(95))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_decimal("2.5"), Some(Ratio::new(5, 2)));
        assert_eq!(parse_decimal("0.05"), Some(Ratio::new(1, 20)));
        assert_eq!(parse_decimal("99.99"), Some(Ratio::new(9999, 100)));
        for text in [
            "",
            ".",
            "5.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "NaN",
            "1_000",
            "1234567890123456789",
        ] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn the_edge_of_the_band_is_inside() {
        let five = Tolerance::from_points(Ratio::from_integer(5)).unwrap();
        let fifth = Ratio::new(1, 5);
        let inside: Vec<u64> = (0..=20)
            .filter(|&count| five.includes(count, 20, fifth))
            .collect();
        assert_eq!(inside, [3, 4, 5]);
        assert!(!five.includes(0, 0, fifth));
    }

    #[test]
    fn evenly_spaced_arrivals_do_not_drift() {
        let rate = Rate::new(Ratio::new(3, 1)).unwrap();
        assert_eq!(rate.nanos_until(3), Some(1_000_000_000));
        assert_eq!(
            rate.nanos_until(3_000_000_000),
            Some(1_000_000_000_000_000_000)
        );
        assert_eq!(rate.nanos_until(u64::MAX), None);
    }
}
