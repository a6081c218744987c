//! A percentage as Envoy holds it: a fraction of 100, 10,000 or a million.
//!
//! Source: envoyproxy/envoy, `api/envoy/type/v3/percent.proto` (`FractionalPercent`) and
//! `source/common/protobuf/utility.cc` (`evaluateFractionalPercent`).

use std::fmt;

use crate::units::Rational;

/// What the numerator counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Denominator {
    /// Percent.
    #[default]
    Hundred,
    /// Hundredths of a percent.
    TenThousand,
    /// Ten-thousandths of a percent, which Istio writes.
    Million,
}

impl Denominator {
    /// The number itself.
    #[must_use]
    pub const fn value(self) -> u32 {
        match self {
            Self::Hundred => 100,
            Self::TenThousand => 10_000,
            Self::Million => 1_000_000,
        }
    }
}

/// The share of requests that something happens to. A numerator beyond the denominator means all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FractionalPercent {
    /// Of how many out of [`Denominator::value`].
    pub numerator: u32,
    /// What the numerator counts in.
    pub denominator: Denominator,
}

impl FractionalPercent {
    /// Every request.
    pub const ALWAYS: Self = Self::percent(100);
    /// No request.
    pub const NEVER: Self = Self::percent(0);

    /// Whole percent, over 100: how Istio writes the old `mirrorPercent`, and Gateway API `percent`.
    #[must_use]
    pub const fn percent(numerator: u32) -> Self {
        Self {
            numerator,
            denominator: Denominator::Hundred,
        }
    }

    /// Istio's `percentage.value`: ⌊p · 10,000⌋ over a million, so that nothing finer than
    /// 0.0001% remains. Below 0 and NaN count as 0.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/route.go`
    /// (`translatePercentToFractionalPercent`).
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "upstream truncates; the conversion saturates"
    )]
    pub fn istio(percent: f64) -> Self {
        Self {
            numerator: (percent * 10_000.0) as u32,
            denominator: Denominator::Million,
        }
    }

    /// Whether it happens to the request with this random number: R mod D < numerator.
    #[must_use]
    pub const fn covers(self, random_value: u64) -> bool {
        random_value % (self.denominator.value() as u64) < self.numerator as u64
    }

    /// The share as an exact fraction, at most 1.
    #[must_use]
    pub fn share(self) -> Rational {
        let denominator = self.denominator.value();
        Rational::new(self.numerator.min(denominator).into(), denominator.into())
    }
}

impl fmt::Display for FractionalPercent {
    /// As a percentage: `12.5%`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = crate::units::to_f64(self.share() * 100);
        write!(formatter, "{percent}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remainder_decides() {
        let tenth = FractionalPercent::percent(10);
        assert_eq!(
            [109, 110, 9, 10].map(|r| tenth.covers(r)),
            [true, false, true, false]
        );
        assert!(FractionalPercent::ALWAYS.covers(u64::MAX));
        assert!(!FractionalPercent::NEVER.covers(0));
    }

    #[test]
    fn istio_truncates_to_millionths() {
        let numerator = |percent| FractionalPercent::istio(percent).numerator;
        assert_eq!(numerator(100.0), 1_000_000);
        assert_eq!(numerator(0.1), 1000);
        assert_eq!(numerator(0.00019), 1);
        assert_eq!(numerator(0.00009), 0);
        // In doubles, 0.0003·10,000 is 2.9999…
        assert_eq!(numerator(0.0003), 2);
        assert_eq!(numerator(0.043), 429);
        assert_eq!(numerator(-1.0), 0);
        assert_eq!(numerator(f64::NAN), 0);
    }

    #[test]
    fn shares_are_exact() {
        assert_eq!(FractionalPercent::istio(12.5).share(), Rational::new(1, 8));
        assert_eq!(FractionalPercent::istio(12.5).to_string(), "12.5%");
        assert_eq!(FractionalPercent::percent(300).share(), Rational::new(1, 1));
    }
}
