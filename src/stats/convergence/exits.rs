//! After how many requests a share as good as never leaves its tolerance any more.

/// The number of requests after which all later exits together are less likely than `tail`, for
/// versions with these shares.
///
/// P(the share is ever at x or beyond after m requests) ≤ e^(−m KL(x‖p)): Ville's inequality for
/// the exponential martingale that Chernoff's bound optimises. Sharper than Hoeffding's inequality
/// summed over m, the more so for shares far from one half.
pub(super) fn beyond_exits(shares: &[f64], tolerance: f64, tail: f64) -> f64 {
    let slowest = shares
        .iter()
        .flat_map(|&p| [rate(p, p + tolerance), rate(p, p - tolerance)])
        .fold(f64::INFINITY, f64::min);
    ((2.0 * shares.len() as f64 / tail).ln() / slowest)
        .ceil()
        .max(1.0)
}

/// KL(x‖p), the exponential rate at which a share x becomes unlikely under p; infinite where no
/// share lies beyond x.
fn rate(p: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 || p <= 0.0 || p >= 1.0 {
        return f64::INFINITY;
    }
    x * (x / p).ln() + (1.0 - x) * ((1.0 - x) / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_one_half_as_hoeffding_and_sharper_elsewhere() {
        // Pinsker: KL ≥ 2 t², nearly equal at one half.
        let hoeffding = |tolerance: f64| (2.0 / 1e-12_f64).ln() / (2.0 * tolerance * tolerance);
        let half = beyond_exits(&[0.5], 0.01, 1e-12);
        assert!((half / hoeffding(0.01) - 1.0).abs() < 1e-3);
        assert!(beyond_exits(&[0.1], 0.01, 1e-12) < 0.4 * hoeffding(0.01));
        assert_eq!(beyond_exits(&[0.5], 0.5, 1e-12), 1.0);
        assert_eq!(beyond_exits(&[0.0], 0.1, 1e-12), 1.0);
    }
}
