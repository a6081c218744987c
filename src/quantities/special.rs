//! The functions that the rest stands on.

use super::{Arguments, Kind, Parameter, Quantity, Value};
use crate::stats::StatsError;
use crate::stats::special;

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "normal-cdf",
        meaning: "P(Z <= z) of the standard normal law",
        convention: "relative error below 1e-14 in both tails",
        source: "W. J. Cody's erfc, as libm has it",
        function: "special::normal_cdf",
        parameters: &[Z],
        example: "z=-1.96",
        compute: |given| Ok(Value::Real(special::normal_cdf(given.real("z")?))),
    },
    Quantity {
        name: "normal-sf",
        meaning: "P(Z > z) of the standard normal law",
        convention: "relative error below 1e-14 in both tails",
        source: "W. J. Cody's erfc, as libm has it",
        function: "special::normal_sf",
        parameters: &[Z],
        example: "z=6",
        compute: |given| Ok(Value::Real(special::normal_sf(given.real("z")?))),
    },
    Quantity {
        name: "normal-quantile",
        meaning: "z with P(Z <= z) = probability",
        convention: "inverts normal-cdf",
        source: "normal law",
        function: "special::normal_quantile",
        parameters: &[PROBABILITY],
        example: "probability=97.5%",
        compute: |given| {
            Ok(Value::Real(special::normal_quantile(
                given.real("probability")?,
            )?))
        },
    },
    Quantity {
        name: "normal-upper-quantile",
        meaning: "z with P(Z > z) = probability",
        convention: "inverts normal-sf: no loss for tiny probabilities",
        source: "normal law",
        function: "special::normal_upper_quantile",
        parameters: &[PROBABILITY],
        example: "probability=2.5%",
        compute: |given| {
            Ok(Value::Real(special::normal_upper_quantile(
                given.real("probability")?,
            )?))
        },
    },
    Quantity {
        name: "chi-square-sf",
        meaning: "P(chi-square > statistic)",
        convention: "regularised incomplete gamma function",
        source: "chi-square law",
        function: "special::chi_square_sf",
        parameters: &[
            Parameter::new("statistic", Kind::Real, "the value"),
            DEGREES,
        ],
        example: "statistic=3.84 degrees=1",
        compute: |given| {
            let (statistic, degrees) = (given.real("statistic")?, given.real("degrees")?);
            Ok(Value::Real(special::chi_square_sf(statistic, degrees)?))
        },
    },
    Quantity {
        name: "chi-square-upper-quantile",
        meaning: "x with P(chi-square > x) = probability",
        convention: "inverts chi-square-sf",
        source: "chi-square law",
        function: "special::chi_square_upper_quantile",
        parameters: &[PROBABILITY, DEGREES],
        example: "probability=5% degrees=2",
        compute: |given| {
            let (probability, degrees) = (given.real("probability")?, given.real("degrees")?);
            let x = special::chi_square_upper_quantile(probability, degrees)?;
            Ok(Value::Real(x))
        },
    },
    Quantity {
        name: "student-t-quantile",
        meaning: "t with P(T <= t) = probability of Student's law",
        convention: "relative error below 1e-10",
        source: "Student's law, as statrs inverts it",
        function: "special::student_t_quantile",
        parameters: &[
            PROBABILITY,
            Parameter::new("degrees", Kind::Whole, "degrees of freedom"),
        ],
        example: "probability=97.5% degrees=31",
        compute: |given| {
            let degrees = u32::try_from(given.whole("degrees")?).unwrap_or(u32::MAX);
            let t = special::student_t_quantile(given.real("probability")?, degrees)?;
            Ok(Value::Real(t))
        },
    },
    Quantity {
        name: "beta-cdf",
        meaning: "P(X <= x) of the Beta(a, b) law: the regularised incomplete beta function",
        convention: "relative error below 1e-11 for shapes up to 1e7",
        source: "continued fraction, A. R. DiDonato and A. H. Morris (1992)",
        function: "special::regularised_beta",
        parameters: &[A, B, X],
        example: "a=3 b=4 x=0.2",
        compute: |given| beta(given, special::regularised_beta, "x"),
    },
    Quantity {
        name: "beta-sf",
        meaning: "P(X > x) of the Beta(a, b) law",
        convention: "relative error below 1e-11 for shapes up to 1e7",
        source: "continued fraction, A. R. DiDonato and A. H. Morris (1992)",
        function: "special::regularised_beta_upper",
        parameters: &[A, B, X],
        example: "a=3 b=4 x=0.9",
        compute: |given| beta(given, special::regularised_beta_upper, "x"),
    },
    Quantity {
        name: "beta-quantile",
        meaning: "x with P(X <= x) = probability of the Beta(a, b) law",
        convention: "inverts beta-cdf",
        source: "beta law",
        function: "special::inverse_regularised_beta",
        parameters: &[A, B, PROBABILITY],
        example: "a=3 b=4 probability=5%",
        compute: |given| beta(given, special::inverse_regularised_beta, "probability"),
    },
    Quantity {
        name: "beta-upper-quantile",
        meaning: "x with P(X > x) = probability of the Beta(a, b) law",
        convention: "inverts beta-sf",
        source: "beta law",
        function: "special::inverse_regularised_beta_upper",
        parameters: &[A, B, PROBABILITY],
        example: "a=3 b=4 probability=5%",
        compute: |given| {
            beta(
                given,
                special::inverse_regularised_beta_upper,
                "probability",
            )
        },
    },
    Quantity {
        name: "ln-gamma",
        meaning: "ln of the gamma function",
        convention: "for x above 0",
        source: "C. Lanczos; libm",
        function: "special::ln_gamma",
        parameters: &[X],
        example: "x=10.5",
        compute: |given| Ok(Value::Real(special::ln_gamma(given.real("x")?))),
    },
    Quantity {
        name: "ln-factorial",
        meaning: "ln n!",
        convention: "relative error below 1e-15",
        source: "Stirling's series",
        function: "special::ln_factorial",
        parameters: &[Parameter::new("n", Kind::Whole, "a whole number")],
        example: "n=1000000",
        compute: |given| Ok(Value::Real(special::ln_factorial(given.whole("n")?))),
    },
    Quantity {
        name: "ln-beta",
        meaning: "ln of the beta function",
        convention: "without cancellation for large arguments",
        source: "Stirling's series",
        function: "special::ln_beta",
        parameters: &[A, B],
        example: "a=3 b=100000",
        compute: |given| {
            Ok(Value::Real(special::ln_beta(
                given.real("a")?,
                given.real("b")?,
            )))
        },
    },
    Quantity {
        name: "ln-binomial-coefficient",
        meaning: "ln of n over k",
        convention: "without cancellation for large arguments",
        source: "Stirling's series",
        function: "special::ln_binomial_coefficient",
        parameters: &[
            Parameter::new("n", Kind::Whole, "a whole number"),
            Parameter::new("k", Kind::Whole, "at most n"),
        ],
        example: "n=1000000 k=500000",
        compute: |given| {
            let (n, k) = (given.whole("n")?, given.whole("k")?);
            Ok(Value::Real(special::ln_binomial_coefficient(n, k)))
        },
    },
];

const Z: Parameter = Parameter::new("z", Kind::Real, "standard deviations");
const PROBABILITY: Parameter = Parameter::new("probability", Kind::Real, "the probability");
const DEGREES: Parameter = Parameter::new("degrees", Kind::Real, "degrees of freedom");
const A: Parameter = Parameter::new("a", Kind::Real, "first shape, above 0");
const B: Parameter = Parameter::new("b", Kind::Real, "second shape, above 0");
const X: Parameter = Parameter::new("x", Kind::Real, "the argument");

type Beta = fn(f64, f64, f64) -> Result<f64, StatsError>;

fn beta(given: &Arguments, function: Beta, last: &'static str) -> Result<Value, StatsError> {
    let (a, b) = (given.real("a")?, given.real("b")?);
    Ok(Value::Real(function(a, b, given.real(last)?)?))
}
