//! How large a difference is, in the two measures that Kayenta knows.

/// The mean of the experiment over that of the control; NaN if either mean is zero.
///
/// Upstream: EffectSizes.scala, `meanRatio`.
#[must_use]
pub fn mean_ratio(experiment: &[f64], control: &[f64]) -> f64 {
    let (experiment, control) = (mean(experiment), mean(control));
    if experiment == 0.0 || control == 0.0 {
        return f64::NAN;
    }
    experiment / control
}

/// The chance that a point of the experiment lies above one of the control, ties counted half:
/// (2 R − n(n + 1)) / (2 n m), where R is the rank sum of the experiment's n points.
///
/// A. Vargha, H. D. Delaney (2000). Upstream: EffectSizes.scala, `cles`. NaN without points.
#[must_use]
pub fn common_language_effect_size(experiment: &[f64], control: &[f64]) -> f64 {
    let mut sorted = control.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let doubled: usize = experiment
        .iter()
        .map(|&point| {
            let below = sorted.partition_point(|&other| other < point);
            let not_above = sorted.partition_point(|&other| other <= point);
            below + not_above
        })
        .sum();
    doubled as f64 / (2.0 * experiment.len() as f64 * control.len() as f64)
}

/// The mean, with the correction pass of commons-math (`Mean.evaluate`).
fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let first = values.iter().sum::<f64>() / count;
    first + values.iter().map(|value| value - first).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_need_two_means() {
        assert!((mean_ratio(&[1.0, 3.0], &[4.0]) - 0.5).abs() < 1e-15);
        assert!(mean_ratio(&[0.0, 0.0], &[4.0]).is_nan());
        assert!(mean_ratio(&[1.0], &[0.0]).is_nan());
    }

    #[test]
    fn the_common_language_effect_size_counts_pairs() {
        // Pairs: 5 beats all three, 2 beats one and ties one.
        let found = common_language_effect_size(&[5.0, 2.0], &[1.0, 2.0, 3.0]);
        assert!((found - 4.5 / 6.0).abs() < 1e-15);
        assert!(common_language_effect_size(&[], &[1.0]).is_nan());
    }
}
