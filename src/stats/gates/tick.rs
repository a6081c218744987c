//! What one check comes to: how many requests the window holds, how many of them fail, and whether
//! the share that is left is accepted.

use super::binomial_walk::BinomialWalk;
use crate::stats::binomial::Binomial;
use crate::stats::poisson::{Masses, Poisson, Tails};
use crate::stats::{Rational, StatsError};

/// How many requests of the new version a window holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Requests {
    /// Always the same number.
    Fixed(u64),
    /// That share of so many, each request sent at random: binomial.
    Split {
        /// Requests to all versions together.
        all: u64,
        /// The share that this version gets, in [0, 1].
        share: f64,
    },
    /// Poisson with this mean: random arrivals, split at random.
    Poisson(f64),
}

impl Requests {
    /// The expected number.
    #[must_use]
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed(n) => n as f64,
            Self::Split { all, share } => all as f64 * share,
            Self::Poisson(mean) => mean,
        }
    }

    /// Fewer requests than that are less likely than 10^-25; 0 where none is that unlikely.
    #[must_use]
    pub fn least(self) -> f64 {
        match self {
            Self::Fixed(n) => n as f64,
            Self::Split { .. } | Self::Poisson(_) => {
                let mean = self.mean();
                (mean - 11.0 * mean.sqrt() - 50.0).max(0.0)
            }
        }
    }

    /// P(no request at all).
    #[must_use]
    pub fn none(self) -> f64 {
        match self {
            Self::Fixed(n) => f64::from(u8::from(n == 0)),
            Self::Split { all, share } => (all as f64 * libm::log1p(-share)).exp(),
            Self::Poisson(mean) => (-mean).exp(),
        }
    }

    /// The law of the requests of so many windows together.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if the numbers are beyond the limits of their laws.
    pub fn of_windows(self, windows: u64) -> Result<Masses, StatsError> {
        match self {
            Self::Fixed(n) => Ok(Masses {
                first: n.saturating_mul(windows),
                masses: vec![1.0],
            }),
            Self::Poisson(mean) => Ok(Poisson::new(mean * windows as f64)?.masses()),
            Self::Split { all, share } => {
                let law = Binomial::new(all.saturating_mul(windows), share)?;
                Ok(Masses::of_binomial(&law))
            }
        }
    }
}

/// An end of an interval of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Where it is, in [0, 1] or beyond.
    pub share: Rational,
    /// Whether it belongs to the interval.
    pub inclusive: bool,
}

/// An interval of shares; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// The lower end.
    pub lower: Option<End>,
    /// The upper end.
    pub upper: Option<End>,
}

impl Shares {
    /// Shares of at least that.
    #[must_use]
    pub fn at_least(share: Rational) -> Self {
        Self {
            lower: Some(End {
                share,
                inclusive: true,
            }),
            upper: None,
        }
    }

    /// The shares that lie in both; an interval that may be empty.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let narrower = |ours: Option<End>, theirs: Option<End>, higher: bool| match (ours, theirs) {
            (Some(a), Some(b)) if a.share == b.share => Some(End {
                share: a.share,
                inclusive: a.inclusive && b.inclusive,
            }),
            (Some(a), Some(b)) => Some(if (a.share > b.share) == higher { a } else { b }),
            (one, None) => one,
            (None, one) => one,
        };
        Self {
            lower: narrower(self.lower, other.lower, true),
            upper: narrower(self.upper, other.upper, false),
        }
    }

    /// The counts of `n` whose share lies in the interval, as `low..=high`; `None` if there is
    /// none.
    #[must_use]
    pub fn counts_of(&self, n: u64) -> Option<(u64, u64)> {
        let low = self.lower.map_or(0, |end| {
            let product = u128::from(n) * u128::from(*end.share.numer());
            let (quotient, rest) = divided(product, *end.share.denom());
            quotient + u128::from(rest > 0 || !end.inclusive)
        });
        let high = match self.upper {
            None => u128::from(n),
            Some(end) => {
                let product = u128::from(n) * u128::from(*end.share.numer());
                let (quotient, rest) = divided(product, *end.share.denom());
                match rest == 0 && !end.inclusive {
                    true => quotient.checked_sub(1)?,
                    false => quotient,
                }
            }
        };
        let high = high.min(u128::from(n));
        let fits = u64::try_from(low).ok().filter(|_| low <= high)?;
        Some((fits, u64::try_from(high).ok()?))
    }

    /// With `others` requests outside, the counts inside whose share of the whole lies in the
    /// interval, as `low..=high`; `None` if there is none. Without any request there is no share.
    pub(super) fn counts_beside(&self, others: u64) -> Option<(u64, u64)> {
        // g / (g + e) ≥ a/b  ⇔  g (b − a) ≥ e a.
        let beside = |end: End| -> Option<(u128, u64)> {
            let (a, b) = (*end.share.numer(), *end.share.denom());
            (a < b).then(|| divided(u128::from(others) * u128::from(a), b - a))
        };
        let floor = u128::from(others == 0);
        let low = match self.lower {
            None => 0,
            Some(end) => match beside(end) {
                Some((_, _)) if others == 0 => u128::from(end.share < Rational::from_integer(1)),
                Some((quotient, rest)) => quotient + u128::from(rest > 0 || !end.inclusive),
                // At least all of them: only without others.
                None if others == 0 && end.share == Rational::from_integer(1) && end.inclusive => 0,
                None => return None,
            },
        };
        let high = match self.upper {
            None => u128::from(u64::MAX),
            Some(end) if others == 0 => {
                // The share is 1, whatever the count.
                let one = Rational::from_integer(1);
                let accepts = end.share > one || (end.share == one && end.inclusive);
                return (accepts && low <= u128::from(u64::MAX))
                    .then_some((u64::try_from(low.max(floor)).ok()?, u64::MAX));
            }
            Some(end) => match beside(end) {
                None => u128::from(u64::MAX),
                Some((quotient, rest)) if rest == 0 && !end.inclusive => quotient.checked_sub(1)?,
                Some((quotient, _)) => quotient,
            },
        };
        let low = low.max(floor);
        let high = high.min(u128::from(u64::MAX));
        let low64 = u64::try_from(low).ok().filter(|_| low <= high)?;
        Some((low64, u64::try_from(high).ok()?))
    }
}

fn divided(dividend: u128, divisor: u64) -> (u128, u64) {
    // Nearly always; dividing 128 bits takes ten times as long.
    if let Ok(dividend) = u64::try_from(dividend) {
        return ((dividend / divisor).into(), dividend % divisor);
    }
    let divisor = u128::from(divisor);
    #[expect(clippy::cast_possible_truncation, reason = "below the divisor")]
    let rest = (dividend % divisor) as u64;
    (dividend / divisor, rest)
}

/// What a tick comes to. The three sum to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickLaw {
    /// P(there are requests, and every check accepts them).
    pub pass: f64,
    /// P(there are requests, and a check does not accept them).
    pub fail: f64,
    /// P(there is no request).
    pub no_data: f64,
}

impl TickLaw {
    /// A tick that always passes: nothing is checked.
    pub const PASSES: Self = Self {
        pass: 1.0,
        fail: 0.0,
        no_data: 0.0,
    };

    /// P(it does not pass).
    #[must_use]
    pub fn fails(&self) -> f64 {
        self.fail + self.no_data
    }
}

/// The law of a check on the share of requests that succeed, each of which fails with probability
/// `error_rate`, independently. Relative error below 10^-10 in `pass` and in `fail`, as long as
/// they are above 10^-20.
///
/// # Errors
/// [`StatsError::Domain`] unless `error_rate` lies in [0, 1] and the number of requests is within
/// the limits of its law.
///
/// ```
/// # use shiftsim::stats::{Rational, gates::tick::{Requests, Shares, success_check}};
/// // 60 requests, at least 99%: not a single error
/// let at_least = Shares::at_least(Rational::new(99, 100));
/// let law = success_check(Requests::Fixed(60), 0.02, &at_least)?;
/// assert!((law.pass - 0.98f64.powi(60)).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn success_check(
    requests: Requests,
    error_rate: f64,
    accepted: &Shares,
) -> Result<TickLaw, StatsError> {
    match requests {
        Requests::Fixed(n) => fixed(n, error_rate, accepted),
        Requests::Poisson(mean) => poisson(mean, error_rate, accepted),
        Requests::Split { .. } => mixed(requests, error_rate, accepted),
    }
}

/// The number of requests is random: a mixture of fixed ones.
fn mixed(requests: Requests, error_rate: f64, accepted: &Shares) -> Result<TickLaw, StatsError> {
    if let Some(law) = decided(requests, error_rate, accepted) {
        return Ok(law);
    }
    let (mut pass, mut fail) = (0.0, 0.0);
    let mut walk: Option<BinomialWalk> = None;
    for (n, mass) in requests.of_windows(1)?.iter().filter(|&(n, _)| n > 0) {
        let (passes, fails) = match (accepted.counts_of(n), &mut walk) {
            (Some((low, high)), walk) if high == n && error_rate < 1.0 => {
                let errors = n - low;
                let walk = match walk {
                    Some(walk) => {
                        walk.to(n, errors)?;
                        walk
                    }
                    None => walk.insert(BinomialWalk::new(n, errors, error_rate)?),
                };
                (walk.below(), walk.above())
            }
            _ => {
                let given = fixed(n, error_rate, accepted)?;
                (given.pass, given.fail)
            }
        };
        pass += mass * passes;
        fail += mass * fails;
    }
    Ok(TickLaw {
        pass,
        fail,
        no_data: requests.none(),
    })
}

fn fixed(n: u64, error_rate: f64, accepted: &Shares) -> Result<TickLaw, StatsError> {
    let errors = Binomial::new(n, error_rate)?;
    if n == 0 {
        return Ok(TickLaw {
            pass: 0.0,
            fail: 0.0,
            no_data: 1.0,
        });
    }
    let (pass, fail) = match accepted.counts_of(n) {
        Some((low, high)) => (
            errors.between(n - high, n - low),
            errors.outside(n - high, n - low),
        ),
        None => (0.0, 1.0),
    };
    Ok(TickLaw {
        pass,
        fail,
        no_data: 0.0,
    })
}

/// The law of a check that so many requests decide nearly surely: by Chernoff's bound the other
/// answer is less likely than any sum would feel. `None` where the bound does not say that.
fn decided(requests: Requests, error_rate: f64, accepted: &Shares) -> Option<TickLaw> {
    let (Some(lower), None) = (accepted.lower, accepted.upper) else {
        return None;
    };
    let least = requests.least();
    if least <= 0.0 || !(0.0..1.0).contains(&error_rate) || error_rate == 0.0 {
        return None;
    }
    let limit = 1.0 - *lower.share.numer() as f64 / *lower.share.denom() as f64;
    if !(0.0..1.0).contains(&limit) {
        return None;
    }
    // Rounding to whole requests moves the limit by at most one of them.
    let (passes, nearest) = match limit > error_rate {
        true => (true, limit - 1.0 / least),
        false => (false, limit + 1.0 / least),
    };
    if passes != (nearest > error_rate) || !(0.0..1.0).contains(&nearest) {
        return None;
    }
    let divergence =
        entropy_term(nearest, error_rate) + entropy_term(1.0 - nearest, 1.0 - error_rate);
    let no_data = requests.none();
    (least * divergence > UNFELT).then_some(TickLaw {
        pass: if passes { 1.0 - no_data } else { 0.0 },
        fail: if passes { 0.0 } else { 1.0 - no_data },
        no_data,
    })
}

/// −ln of a probability that no sum would feel: 10⁻²⁵.
const UNFELT: f64 = 57.6;

/// a ln(a/b), 0 for a = 0.
fn entropy_term(a: f64, b: f64) -> f64 {
    match a {
        0.0 => 0.0,
        _ => a * libm::log(a / b),
    }
}

/// Errors and successes of a Poisson number of requests are two independent Poisson numbers.
fn poisson(mean: f64, error_rate: f64, accepted: &Shares) -> Result<TickLaw, StatsError> {
    if !(0.0..=1.0).contains(&error_rate) {
        let expected = "a probability in [0, 1]";
        return Err(StatsError::domain("error_rate", expected, error_rate));
    }
    if let Some(law) = decided(Requests::Poisson(mean), error_rate, accepted) {
        return Ok(law);
    }
    let errors = Poisson::new(mean * error_rate)?.masses();
    let successes = Poisson::new(mean * (1.0 - error_rate))?.masses().tails();
    let (mut pass, mut fail) = (0.0, 0.0);
    for (count, mass) in errors.iter() {
        let least = u64::from(count == 0);
        let (inside, outside) = match accepted.counts_beside(count) {
            Some((low, high)) => (
                successes.between(low, high),
                outside(&successes, least, low, high),
            ),
            None => (0.0, successes.at_least(least)),
        };
        pass += mass * inside;
        fail += mass * outside;
    }
    Ok(TickLaw {
        pass,
        fail,
        no_data: (-mean).exp(),
    })
}

/// P(X ≥ least, and X < low or X > high).
fn outside(tails: &Tails, least: u64, low: u64, high: u64) -> f64 {
    let below = match low {
        0 => 0.0,
        _ => tails.between(least, low - 1),
    };
    let above = match high.checked_add(1) {
        Some(after) => tails.at_least(after),
        None => 0.0,
    };
    below + above
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn end(numerator: u64, denominator: u64, inclusive: bool) -> End {
        End {
            share: Rational::new(numerator, denominator),
            inclusive,
        }
    }

    #[test]
    fn counts_in_an_interval_are_exact() {
        let at_least = Shares::at_least(Rational::new(99, 100));
        assert_eq!(at_least.counts_of(100), Some((99, 100)));
        assert_eq!(at_least.counts_of(99), Some((99, 99)));
        let above = Shares {
            lower: Some(end(99, 100, false)),
            upper: None,
        };
        assert_eq!(above.counts_of(100), Some((100, 100)));
        let below = Shares {
            lower: None,
            upper: Some(end(1, 2, false)),
        };
        assert_eq!(below.counts_of(4), Some((0, 1)));
        assert_eq!(below.and(above).counts_of(100), None);
    }

    #[test]
    fn a_random_split_lies_between_fixed_and_poisson_numbers() {
        // scipy: sums of binom(60, w) × binom(n, 0.02), five failed checks, weights 10% to 50%.
        let accepted = Shares::at_least(Rational::new(99, 100));
        let steps: Vec<TickLaw> = [0.1, 0.2, 0.3, 0.4, 0.5]
            .into_iter()
            .map(|share| Requests::Split { all: 60, share })
            .map(|requests| success_check(requests, 0.02, &accepted).unwrap())
            .collect();
        let gate = crate::stats::gates::cumulative::characteristic(&steps, 5).unwrap();
        assert!((gate.promoted - 0.877_789_230_549_233_4).abs() < 1e-11);
        assert!((steps[0].no_data - 0.9f64.powi(60)).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn a_poisson_number_is_a_mixture_of_fixed_ones(
            mean in 0.01..40.0f64,
            rate in 0.0..0.5f64,
            low in 0u64..=20,
            width in 0u64..=20,
            inclusive: bool,
        ) {
            let accepted = Shares {
                lower: Some(end(low, 20, inclusive)),
                upper: (width < 15).then(|| end(low + width, 20, !inclusive)),
            };
            let law = success_check(Requests::Poisson(mean), rate, &accepted).unwrap();
            let numbers = Poisson::new(mean).unwrap().masses();
            let (mut pass, mut fail) = (0.0, 0.0);
            for (n, mass) in numbers.iter() {
                let given = success_check(Requests::Fixed(n), rate, &accepted).unwrap();
                pass += mass * given.pass;
                fail += mass * given.fail;
            }
            prop_assert!((law.pass - pass).abs() < 1e-12, "{law:?} {pass}");
            prop_assert!((law.fail - fail).abs() < 1e-12, "{law:?} {fail}");
            prop_assert!((law.pass + law.fail + law.no_data - 1.0).abs() < 1e-11);
        }
    }
}
