//! The Bayesian answer: the probability that the canary's error rate is the higher one.
//!
//! Note that watching it and stopping when it is convincing inflates false alarms, as with any
//! fixed test.

use super::StatsError;
use crate::stats::special::{Fraction, ln_beta, ln_binomial_density, regularised_beta};

/// The longest finite sum that is used; beyond it, quadrature is the more accurate.
const MAX_TERMS: f64 = 20_000.0;

/// The most points of a quadrature: some seconds.
const MAX_POINTS: f64 = 2e6;

/// Where a density is below this, it adds nothing to a result of 10^-250.
const NEGLIGIBLE_DENSITY: f64 = 1e-270;

/// Below this, a complement has lost too many digits.
const LOST: f64 = 0.1;

/// A beta law of an error rate, with shape parameters above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaLaw {
    a: f64,
    b: f64,
}

impl BetaLaw {
    /// The uniform prior, Beta(1, 1).
    pub const UNIFORM: Self = Self { a: 1.0, b: 1.0 };
    /// Jeffreys' prior, Beta(½, ½).
    pub const JEFFREYS: Self = Self { a: 0.5, b: 0.5 };

    /// Beta(a, b).
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both are positive and finite.
    pub fn new(a: f64, b: f64) -> Result<Self, StatsError> {
        for (name, shape) in [("a", a), ("b", b)] {
            if !(shape > 0.0 && shape.is_finite()) {
                return Err(StatsError::domain(name, "positive and finite", shape));
            }
        }
        Ok(Self { a, b })
    }

    /// The law after `errors` errors in `requests` requests.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if there are more errors than requests.
    pub fn updated(self, errors: u64, requests: u64) -> Result<Self, StatsError> {
        let Some(successes) = requests.checked_sub(errors) else {
            return Err(StatsError::domain("errors", "at most all requests", errors));
        };
        Ok(Self {
            a: self.a + errors as f64,
            b: self.b + successes as f64,
        })
    }

    /// P(a rate of this law is above an independent rate of the other).
    ///
    /// A finite sum of positive terms where one of the four parameters is a whole number (up to
    /// 20,000), else trapezoid quadrature over the log odds, which converges geometrically. Relative
    /// error below 10^-9. Source of the sum: E. Miller, "Formulas for
    /// Bayesian A/B Testing" (2014).
    ///
    /// # Errors
    /// [`StatsError::Limit`] or [`StatsError::Precision`] if the quadrature would need more than some
    /// 10^6 points (two laws of very different widths).
    pub fn probability_above(self, other: Self) -> Result<f64, StatsError> {
        // P(p > p') = P(q' > q): both are sums over the parameter that comes first here.
        let direct = [(self, other), (other.mirrored(), self.mirrored())];
        let complementary = [(other, self), (self.mirrored(), other.mirrored())];
        let (above, terms) = shortest(direct);
        let (below, complementary_terms) = shortest(complementary);
        if complementary_terms < terms {
            let probability = 1.0 - finite_sum(below.0, below.1);
            if probability > LOST {
                return Ok(probability);
            }
        }
        if terms <= MAX_TERMS {
            return Ok(finite_sum(above.0, above.1));
        }
        self.quadrature(other)
    }

    /// The law of 1 − p.
    fn mirrored(self) -> Self {
        Self {
            a: self.b,
            b: self.a,
        }
    }

    /// ∫ P(p' ≤ x) f(x) dx over t = ln (x/(1−x)), where f(x) dx/dt = x^a (1−x)^b / B(a, b): by the
    /// trapezoid rule, its step halved until nothing changes.
    fn quadrature(self, other: Self) -> Result<f64, StatsError> {
        let precision = 1.0 / (1.0 / self.a + 1.0 / self.b) + 1.0 / (1.0 / other.a + 1.0 / other.b);
        let mut step = (0.8 / precision.sqrt()).min(0.5);
        let (mut sum, mut points) = self.sum_over_grid(other, 0.0, step)?;
        while points < MAX_POINTS {
            let (between, more) = self.sum_over_grid(other, 0.5 * step, step)?;
            let settled = (between - sum).abs() <= 1e-11 * sum;
            sum += between;
            points += more;
            step *= 0.5;
            if settled {
                return Ok((sum * step).min(1.0));
            }
        }
        Err(StatsError::Precision {
            what: "the probability that one rate is above another",
        })
    }

    /// The integrand summed over t = centre + offset + i step, for all whole i where the density is
    /// not negligible; and how many those are.
    fn sum_over_grid(self, other: Self, offset: f64, step: f64) -> Result<(f64, f64), StatsError> {
        let centre = (self.a / self.b).ln();
        let (mut sum, mut points) = (0.0, 0.0);
        for (from, direction) in [(0.0, 1.0), (-1.0, -1.0)] {
            let mut i = from;
            loop {
                let odds = (centre + offset + i * step).exp();
                let (x, rest) = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
                let density = self.log_odds_density(x, rest);
                if density < NEGLIGIBLE_DENSITY {
                    break;
                }
                sum += density * regularised_beta(other.a, other.b, x)?;
                i += direction;
                points += 1.0;
                if points > MAX_POINTS {
                    return Err(StatsError::Limit {
                        what: "comparing two laws of such shapes".to_owned(),
                        limit: format!("{MAX_POINTS:e} points"),
                    });
                }
            }
        }
        Ok((sum, points))
    }

    /// x^a (1−x)^b / B(a, b), where `rest` is 1 − x.
    fn log_odds_density(self, x: f64, rest: f64) -> f64 {
        let n = self.a + self.b;
        let (p, q) = (Fraction::exact(x), Fraction::exact(rest));
        ln_binomial_density(self.a, self.b, n, p, q).exp() * self.a * (self.b / n)
    }
}

/// The pair with the fewer terms, and how many; infinitely many if neither is whole.
fn shortest(pairs: [(BetaLaw, BetaLaw); 2]) -> ((BetaLaw, BetaLaw), f64) {
    let terms = |pair: &(BetaLaw, BetaLaw)| {
        let a = pair.0.a;
        if a.fract() == 0.0 { a } else { f64::INFINITY }
    };
    let [one, other] = pairs;
    if terms(&other) < terms(&one) {
        (other, terms(&other))
    } else {
        (one, terms(&one))
    }
}

/// P(p > p') = Σ_{i<a} B(a'+i, b+b') / ((b+i) B(1+i, b) B(a', b')), for p of the law (a, b) with a
/// whole, and p' of the law (a', b'). The terms are positive; each follows from the one before.
fn finite_sum(law: BetaLaw, other: BetaLaw) -> f64 {
    let both = law.b + other.b;
    let mut ln_scale = ln_beta(other.a, both) - ln_beta(other.a, other.b);
    let mut term = 1.0;
    let mut sum = 0.0;
    let mut i = 0.0;
    while i < law.a {
        sum += term;
        term *= (other.a + i) * (law.b + i) / ((other.a + both + i) * (1.0 + i));
        if sum > 1e200 {
            ln_scale += 1e200_f64.ln();
            sum *= 1e-200;
            term *= 1e-200;
        }
        i += 1.0;
    }
    (ln_scale + sum.ln()).exp().min(1.0)
}

/// Errors seen on one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Requests that failed.
    pub errors: u64,
    /// All requests.
    pub requests: u64,
}

/// P(the canary's error rate is above the stable version's | data), under independent priors.
///
/// # Errors
/// As [`BetaLaw::updated`] and [`BetaLaw::probability_above`].
///
/// ```
/// # use shiftsim::stats::planning::canary_worse::{probability_canary_worse, BetaLaw, Observed};
/// let canary = Observed { errors: 8, requests: 500 };
/// let stable = Observed { errors: 50, requests: 5000 };
/// let worse = probability_canary_worse(canary, stable, BetaLaw::UNIFORM)?;
/// assert!((worse - 0.9160629351208486).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn probability_canary_worse(
    canary: Observed,
    stable: Observed,
    prior: BetaLaw,
) -> Result<f64, StatsError> {
    let canary = prior.updated(canary.errors, canary.requests)?;
    let stable = prior.updated(stable.errors, stable.requests)?;
    canary.probability_above(stable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn closed_forms() {
        let uniform = BetaLaw::UNIFORM;
        assert!((uniform.probability_above(uniform).unwrap() - 0.5).abs() < 1e-15);
        // P(max of two uniforms > a third) = 2/3
        let larger = BetaLaw::new(2.0, 1.0).unwrap();
        assert!((larger.probability_above(uniform).unwrap() - 2.0 / 3.0).abs() < 1e-15);
        let jeffreys = BetaLaw::JEFFREYS;
        assert!((jeffreys.probability_above(jeffreys).unwrap() - 0.5).abs() < 1e-13);
        assert!(BetaLaw::new(0.0, 1.0).is_err());
        assert!(uniform.updated(2, 1).is_err());
    }

    fn law() -> impl Strategy<Value = BetaLaw> {
        (0.0..6.0f64, 0.0..6.0f64).prop_map(|(a, b)| BetaLaw {
            a: a.exp().round(),
            b: b.exp().round(),
        })
    }

    proptest! {
        #[test]
        fn sum_and_quadrature_agree(one in law(), other in law()) {
            let sum = finite_sum(one, other);
            let quadrature = one.quadrature(other).unwrap();
            prop_assert!((sum - quadrature).abs() <= 1e-10 * sum + 1e-250, "{sum} {quadrature}");
            let chosen = one.probability_above(other).unwrap();
            prop_assert!((sum - chosen).abs() <= 1e-10 * sum + 1e-250);
        }

        #[test]
        fn one_of_the_two_is_worse(one in law(), other in law(), half in 0.0..2.0f64) {
            let shifted = BetaLaw { a: one.a + half, ..one };
            let above = shifted.probability_above(other).unwrap();
            let below = other.probability_above(shifted).unwrap();
            prop_assert!((above + below - 1.0).abs() < 1e-10);
        }
    }
}
