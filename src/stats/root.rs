//! The root of a continuous function inside a bracket.

use super::StatsError;

/// Far more than bisection would need between any two doubles of like size.
const MAX_STEPS: u32 = 200;

/// The x in [low, high] where `f` changes its sign, to the last few digits of x.
///
/// Inverse quadratic interpolation where it is trustworthy, bisection elsewhere, so it never takes
/// long. Source: T. R. Chandrupatla, "A new hybrid quadratic/bisection algorithm for finding the
/// zero of a nonlinear function without using derivatives" (1997).
///
/// # Errors
/// [`StatsError::Precision`] if `f` has the same sign at both ends, or is not a number; any error
/// of `f`.
pub(in crate::stats) fn bracketed_root(
    what: &'static str,
    low: f64,
    high: f64,
    f: impl Fn(f64) -> Result<f64, StatsError>,
) -> Result<f64, StatsError> {
    let (mut a, mut fa) = (low, f(low)?);
    let (mut b, mut fb) = (high, f(high)?);
    if fa == 0.0 {
        return Ok(a);
    }
    if fb == 0.0 {
        return Ok(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return Err(StatsError::Precision { what });
    }
    let mut fraction = 0.5;
    for _ in 0..MAX_STEPS {
        let x = a + fraction * (b - a);
        let fx = f(x)?;
        if fx.is_nan() {
            return Err(StatsError::Precision { what });
        }
        // `a` becomes the newest point, `b` the other end of the bracket, `c` the point left out.
        let (c, fc);
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, fc) = (b, fb);
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let best = if fa.abs() < fb.abs() { a } else { b };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let smallest_step = tolerance / (b - a).abs();
        if smallest_step > 0.5 || fa == 0.0 {
            return Ok(best);
        }
        let position = (a - b) / (c - b);
        let value = (fa - fb) / (fc - fb);
        let trustworthy =
            value * value < position && (1.0 - value) * (1.0 - value) < 1.0 - position;
        fraction = if trustworthy {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        fraction = fraction.clamp(smallest_step, 1.0 - smallest_step);
    }
    Err(StatsError::Precision { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_roots_to_the_last_digits() {
        let root = bracketed_root("a square root", 0.0, 2.0, |x| Ok(x * x - 2.0)).unwrap();
        assert!((root - std::f64::consts::SQRT_2).abs() < 1e-15);
        let steep = bracketed_root("a logarithm", 0.0, 100.0, |x| Ok(x.exp() - 1e30)).unwrap();
        assert!((steep - 1e30f64.ln()).abs() < 1e-12);
        assert_eq!(bracketed_root("an end", 0.0, 1.0, Ok).unwrap(), 0.0);
    }

    #[test]
    fn refuses_a_bracket_without_a_root() {
        assert!(bracketed_root("nothing", 1.0, 2.0, Ok).is_err());
        assert!(bracketed_root("nothing", 1.0, 2.0, |_| Ok(f64::NAN)).is_err());
    }
}
