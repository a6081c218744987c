//! May I look again and again? Sequential tests, and what peeking does to fixed ones.

use super::parameter::{ALPHA, COUNTS, N, P, WEIGHTS};
use super::{Arguments, Kind, Parameter, Quantity, Value, numbered, several};
use crate::stats::sequential::boundary::{
    lan_demets_bounds, pocock_constant, wang_tsiatis_constant,
};
use crate::stats::sequential::confidence_sequence::{half_width, tuning_rho};
use crate::stats::sequential::crossing::{crossing_probabilities, equally_spaced};
use crate::stats::sequential::error_share::{canary_error_share, detection_probability};
use crate::stats::sequential::monitor::TwoVersionMonitor;
use crate::stats::sequential::multinomial::{first_crossing, ln_e_value};
use crate::stats::sequential::normal_mixture::MixtureRatio;
use crate::stats::sequential::normal_mixture_exact::{PairedShares, pair_alarms, target_alarms};
use crate::stats::sequential::peeking::share_check_alarms;
use crate::stats::sequential::spending::Spending;
use crate::stats::sequential::sprt::Sprt;
use crate::stats::sequential::{CrossingPoint, Looks};
use crate::stats::{StatsError, special::normal_upper_quantile};

const LINDON_MALEK: &str = "M. Lindon and A. Malek, \"Anytime-Valid Inference for Multinomial \
    Count Data\" (2022)";
const WALK: &str = "exact: the law of the running count, alarms taken out; error below 1e-11";

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "e-value",
        meaning: "Anytime-valid evidence of counts against weights: ln e, and p = min(1, 1/e)",
        convention: "mixture over a Dirichlet prior of concentration times the weights",
        source: LINDON_MALEK,
        function: "sequential::multinomial::ln_e_value",
        parameters: &[COUNTS, WEIGHTS, CONCENTRATION],
        example: "counts=312,188 weights=70,30",
        compute: |given| {
            let (counts, weights) = (given.wholes("counts")?, given.reals("weights")?);
            let ln_e = ln_e_value(&counts, &weights, given.real("concentration")?)?;
            Ok(several([
                ("ln e", ln_e),
                ("p-value", (-ln_e).exp().min(1.0)),
            ]))
        },
    },
    Quantity {
        name: "e-value-first-alarm",
        meaning: "The first request at which the anytime-valid test alarms on a sequence",
        convention: "e >= 1/alpha; none if it never does",
        source: LINDON_MALEK,
        function: "sequential::multinomial::first_crossing",
        parameters: &[SEQUENCE, WEIGHTS, CONCENTRATION, ALPHA],
        example: "sequence=11111111111111111111 weights=50,50",
        compute: |given| {
            let versions = given
                .sequence("sequence")?
                .into_iter()
                .map(|first| usize::from(!first));
            let (weights, concentration) = (given.reals("weights")?, given.real("concentration")?);
            let alarm = first_crossing(versions, &weights, concentration, given.real("alpha")?)?;
            Ok(alarm.map_or(Value::None, Value::Whole))
        },
    },
    Quantity {
        name: "e-value-alarms",
        meaning: "P(the anytime-valid test of two versions alarms by the last look)",
        convention: WALK,
        source: LINDON_MALEK,
        function: "sequential::monitor::TwoVersionMonitor::alarm_curve",
        parameters: &[P, TRUE_SHARE, LAST, EVERY, CONCENTRATION, ALPHA],
        example: "p=0.5 true-share=0.6 last=1000",
        compute: |given| {
            let (share, concentration) = (given.real("p")?, given.real("concentration")?);
            let monitor = TwoVersionMonitor::new(share, concentration, given.real("alpha")?)?;
            let curve = monitor.alarm_curve(given.real("true-share")?, &looks(given)?)?;
            Ok(last_point(&curve))
        },
    },
    Quantity {
        name: "peeking",
        meaning: "P(a fixed share check ever alarms if it is made at every look)",
        convention: WALK,
        source: "P. Armitage, C. K. McPherson and B. C. Rowe (1969), computed for counts",
        function: "sequential::peeking::share_check_alarms",
        parameters: &[P, TRUE_SHARE, LAST, EVERY, ALPHA],
        example: "p=0.5 true-share=0.5 last=1000",
        compute: |given| {
            let z = normal_upper_quantile(given.real("alpha")? / 2.0)?;
            let (target, truth) = (given.real("p")?, given.real("true-share")?);
            let curve = share_check_alarms(target, truth, z, &looks(given)?)?;
            Ok(last_point(&curve))
        },
    },
    Quantity {
        name: "repeated-z",
        meaning: "P(|Z| reaches the bound at one of K equally spaced looks)",
        convention: "quadrature of the score's density from look to look; error below 1e-12",
        source: "P. Armitage, C. K. McPherson and B. C. Rowe (1969)",
        function: "sequential::crossing::crossing_probabilities",
        parameters: &[LOOKS, BOUND, DRIFT],
        example: "looks=5 bound=1.959963984540054",
        compute: |given| {
            let times = equally_spaced(look_count(given)?);
            let bounds = vec![given.real("bound")?; times.len()];
            let ever = crossing_probabilities(&times, &bounds, given.real("drift")?)?;
            Ok(numbered("by look", ever))
        },
    },
    Quantity {
        name: "group-sequential-bounds",
        meaning: "Bounds on |Z| at K equally spaced looks that spend alpha in all",
        convention: "two-sided; obf-per-side: alpha/2 spent on each side (R ldbounds, gsDesign); \
            obf-total: the function applied to the two-sided total; pocock; power: alpha t^exponent",
        source: "K. K. G. Lan and D. L. DeMets (1983)",
        function: "sequential::boundary::lan_demets_bounds",
        parameters: &[LOOKS, SPENDING, ALPHA, EXPONENT],
        example: "looks=5 spending=obf-per-side",
        compute: |given| {
            let times = equally_spaced(look_count(given)?);
            let bounds = lan_demets_bounds(spending(given)?, given.real("alpha")?, &times)?;
            Ok(numbered("look", bounds))
        },
    },
    Quantity {
        name: "alpha-spent",
        meaning: "How much of alpha may be spent by information fraction t",
        convention: "two-sided; the conventions of group-sequential-bounds",
        source: "K. K. G. Lan and D. L. DeMets (1983)",
        function: "sequential::spending::Spending::spent",
        parameters: &[T, SPENDING, ALPHA, EXPONENT],
        example: "t=0.5 spending=pocock",
        compute: |given| {
            let (alpha, t) = (given.real("alpha")?, given.real("t")?);
            Ok(Value::Real(spending(given)?.spent(alpha, t)?))
        },
    },
    Quantity {
        name: "pocock-constant",
        meaning: "The same bound on |Z| at each of K equally spaced looks",
        convention: "two-sided; error below 1e-10",
        source: "S. J. Pocock (1977)",
        function: "sequential::boundary::pocock_constant",
        parameters: &[LOOKS, ALPHA],
        example: "looks=5",
        compute: |given| {
            let looks = look_count(given)?;
            Ok(Value::Real(pocock_constant(looks, given.real("alpha")?)?))
        },
    },
    Quantity {
        name: "wang-tsiatis-constant",
        meaning: "C of the bounds C (k/K)^(shape - 1/2) on |Z| at K equally spaced looks",
        convention: "shape 1/2 is Pocock's design, 0 O'Brien and Fleming's; error below 1e-10",
        source: "S. K. Wang and A. A. Tsiatis (1987)",
        function: "sequential::boundary::wang_tsiatis_constant",
        parameters: &[
            LOOKS,
            Parameter::new("shape", Kind::Real, "the exponent, -1 to 1").or("0"),
            ALPHA,
        ],
        example: "looks=5 shape=0",
        compute: |given| {
            let (looks, shape) = (look_count(given)?, given.real("shape")?);
            let constant = wang_tsiatis_constant(looks, given.real("alpha")?, shape)?;
            Ok(Value::Real(constant))
        },
    },
    Quantity {
        name: "sprt",
        meaning: "Wald's sequential test: boundaries, true error probabilities, mean length at p",
        convention: "exact recursion between the boundaries; Wald's approximations beside",
        source: "A. Wald (1945)",
        function: "sequential::sprt::Sprt::characteristics",
        parameters: &[P0, P1, ALPHA, BETA, TRUE_P],
        example: "p0=0.01 p1=0.05 alpha=0.05 beta=0.1 p=0.01",
        compute: |given| {
            let test = wald(given)?;
            let at = test.characteristics(given.real("p")?)?;
            Ok(several([
                ("ln upper boundary", test.ln_upper()),
                ("ln lower boundary", test.ln_lower()),
                ("P(accept p0)", at.accept_null),
                ("P(accept p1)", at.accept_alternative),
                ("expected n", at.expected_n),
                ("expected n at p0 (Wald)", test.wald_expected_n_null()),
                (
                    "expected n at p1 (Wald)",
                    test.wald_expected_n_alternative(),
                ),
            ]))
        },
    },
    Quantity {
        name: "sprt-until",
        meaning: "The same, cut off undecided after `last` observations",
        convention: "exact recursion between the boundaries",
        source: "A. Wald (1945)",
        function: "sequential::sprt::Sprt::characteristics_until",
        parameters: &[P0, P1, ALPHA, BETA, TRUE_P, LAST],
        example: "p0=0.01 p1=0.05 beta=0.1 p=0.05 last=200",
        compute: |given| {
            let at = wald(given)?.characteristics_until(given.real("p")?, given.whole("last")?)?;
            Ok(several([
                ("P(accept p0)", at.accept_null),
                ("P(accept p1)", at.accept_alternative),
                ("P(undecided)", at.undecided),
                ("expected n", at.expected_n),
            ]))
        },
    },
    Quantity {
        name: "msprt-pairs",
        meaning: "Mixture ratio of two observed shares after n pairs, and its p-value",
        convention: "normal mixture of variance tau2 over the difference; asymptotic",
        source: "R. Johari, L. Pekelis and D. Walsh (2015)",
        function: "sequential::normal_mixture::MixtureRatio::of_shares",
        parameters: &[FIRST, SECOND, N, TAU2],
        example: "first=0.01 second=0.02 n=2000 tau2=0.0001",
        compute: |given| {
            let (first, second) = (given.real("first")?, given.real("second")?);
            let (n, tau2) = (given.whole("n")?, given.real("tau2")?);
            let ratio = MixtureRatio::of_shares(first, second, n, tau2)?;
            Ok(several([
                ("ratio", ratio.value()),
                ("p-value", ratio.p_value()),
            ]))
        },
    },
    Quantity {
        name: "msprt-target",
        meaning: "Mixture ratio of one observed share against its target, and its p-value",
        convention: "normal mixture of variance tau2; the variance is that of the target",
        source: "R. Johari, L. Pekelis and D. Walsh (2015)",
        function: "sequential::normal_mixture::MixtureRatio::of_target",
        parameters: &[
            Parameter::new("share", Kind::Real, "the observed share"),
            P,
            N,
            TAU2,
        ],
        example: "share=0.25 p=0.2 n=200 tau2=0.01",
        compute: |given| {
            let (share, target) = (given.real("share")?, given.real("p")?);
            let (n, tau2) = (given.whole("n")?, given.real("tau2")?);
            let ratio = MixtureRatio::of_target(share, target, n, tau2)?;
            Ok(several([
                ("ratio", ratio.value()),
                ("p-value", ratio.p_value()),
            ]))
        },
    },
    Quantity {
        name: "msprt-target-alarms",
        meaning: "P(the mixture test of one share alarms by the last look)",
        convention: WALK,
        source: "R. Johari, L. Pekelis and D. Walsh (2015), computed for counts",
        function: "sequential::normal_mixture_exact::target_alarms",
        parameters: &[P, TRUE_SHARE, TAU2, LAST, EVERY, ALPHA],
        example: "p=0.01 true-share=0.01 tau2=0.01 last=2000",
        compute: |given| {
            let (target, truth) = (given.real("p")?, given.real("true-share")?);
            let (tau2, alpha) = (given.real("tau2")?, given.real("alpha")?);
            let curve = target_alarms(target, truth, tau2, alpha, &looks(given)?)?;
            Ok(last_point(&curve))
        },
    },
    Quantity {
        name: "msprt-pairs-alarms",
        meaning: "P(the mixture test of two shares alarms by the last pair)",
        convention: WALK,
        source: "R. Johari, L. Pekelis and D. Walsh (2015), computed for counts",
        function: "sequential::normal_mixture_exact::pair_alarms",
        parameters: &[FIRST, SECOND, TAU2, LAST, EVERY, ALPHA],
        example: "first=0.1 second=0.1 tau2=0.01 last=200",
        compute: |given| {
            let shares = PairedShares {
                first: given.real("first")?,
                second: given.real("second")?,
            };
            let (tau2, alpha) = (given.real("tau2")?, given.real("alpha")?);
            Ok(last_point(&pair_alarms(
                shares,
                tau2,
                alpha,
                &looks(given)?,
            )?))
        },
    },
    Quantity {
        name: "error-share",
        meaning: "The canary's expected share of all errors",
        convention: "w r / (w r + 1 - w) at weight w and rate ratio r",
        source: "definition",
        function: "sequential::error_share::canary_error_share",
        parameters: &[CANARY_WEIGHT, RATE_RATIO],
        example: "canary-weight=0.1 rate-ratio=2",
        compute: |given| {
            let (weight, ratio) = (given.real("canary-weight")?, given.real("rate-ratio")?);
            Ok(Value::Real(canary_error_share(weight, ratio)?))
        },
    },
    Quantity {
        name: "error-share-detection",
        meaning: "P(the anytime-valid error-share gate alarms within so many errors)",
        convention: WALK,
        source: LINDON_MALEK,
        function: "sequential::error_share::detection_probability",
        parameters: &[
            CANARY_WEIGHT,
            RATE_RATIO,
            Parameter::new("errors", Kind::Whole, "errors of both versions together"),
            CONCENTRATION,
            ALPHA,
        ],
        example: "canary-weight=0.1 rate-ratio=2 errors=50",
        compute: |given| {
            let (weight, ratio) = (given.real("canary-weight")?, given.real("rate-ratio")?);
            let (concentration, alpha) = (given.real("concentration")?, given.real("alpha")?);
            let errors = given.whole("errors")?;
            let found = detection_probability(weight, ratio, concentration, alpha, errors)?;
            Ok(Value::Real(found))
        },
    },
    Quantity {
        name: "confidence-sequence-rho",
        meaning: "The rho at which the normal confidence sequence is narrowest at n",
        convention: "sqrt((-2 ln alpha + ln(-2 ln alpha + 1)) / n), as GrowthBook has it",
        source: "I. Waudby-Smith et al. (2021)",
        function: "sequential::confidence_sequence::tuning_rho",
        parameters: &[
            ALPHA,
            Parameter::new("n", Kind::Real, "the sample size it is tuned for"),
        ],
        example: "n=5000",
        compute: |given| {
            Ok(Value::Real(tuning_rho(
                given.real("alpha")?,
                given.real("n")?,
            )?))
        },
    },
    Quantity {
        name: "confidence-sequence-half-width",
        meaning: "Half the width of the normal confidence sequence at n",
        convention: "asymptotic",
        source: "I. Waudby-Smith et al. (2021)",
        function: "sequential::confidence_sequence::half_width",
        parameters: &[
            Parameter::new("variance", Kind::Real, "the variance of one observation"),
            N,
            Parameter::new("rho", Kind::Real, "the tuning parameter"),
            ALPHA,
        ],
        example: "variance=0.25 n=1000 rho=0.05",
        compute: |given| {
            let (variance, n) = (given.real("variance")?, given.whole("n")?);
            let width = half_width(variance, n, given.real("rho")?, given.real("alpha")?)?;
            Ok(Value::Real(width))
        },
    },
];

const CONCENTRATION: Parameter = Parameter::new(
    "concentration",
    Kind::Real,
    "sum of the Dirichlet prior's parameters, fixed before the data",
)
.or("10");
const SEQUENCE: Parameter =
    Parameter::new("sequence", Kind::Sequence, "versions in order, two signs");
const TRUE_SHARE: Parameter = Parameter::new(
    "true-share",
    Kind::Real,
    "the share that the traffic really has",
);
const LAST: Parameter = Parameter::new("last", Kind::Whole, "the last observation");
const EVERY: Parameter =
    Parameter::new("every", Kind::Whole, "observations between two looks").or("1");
const LOOKS: Parameter = Parameter::new("looks", Kind::Whole, "equally spaced looks");
const BOUND: Parameter = Parameter::new("bound", Kind::Real, "the bound on |Z|");
const DRIFT: Parameter =
    Parameter::new("drift", Kind::Real, "the mean of Z at the last look").or("0");
const SPENDING: Parameter = Parameter::new(
    "spending",
    Kind::Word(&["obf-per-side", "obf-total", "pocock", "power"]),
    "the spending function",
)
.or("obf-per-side");
const EXPONENT: Parameter = Parameter::new("exponent", Kind::Real, "of the power family").or("2");
const T: Parameter = Parameter::new("t", Kind::Real, "information fraction, 0 to 1");
const P0: Parameter = Parameter::new("p0", Kind::Real, "the null hypothesis");
const P1: Parameter = Parameter::new("p1", Kind::Real, "the alternative");
const BETA: Parameter = Parameter::new("beta", Kind::Real, "misses allowed").or("20%");
const TRUE_P: Parameter = Parameter::new("p", Kind::Real, "the true probability");
const FIRST: Parameter = Parameter::new("first", Kind::Real, "share of the first version");
const SECOND: Parameter = Parameter::new("second", Kind::Real, "share of the second version");
const TAU2: Parameter = Parameter::new("tau2", Kind::Real, "the variance of the mixture");
const CANARY_WEIGHT: Parameter = Parameter::new(
    "canary-weight",
    Kind::Real,
    "the canary's share of the requests",
);
const RATE_RATIO: Parameter = Parameter::new(
    "rate-ratio",
    Kind::Real,
    "the canary's error rate over the stable one",
);

fn looks(given: &Arguments) -> Result<Looks, StatsError> {
    Looks::every(given.whole("every")?, given.whole("last")?)
}

fn look_count(given: &Arguments) -> Result<usize, StatsError> {
    let count = given.whole("looks")?;
    let fits = usize::try_from(count).ok().filter(|looks| *looks <= 1000);
    fits.ok_or_else(|| StatsError::Domain {
        name: "looks",
        expected: "at most 1000",
        value: count.to_string(),
    })
}

fn spending(given: &Arguments) -> Result<Spending, StatsError> {
    Ok(match given.word("spending")? {
        "obf-total" => Spending::ObrienFlemingTotal,
        "pocock" => Spending::PocockType,
        "power" => Spending::Power {
            exponent: given.real("exponent")?,
        },
        _ => Spending::ObrienFlemingPerSide,
    })
}

fn wald(given: &Arguments) -> Result<Sprt, StatsError> {
    let (null, alternative) = (given.real("p0")?, given.real("p1")?);
    Sprt::new(null, alternative, given.real("alpha")?, given.real("beta")?)
}

fn last_point(curve: &[CrossingPoint]) -> Value {
    match curve.last() {
        Some(point) => several([
            ("low", point.low),
            ("high", point.high),
            ("either", point.either()),
        ]),
        None => Value::None,
    }
}
