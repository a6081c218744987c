//! Which shares a count is compatible with.

use super::parameter::{CONFIDENCE, COUNT, COUNTS, N};
use super::{Arguments, Kind, Named, Parameter, Quantity, Value, several};
use crate::stats::StatsError;
use crate::stats::intervals::{self, Interval, Method};

type OneShare = fn(u64, u64, f64) -> Result<Interval, StatsError>;

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "wilson",
        meaning: "Interval for one share; near its level on average",
        convention: "score interval without continuity correction",
        source: "E. B. Wilson (1927)",
        function: "intervals::wilson",
        parameters: &[COUNT, N, CONFIDENCE],
        example: "count=7 n=15",
        compute: |given| one_share(given, intervals::wilson),
    },
    Quantity {
        name: "clopper-pearson",
        meaning: "Interval for one share; never below its level",
        convention: "exact: inverts two binomial tails of (1 - confidence)/2 each",
        source: "C. J. Clopper and E. S. Pearson (1934)",
        function: "intervals::clopper_pearson",
        parameters: &[COUNT, N, CONFIDENCE],
        example: "count=7 n=15",
        compute: |given| one_share(given, intervals::clopper_pearson),
    },
    Quantity {
        name: "jeffreys",
        meaning: "Interval for one share from Jeffreys' prior",
        convention: "equal-tailed Beta(1/2, 1/2); the lower end is 0 at count 0, the upper 1 at n",
        source: "L. D. Brown, T. T. Cai and A. DasGupta (2001)",
        function: "intervals::jeffreys",
        parameters: &[COUNT, N, CONFIDENCE],
        example: "count=4 n=20",
        compute: |given| one_share(given, intervals::jeffreys),
    },
    Quantity {
        name: "agresti-coull",
        meaning: "Interval for one share with z^2 requests added",
        convention: "ends beyond 0 and 1 are cut",
        source: "A. Agresti and B. A. Coull (1998)",
        function: "intervals::agresti_coull",
        parameters: &[COUNT, N, CONFIDENCE],
        example: "count=7 n=15",
        compute: |given| one_share(given, intervals::agresti_coull),
    },
    Quantity {
        name: "time-uniform",
        meaning: "Interval for one share that holds at all n together: look as often as you like",
        convention: "confidence sequence with a Beta(a, b) mixture",
        source: "H. Robbins (1970); S. R. Howard et al. (2021)",
        function: "intervals::time_uniform",
        parameters: &[COUNT, N, A, B, CONFIDENCE],
        example: "count=7 n=15",
        compute: |given| {
            let (count, n) = (given.whole("count")?, given.whole("n")?);
            let (a, b) = (given.real("a")?, given.real("b")?);
            let interval = intervals::time_uniform(count, n, a, b, given.real("confidence")?)?;
            Ok(ends(interval))
        },
    },
    Quantity {
        name: "time-uniform-band",
        meaning: "The counts of n in which a running count stays, at all n together",
        convention: "confidence sequence with a Beta(1/2, 1/2) mixture",
        source: "H. Robbins (1970)",
        function: "intervals::time_uniform_band",
        parameters: &[N, super::parameter::P, CONFIDENCE],
        example: "n=100 p=0.5",
        compute: |given| {
            let (n, p) = (given.whole("n")?, given.real("p")?);
            let (low, high) = intervals::time_uniform_band(n, p, given.real("confidence")?)?;
            Ok(several([("low", low as f64), ("high", high as f64)]))
        },
    },
    Quantity {
        name: "goodman",
        meaning: "Simultaneous intervals for the shares of several versions",
        convention: "chi-square quantile with one degree of freedom at 1 - alpha/k",
        source: "L. A. Goodman (1965)",
        function: "intervals::goodman",
        parameters: &[COUNTS, CONFIDENCE],
        example: "counts=50,25,25",
        compute: |given| {
            let counts = given.wholes("counts")?;
            Ok(several_ends(&intervals::goodman(
                &counts,
                given.real("confidence")?,
            )?))
        },
    },
    Quantity {
        name: "sison-glaz",
        meaning: "Simultaneous intervals for the shares of several versions, same width for all",
        convention: "truncated Poisson approximation with Edgeworth expansion",
        source: "C. P. Sison and J. Glaz (1995)",
        function: "intervals::sison_glaz",
        parameters: &[COUNTS, CONFIDENCE],
        example: "counts=50,25,25",
        compute: |given| {
            let counts = given.wholes("counts")?;
            Ok(several_ends(&intervals::sison_glaz(
                &counts,
                given.real("confidence")?,
            )?))
        },
    },
    Quantity {
        name: "coverage",
        meaning: "P(the interval of a method contains p), when p is the true share",
        convention: "exact: binomial probabilities of the counts whose interval contains p",
        source: "L. D. Brown, T. T. Cai and A. DasGupta (2001)",
        function: "intervals::coverage",
        parameters: &[METHOD, N, super::parameter::P, CONFIDENCE],
        example: "method=wilson n=20 p=0.2",
        compute: |given| {
            let method = match given.word("method")? {
                "clopper-pearson" => Method::ClopperPearson,
                "jeffreys" => Method::Jeffreys,
                "agresti-coull" => Method::AgrestiCoull,
                "time-uniform" => Method::TimeUniform,
                _ => Method::Wilson,
            };
            let (n, p) = (given.whole("n")?, given.real("p")?);
            let coverage = intervals::coverage(method, n, p, given.real("confidence")?)?;
            Ok(Value::Real(coverage))
        },
    },
];

const A: Parameter = Parameter::new("a", Kind::Real, "first parameter of the mixture").or("0.5");
const B: Parameter = Parameter::new("b", Kind::Real, "second parameter of the mixture").or("0.5");
const METHOD: Parameter = Parameter::new(
    "method",
    Kind::Word(&[
        "wilson",
        "clopper-pearson",
        "jeffreys",
        "agresti-coull",
        "time-uniform",
    ]),
    "the interval",
);

fn one_share(given: &Arguments, interval: OneShare) -> Result<Value, StatsError> {
    let (count, n) = (given.whole("count")?, given.whole("n")?);
    interval(count, n, given.real("confidence")?).map(ends)
}

fn ends(interval: Interval) -> Value {
    several([("low", interval.low), ("high", interval.high)])
}

fn several_ends(intervals: &[Interval]) -> Value {
    let ends = (1..).zip(intervals).flat_map(|(place, interval)| {
        [("low", interval.low), ("high", interval.high)].map(|(end, value)| Named {
            name: format!("{end} {place}"),
            value,
        })
    });
    Value::Several(ends.collect())
}
