//! How many of n requests go to a version.

use super::parameter::{CONFIDENCE, COUNT, COUNTS, N, P, WEIGHTS};
use super::{Arguments, Kind, Parameter, Quantity, Value, several};
use crate::stats::binomial::Binomial;
use crate::stats::sampling::{effective_sample_size, expected_range, multinomial_ln_pmf};
use crate::stats::{StatsError, counter_picker::CounterPicker};

const LOADER: &str =
    "C. Loader, \"Fast and Accurate Computation of Binomial Probabilities\" (2000)";
const EXACT_SHARE: &str = "exact: the share is a fraction; relative error below 1e-11, both tails";

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "binomial-pmf",
        meaning: "P(exactly `count` of n requests go to a version with share p)",
        convention: EXACT_SHARE,
        source: LOADER,
        function: "binomial::Binomial::pmf",
        parameters: &[COUNT, N, P],
        example: "count=4 n=20 p=0.2",
        compute: |given| Ok(Value::Real(law(given)?.pmf(given.whole("count")?))),
    },
    Quantity {
        name: "binomial-cdf",
        meaning: "P(at most `count` of n requests go to a version with share p)",
        convention: EXACT_SHARE,
        source: LOADER,
        function: "binomial::Binomial::cdf",
        parameters: &[COUNT, N, P],
        example: "count=1 n=20 p=0.2",
        compute: |given| Ok(Value::Real(law(given)?.cdf(given.whole("count")?))),
    },
    Quantity {
        name: "binomial-sf",
        meaning: "P(more than `count` of n requests go to a version with share p)",
        convention: "exact: summed from the upper tail, never 1 - cdf; relative error below 1e-11",
        source: LOADER,
        function: "binomial::Binomial::sf",
        parameters: &[COUNT, N, P],
        example: "count=6 n=20 p=0.2",
        compute: |given| Ok(Value::Real(law(given)?.sf(given.whole("count")?))),
    },
    Quantity {
        name: "binomial-between",
        meaning: "P(`low` to `high` of n requests, both included, go to a version with share p)",
        convention: EXACT_SHARE,
        source: LOADER,
        function: "binomial::Binomial::between",
        parameters: &[LOW, HIGH, N, P],
        example: "low=3 high=5 n=20 p=0.2",
        compute: |given| {
            let (low, high) = (given.whole("low")?, given.whole("high")?);
            Ok(Value::Real(law(given)?.between(low, high)))
        },
    },
    Quantity {
        name: "binomial-outside",
        meaning: "P(fewer than `low` or more than `high` of n requests)",
        convention: "exact: both tails summed, never 1 - between; relative error below 1e-11",
        source: LOADER,
        function: "binomial::Binomial::outside",
        parameters: &[LOW, HIGH, N, P],
        example: "low=325 high=375 n=500 p=0.7",
        compute: |given| {
            let (low, high) = (given.whole("low")?, given.whole("high")?);
            Ok(Value::Real(law(given)?.outside(low, high)))
        },
    },
    Quantity {
        name: "binomial-quantile",
        meaning: "The smallest count k with P(at most k of n) >= probability",
        convention: "exact search of the distribution function",
        source: LOADER,
        function: "binomial::Binomial::quantile",
        parameters: &[N, P, PROBABILITY],
        example: "n=20 p=0.2 probability=95%",
        compute: |given| {
            let probability = given.real("probability")?;
            Ok(Value::Whole(law(given)?.quantile(probability)?))
        },
    },
    Quantity {
        name: "expected-range",
        meaning: "The counts between the quantiles (1 - confidence)/2 and (1 + confidence)/2",
        convention: "exact binomial quantiles; the range holds at least the confidence level",
        source: "binomial quantiles",
        function: "sampling::expected_range",
        parameters: &[N, P, CONFIDENCE],
        example: "n=20 p=0.2",
        compute: |given| {
            let (n, p) = (given.whole("n")?, given.real("p")?);
            let (low, high) = expected_range(n, p, given.real("confidence")?)?;
            Ok(several([("low", low as f64), ("high", high as f64)]))
        },
    },
    Quantity {
        name: "multinomial-ln-pmf",
        meaning: "ln P(exactly these counts), for versions with these weights",
        convention: "exact, natural logarithm; relative error below 1e-12",
        source: "multinomial law",
        function: "sampling::multinomial_ln_pmf",
        parameters: &[COUNTS, WEIGHTS],
        example: "counts=7,2,1 weights=50,25,25",
        compute: |given| {
            let (counts, weights) = (given.wholes("counts")?, given.reals("weights")?);
            Ok(Value::Real(multinomial_ln_pmf(&counts, &weights)?))
        },
    },
    Quantity {
        name: "effective-sample-size",
        meaning: "Independent requests that are worth as much as sticky users or long connections",
        convention: "(sum m)^2 / sum m^2 over users (or connections) of m requests each",
        source: "L. Kish, \"Survey Sampling\" (1965)",
        function: "sampling::effective_sample_size",
        parameters: &[Parameter::new(
            "groups",
            Kind::Wholes,
            "requests of each user or connection",
        )],
        example: "groups=100,10,10,5,5",
        compute: |given| {
            Ok(Value::Real(effective_sample_size(
                &given.wholes("groups")?,
            )?))
        },
    },
    Quantity {
        name: "counter-count-law",
        meaning: "P(each count of a version) with the picker of 2017",
        convention: "a counter modulo the total weight, contiguous blocks, uniform start: exact",
        source: "envoyproxy/envoy conn_manager_utility.cc until October 2017",
        function: "counter_picker::CounterPicker::count_law",
        parameters: &[
            BLOCKS,
            STRIDE,
            N,
            Parameter::new("version", Kind::Whole, "its place, from 1").or("1"),
        ],
        example: "blocks=50,50 n=15 stride=3",
        compute: |given| {
            let place = given.whole("version")?.checked_sub(1);
            let place = place.ok_or_else(version_zero)?;
            let law = counter(given)?.count_law(place as usize, given.whole("n")?)?;
            let named = law.into_iter().map(|(count, probability)| super::Named {
                name: format!("{count}"),
                value: probability,
            });
            Ok(Value::Several(named.collect()))
        },
    },
];

const LOW: Parameter = Parameter::new("low", Kind::Whole, "the lowest count that is inside");
const HIGH: Parameter = Parameter::new("high", Kind::Whole, "the highest count that is inside");
const PROBABILITY: Parameter = Parameter::new("probability", Kind::Real, "the probability");
/// Whole weights for the picker of 2017.
pub(super) const BLOCKS: Parameter = Parameter::new(
    "blocks",
    Kind::Wholes,
    "whole weights, as they are configured",
);
/// Its stride.
pub(super) const STRIDE: Parameter =
    Parameter::new("stride", Kind::Whole, "streams per refresh").or("1");

fn law(given: &Arguments) -> Result<Binomial, StatsError> {
    Binomial::with_share(given.whole("n")?, given.share("p")?)
}

/// The picker of 2017 with the blocks that are given.
pub(super) fn counter(given: &Arguments) -> Result<CounterPicker, StatsError> {
    CounterPicker::new(&given.wholes("blocks")?, given.whole("stride")?)
}

/// Versions are counted from 1 on the command line.
fn version_zero() -> StatsError {
    StatsError::Domain {
        name: "version",
        expected: "at least 1",
        value: "0".into(),
    }
}
