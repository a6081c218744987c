//! How many requests do I need?

use super::parameter::{ALPHA, CONFIDENCE, N, POWER};
use super::{Arguments, Kind, Parameter, Quantity, Value, numbered, several};
use crate::stats::StatsError;
use crate::stats::planning::canary_worse::{BetaLaw, Observed, probability_canary_worse};
use crate::stats::planning::demonstration::requests_to_demonstrate;
use crate::stats::planning::detectable::Traffic;
use crate::stats::planning::exact_power::{Alternative, Arm, fisher_power, pooled_z_power};
use crate::stats::planning::exact_size::pooled_z_size;
use crate::stats::planning::fixed_gate::FixedGate;
use crate::stats::planning::multiple_tests::{
    bonferroni_level, family_false_alarms, holm_adjusted, sidak_level,
};
use crate::stats::planning::one_share::{OneShareTest, RejectionRule};
use crate::stats::planning::two_proportions::{Formula, TwoProportions};

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "one-share-size",
        meaning: "Requests with which an exact test of p0 notices p1 with that power",
        convention: "exact two-sided test; first: the first n, stable: from which n on for good",
        source: "binomial law",
        function: "planning::one_share::OneShareTest::sample_size",
        parameters: &[P0, P1, POWER, ALPHA, RULE],
        example: "p0=0.5 p1=0.6",
        compute: |given| {
            let size = one_share(given)?.sample_size(given.real("p1")?, given.real("power")?)?;
            Ok(several([
                ("first", size.first as f64),
                ("stable", size.stable as f64),
            ]))
        },
    },
    Quantity {
        name: "one-share-power",
        meaning: "P(an exact test of p0 with n requests rejects) if the share is p1",
        convention: "exact two-sided test; at p1 = p0 its true size",
        source: "binomial law",
        function: "planning::one_share::OneShareTest::power",
        parameters: &[N, P0, P1, ALPHA, RULE],
        example: "n=15 p0=0.5 p1=0.6",
        compute: |given| {
            let power = one_share(given)?.power(given.whole("n")?, given.real("p1")?)?;
            Ok(Value::Real(power))
        },
    },
    Quantity {
        name: "one-share-region",
        meaning: "The counts that an exact test of p0 with n requests rejects",
        convention: "counts up to `at most` and from `at least` on; exact two-sided test",
        source: "binomial law",
        function: "planning::one_share::OneShareTest::region",
        parameters: &[N, P0, ALPHA, RULE],
        example: "n=15 p0=0.5",
        compute: |given| {
            let region = one_share(given)?.region(given.whole("n")?)?;
            let ends = [("at most", region.low()), ("at least", region.high())];
            let named = ends.into_iter().filter_map(|(name, count)| {
                Some(super::Named {
                    name: name.to_owned(),
                    value: count? as f64,
                })
            });
            Ok(Value::Several(named.collect()))
        },
    },
    Quantity {
        name: "two-proportions-size",
        meaning: "Requests to canary and stable version that tell their error rates apart",
        convention: "two-sided, approximate, by the named formula; `real`: before rounding up",
        source: "J. L. Fleiss (1981); J. Cohen (1988); E. Miller, Sample Size Calculator",
        function: "planning::two_proportions::TwoProportions::requests",
        parameters: &[STABLE, CANARY, POWER, ALPHA, RATIO, FORMULA],
        example: "stable=1% canary=2% ratio=9",
        compute: |given| {
            let plan = two_proportions(given)?;
            let formula = formula(given)?;
            let requests = plan.requests(formula)?;
            Ok(several([
                ("canary (real)", plan.canary_requests(formula)?),
                ("canary", requests.canary as f64),
                ("stable", requests.stable as f64),
                ("total", requests.total() as f64),
            ]))
        },
    },
    Quantity {
        name: "two-proportions-size-exact",
        meaning: "Canary requests that tell two error rates apart, by exact power",
        convention: "pooled z test; first: the first n, stable: from which on, as far as `tried`",
        source: "binomial law",
        function: "planning::exact_size::pooled_z_size",
        parameters: &[STABLE, CANARY, POWER, ALPHA, RATIO, SIDES],
        example: "stable=1% canary=5% ratio=9",
        compute: |given| {
            let size = pooled_z_size(&two_proportions(given)?, alternative(given)?)?;
            Ok(several([
                ("first", size.first as f64),
                ("stable", size.stable as f64),
                ("tried", size.tried as f64),
            ]))
        },
    },
    Quantity {
        name: "pooled-z-power",
        meaning: "P(the pooled z test of two error rates rejects)",
        convention: "exact enumeration of both binomial laws; at equal rates its true size",
        source: "binomial law",
        function: "planning::exact_power::pooled_z_power",
        parameters: &[CANARY, CANARY_N, STABLE, STABLE_N, ALPHA, SIDES],
        example: "canary=5% canary-n=100 stable=1% stable-n=900",
        compute: |given| {
            let (canary, stable) = arms(given)?;
            let (alpha, sides) = (given.real("alpha")?, alternative(given)?);
            Ok(Value::Real(pooled_z_power(canary, stable, alpha, sides)?))
        },
    },
    Quantity {
        name: "fisher-power",
        meaning: "P(Fisher's exact test of two error rates rejects)",
        convention: "exact enumeration; two-sided p-values are minimum-likelihood",
        source: "R. A. Fisher (1935)",
        function: "planning::exact_power::fisher_power",
        parameters: &[CANARY, CANARY_N, STABLE, STABLE_N, ALPHA, SIDES],
        example: "canary=5% canary-n=100 stable=1% stable-n=900",
        compute: |given| {
            let (canary, stable) = arms(given)?;
            let (alpha, sides) = (given.real("alpha")?, alternative(given)?);
            Ok(Value::Real(fisher_power(canary, stable, alpha, sides)?))
        },
    },
    Quantity {
        name: "detectable-rate",
        meaning: "The smallest canary error rate above the stable one that traffic can see",
        convention: "by the named formula, or exact: exact power of the pooled z test, two-sided",
        source: "J. L. Fleiss (1981)",
        function: "planning::detectable::Traffic::detectable_rate",
        parameters: &[REQUESTS, CANARY_WEIGHT, STABLE, POWER, ALPHA, FORMULA],
        example: "requests=10000 canary-weight=10% stable=1%",
        compute: |given| {
            let rate = traffic(given)?.detectable_rate(
                formula(given)?,
                given.real("alpha")?,
                given.real("power")?,
            )?;
            Ok(rate.map_or(Value::None, Value::Real))
        },
    },
    Quantity {
        name: "detectable-rate-exact",
        meaning: "The same by the exact power of the pooled z test",
        convention: "exact enumeration of both binomial laws",
        source: "binomial law",
        function: "planning::detectable::Traffic::exactly_detectable_rate",
        parameters: &[REQUESTS, CANARY_WEIGHT, STABLE, POWER, ALPHA, SIDES],
        example: "requests=10000 canary-weight=10% stable=1%",
        compute: |given| {
            let rate = traffic(given)?.exactly_detectable_rate(
                given.real("alpha")?,
                given.real("power")?,
                alternative(given)?,
            )?;
            Ok(rate.map_or(Value::None, Value::Real))
        },
    },
    Quantity {
        name: "demonstration",
        meaning: "The smallest n such that at most c errors in n show: error rate below the limit",
        convention: "exact: P(at most c of n errors at the limit) <= 1 - confidence",
        source: "zero-failure demonstration test",
        function: "planning::demonstration::requests_to_demonstrate",
        parameters: &[
            LIMIT,
            Parameter::new("errors", Kind::Whole, "errors that are allowed").or("0"),
            CONFIDENCE,
        ],
        example: "limit=1% errors=0",
        compute: |given| {
            let (limit, errors) = (given.real("limit")?, given.whole("errors")?);
            let n = requests_to_demonstrate(limit, errors, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "fixed-gate",
        meaning: "P(promote) of the gate \"at least this share of n requests succeeds\"",
        convention: "exact: P(at most floor(n (1 - success)) errors)",
        source: "binomial law",
        function: "planning::fixed_gate::FixedGate::promotion_probability",
        parameters: &[N, SUCCESS, ERROR_RATE],
        example: "n=60 success=99% error-rate=2%",
        compute: |given| {
            let gate = FixedGate::new(given.whole("n")?, given.share("success")?)?;
            let promoted = gate.promotion_probability(given.real("error-rate")?)?;
            Ok(several([
                ("allowed errors", gate.allowed_errors() as f64),
                ("P(promote)", promoted),
            ]))
        },
    },
    Quantity {
        name: "fixed-gate-rate",
        meaning: "The error rate that the gate promotes with that probability",
        convention: "exact; none if it promotes everything",
        source: "binomial law",
        function: "planning::fixed_gate::FixedGate::error_rate_promoted_with",
        parameters: &[
            N,
            SUCCESS,
            Parameter::new("probability", Kind::Real, "of promotion"),
        ],
        example: "n=60 success=99% probability=5%",
        compute: |given| {
            let gate = FixedGate::new(given.whole("n")?, given.share("success")?)?;
            let rate = gate.error_rate_promoted_with(given.real("probability")?)?;
            Ok(rate.map_or(Value::None, Value::Real))
        },
    },
    Quantity {
        name: "canary-worse",
        meaning: "P(the canary's error rate is the higher one), given what was observed",
        convention: "independent Beta(a, b) priors; watching it and stopping inflates alarms",
        source: "E. Miller, \"Formulas for Bayesian A/B Testing\" (2014)",
        function: "planning::canary_worse::probability_canary_worse",
        parameters: &[
            Parameter::new("canary-errors", Kind::Whole, "errors of the canary"),
            CANARY_N,
            Parameter::new("stable-errors", Kind::Whole, "errors of the stable version"),
            STABLE_N,
            Parameter::new("a", Kind::Real, "first parameter of the prior").or("1"),
            Parameter::new("b", Kind::Real, "second parameter of the prior").or("1"),
        ],
        example: "canary-errors=8 canary-n=500 stable-errors=50 stable-n=5000",
        compute: |given| {
            let observed = |errors, requests| -> Result<Observed, StatsError> {
                Ok(Observed {
                    errors: given.whole(errors)?,
                    requests: given.whole(requests)?,
                })
            };
            let canary = observed("canary-errors", "canary-n")?;
            let stable = observed("stable-errors", "stable-n")?;
            let prior = BetaLaw::new(given.real("a")?, given.real("b")?)?;
            Ok(Value::Real(probability_canary_worse(
                canary, stable, prior,
            )?))
        },
    },
    Quantity {
        name: "family-false-alarms",
        meaning: "P(at least one of several independent tests alarms falsely)",
        convention: "1 - (1 - level)^tests",
        source: "definition",
        function: "planning::multiple_tests::family_false_alarms",
        parameters: &[LEVEL, TESTS],
        example: "level=1% tests=20",
        compute: |given| {
            let (level, tests) = (given.real("level")?, given.whole("tests")?);
            Ok(Value::Real(family_false_alarms(level, tests)?))
        },
    },
    Quantity {
        name: "bonferroni-level",
        meaning: "The level of each test that keeps a family of any tests at a level",
        convention: "level / tests",
        source: "C. E. Bonferroni (1936)",
        function: "planning::multiple_tests::bonferroni_level",
        parameters: &[LEVEL, TESTS],
        example: "level=5% tests=20",
        compute: |given| {
            let (level, tests) = (given.real("level")?, given.whole("tests")?);
            Ok(Value::Real(bonferroni_level(level, tests)?))
        },
    },
    Quantity {
        name: "sidak-level",
        meaning: "The level of each test that keeps a family of independent tests at a level",
        convention: "1 - (1 - level)^(1/tests)",
        source: "Z. Sidak (1967)",
        function: "planning::multiple_tests::sidak_level",
        parameters: &[LEVEL, TESTS],
        example: "level=5% tests=20",
        compute: |given| {
            let (level, tests) = (given.real("level")?, given.whole("tests")?);
            Ok(Value::Real(sidak_level(level, tests)?))
        },
    },
    Quantity {
        name: "holm-adjusted",
        meaning: "p-values of a family, adjusted by Holm's step-down rule",
        convention: "compare each with the level of the family",
        source: "S. Holm (1979)",
        function: "planning::multiple_tests::holm_adjusted",
        parameters: &[Parameter::new("p-values", Kind::Reals, "one for each test")],
        example: "p-values=0.01,0.04,0.03",
        compute: |given| Ok(numbered("test", holm_adjusted(&given.reals("p-values")?)?)),
    },
];

const P0: Parameter = Parameter::new("p0", Kind::Real, "the share that is tested");
const P1: Parameter = Parameter::new("p1", Kind::Real, "the share that is to be noticed");
const RULE: Parameter = Parameter::new(
    "rule",
    Kind::Word(&["equal-tailed", "minimum-likelihood"]),
    "which outcomes are rejected",
)
.or("equal-tailed");
const STABLE: Parameter = Parameter::new("stable", Kind::Real, "stable error rate");
const CANARY: Parameter = Parameter::new("canary", Kind::Real, "canary error rate");
const STABLE_N: Parameter =
    Parameter::new("stable-n", Kind::Whole, "requests to the stable version");
const CANARY_N: Parameter = Parameter::new("canary-n", Kind::Whole, "requests to the canary");
const RATIO: Parameter = Parameter::new(
    "ratio",
    Kind::Real,
    "stable requests per canary request, (1 - w)/w",
)
.or("1");
const FORMULA: Parameter = Parameter::new(
    "formula",
    Kind::Word(&[
        "pooled-z",
        "pooled-z-continuity",
        "unpooled-z",
        "arcsine",
        "evan-miller",
    ]),
    "the formula",
)
.or("pooled-z");
const SIDES: Parameter = Parameter::new(
    "alternative",
    Kind::Word(&["two-sided", "canary-worse"]),
    "what is to be noticed",
)
.or("two-sided");
const REQUESTS: Parameter = Parameter::new("requests", Kind::Whole, "to both versions together");
const CANARY_WEIGHT: Parameter = Parameter::new(
    "canary-weight",
    Kind::Real,
    "the canary's share of the requests",
);
const LIMIT: Parameter = Parameter::new("limit", Kind::Real, "the error rate not to exceed");
const SUCCESS: Parameter = Parameter::new("success", Kind::Share, "the share that has to succeed");
const ERROR_RATE: Parameter = Parameter::new("error-rate", Kind::Real, "the true error rate");
const LEVEL: Parameter = Parameter::new("level", Kind::Real, "a level");
const TESTS: Parameter = Parameter::new("tests", Kind::Whole, "how many tests");

fn one_share(given: &Arguments) -> Result<OneShareTest, StatsError> {
    let rule = match given.word("rule")? {
        "minimum-likelihood" => RejectionRule::MinimumLikelihood,
        _ => RejectionRule::EqualTailed,
    };
    OneShareTest::new(given.real("p0")?, given.real("alpha")?, rule)
}

fn two_proportions(given: &Arguments) -> Result<TwoProportions, StatsError> {
    Ok(TwoProportions {
        stable: given.real("stable")?,
        canary: given.real("canary")?,
        alpha: given.real("alpha")?,
        power: given.real("power")?,
        ratio: given.real("ratio")?,
    })
}

fn formula(given: &Arguments) -> Result<Formula, StatsError> {
    Ok(match given.word("formula")? {
        "pooled-z-continuity" => Formula::PooledZContinuity,
        "unpooled-z" => Formula::UnpooledZ,
        "arcsine" => Formula::Arcsine,
        "evan-miller" => Formula::EvanMiller,
        _ => Formula::PooledZ,
    })
}

fn alternative(given: &Arguments) -> Result<Alternative, StatsError> {
    Ok(match given.word("alternative")? {
        "canary-worse" => Alternative::CanaryWorse,
        _ => Alternative::TwoSided,
    })
}

fn arms(given: &Arguments) -> Result<(Arm, Arm), StatsError> {
    let arm = |requests, rate| -> Result<Arm, StatsError> {
        Ok(Arm {
            requests: given.whole(requests)?,
            error_rate: given.real(rate)?,
        })
    };
    Ok((arm("canary-n", "canary")?, arm("stable-n", "stable")?))
}

fn traffic(given: &Arguments) -> Result<Traffic, StatsError> {
    Ok(Traffic {
        requests: given.whole("requests")?,
        canary_weight: given.real("canary-weight")?,
        stable: given.real("stable")?,
    })
}
