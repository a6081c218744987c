//! The logarithms of gamma, beta, factorial and binomial coefficient.

use super::saddle_point::stirling_error;

/// Above this the beta function is assembled from Stirling errors, below from gamma functions.
const LARGE: f64 = 10.0;

/// ln Γ(x) for x > 0 (not a number for x ≤ 0), to about one unit in the last place.
///
/// Source: `libm::lgamma`, which is fdlibm's `e_lgamma_r.c`.
///
/// ```
/// # use shiftsim::stats::special::ln_gamma;
/// assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-14);
/// ```
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    if x > 0.0 { libm::lgamma(x) } else { f64::NAN }
}

/// ln n!, to about one unit in the last place.
///
/// ```
/// # use shiftsim::stats::special::ln_factorial;
/// assert_eq!(ln_factorial(0), 0.0);
/// assert!((ln_factorial(10) - 3_628_800f64.ln()).abs() < 1e-14);
/// ```
#[must_use]
pub fn ln_factorial(n: u64) -> f64 {
    if n < 2 {
        0.0
    } else {
        libm::lgamma(n as f64 + 1.0)
    }
}

/// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a+b) for a, b > 0 (not a number elsewhere).
///
/// Relative error about 10^-15, also where the three terms would cancel: large arguments are
/// assembled from Stirling errors, as in R's `lbeta` (`src/nmath/lbeta.c`).
///
/// ```
/// # use shiftsim::stats::special::ln_beta;
/// assert!((ln_beta(2.0, 3.0) + 12f64.ln()).abs() < 1e-14);
/// ```
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0) {
        return f64::NAN;
    }
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    let both = small + large;
    if small >= LARGE {
        let correction = gamma_error(small) + gamma_error(large) - gamma_error(both);
        return correction
            + 0.5 * (std::f64::consts::TAU / large).ln()
            + (small - 0.5) * (small / both).ln()
            + large * libm::log1p(-small / both);
    }
    if large >= LARGE {
        // ln Γ(large) − ln Γ(large + small), by Stirling.
        return libm::lgamma(small) + gamma_error(large) - gamma_error(both) + small
            - small * both.ln()
            + (large - 0.5) * libm::log1p(-small / both);
    }
    libm::lgamma(small) + libm::lgamma(large) - libm::lgamma(both)
}

/// ln Γ(x) − [(x−½) ln x − x + ½ ln 2π]: the same remainder as that of ln Γ(x+1).
fn gamma_error(x: f64) -> f64 {
    stirling_error(x)
}

/// ln [n! / (k! (n−k)!)], and minus infinity for k > n. Relative error about 10^-15.
///
/// ```
/// # use shiftsim::stats::special::ln_binomial_coefficient;
/// assert!((ln_binomial_coefficient(10, 3) - 120f64.ln()).abs() < 1e-14);
/// ```
#[must_use]
pub fn ln_binomial_coefficient(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    if k == 0 || k == n {
        return 0.0;
    }
    -(n as f64 + 1.0).ln() - ln_beta(k as f64 + 1.0, (n - k) as f64 + 1.0)
}
