//! What does my gate catch?

use super::parameter::N;
use super::{Arguments, Kind, Parameter, Quantity, Value, several};
use crate::stats::StatsError;
use crate::stats::gates::attempts::{Attempts, attempts_check};
use crate::stats::gates::cumulative::characteristic;
use crate::stats::gates::measurements::{Limits, MeasurementLaw, Phase, metric};
use crate::stats::gates::tick::{Requests, Shares, TickLaw, success_check};
use crate::stats::kayenta::{common_language_effect_size, mann_whitney, mean_ratio};

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "gate-promotes",
        meaning: "P(every step passes once before too many checks have failed)",
        convention: "a step repeats until it passes; failed checks add up and are never forgotten",
        source: "fluxcd/flagger, pkg/controller/scheduler.go",
        function: "gates::cumulative::characteristic",
        parameters: &[PASSES, FAILURES],
        example: "passes=0.8,0.8,0.8,0.8,0.8 failures=5",
        compute: |given| {
            let passes = given.reals("passes")?.into_iter();
            let steps = passes.map(tick).collect::<Vec<TickLaw>>();
            let failures = u32::try_from(given.whole("failures")?).unwrap_or(u32::MAX);
            let gate = characteristic(&steps, failures)?;
            Ok(several([
                ("promoted", gate.promoted),
                ("rolled back", gate.rolled_back),
                ("checks", gate.expected_ticks()),
            ]))
        },
    },
    Quantity {
        name: "check-passes",
        meaning: "P(a check on the share of successful requests passes)",
        convention: "success/n ≥ the share, compared exactly; no request: no data, not a pass",
        source: "binomial law; errors and successes of Poisson arrivals are independent",
        function: "gates::tick::success_check",
        parameters: &[N, ERROR_RATE, SUCCESS, ARRIVALS],
        example: "n=60 error-rate=2% success=99%",
        compute: |given| {
            let law = success_check(
                requests(given)?,
                given.real("error-rate")?,
                &accepted(given)?,
            )?;
            Ok(outcome(law))
        },
    },
    Quantity {
        name: "check-of-attempts",
        meaning: "The same where failed requests are tried again and every attempt counts",
        convention: "errors are of attempts; all attempts of a request go to one version",
        source: "envoyproxy/envoy, source/common/router/router.cc",
        function: "gates::attempts::attempts_check",
        parameters: &[N, ERROR_RATE, SUCCESS, ARRIVALS, RETRIES],
        example: "n=60 error-rate=2% success=99% retries=2",
        compute: |given| {
            let stages = given.whole("retries")?.min(10) as usize + 1;
            let attempts = Attempts::new(vec![given.real("error-rate")?; stages]);
            let law = attempts_check(requests(given)?, &attempts, &accepted(given)?)?;
            Ok(law.map_or(Value::None, outcome))
        },
    },
    Quantity {
        name: "argo-metric",
        meaning: "How a metric of Argo Rollouts ends whose measurements fail with that probability",
        convention: "fails with one failure more than the limit; a limit of consecutive successes of 0 is none",
        source: "argoproj/argo-rollouts, analysis/analysis.go, assessMetricStatus",
        function: "gates::measurements::metric",
        parameters: &[FAILS, COUNT, LIMIT, IN_A_ROW],
        example: "fails=0.2 count=10 failure-limit=2",
        compute: |given| {
            let (count, fails) = (given.whole("count")?.min(10_000), given.real("fails")?);
            let number = |name| -> Result<u32, StatsError> {
                Ok(u32::try_from(given.whole(name)?).unwrap_or(u32::MAX))
            };
            let limits = Limits {
                count: Some(u32::try_from(count).unwrap_or(u32::MAX)),
                failures: Some(number("failure-limit")?),
                inconclusive: Some(0),
                errors_in_a_row: 4,
                successes_in_a_row: Some(number("in-a-row")?).filter(|&number| number > 0),
            };
            let law = MeasurementLaw {
                successful: 1.0 - fails,
                failed: fails,
                inconclusive: 0.0,
                error: 0.0,
            };
            let ends = metric(&vec![law; count as usize], &limits)?;
            Ok(several([
                ("successful", ends.probability(Phase::Successful)),
                ("failed", ends.probability(Phase::Failed)),
                ("inconclusive", ends.probability(Phase::Inconclusive)),
            ]))
        },
    },
    Quantity {
        name: "mann-whitney",
        meaning: "By how much a sample lies above another, with an interval",
        convention: "Hodges-Lehmann estimate; continuity and tie correction; solver tolerance 10^-4",
        source: "spinnaker/kayenta, MannWhitney.scala; R, wilcox.test",
        function: "kayenta::mann_whitney::mann_whitney",
        parameters: &[EXPERIMENT, CONTROL, KAYENTA_LEVEL],
        example: "experiment=3,5,4,8,7 control=1,2,3,4,2",
        compute: |given| {
            let (experiment, control) = (given.reals("experiment")?, given.reals("control")?);
            let found = mann_whitney(&experiment, &control, given.real("confidence")?)?;
            Ok(several([
                ("estimate", found.estimate),
                ("lower", found.lower),
                ("upper", found.upper),
            ]))
        },
    },
    Quantity {
        name: "mean-ratio",
        meaning: "The ratio of two samples' means",
        convention: "mean(experiment) / mean(control)",
        source: "spinnaker/kayenta, EffectSizes.scala",
        function: "kayenta::effect_size::mean_ratio",
        parameters: &[EXPERIMENT, CONTROL],
        example: "experiment=3,5,4 control=1,2,3",
        compute: |given| {
            let (experiment, control) = (given.reals("experiment")?, given.reals("control")?);
            Ok(Value::Real(mean_ratio(&experiment, &control)))
        },
    },
    Quantity {
        name: "common-language-effect",
        meaning: "P(a value of one sample is above one of the other), ties counting half",
        convention: "over all pairs",
        source: "spinnaker/kayenta, EffectSizes.scala",
        function: "kayenta::effect_size::common_language_effect_size",
        parameters: &[EXPERIMENT, CONTROL],
        example: "experiment=3,5,4 control=1,2,3",
        compute: |given| {
            let (experiment, control) = (given.reals("experiment")?, given.reals("control")?);
            Ok(Value::Real(common_language_effect_size(
                &experiment,
                &control,
            )))
        },
    },
];

const PASSES: Parameter = Parameter::new("passes", Kind::Reals, "P(a check passes), step by step");
const FAILURES: Parameter = Parameter::new("failures", Kind::Whole, "failed checks that roll back");
const ERROR_RATE: Parameter =
    Parameter::new("error-rate", Kind::Real, "P(a request or an attempt fails)");
const SUCCESS: Parameter = Parameter::new("success", Kind::Share, "the least share that passes");
const ARRIVALS: Parameter = Parameter::new(
    "arrivals",
    Kind::Word(&["fixed", "poisson"]),
    "whether n is exact or the mean",
)
.or("fixed");
const RETRIES: Parameter =
    Parameter::new("retries", Kind::Whole, "retries of a request, at most 10");
const FAILS: Parameter = Parameter::new("fails", Kind::Real, "P(a measurement fails)");
const COUNT: Parameter = Parameter::new("count", Kind::Whole, "measurements");
const LIMIT: Parameter = Parameter::new("failure-limit", Kind::Whole, "failureLimit").or("0");
const IN_A_ROW: Parameter =
    Parameter::new("in-a-row", Kind::Whole, "consecutiveSuccessLimit").or("0");
const EXPERIMENT: Parameter = Parameter::new("experiment", Kind::Reals, "the new version's points");
const CONTROL: Parameter = Parameter::new("control", Kind::Reals, "the old version's points");
const KAYENTA_LEVEL: Parameter = Parameter::new(
    "confidence",
    Kind::Real,
    "of the interval; Kayenta's is 98%",
)
.or("98%");

/// A check that never lacks data.
fn tick(pass: f64) -> TickLaw {
    TickLaw {
        pass,
        fail: 1.0 - pass,
        no_data: 0.0,
    }
}

fn requests(given: &Arguments) -> Result<Requests, StatsError> {
    let n = given.whole("n")?;
    Ok(match given.word("arrivals")? {
        "poisson" => Requests::Poisson(n as f64),
        _ => Requests::Fixed(n),
    })
}

fn accepted(given: &Arguments) -> Result<Shares, StatsError> {
    Ok(Shares::at_least(given.share("success")?))
}

fn outcome(law: TickLaw) -> Value {
    several([
        ("passes", law.pass),
        ("fails", law.fail),
        ("no data", law.no_data),
    ])
}
