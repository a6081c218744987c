//! Bounds for a test with planned looks that keep its false alarm probability.

use super::check_alpha;
use super::crossing::{FARTHEST_Z, Recursion, crossing_probabilities, equally_spaced};
use super::spending::Spending;
use crate::stats::StatsError;
use crate::stats::root::bracketed_root;
use crate::stats::special::normal_upper_quantile;

/// The bounds on |Z|, a look each, that spend `alpha` (two-sided) as `spending` says.
///
/// `times` are the information fractions of the looks, rising, in (0, 1]. A bound is +∞ where
/// there is nothing to spend. Error below 10^-9. Source: Lan and DeMets (1983).
///
/// # Errors
/// [`StatsError::Domain`] outside of that domain; [`StatsError::Limit`] for looks that are too
/// unevenly spaced.
///
/// ```
/// # use shiftsim::stats::sequential::{boundary::lan_demets_bounds, spending::Spending};
/// let looks = [0.2, 0.4, 0.6, 0.8, 1.0];
/// let bounds = lan_demets_bounds(Spending::ObrienFlemingPerSide, 0.05, &looks)?;
/// assert!((bounds[1] - 3.35701192).abs() < 1e-8); // ldbounds prints 3.3569
/// let bounds = lan_demets_bounds(Spending::ObrienFlemingTotal, 0.05, &looks)?;
/// assert!((bounds[2] - 2.55335497).abs() < 1e-8);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn lan_demets_bounds(
    spending: Spending,
    alpha: f64,
    times: &[f64],
) -> Result<Vec<f64>, StatsError> {
    let mut recursion = Recursion::new(times, 0.0)?;
    let mut spent = 0.0;
    let mut bounds = Vec::with_capacity(times.len());
    for &time in times {
        let by_now = spending.spent(alpha, time)?;
        let bound = bound_that_spends(by_now - spent, &recursion)?;
        recursion.advance(bound)?;
        bounds.push(bound);
        spent = by_now;
    }
    Ok(bounds)
}

/// The bound whose crossing at the look to come has that probability.
fn bound_that_spends(probability: f64, recursion: &Recursion<'_>) -> Result<f64, StatsError> {
    if probability <= recursion.crossing_now(FARTHEST_Z).max(f64::MIN_POSITIVE) {
        return Ok(f64::INFINITY);
    }
    let ln_wanted = probability.ln();
    bracketed_root("a group sequential bound", 0.0, FARTHEST_Z, |bound| {
        Ok(recursion.crossing_now(bound).ln() - ln_wanted)
    })
}

/// The constant C of the bounds |Z_k| ≥ C (k/K)^(Δ−½) at K = `looks` equally spaced looks, with
/// false alarm probability `alpha` in all: Δ = `shape` = ½ is Pocock's design, Δ = 0 O'Brien and
/// Fleming's. Error below 10^-10.
///
/// Source: S. K. Wang and A. A. Tsiatis (1987).
///
/// # Errors
/// [`StatsError::Domain`] unless `looks` is 1 to 1000, `alpha` lies in (0, 1), and `shape` in
/// [−1, 1].
///
/// ```
/// # use shiftsim::stats::sequential::boundary::wang_tsiatis_constant;
/// assert!((wang_tsiatis_constant(5, 0.05, 0.0)? - 2.0401).abs() < 1e-4); // O'Brien–Fleming
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn wang_tsiatis_constant(looks: usize, alpha: f64, shape: f64) -> Result<f64, StatsError> {
    if !(1..=1000).contains(&looks) {
        return Err(StatsError::domain("looks", "1 to 1000", looks));
    }
    check_alpha(alpha)?;
    if !(-1.0..=1.0).contains(&shape) {
        return Err(StatsError::domain("shape", "in [−1, 1]", shape));
    }
    let times = equally_spaced(looks);
    let shapes: Vec<f64> = times.iter().map(|t| t.powf(shape - 0.5)).collect();
    // The last look alone gives a lower bound, Bonferroni's inequality an upper one.
    let least = normal_upper_quantile(alpha / 2.0)? * (1.0 - 1e-6);
    let smallest_shape = shapes.iter().copied().fold(f64::INFINITY, f64::min);
    let each = alpha / (2.0 * looks as f64);
    let most = normal_upper_quantile(each)? / smallest_shape * (1.0 + 1e-6);
    bracketed_root("a group sequential constant", least, most, |constant| {
        let bounds: Vec<f64> = shapes.iter().map(|shape| constant * shape).collect();
        let ever = crossing_probabilities(&times, &bounds, 0.0)?;
        let crossed = ever.last().copied().unwrap_or(0.0);
        Ok(crossed.max(f64::MIN_POSITIVE).ln() - alpha.ln())
    })
}

/// Pocock's constant: the same bound on |Z| at each of K = `looks` equally spaced looks, with false
/// alarm probability `alpha` in all. Source: S. J. Pocock (1977).
///
/// # Errors
/// As [`wang_tsiatis_constant`].
///
/// ```
/// # use shiftsim::stats::sequential::boundary::pocock_constant;
/// assert!((pocock_constant(5, 0.05)? - 2.4132).abs() < 1e-4);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn pocock_constant(looks: usize, alpha: f64) -> Result<f64, StatsError> {
    wang_tsiatis_constant(looks, alpha, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(bounds: &[f64], published: &[f64]) {
        assert_eq!(bounds.len(), published.len());
        for (bound, published) in bounds.iter().zip(published) {
            assert!(
                (bound - published).abs() < 6e-4,
                "{bounds:?} for {published:?}"
            );
        }
    }

    #[test]
    fn published_bounds() {
        let five = equally_spaced(5);
        let per_side = lan_demets_bounds(Spending::ObrienFlemingPerSide, 0.05, &five).unwrap();
        close(&per_side, &[4.8769, 3.3569, 2.6803, 2.2898, 2.0310]);
        let total = lan_demets_bounds(Spending::ObrienFlemingTotal, 0.05, &five).unwrap();
        close(&total, &[4.383, 3.100, 2.553, 2.254, 2.064]);
        // Jennison and Turnbull (2000), tables 2.1 and 2.3.
        for (looks, constant) in [(1, 1.960), (2, 2.178), (3, 2.289), (10, 2.555), (20, 2.672)] {
            close(&[pocock_constant(looks, 0.05).unwrap()], &[constant]);
        }
        for (looks, constant) in [(2, 1.977), (3, 2.004), (4, 2.024), (10, 2.087)] {
            close(
                &[wang_tsiatis_constant(looks, 0.05, 0.0).unwrap()],
                &[constant],
            );
        }
    }

    #[test]
    fn nothing_to_spend_is_no_bound() {
        let times = [1e-5, 1.0];
        let bounds = lan_demets_bounds(Spending::ObrienFlemingTotal, 0.05, &times).unwrap();
        assert_eq!(bounds[0], f64::INFINITY);
        assert!((bounds[1] - 1.959_963_984_540_054).abs() < 1e-9);
        assert!(lan_demets_bounds(Spending::PocockType, 0.05, &[0.5, 1.5]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn bounds_spend_what_they_should(
            alpha in 0.001..0.3f64, exponent in 0.3..4.0f64, steps in prop::collection::vec(0.05..1.0f64, 1..8),
        ) {
            let total: f64 = steps.iter().sum();
            let mut sum = 0.0;
            let times: Vec<f64> = steps.iter().map(|step| { sum += step; (sum / total).min(1.0) }).collect();
            let spending = Spending::Power { exponent };
            let bounds = lan_demets_bounds(spending, alpha, &times).unwrap();
            let crossed = crossing_probabilities(&times, &bounds, 0.0).unwrap();
            for (time, crossed) in times.iter().zip(crossed) {
                prop_assert!((crossed - spending.spent(alpha, *time).unwrap()).abs() < 1e-12);
            }
        }
    }
}
