//! Nodes and weights of Gauss–Legendre quadrature.

use std::f64::consts::PI;

/// A quadrature rule on [−1, 1].
#[derive(Debug, Clone)]
pub(super) struct GaussLegendre {
    /// (node, weight), rising.
    points: Vec<(f64, f64)>,
}

impl GaussLegendre {
    /// The rule of that many points, exact for polynomials of degree below twice as many. Newton's
    /// iteration on the Legendre polynomial from its asymptotic roots.
    pub(super) fn new(count: usize) -> Self {
        let n = count as f64;
        let point = |index: usize| {
            let mut x = -((index as f64 + 0.75) * PI / (n + 0.5)).cos();
            for _ in 0..3 {
                let (value, slope) = legendre(count, x);
                x -= value / slope;
            }
            let (_, slope) = legendre(count, x);
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        };
        Self {
            points: (0..count).map(point).collect(),
        }
    }

    /// The number of points.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// (node, weight) for an integral over [low, high].
    pub(super) fn over(&self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let half = 0.5 * (high - low);
        let middle = 0.5 * (high + low);
        self.points
            .iter()
            .map(move |&(x, weight)| (middle + half * x, half * weight))
    }
}

/// The Legendre polynomial of that degree, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    let slope = degree as f64 * (before - x * value) / (1.0 - x * x);
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_by_hand() {
        let rule = GaussLegendre::new(2);
        let node = 1.0 / 3f64.sqrt();
        let points: Vec<_> = rule.over(-1.0, 1.0).collect();
        assert!((points[0].0 + node).abs() < 1e-15 && (points[1].0 - node).abs() < 1e-15);
        assert!((points[0].1 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn integrates_what_has_a_closed_form() {
        for count in [16, 64, 65, 400, 2048] {
            let rule = GaussLegendre::new(count);
            let total: f64 = rule.over(0.0, 3.0).map(|(x, w)| w * x.exp()).sum();
            assert!(
                (total / (3f64.exp() - 1.0) - 1.0).abs() < 1e-13,
                "{count}: {total}"
            );
        }
    }
}
