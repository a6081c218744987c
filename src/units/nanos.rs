//! Whole nanoseconds, many at a time: rounding and sums without a branch.

/// From here on an `f64` has no fraction: 2^52.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// Rounds nanoseconds, which are not negative, to the nearest integer, of two the even one; the end of
/// time if there is none.
///
/// Adding 2^52 lets the processor round: the sum has no place for a fraction, and its last bits are
/// the integer. That takes half the time of a conversion.
#[inline]
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturating is right at the end of time"
)]
pub fn whole_nanos(nanos: f64) -> u64 {
    if nanos < WHOLE {
        (nanos + WHOLE).to_bits() - WHOLE.to_bits()
    } else {
        nanos as u64
    }
}

/// The sum of fewer than 2^32 times. The halves are summed apart, several at a time.
#[must_use]
pub fn sum_nanos(nanos: &[u64]) -> u128 {
    let low: u64 = nanos.iter().map(|nanos| nanos & 0xffff_ffff).sum();
    let high: u64 = nanos.iter().map(|nanos| nanos >> 32).sum();
    (u128::from(high) << 32) + u128::from(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounding_is_to_the_nearest_up_to_the_end_of_time() {
        let cases = [
            (0.0, 0),
            (0.49, 0),
            (0.51, 1),
            (1.5, 2),
            (2.5, 2),
            (123_456_789.4, 123_456_789),
            (WHOLE - 0.5, 1 << 52),
            (WHOLE, 1 << 52),
            (WHOLE + 1.0, (1 << 52) + 1),
            (1e30, u64::MAX),
            (f64::INFINITY, u64::MAX),
        ];
        for (nanos, whole) in cases {
            assert_eq!(whole_nanos(nanos), whole, "{nanos}");
        }
    }

    proptest! {
        #[test]
        fn the_sum_does_not_overflow(nanos in prop::collection::vec(any::<u64>(), 0..50)) {
            let sum: u128 = nanos.iter().map(|&nanos| u128::from(nanos)).sum();
            prop_assert_eq!(sum_nanos(&nanos), sum);
        }
    }
}
