//! Groups A to I and V: sampling and convergence.

use shiftsim::stats::Rational;
use shiftsim::stats::binomial::Binomial;
use shiftsim::stats::convergence as settle;
use shiftsim::stats::counter_picker::CounterPicker;

use crate::row::Row;

/// A, B, C: every version seen.
pub(crate) fn all_seen(row: &Row) -> Option<f64> {
    let shares = row.fractions("weights");
    Some(match row.group() {
        'A' => settle::all_seen(&shares, row.whole("n")).unwrap(),
        'B' => settle::all_seen_n(&shares, row.real("conf")).unwrap() as f64,
        _ => settle::all_seen_expectation(&shares).unwrap(),
    })
}

/// D, E: one share within its tolerance.
pub(crate) fn within(row: &Row) -> Option<f64> {
    let tolerance = row.fraction("tol");
    if row.quantity == "Hoeffding n" {
        return Some(settle::hoeffding_n(tolerance, row.real("conf")).unwrap() as f64);
    }
    let share = row.fraction("p");
    if row.group() == 'D' {
        let n = row.whole("n");
        let band = (row.whole("k_lo"), row.whole("k_hi"));
        assert_eq!(settle::band(n, share, tolerance), Some(band), "{}", row.id);
        return Some(settle::within_tolerance(n, share, tolerance).unwrap());
    }
    let confidence = row.real("conf");
    let n = match row.id.chars().last() {
        Some('a') => settle::first_n(share, tolerance, confidence),
        Some('b') => settle::stable_n(share, tolerance, confidence),
        Some('c') => settle::normal_approximation_n(share, tolerance, confidence),
        _ => return None,
    };
    Some(n.unwrap() as f64)
}

/// F: one share within its tolerance from n on.
pub(crate) fn stays(row: &Row) -> Option<f64> {
    let (share, tolerance) = (row.fraction("p"), row.fraction("tol"));
    Some(if row.text("conf").is_some() {
        settle::stays_within_n(share, tolerance, row.real("conf")).unwrap() as f64
    } else if row.text("M").is_some() {
        settle::stays_within_until(row.whole("n"), row.whole("M"), share, tolerance).unwrap()
    } else {
        settle::stays_within(row.whole("n"), share, tolerance).unwrap()
    })
}

/// G: several versions.
pub(crate) fn joint(row: &Row) -> Option<f64> {
    let (shares, n) = (row.fractions("weights"), row.whole("n"));
    Some(if row.text("tol").is_some() {
        settle::joint_within(&shares, n, row.fraction("tol")).unwrap()
    } else {
        settle::expected_deviation(&shares, n).unwrap()
    })
}

/// H: the documented loop over TCP connections.
pub(crate) fn twenty_connections(row: &Row) -> Option<f64> {
    let n = row.whole("n");
    if row.text("weights").is_some() {
        return Some(settle::all_seen(&row.fractions("weights"), n).unwrap());
    }
    let law = Binomial::with_share(n, row.fraction("p")).unwrap();
    Some(if row.text("k").is_some() {
        law.pmf(row.whole("k"))
    } else {
        law.between(row.whole("lo"), row.whole("hi"))
    })
}

/// I: checks that projects run against themselves, with their retries.
pub(crate) fn published_checks(row: &Row) -> Option<f64> {
    let (n, share) = (row.whole("n"), row.fraction("p"));
    let law = Binomial::with_share(n, share).unwrap();
    // A test over 100 requests that passes strictly between 40 and 60.
    let (passes, fails) = (law.between(41, 59), law.outside(41, 59));
    let text = row.quantity.as_str();
    Some(if text.starts_with("P(fails all") {
        fails.powi(row.whole("tries") as i32)
    } else if text.starts_with("P(test passes within") {
        -(row.real("tries") * (-passes).ln_1p()).exp_m1()
    } else if text.starts_with("P(min(X,200-X) < 50)") {
        law.outside(50, 150)
    } else if row.text("tol").is_some() {
        let (low, high) = settle::band(n, share, row.fraction("tol"))?;
        law.outside(low, high)
    } else {
        return None;
    })
}

/// V: the counter picker.
pub(crate) fn counter_picker(row: &Row) -> Option<f64> {
    let blocks = row.wholes("blocks");
    let n = row.whole("n");
    let picker = CounterPicker::new(&blocks, row.whole("stride")).unwrap();
    let law = |block| picker.count_law(block, n).unwrap();
    let text = row.quantity.as_str();
    Some(if text.contains("both versions seen") {
        picker.all_seen(n).unwrap()
    } else if text.contains("first 10 ALL v1") {
        law(0)
            .iter()
            .filter(|(count, _)| *count == n)
            .map(|(_, chance)| chance)
            .sum()
    } else if text.contains("v3 seen") {
        law(1)
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, chance)| chance)
            .sum()
    } else if text.starts_with("same") {
        // Within 10 points of one half, as the rows before it.
        picker.within_tolerance(0, n, Rational::new(1, 10)).unwrap()
    } else {
        return None;
    })
}
