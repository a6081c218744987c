//! Loader's saddle-point form of the binomial density, for real arguments.
//!
//! The density is split into terms that are each small near the mean, so that nothing cancels:
//! at n = 10^9 the relative error stays near 10^-13, where the logarithms of three gamma functions
//! would leave 10^-6.
//!
//! Source: C. Loader, "Fast and Accurate Computation of Binomial Probabilities" (2000).

use std::f64::consts::{PI, TAU};

/// A fraction in [0, 1], held as a double and the rest that the double leaves over.
///
/// The rest matters: a share of 1/10 is not a double, and at n = 10^7 the difference would show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stats) struct Fraction {
    /// The nearest double.
    pub(in crate::stats) value: f64,
    /// What is missing to the exact fraction.
    pub(in crate::stats) rest: f64,
}

impl Fraction {
    /// A double taken as exact.
    pub(in crate::stats) fn exact(value: f64) -> Self {
        Self { value, rest: 0.0 }
    }

    /// `numerator / denominator`, both below 2^53, to twice the precision of a double.
    pub(in crate::stats) fn ratio(numerator: f64, denominator: f64) -> Self {
        let value = numerator / denominator;
        Self {
            value,
            rest: -value.mul_add(denominator, -numerator) / denominator,
        }
    }

    /// 1 − this fraction, to the same precision.
    pub(in crate::stats) fn complement(self) -> Self {
        let value = 1.0 - self.value;
        Self {
            value,
            rest: (1.0 - value) - self.value - self.rest,
        }
    }

    /// The natural logarithm, given this fraction's complement: whichever is small is used.
    pub(in crate::stats) fn ln(self, complement: Self) -> f64 {
        if self.value < 0.5 {
            self.value.ln() + self.rest / self.value
        } else {
            libm::log1p(-complement.value) - complement.rest / self.value
        }
    }
}

/// The logarithm of the binomial density at real `x` of real `n`,
/// ln [Γ(n+1) / (Γ(x+1) Γ(n−x+1)) p^x q^(n−x)], for 0 ≤ x ≤ n and p + q = 1.
///
/// `y` is n − x: the caller knows it exactly.
pub(in crate::stats) fn ln_binomial_density(
    x: f64,
    y: f64,
    n: f64,
    p: Fraction,
    q: Fraction,
) -> f64 {
    if p.value == 0.0 {
        return if x == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if q.value == 0.0 {
        return if y == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if n == 0.0 {
        return 0.0;
    }
    if x == 0.0 {
        return n * q.ln(p);
    }
    if y == 0.0 {
        return n * p.ln(q);
    }
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(y)
        - deviance(x, n, p)
        - deviance(y, n, q)
        - 0.5 * (TAU * x * (y / n)).ln()
}

/// The logarithm of the Poisson density at `x` of mean n p, −n p for x = 0.
pub(in crate::stats) fn ln_poisson_density(x: f64, n: f64, p: Fraction) -> f64 {
    if x == 0.0 {
        return -n * p.value - n * p.rest;
    }
    if p.value == 0.0 || n == 0.0 {
        return f64::NEG_INFINITY;
    }
    -stirling_error(x) - deviance(x, n, p) - 0.5 * (TAU * x).ln()
}

/// x ln(x / (n p)) + n p − x, without cancellation near x = n p, including the rest of p.
fn deviance(x: f64, n: f64, p: Fraction) -> f64 {
    let mean = n * p.value;
    let mean_rest = n.mul_add(p.value, -mean) + n * p.rest;
    let difference = (x - mean) - mean_rest;
    let sum = x + mean;
    if difference.abs() > 0.1 * sum {
        return x * (x / mean).ln() - difference - x * mean_rest / mean;
    }
    // With v = (x - m) / (x + m): (x - m) v + 2 x (v³/3 + v⁵/5 + ...).
    let v = difference / sum;
    let square = v * v;
    let mut power = 2.0 * x * v;
    let mut total = difference * v;
    let mut odd = 1.0;
    loop {
        power *= square;
        odd += 2.0;
        let next = total + power / odd;
        if next == total {
            return total;
        }
        total = next;
    }
}

/// ln Γ(x+1) for x = 0, 1, ..., 15, less Stirling's approximation (x+½) ln x − x + ½ ln 2π.
const STIRLING_ERROR: [f64; 16] = [
    0.0, // not used: Stirling's approximation has no value at 0
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_29,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_093,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_848,
    0.005_554_733_551_962_801,
];

/// ln Γ(x+1) − [(x+½) ln x − x + ½ ln 2π] for x > 0.
pub(super) fn stirling_error(x: f64) -> f64 {
    if x >= 16.0 {
        let r = 1.0 / x;
        let s = r * r;
        return r
            * (1.0 / 12.0
                - s * (1.0 / 360.0
                    - s * (1.0 / 1260.0
                        - s * (1.0 / 1680.0
                            - s * (1.0 / 1188.0 - s * (691.0 / 360_360.0 - s * (1.0 / 156.0)))))));
    }
    if x.fract() == 0.0 {
        return STIRLING_ERROR[x as usize];
    }
    if x < 1.0 {
        return libm::lgamma(x + 1.0) - (x + 0.5) * x.ln() + x - 0.5 * (2.0 * PI).ln();
    }
    // Up to the range of the series: e(x) − e(x+1) = (x+½) ln(1+1/x) − 1.
    let mut at = x;
    let mut steps = 0.0;
    while at < 16.0 {
        steps += (at + 0.5) * libm::log1p(1.0 / at) - 1.0;
        at += 1.0;
    }
    steps + stirling_error(at)
}
