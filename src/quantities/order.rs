//! Does the order of outcomes look random? A test of counts can never see a round robin.

use super::parameter::{N, P};
use super::{Kind, Parameter, Quantity, Value, several};
use crate::stats::order::{Runs, block_dispersion, lag1_correlation, longest_run_at_least};

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "runs-test",
        meaning: "Runs of equal outcomes, given how often each came",
        convention: "exact; lower: blocked or sticky, upper: alternating, two-sided: doubled",
        source: "A. Wald and J. Wolfowitz (1940)",
        function: "order::Runs::exact",
        parameters: &[SEQUENCE],
        example: "sequence=1212121212",
        compute: |given| {
            let runs = Runs::of(&given.sequence("sequence")?);
            let exact = runs.exact()?;
            Ok(several([
                ("runs", runs.runs as f64),
                ("expected runs", runs.expected()),
                ("lower p-value", exact.lower),
                ("upper p-value", exact.upper),
                ("two-sided p-value", exact.two_sided),
            ]))
        },
    },
    Quantity {
        name: "runs-test-normal",
        meaning: "The same by the normal approximation",
        convention: "z without continuity correction, two-sided",
        source: "A. Wald and J. Wolfowitz (1940)",
        function: "order::Runs::z",
        parameters: &[SEQUENCE],
        example: "sequence=12121212121212121212",
        compute: |given| {
            let runs = Runs::of(&given.sequence("sequence")?);
            Ok(several([
                ("z", runs.z()?),
                ("p-value", runs.normal_p_value()?),
            ]))
        },
    },
    Quantity {
        name: "lag-1-correlation",
        meaning: "Correlation of each outcome with the next one",
        convention: "about 0 when random, -1 when alternating, near 1 when sticky",
        source: "definition",
        function: "order::lag1_correlation",
        parameters: &[SEQUENCE],
        example: "sequence=1122112211",
        compute: |given| Ok(Value::Real(lag1_correlation(&given.sequence("sequence")?)?)),
    },
    Quantity {
        name: "longest-run",
        meaning: "P(some run of either outcome has at least `length` of n)",
        convention: "exact recursion over the length of the current run",
        source: "M. F. Schilling (1990)",
        function: "order::longest_run_at_least",
        parameters: &[N, LENGTH, P],
        example: "n=15 length=4 p=0.5",
        compute: |given| {
            let (n, length) = (given.whole("n")?, given.whole("length")?);
            Ok(Value::Real(longest_run_at_least(
                n,
                length,
                given.real("p")?,
            )?))
        },
    },
    Quantity {
        name: "block-dispersion",
        meaning: "How evenly the first outcome is spread over consecutive blocks",
        convention: "sum (c - m p)^2 / (m p (1 - p)), chi-square approximation; all alike: exact",
        source: "index of dispersion, R. A. Fisher (1925)",
        function: "order::block_dispersion",
        parameters: &[SEQUENCE, BLOCK, P],
        example: "sequence=11112111121111211112 block=5 p=0.8",
        compute: |given| {
            let outcomes = given.sequence("sequence")?;
            let block = usize::try_from(given.whole("block")?).unwrap_or(usize::MAX);
            let found = block_dispersion(&outcomes, block, given.real("p")?)?;
            Ok(several([
                ("blocks", found.blocks as f64),
                ("statistic", found.statistic),
                ("P(at least as even)", found.even),
                ("P(at least as uneven)", found.uneven),
                ("P(all blocks alike)", found.all_alike),
            ]))
        },
    },
];

const SEQUENCE: Parameter =
    Parameter::new("sequence", Kind::Sequence, "outcomes in order, two signs");
const LENGTH: Parameter = Parameter::new("length", Kind::Whole, "the length of the run");
const BLOCK: Parameter = Parameter::new("block", Kind::Whole, "outcomes per block");
