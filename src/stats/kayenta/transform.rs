//! What happens to the points before they are compared.

/// What becomes of missing values (`nanStrategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingValues {
    /// They are left out.
    #[default]
    Remove,
    /// They count as zero.
    Replace,
}

/// The points without missing values (NaN), and without outliers if `outlier_factor` is there.
///
/// Upstream: NetflixACAJudge.scala, `transformMetric`.
#[must_use]
pub fn clean(values: &[f64], missing: MissingValues, outlier_factor: Option<f64>) -> Vec<f64> {
    let present: Vec<f64> = match missing {
        MissingValues::Remove => values
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect(),
        MissingValues::Replace => values
            .iter()
            .map(|&value| if value.is_nan() { 0.0 } else { value })
            .collect(),
    };
    match outlier_factor {
        Some(factor) => remove_outliers(&present, factor),
        None => present,
    }
}

/// The points within the fences: `factor` interquartile ranges beyond the quartiles, or the 1st and
/// 99th percentile if those are further out.
///
/// Upstream: IQRDetector.scala with `reduceSensitivity`.
#[must_use]
pub fn remove_outliers(values: &[f64], factor: f64) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |percent| percentile(&sorted, percent);
    let (Some(first), Some(low), Some(high), Some(last)) = (at(1.0), at(25.0), at(75.0), at(99.0))
    else {
        return Vec::new();
    };
    let range = high - low;
    let lower = first.min(low - factor * range);
    let upper = last.max(high + factor * range);
    values
        .iter()
        .copied()
        .filter(|value| (lower..=upper).contains(value))
        .collect()
}

/// The percentile of sorted values by linear interpolation at (n − 1)·p (type 7 of Hyndman and Fan
/// 1996); `None` without values.
#[must_use]
pub fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = last as f64 * (percent / 100.0).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last place"
    )]
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (position - position.floor()) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_go_or_become_zero() {
        let values = [1.0, f64::NAN, 3.0];
        assert_eq!(clean(&values, MissingValues::Remove, None), [1.0, 3.0]);
        assert_eq!(
            clean(&values, MissingValues::Replace, None),
            [1.0, 0.0, 3.0]
        );
        assert!(clean(&[f64::NAN], MissingValues::Remove, Some(3.0)).is_empty());
    }

    #[test]
    fn percentiles_interpolate_as_type_seven() {
        // R: quantile(c(1, 2, 4, 8, 16), c(.01, .25, .6, .99), type = 7)
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        let expected = [(1.0, 1.04), (25.0, 2.0), (60.0, 5.6), (99.0, 15.68)];
        for (percent, value) in expected {
            let found = percentile(&values, percent).unwrap();
            assert!((found - value).abs() < 1e-12, "{percent}: {found}");
        }
        assert_eq!(percentile(&[], 50.0), None);
        assert_eq!(percentile(&[7.0], 99.0), Some(7.0));
    }

    #[test]
    fn the_wider_of_two_fences_counts() {
        let mut values: Vec<f64> = (1..=99).map(f64::from).collect();
        values.push(1000.0);
        // Quartiles 25.75 and 75.25: the fence is 75.25 + 3·49.5 = 223.75; the 99th percentile is
        // 108.01.
        assert_eq!(remove_outliers(&values, 3.0).len(), 99);
        // With few points the 99th percentile lies close to the largest value, and the fence of
        // identical quartiles is narrow: the largest value still goes.
        let few = [1.0, 1.0, 1.0, 1.0, 50.0];
        assert_eq!(remove_outliers(&few, 3.0), [1.0; 4]);
    }
}
