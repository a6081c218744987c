//! Brent's root finder with exactly the steps and the tolerance that Kayenta takes.
//!
//! The statistics that it is applied to are step functions: there is no root to converge to, so the
//! place at which it stops depends on every step. That is why the project's own root finder cannot
//! stand in for it.

/// The absolute tolerance (upstream `BrentSolver.TOLERANCE`).
const TOLERANCE: f64 = 1e-4;

/// The most steps (upstream `MAX_ITERATIONS`).
const MAX_STEPS: u32 = 1000;

/// Where `f` changes its sign between `low` and `high`, whose values are given.
///
/// Source: R. P. Brent, Algorithms for Minimization Without Derivatives (1973), chapter 4, as in
/// R's `zeroin.c` and spinnaker/kayenta's `BrentSolver.solve`.
pub(super) fn root(low: f64, high: f64, f_low: f64, f_high: f64, f: impl Fn(f64) -> f64) -> f64 {
    if is_zero(f_low) {
        return low;
    }
    if is_zero(f_high) {
        return high;
    }
    // `b` is the best point, `a` the one before it, `c` lies on the other side of the root.
    let (mut a, mut b, mut c) = (low, high, low);
    let (mut fa, mut fb, mut fc) = (f_low, f_high, f_low);
    for _ in 0..=MAX_STEPS {
        let previous_step = b - a;
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + TOLERANCE / 2.0;
        let half = (c - b) / 2.0;
        if half.abs() <= tolerance || is_zero(fb) {
            return b;
        }
        let mut step = half;
        if previous_step.abs() >= tolerance && fa.abs() > fb.abs() {
            step = interpolated([a, b, c], [fa, fb, fc], previous_step, tolerance).unwrap_or(half);
        }
        if step.abs() < tolerance {
            step = if step > 0.0 { tolerance } else { -tolerance };
        }
        (a, fa) = (b, fb);
        b += step;
        fb = f(b);
        if (fb > 0.0 && fc > 0.0) || (fb < 0.0 && fc < 0.0) {
            (c, fc) = (a, fa);
        }
    }
    b
}

/// The step by inverse quadratic or linear interpolation, unless it leads too far.
fn interpolated(
    [a, b, c]: [f64; 3],
    [fa, fb, fc]: [f64; 3],
    previous_step: f64,
    tolerance: f64,
) -> Option<f64> {
    let width = c - b;
    #[expect(clippy::float_cmp, reason = "the same point, not a near one")]
    let (mut p, mut q) = if a == c {
        let ratio = fb / fa;
        (width * ratio, 1.0 - ratio)
    } else {
        let (q, t1, t2) = (fa / fc, fb / fc, fb / fa);
        (
            t2 * (width * q * (q - t1) - (b - a) * (t1 - 1.0)),
            (q - 1.0) * (t1 - 1.0) * (t2 - 1.0),
        )
    };
    if p > 0.0 {
        q = -q;
    } else {
        p = -p;
    }
    let near = p < 0.75 * width * q - (tolerance * q).abs() / 2.0;
    let shrinking = p < (previous_step * q / 2.0).abs();
    (near && shrinking).then(|| p / q)
}

/// Zero, or the smallest number beside it (`Precision.equals(x, 0)` of commons-math).
fn is_zero(x: f64) -> bool {
    x.abs() <= f64::from_bits(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_roots_are_found_within_the_tolerance() {
        let found = root(0.0, 2.0, -2.0, 2.0, |x| x * x - 2.0);
        assert!((found - std::f64::consts::SQRT_2).abs() < 1e-4, "{found}");
        assert_eq!(root(3.0, 5.0, 0.0, 1.0, |x| x - 3.0), 3.0);
        assert_eq!(root(3.0, 5.0, -2.0, 0.0, |x| x - 5.0), 5.0);
    }

    #[test]
    fn a_step_is_bracketed() {
        let step = |x: f64| if x < 0.7 { -1.0 } else { 1.0 };
        let found = root(0.0, 1.0, -1.0, 1.0, step);
        assert!((found - 0.7).abs() < 1e-4, "{found}");
    }
}
