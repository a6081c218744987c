//! Kayenta's shift estimate and interval against R's `wilcox.test`.
//!
//! Both solve the same equation to a tolerance of 10^-4 with Brent's method, so that they agree to
//! twice that where the statistic jumps. Where it is flat at zero (the continuity correction makes
//! it so), every shift on the flat stretch is a root: there the estimate may differ, and is held to
//! the neighbouring differences instead.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use shiftsim::stats::kayenta::mann_whitney;

struct Case {
    experiment: Vec<f64>,
    control: Vec<f64>,
    lower: f64,
    upper: f64,
    estimate: f64,
}

fn cases() -> Vec<Case> {
    let table = include_str!("reference/mann_whitney.csv");
    let numbers = |text: &str| -> Vec<f64> {
        text.split(' ')
            .map(|number| number.parse().unwrap())
            .collect()
    };
    table
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<Vec<f64>> = line.split(',').map(numbers).collect();
            Case {
                experiment: columns[0].clone(),
                control: columns[1].clone(),
                lower: columns[2][0],
                upper: columns[3][0],
                estimate: columns[4][0],
            }
        })
        .collect()
}

#[test]
fn intervals_agree_with_r() {
    let cases = cases();
    assert!(cases.len() >= 20);
    for (place, case) in cases.iter().enumerate() {
        let found = mann_whitney(&case.experiment, &case.control, 0.98).unwrap();
        assert!(
            (found.lower - case.lower).abs() < 2e-4,
            "{place}: {found:?}"
        );
        assert!(
            (found.upper - case.upper).abs() < 2e-4,
            "{place}: {found:?}"
        );
    }
}

#[test]
fn estimates_agree_with_r_up_to_the_flat_stretch_at_zero() {
    let mut equal = 0;
    for (place, case) in cases().iter().enumerate() {
        let found = mann_whitney(&case.experiment, &case.control, 0.98).unwrap();
        if (found.estimate - case.estimate).abs() < 2e-4 {
            equal += 1;
            continue;
        }
        // Between both estimates lie no more differences than a rank sum of half a step allows.
        let (low, high) = (
            found.estimate.min(case.estimate) + 1e-3,
            found.estimate.max(case.estimate) - 1e-3,
        );
        let pairs = case
            .experiment
            .iter()
            .flat_map(|x| case.control.iter().map(move |y| x - y));
        let between = pairs.filter(|pair| (low..high).contains(pair)).count();
        assert!(between <= 1, "{place}: {between} between {low} and {high}");
    }
    assert!(equal >= 15, "{equal}");
}
