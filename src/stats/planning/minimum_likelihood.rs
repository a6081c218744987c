//! Which outcomes a two-sided exact test in the minimum-likelihood convention rejects.

use std::ops::Range;

/// Two probabilities that differ by less, relatively, are equal: the slack of R and of SciPy.
const TIE: f64 = 1e-7;

/// The outcomes that are not rejected at level `alpha`, as indices into a unimodal law.
///
/// The p-value of an outcome is the total probability of all outcomes that are at most as likely;
/// it is rejected if that is at most `alpha`. As the law has one peak, what stays is an interval.
/// The negligible ends of a law may be left out.
pub(super) fn accepted(law: &[f64], alpha: f64) -> Range<usize> {
    let (mut low, mut high) = (0, law.len());
    let mut rejected = 0.0;
    while low < high {
        let (first, last) = (law[low], law[high - 1]);
        let takes_first = low + 1 == high || first <= last * (1.0 + TIE);
        let takes_last = low + 1 < high && last <= first * (1.0 + TIE);
        rejected += if takes_first { first } else { 0.0 };
        rejected += if takes_last { last } else { 0.0 };
        if rejected > alpha * (1.0 + 1e-12) {
            break;
        }
        low += usize::from(takes_first);
        high -= usize::from(takes_last);
    }
    low..high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_outcomes_are_rejected_together() {
        let law = [0.02, 0.1, 0.76, 0.1, 0.02];
        assert_eq!(accepted(&law, 0.03), 0..5);
        assert_eq!(accepted(&law, 0.04), 1..4);
        assert_eq!(accepted(&law, 0.2), 1..4);
        assert_eq!(accepted(&law, 0.24), 2..3);
        assert_eq!(accepted(&law, 1.0), 3..3);
    }

    #[test]
    fn the_less_likely_end_goes_first() {
        assert_eq!(accepted(&[0.03, 0.9, 0.06, 0.01], 0.05), 1..3);
        assert_eq!(accepted(&[], 0.05), 0..0);
    }
}
