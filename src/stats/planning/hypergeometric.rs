//! The hypergeometric law of the canary's errors, given the errors of both versions.

/// Terms below this, relative to the peak, are left out.
const NEGLIGIBLE: f64 = 1e-20;

/// P(X = x) for consecutive x from `first`: of `drawn` among `marked` + `unmarked`, x are marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hypergeometric {
    pub(super) first: u64,
    pub(super) mass: Vec<f64>,
}

impl Hypergeometric {
    /// The law outward from its peak by the ratio of neighbours, scaled to sum to one; `drawn` is at
    /// most `marked` + `unmarked`.
    pub(super) fn new(marked: u64, unmarked: u64, drawn: u64) -> Self {
        let lowest = drawn.saturating_sub(unmarked);
        let highest = drawn.min(marked);
        let (m, u, d) = (marked as f64, unmarked as f64, drawn as f64);
        let peak = ((d + 1.0) * (m + 1.0) / (m + u + 2.0)) as u64;
        let peak = peak.clamp(lowest, highest);
        // P(x + 1) / P(x)
        let ratio = |x: f64| (m - x) * (d - x) / ((x + 1.0) * (u - d + x + 1.0));
        let mut below = Vec::new();
        let mut term = 1.0;
        for x in (lowest..peak).rev() {
            term /= ratio(x as f64);
            if term < NEGLIGIBLE {
                break;
            }
            below.push(term);
        }
        let first = peak - below.len() as u64;
        let mut mass: Vec<f64> = below.into_iter().rev().collect();
        term = 1.0;
        mass.push(term);
        for x in peak..highest {
            term *= ratio(x as f64);
            if term < NEGLIGIBLE {
                break;
            }
            mass.push(term);
        }
        let total: f64 = mass.iter().sum();
        mass.iter_mut().for_each(|term| *term /= total);
        Self { first, mass }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // 2 of 5 with 3 marked: C(3,x) C(2,2−x) / 10
        let law = Hypergeometric::new(3, 2, 2);
        assert_eq!(law.first, 0);
        for (mass, exact) in law.mass.iter().zip([0.1, 0.6, 0.3]) {
            assert!((mass - exact).abs() < 1e-15);
        }
        // All drawn: all marked.
        let all = Hypergeometric::new(3, 2, 5);
        assert_eq!((all.first, all.mass), (3, vec![1.0]));
        let none = Hypergeometric::new(3, 2, 0);
        assert_eq!((none.first, none.mass), (0, vec![1.0]));
    }
}
