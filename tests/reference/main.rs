//! Every value of the tables beside this file, computed again and held to its tolerance.
//!
//! The values were computed independently, in exact rationals or at 50 digits; the last column says
//! how. A group is the first letter of a row's identifier; [`GROUPS`] says which function computes
//! its rows. Run with `--nocapture` to see the rows and the largest error of each group.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod convergence;
mod gates;
mod inference;
mod planning;
mod row;
mod sequential;

use std::collections::BTreeMap;

use row::Row;

/// Computes the value of a row; `None` if it does not know the quantity.
type Compute = fn(&Row) -> Option<f64>;

/// The groups and what computes them.
const GROUPS: &[(char, Compute, &str)] = &[
    ('A', convergence::all_seen, "every version seen"),
    ('B', convergence::all_seen, "every version seen, smallest n"),
    (
        'C',
        convergence::all_seen,
        "every version seen, expectation",
    ),
    ('D', convergence::within, "within tolerance"),
    (
        'E',
        convergence::within,
        "within tolerance, first n and stable N",
    ),
    ('F', convergence::stays, "stays within"),
    (
        'G',
        convergence::joint,
        "several versions, expected deviation",
    ),
    (
        'H',
        convergence::twenty_connections,
        "20 connections at 80/20",
    ),
    (
        'I',
        convergence::published_checks,
        "published checks and their retries",
    ),
    ('J', inference::two_sided, "two-sided binomial tests"),
    (
        'K',
        inference::single_interval,
        "intervals and their coverage",
    ),
    (
        'L',
        inference::simultaneous_interval,
        "simultaneous intervals",
    ),
    ('M', inference::goodness_of_fit, "goodness of fit"),
    ('N', inference::order, "order tests"),
    ('O', sequential::e_value, "the anytime-valid e-value"),
    ('P', sequential::any_time, "time-uniform intervals"),
    ('Q', planning::sizes_and_power, "sample sizes and power"),
    (
        'R',
        sequential::sprt,
        "the sequential probability ratio test",
    ),
    (
        'S',
        sequential::repeated_looks,
        "repeated looks and their bounds",
    ),
    ('T', planning::canary_worse, "is the canary worse?"),
    ('U', gates::gate, "gates of rollouts"),
    ('V', convergence::counter_picker, "the picker of 2017"),
    ('X', sequential::error_share, "the gate on error shares"),
];

/// What a group has shown so far.
#[derive(Default)]
struct Tally {
    rows: usize,
    largest_error: f64,
}

#[test]
fn every_row_is_reproduced_within_its_tolerance() {
    let mut tallies: BTreeMap<char, Tally> = BTreeMap::new();
    let mut misses = Vec::new();
    for row in row::read() {
        let group = row.group();
        let Some((_, compute, _)) = GROUPS.iter().find(|(letter, ..)| *letter == group) else {
            misses.push(format!("{}: no such group", row.id));
            continue;
        };
        let Some(value) = compute(&row) else {
            misses.push(format!("{}: unknown quantity {}", row.id, row.quantity));
            continue;
        };
        let tally = tallies.entry(group).or_default();
        tally.rows += 1;
        tally.largest_error = tally.largest_error.max(row.error(value));
        if !row.accepts(value) {
            misses.push(format!("{}: {value:e}, not {:e}", row.id, row.value));
        }
    }
    println!("group  rows  largest relative error");
    for (letter, _, name) in GROUPS {
        let Tally {
            rows,
            largest_error,
        } = tallies.remove(letter).unwrap_or_default();
        println!("{letter:5}  {rows:4}  {largest_error:.1e}  {name}");
        assert!(rows > 0, "no row of group {letter}");
    }
    assert!(
        misses.is_empty(),
        "{} rows missed:\n{}",
        misses.len(),
        misses.join("\n")
    );
}
