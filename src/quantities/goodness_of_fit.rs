//! Is a count consistent with a target?

use super::parameter::{COUNT, COUNTS, N, P, WEIGHTS};
use super::{Arguments, Kind, Parameter, Quantity, Value, several};
use crate::random::{Purpose, stream};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::stats::gof::{self, Ordering};
use crate::stats::two_sided::{self, Convention};

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "binomial-test",
        meaning: "Two-sided p-value of `count` of n against a share of p",
        convention: "exact; minimum-likelihood (R binom.test, SciPy), doubling, mid-p or blaker",
        source: "C. J. Clopper and E. S. Pearson (1934); H. Blaker (2000)",
        function: "two_sided::p_value",
        parameters: &[COUNT, N, P, CONVENTION],
        example: "count=7 n=20 p=0.2",
        compute: |given| {
            let law = Binomial::with_share(given.whole("n")?, given.share("p")?)?;
            let convention = match given.word("convention")? {
                "doubling" => Convention::Doubling,
                "mid-p" => Convention::MidP,
                "blaker" => Convention::Blaker,
                _ => Convention::MinimumLikelihood,
            };
            let p_value = two_sided::p_value(&law, given.whole("count")?, convention)?;
            Ok(Value::Real(p_value))
        },
    },
    Quantity {
        name: "pearson",
        meaning: "Pearson's chi-square of counts against weights",
        convention: "no continuity correction; the p-value is asymptotic, rough below 5 expected",
        source: "K. Pearson (1900)",
        function: "gof::pearson",
        parameters: &[COUNTS, WEIGHTS],
        example: "counts=312,188 weights=70,30",
        compute: |given| chi_square(given, gof::pearson),
    },
    Quantity {
        name: "g-test",
        meaning: "The likelihood-ratio G of counts against weights",
        convention: "2 sum o ln(o/e) with 0 ln 0 = 0; the p-value is asymptotic",
        source: "S. S. Wilks (1938)",
        function: "gof::g_test",
        parameters: &[COUNTS, WEIGHTS],
        example: "counts=12,3 weights=50,50",
        compute: |given| chi_square(given, gof::g_test),
    },
    Quantity {
        name: "multinomial-test",
        meaning: "Exact p-value of counts against weights, several versions",
        convention: "all outcomes at least as extreme, by probability (default) or by chi-square",
        source: "exact enumeration, up to 2e7 outcomes",
        function: "gof::exact_multinomial_by",
        parameters: &[COUNTS, WEIGHTS, ORDERING],
        example: "counts=7,2,1 weights=50,25,25",
        compute: |given| {
            let ordering = match given.word("ordering")? {
                "chi-square" => Ordering::ChiSquare,
                _ => Ordering::Probability,
            };
            let (counts, weights) = (given.wholes("counts")?, given.reals("weights")?);
            let p_value = gof::exact_multinomial_by(&counts, &weights, ordering)?;
            Ok(Value::Real(p_value))
        },
    },
    Quantity {
        name: "multinomial-test-simulated",
        meaning: "The same by simulation, for any size, with its standard error",
        convention: "(k + 1)/(runs + 1), ordered by probability",
        source: "A. C. Davison and D. V. Hinkley (1997)",
        function: "gof::monte_carlo_multinomial",
        parameters: &[COUNTS, WEIGHTS, RUNS, SEED],
        example: "counts=7,2,1 weights=2,1,1 runs=9999",
        compute: |given| {
            let (counts, weights) = (given.wholes("counts")?, given.reals("weights")?);
            let mut random = stream(given.whole("seed")?, Purpose::Tests, &[]);
            let runs = given.whole("runs")?;
            let found = gof::monte_carlo_multinomial(&counts, &weights, runs, &mut random)?;
            let error = found.standard_error;
            Ok(several([
                ("p-value", found.value),
                ("standard error", error),
            ]))
        },
    },
];

const CONVENTION: Parameter = Parameter::new(
    "convention",
    Kind::Word(&["minimum-likelihood", "doubling", "mid-p", "blaker"]),
    "what counts as at least as extreme",
)
.or("minimum-likelihood");
const ORDERING: Parameter = Parameter::new(
    "ordering",
    Kind::Word(&["probability", "chi-square"]),
    "what orders the outcomes",
)
.or("probability");
const RUNS: Parameter = Parameter::new("runs", Kind::Whole, "simulated samples").or("100000");
const SEED: Parameter = Parameter::new("seed", Kind::Whole, "the seed").or("1");

type ChiSquare = fn(&[u64], &[f64]) -> Result<gof::ChiSquareTest, StatsError>;

fn chi_square(given: &Arguments, test: ChiSquare) -> Result<Value, StatsError> {
    let found = test(&given.wholes("counts")?, &given.reals("weights")?)?;
    Ok(several([
        ("statistic", found.statistic),
        ("degrees of freedom", found.degrees as f64),
        ("p-value", found.p_value),
    ]))
}
