//! The intervals of Sison and Glaz for several shares that hold together.

use super::{Interval, check};
use crate::stats::StatsError;
use crate::stats::special::{Fraction, ln_poisson_density};

/// Simultaneous intervals of equal width: the smallest c with P(|count_i − x_i| ≤ c for all i) ≥
/// confidence, were the observed shares the true ones, and an interpolated extra at the top:
/// [x_i − c, x_i + c + 2g] / n, cut to [0, 1].
///
/// The joint probability is the published approximation: independent truncated Poisson counts,
/// joined by an Edgeworth expansion of their sum. Narrower than [`super::goodman`] for many cells.
/// As published, the upper ends do not always rise with the confidence: 2g falls from 2 to 0 where
/// c grows by 1.
///
/// # Errors
/// [`StatsError::Domain`] without any observation, or for a confidence outside (0, 1).
///
/// Source: Sison and Glaz 1995 (Journal of the American Statistical Association 90), as in
/// statsmodels' `multinomial_proportions_confint`, which this reproduces.
///
/// ```
/// # use shiftsim::stats::intervals::sison_glaz;
/// let intervals = sison_glaz(&[50, 25, 25], 0.95)?;
/// assert!((intervals[1].high - 0.353185957994449).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn sison_glaz(counts: &[u64], confidence: f64) -> Result<Vec<Interval>, StatsError> {
    let n: u64 = counts.iter().sum();
    check(0, n, confidence)?;
    let margin = smallest_margin(counts, n, confidence);
    let (here, next) = (joint(counts, n, margin), joint(counts, n, margin + 1));
    let extra = if margin < n {
        ((confidence - here) / (next - here)).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (size, margin) = (n as f64, margin as f64);
    let interval = |&count: &u64| Interval {
        low: ((count as f64 - margin) / size).max(0.0),
        high: ((count as f64 + margin + 2.0 * extra) / size).min(1.0),
    };
    Ok(counts.iter().map(interval).collect())
}

/// The c with joint(c) ≤ confidence < joint(c + 1): by doubling, then bisection.
fn smallest_margin(counts: &[u64], n: u64, confidence: f64) -> u64 {
    let (mut low, mut high) = (0, 1);
    while high < n && joint(counts, n, high) <= confidence {
        low = high;
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if joint(counts, n, middle) <= confidence {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// P(|count_i − x_i| ≤ margin for every i), approximately.
fn joint(counts: &[u64], n: u64, margin: u64) -> f64 {
    let size = n as f64;
    let mut product = 1.0;
    let [mut mean, mut second, mut third, mut fourth_excess] = [0.0; 4];
    for &count in counts {
        let cell = Truncated::new(count, n, margin);
        product *= cell.probability;
        mean += cell.mean;
        second += cell.second;
        third += cell.third;
        fourth_excess += cell.fourth - 3.0 * cell.second * cell.second;
    }
    let at_n = ln_poisson_density(size, size, Fraction::exact(1.0)).exp();
    if second == 0.0 {
        // Every count is held to one value: their sum is n.
        return product / at_n;
    }
    let skew = third / second.powf(1.5);
    let excess = fourth_excess / (second * second);
    let x = (size - mean) / second.sqrt();
    let square = x * x;
    let h3 = x * (square - 3.0);
    let h4 = square * (square - 6.0) + 3.0;
    let h6 = square * (square * (square - 15.0) + 45.0) - 15.0;
    let density = (-0.5 * square).exp() / (std::f64::consts::TAU * second).sqrt();
    let edgeworth =
        density * (1.0 + skew * h3 / 6.0 + excess * h4 / 24.0 + skew * skew * h6 / 72.0);
    product * edgeworth / at_n
}

/// A Poisson count of mean `count`, held to count ± margin and 0 ..= n.
struct Truncated {
    /// P(the Poisson count lies between the bounds).
    probability: f64,
    /// The mean given that.
    mean: f64,
    /// The central moments given that.
    second: f64,
    third: f64,
    fourth: f64,
}

impl Truncated {
    fn new(count: u64, n: u64, margin: u64) -> Self {
        let (low, high) = (count.saturating_sub(margin), (count + margin).min(n));
        let mean = count as f64;
        // Outward from the mean, where the mass is largest, until the rest vanishes.
        let largest = ln_poisson_density(mean, mean, Fraction::exact(1.0)).exp();
        let mut moments = [largest, 0.0, 0.0, 0.0, 0.0];
        let mut add = |mass: f64, distance: f64| {
            let mut term = mass;
            for moment in &mut moments {
                *moment += term;
                term *= distance;
            }
            mass > 1e-25 * largest
        };
        let mut mass = largest;
        for k in count + 1..=high {
            mass *= mean / k as f64;
            if !add(mass, (k - count) as f64) {
                break;
            }
        }
        mass = largest;
        for k in (low..count).rev() {
            mass *= (k + 1) as f64 / mean;
            if !add(mass, -((count - k) as f64)) {
                break;
            }
        }
        let [probability, first, second, third, fourth] = moments;
        // About the mean of the Poisson count first, then about the mean of what is kept.
        let [m1, m2, m3, m4] = [first, second, third, fourth].map(|moment| moment / probability);
        Self {
            probability,
            mean: mean + m1,
            second: m2 - m1 * m1,
            third: m3 - 3.0 * m1 * m2 + 2.0 * m1.powi(3),
            fourth: m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1.powi(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_ends() {
        // statsmodels.stats.proportion.multinomial_proportions_confint(method="sison-glaz")
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-9, "{value}");
        let may_and_johnson = [56, 72, 73, 59, 62, 87, 58];
        let intervals = sison_glaz(&may_and_johnson, 0.95).unwrap();
        near(intervals[0].high, 0.164_355_734_040_257_74);
        near(intervals[1].high, 0.198_616_976_010_279_17);
        near(intervals[6].high, 0.168_638_389_286_510_43);
        let empty_cell = sison_glaz(&[10, 0, 5], 0.95).unwrap();
        near(empty_cell[0].low, 0.466_666_666_666_666_6);
        near(empty_cell[1].high, 0.232_566_629_872_880_32);
    }

    #[test]
    fn tiny_and_huge_counts_give_intervals() {
        for counts in [
            vec![1, 0],
            vec![0, 0, 1],
            vec![5],
            vec![5_000_000, 3_000_000, 2_000_000],
        ] {
            let n: u64 = counts.iter().sum();
            let intervals = sison_glaz(&counts, 0.95).unwrap();
            for (interval, &count) in intervals.iter().zip(&counts) {
                let share = count as f64 / n as f64;
                assert!(0.0 <= interval.low && interval.high <= 1.0);
                assert!(
                    interval.low <= share && share <= interval.high,
                    "{counts:?} {interval:?}"
                );
            }
        }
        assert!(sison_glaz(&[], 0.95).is_err());
        assert!(sison_glaz(&[0, 0], 0.95).is_err());
    }
}
