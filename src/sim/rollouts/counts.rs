//! Draws counts from a Poisson or binomial law by inversion.
//!
//! The law is tabulated once by the ratio of neighbouring probabilities, from its mode outwards,
//! and normalised; a draw then costs one 64-bit number and a short walk. It shares nothing with the
//! exact laws of `stats`, so that the two can be held against each other.

use rand::Rng;

/// How many leading bits of a draw choose where the walk begins.
const GUIDE_BITS: u32 = 8;

/// A tabulated law of counts.
#[derive(Debug, Clone)]
pub(super) struct CountSampler {
    first: u64,
    /// Entry i is drawn if the number is below `limits[i]` and not below the one before; the last
    /// entry takes the rest.
    limits: Vec<u64>,
    /// For each value of the leading bits, where the walk begins.
    guide: Vec<u32>,
}

impl CountSampler {
    /// The Poisson law with that mean.
    pub(super) fn poisson(mean: f64) -> Self {
        if mean <= 0.0 {
            return Self::certain(0);
        }
        let reach = 10.0 * mean.sqrt() + 40.0;
        let first = (mean - reach).max(0.0) as u64;
        let last = (mean + reach) as u64;
        Self::from_ratios(first, last, mean as u64, |k| mean / (k as f64 + 1.0))
    }

    /// The binomial law of `n` trials with probability `p`.
    pub(super) fn binomial(n: u64, p: f64) -> Self {
        if n == 0 || p <= 0.0 {
            return Self::certain(0);
        }
        if p >= 1.0 {
            return Self::certain(n);
        }
        let (trials, odds) = (n as f64, p / (1.0 - p));
        let (mean, sd) = (trials * p, (trials * p * (1.0 - p)).sqrt());
        let reach = 10.0 * sd + 40.0;
        let first = (mean - reach).max(0.0) as u64;
        let last = ((mean + reach) as u64).min(n);
        let mode = (((trials + 1.0) * p) as u64).min(n);
        Self::from_ratios(first, last, mode, |k| {
            (trials - k as f64) / (k as f64 + 1.0) * odds
        })
    }

    fn certain(count: u64) -> Self {
        Self {
            first: count,
            limits: vec![u64::MAX],
            guide: vec![0; 1 << GUIDE_BITS],
        }
    }

    /// `ratio(k)` is P(k + 1) / P(k).
    fn from_ratios(first: u64, last: u64, mode: u64, ratio: impl Fn(u64) -> f64) -> Self {
        let mode = mode.clamp(first, last);
        let middle = (mode - first) as usize;
        let mut masses = vec![0.0; (last - first + 1) as usize];
        masses[middle] = 1.0;
        for place in middle + 1..masses.len() {
            masses[place] = masses[place - 1] * ratio(first + place as u64 - 1);
        }
        for place in (0..middle).rev() {
            masses[place] = masses[place + 1] / ratio(first + place as u64);
        }
        let sum: f64 = masses.iter().sum();
        let mut below = 0.0;
        let limits: Vec<u64> = masses
            .iter()
            .map(|mass| {
                below += mass / sum;
                // The cast saturates at the largest number.
                (below * 18_446_744_073_709_551_616.0) as u64
            })
            .collect();
        let guide = (0..1_u64 << GUIDE_BITS)
            .map(|bits| {
                let lowest = bits << (64 - GUIDE_BITS);
                let place = limits.partition_point(|&limit| limit <= lowest);
                u32::try_from(place.min(limits.len() - 1)).unwrap_or(u32::MAX)
            })
            .collect();
        Self {
            first,
            limits,
            guide,
        }
    }

    /// One draw.
    pub(super) fn draw(&self, random: &mut impl Rng) -> u64 {
        let number = random.next_u64();
        let mut place = self.guide[(number >> (64 - GUIDE_BITS)) as usize] as usize;
        while place + 1 < self.limits.len() && number >= self.limits[place] {
            place += 1;
        }
        self.first + place as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};
    use crate::stats::binomial::Binomial;
    use crate::stats::gof;
    use crate::stats::poisson::Poisson;

    /// Draws against exact probabilities, by Pearson's statistic; the counts far out are pooled.
    fn p_value(sampler: &CountSampler, pmf: impl Fn(u64) -> f64, mean: f64) -> f64 {
        const DRAWS: u64 = 200_000;
        let reach = 3.0 * mean.sqrt() + 2.0;
        let (low, high) = ((mean - reach).max(0.0) as u64, (mean + reach) as u64);
        let cells = (high - low + 2) as usize;
        let mut counts = vec![0_u64; cells];
        let mut random = stream(1, Purpose::RolloutCanary, &[7]);
        for _ in 0..DRAWS {
            let draw = sampler.draw(&mut random);
            let inside = (low..=high).contains(&draw);
            counts[if inside {
                (draw - low) as usize
            } else {
                cells - 1
            }] += 1;
        }
        let mut shares: Vec<f64> = (low..=high).map(pmf).collect();
        shares.push(1.0 - shares.iter().sum::<f64>());
        gof::pearson(&counts, &shares).unwrap().p_value
    }

    #[test]
    fn draws_follow_their_law() {
        // Seeds are fixed; each p-value would be below 10^-6 in one of a million seeds.
        for mean in [0.5, 6.0, 300.0, 12_345.0] {
            let law = Poisson::new(mean).unwrap();
            let p = p_value(&CountSampler::poisson(mean), |k| law.pmf(k), mean);
            assert!(p > 1e-6, "Poisson {mean}: {p}");
        }
        for (n, p) in [(6, 0.01), (60, 0.5), (3000, 0.02), (3000, 0.9)] {
            let law = Binomial::new(n, p).unwrap();
            let value = p_value(&CountSampler::binomial(n, p), |k| law.pmf(k), law.mean());
            assert!(value > 1e-6, "binomial {n} {p}: {value}");
        }
    }

    #[test]
    fn certain_counts_are_certain() {
        let mut random = stream(1, Purpose::RolloutCanary, &[]);
        assert_eq!(CountSampler::binomial(5, 1.0).draw(&mut random), 5);
        assert_eq!(CountSampler::binomial(5, 0.0).draw(&mut random), 0);
        assert_eq!(CountSampler::poisson(0.0).draw(&mut random), 0);
    }
}
