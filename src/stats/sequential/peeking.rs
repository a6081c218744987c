//! What peeking does to a fixed test: the chance that a share check ever alarms.

use super::Looks;
use super::walk::{CrossingPoint, crossing_curve};
use crate::stats::StatsError;

/// P(the fixed share check has alarmed by each look), exactly.
///
/// The check alarms if |x − n p₀| > z √(n p₀ (1−p₀)), which is the z test, and the chi-square test
/// of two versions, at two-sided level 2 (1 − Φ(z)). `target` is p₀, `true_share` the share that
/// traffic really has (equal to `target` for false alarms). Absolute error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] unless `target` lies in (0, 1), `true_share` in [0, 1], and `z` is
/// positive and finite; [`StatsError::Limit`] if the looks reach too far.
///
/// ```
/// # use shiftsim::stats::sequential::{Looks, peeking::share_check_alarms};
/// // 50/50, checked at 5% after every request up to 1000: more than half of the runs alarm
/// let curve = share_check_alarms(0.5, 0.5, 1.959963984540054, &Looks::after_each(1000)?)?;
/// let ever = curve.last().map_or(0.0, |point| point.either());
/// assert!((ever - 0.524080788861311).abs() < 1e-11);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn share_check_alarms(
    target: f64,
    true_share: f64,
    z: f64,
    looks: &Looks,
) -> Result<Vec<CrossingPoint>, StatsError> {
    if !(target > 0.0 && target < 1.0) {
        return Err(StatsError::domain("target", "in (0, 1)", target));
    }
    if !(z > 0.0 && z.is_finite()) {
        return Err(StatsError::domain("z", "positive and finite", z));
    }
    crossing_curve(true_share, looks, |n| {
        let mean = n as f64 * target;
        // A count that lies on the edge but for rounding is no alarm.
        let reach = z * (mean * (1.0 - target)).sqrt() + 1e-12 * mean;
        let low = (mean - reach).ceil().max(0.0);
        low as u64..=(mean + reach).floor() as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_count_on_the_edge_is_no_alarm() {
        // n = 4: |x − 2| > 2 never; z = 1.9: only 0 and 4 of 4.
        let looks = Looks::at(vec![4]).unwrap();
        let at = |z| share_check_alarms(0.5, 0.5, z, &looks).unwrap()[0];
        assert_eq!(at(2.0).either(), 0.0);
        assert_eq!((at(1.9).low, at(1.9).high), (1.0 / 16.0, 1.0 / 16.0));
    }

    proptest! {
        #[test]
        fn looking_more_often_alarms_more_often(p in 0.05..0.95f64, step in 1u64..20) {
            let at = |looks: Looks| share_check_alarms(p, p, 1.96, &looks).unwrap();
            let ever = |curve: Vec<CrossingPoint>| curve.last().unwrap().either();
            let often = ever(at(Looks::every(step, 12 * step).unwrap()));
            let rarely = ever(at(Looks::every(2 * step, 12 * step).unwrap()));
            prop_assert!(often >= rarely - 1e-13);
        }
    }
}
