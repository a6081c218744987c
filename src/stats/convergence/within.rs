//! Within tolerance: W(n) = P(|X/n − share| ≤ tolerance), X ~ Bin(n, share).
//!
//! W is a saw-tooth, not monotone: 0.698 at n = 15 and 0.546 at n = 16 for 50/50 ± 10 points. So
//! there is a *first n* that reaches a level and a *stable N* from which every n does.

use super::{Rational, StatsError, check, check_confidence, to_f64};
use crate::stats::binomial::Binomial;
use crate::stats::special::normal_upper_quantile;

/// The search for the stable N goes up to Hoeffding's n; beyond this it is refused.
const MOST_REQUESTS: u64 = 20_000_000;

/// The counts of n whose share is within the tolerance, lowest and highest; `None` if there is
/// none. Exact for n up to 10^13 and denominators up to 2^32.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::band;
/// assert_eq!(band(20, Ratio::new(1, 5), Ratio::new(1, 20)), Some((3, 5)));
/// assert_eq!(band(1, Ratio::new(1, 2), Ratio::new(1, 10)), None);
/// ```
#[must_use]
pub fn band(n: u64, share: Rational, tolerance: Rational) -> Option<(u64, u64)> {
    // |k/n − s/S| ≤ t/T  ⇔  n(sT − tS) ≤ kST ≤ n(sT + tS)
    let [s, big_s] = [*share.numer(), *share.denom()].map(u128::from);
    let [t, big_t] = [*tolerance.numer(), *tolerance.denom()].map(u128::from);
    let (n_wide, unit) = (u128::from(n), big_s * big_t);
    let centre = s * big_t;
    let reach = t * big_s;
    let low = (n_wide * centre.saturating_sub(reach)).div_ceil(unit);
    let high = (n_wide * (centre + reach) / unit).min(n_wide);
    let [low, high] = [low, high].map(|edge| u64::try_from(edge).unwrap_or(u64::MAX));
    (n > 0 && low <= high).then_some((low, high))
}

/// W(n), with relative error below 10^-9 for n up to 10^7; 0 where no count is in the band.
///
/// # Errors
/// [`StatsError::Domain`] for a share above 1, no tolerance, or n = 0.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::within_tolerance;
/// let w = within_tolerance(20, Ratio::new(1, 5), Ratio::new(1, 20))?;
/// assert!((w - 0.59812306651107557).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn within_tolerance(n: u64, share: Rational, tolerance: Rational) -> Result<f64, StatsError> {
    check(share, tolerance)?;
    if n == 0 {
        return Err(super::domain("n", "at least 1", n));
    }
    let Some((low, high)) = band(n, share, tolerance) else {
        return Ok(0.0);
    };
    Ok(Binomial::with_share(n, share)?.between(low, high))
}

/// The n from which Hoeffding's inequality guarantees W(n) ≥ confidence:
/// ⌈ln(2/(1 − confidence)) / (2·tolerance²)⌉ (Hoeffding 1963).
///
/// # Errors
/// [`StatsError::Domain`] for no tolerance, or a confidence outside (0, 1).
pub fn hoeffding_n(tolerance: Rational, confidence: f64) -> Result<u64, StatsError> {
    check(Rational::from_integer(0), tolerance)?;
    check_confidence(confidence)?;
    let tolerance = *tolerance.numer() as f64 / *tolerance.denom() as f64;
    Ok(
        ((2.0 / (1.0 - confidence)).ln() / (2.0 * tolerance * tolerance))
            .ceil()
            .max(1.0) as u64,
    )
}

/// The n of the normal approximation, ⌈z²·p·(1 − p)/tolerance²⌉ with z at (1 + confidence)/2. For
/// comparison only: it overlooks the saw-tooth and the skew.
///
/// # Errors
/// [`StatsError::Domain`] for a share above 1, no tolerance, or a confidence outside (0, 1).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::normal_approximation_n;
/// assert_eq!(normal_approximation_n(Ratio::new(1, 2), Ratio::new(1, 10), 0.95)?, 97);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn normal_approximation_n(
    share: Rational,
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    check(share, tolerance)?;
    check_confidence(confidence)?;
    let (p, t) = (to_f64(share), to_f64(tolerance));
    let z = normal_upper_quantile((1.0 - confidence) / 2.0)?;
    Ok((z * z * p * (1.0 - p) / (t * t)).ceil() as u64)
}

/// The first n with W(n) ≥ confidence. It can be absurdly small: 1 for a share of 10% ± 10 points.
///
/// # Errors
/// [`StatsError::Domain`] for arguments out of range; [`StatsError::Limit`] if Hoeffding's n is
/// beyond 2·10^7.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::first_n;
/// assert_eq!(first_n(Ratio::new(1, 2), Ratio::new(1, 10), 0.95)?, 90);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn first_n(share: Rational, tolerance: Rational, confidence: f64) -> Result<u64, StatsError> {
    let most = search_limit(share, tolerance, confidence)?;
    let mut walk = Walk::new(share, tolerance);
    for n in 1..=most {
        if walk.at(n)? >= confidence && exact_reaches(n, share, tolerance, confidence)? {
            return Ok(n);
        }
    }
    Ok(most)
}

/// The stable N: the smallest from which W(n) ≥ confidence for every n ≥ N. One more than the last
/// n that falls short, searched below Hoeffding's n, beyond which none does.
///
/// # Errors
/// As [`first_n`].
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::stable_n;
/// assert_eq!(stable_n(Ratio::new(1, 2), Ratio::new(1, 10), 0.95)?, 99);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stable_n(share: Rational, tolerance: Rational, confidence: f64) -> Result<u64, StatsError> {
    let most = search_limit(share, tolerance, confidence)?;
    let mut walk = Walk::new(share, tolerance);
    for n in (1..=most).rev() {
        if walk.at(n)? < confidence + SLACK && !exact_reaches(n, share, tolerance, confidence)? {
            return Ok(n + 1);
        }
    }
    Ok(1)
}

/// W(n) for n = 1 to `most`, by O(1) steps re-anchored on exact values; absolute error below
/// 10^-11.
///
/// # Errors
/// As [`within_tolerance`].
pub fn within_by_n(
    share: Rational,
    tolerance: Rational,
    most: u64,
) -> Result<Vec<f64>, StatsError> {
    check(share, tolerance)?;
    let mut walk = Walk::new(share, tolerance);
    (1..=most).map(|n| walk.at(n)).collect()
}

/// Steps are trusted to this absolute error; closer cases are decided by the exact sum.
const SLACK: f64 = 1e-10;
/// Steps between two exact anchors.
const STEPS: u32 = 512;

pub(super) fn search_limit(
    share: Rational,
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    check(share, tolerance)?;
    let most = hoeffding_n(tolerance, confidence)?;
    if most > MOST_REQUESTS {
        return Err(StatsError::Limit {
            what: format!("a search up to n = {most}"),
            limit: format!("n up to {MOST_REQUESTS}"),
        });
    }
    Ok(most)
}

fn exact_reaches(
    n: u64,
    share: Rational,
    tolerance: Rational,
    confidence: f64,
) -> Result<bool, StatsError> {
    Ok(within_tolerance(n, share, tolerance)? >= confidence * (1.0 - 1e-13))
}

/// W at one n after the other, in either direction. From n to n + 1 a band's probability changes by
/// the mass that crosses its edges: P(X' ≤ k) = P(X ≤ k) − p·P(X = k), and the band itself moves by
/// at most one count on either side.
pub(super) struct Walk {
    share: Rational,
    tolerance: Rational,
    p: f64,
    state: Option<State>,
}

struct State {
    n: u64,
    band: (u64, u64),
    inside: f64,
    steps: u32,
}

impl Walk {
    pub(super) fn new(share: Rational, tolerance: Rational) -> Self {
        let p = *share.numer() as f64 / *share.denom() as f64;
        Self {
            share,
            tolerance,
            p,
            state: None,
        }
    }

    /// W(n); cheap if n is beside the n before.
    pub(super) fn at(&mut self, n: u64) -> Result<f64, StatsError> {
        let Some(next) = band(n, self.share, self.tolerance) else {
            self.state = None;
            return Ok(0.0);
        };
        if let Some(state) = &mut self.state
            && state.steps < STEPS
            && state.n.abs_diff(n) == 1
        {
            state.steps += 1;
            let (low, high) = state.band;
            let smaller = Binomial::with_share(n.min(state.n), self.share)?;
            // Mass that enters at the lower edge and leaves at the upper one with one more pick.
            let enters = if low == 0 {
                0.0
            } else {
                self.p * smaller.pmf(low - 1)
            };
            let leaves = self.p * smaller.pmf(high);
            state.inside += if n > state.n {
                enters - leaves
            } else {
                leaves - enters
            };
            state.n = n;
            state.shift(next, &Binomial::with_share(n, self.share)?);
            return Ok(state.inside.clamp(0.0, 1.0));
        }
        let inside = within_tolerance(n, self.share, self.tolerance)?;
        self.state = Some(State {
            n,
            band: next,
            inside,
            steps: 0,
        });
        Ok(inside)
    }
}

impl State {
    /// Moves the edges of the band at the same n.
    fn shift(&mut self, (low, high): (u64, u64), law: &Binomial) {
        let (old_low, old_high) = self.band;
        self.inside += (low..old_low).map(|k| law.pmf(k)).sum::<f64>();
        self.inside -= (old_low..low).map(|k| law.pmf(k)).sum::<f64>();
        self.inside += (old_high + 1..=high).map(|k| law.pmf(k)).sum::<f64>();
        self.inside -= (high + 1..=old_high).map(|k| law.pmf(k)).sum::<f64>();
        self.band = (low, high);
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;

    #[test]
    fn published_numbers_of_requests() {
        let cases = [
            ((1, 2), (1, 10), 0.95, 90, 99),
            ((1, 2), (1, 10), 0.99, 155, 169),
            ((1, 2), (1, 20), 0.9, 260, 279),
            ((1, 2), (1, 20), 0.95, 371, 399),
            ((1, 2), (3, 100), 0.95, 1051, 1084),
            ((1, 2), (1, 100), 0.95, 9551, 9699),
            ((9, 10), (1, 20), 0.95, 120, 147),
            ((9, 10), (1, 100), 0.95, 3400, 3491),
            ((1, 5), (1, 50), 0.95, 1500, 1569),
            ((1, 100), (1, 100), 0.95, 1, 350),
        ];
        for (share, tolerance, confidence, first, stable) in cases {
            let (share, tolerance) = (
                Ratio::new(share.0, share.1),
                Ratio::new(tolerance.0, tolerance.1),
            );
            assert_eq!(
                first_n(share, tolerance, confidence).unwrap(),
                first,
                "{share} {tolerance}"
            );
            assert_eq!(
                stable_n(share, tolerance, confidence).unwrap(),
                stable,
                "{share} {tolerance}"
            );
        }
        assert_eq!(hoeffding_n(Ratio::new(1, 20), 0.95).unwrap(), 738);
    }

    #[test]
    fn steps_agree_with_sums() {
        for (share, tolerance) in [((1, 2), (1, 10)), ((1, 100), (1, 100)), ((7, 9), (1, 37))] {
            let (share, tolerance) = (
                Ratio::new(share.0, share.1),
                Ratio::new(tolerance.0, tolerance.1),
            );
            let steps = within_by_n(share, tolerance, 3000).unwrap();
            for (n, step) in (1..).zip(steps) {
                let exact = within_tolerance(n, share, tolerance).unwrap();
                assert!((step - exact).abs() < 1e-11, "n = {n}: {step} {exact}");
            }
        }
    }
}
