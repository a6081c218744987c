//! What must hold between the exact statistics, whatever the numbers; and that simulation agrees.
//!
//! A simulated frequency is held against its exact probability by the exact binomial test at
//! 10^-9, so that a case fails by luck once in a thousand million.

use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use shiftsim::stats::convergence as settle;
use shiftsim::stats::counter_picker::CounterPicker;
use shiftsim::stats::intervals::{Interval, goodman, sison_glaz};
use shiftsim::stats::two_sided::{Convention, binomial_test};
use shiftsim::stats::{Rational, StatsError};

type Simultaneous = fn(&[u64], f64) -> Result<Vec<Interval>, StatsError>;

/// Runs of a simulation in each case.
const RUNS: u64 = 2000;

/// The least p-value of a simulation that agrees.
const AGREES: f64 = 1e-9;

fn weights(versions: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(1u64..10, versions)
}

fn shares(weights: &[u64]) -> Vec<Rational> {
    let total: u64 = weights.iter().sum();
    weights
        .iter()
        .map(|&weight| Rational::new(weight, total))
        .collect()
}

fn pick(weights: &[u64], random: &mut impl rand::Rng) -> usize {
    let mut left = random.random_range(0..weights.iter().sum());
    weights
        .iter()
        .position(|&weight| {
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        })
        .unwrap_or(0)
}

/// Whether every share is within tolerance, in integers.
fn within(counts: &[u64], weights: &[u64], tolerance: Rational) -> bool {
    let (n, total): (u64, u64) = (counts.iter().sum(), weights.iter().sum());
    counts.iter().zip(weights).all(|(&count, &weight)| {
        (count * total).abs_diff(weight * n) * tolerance.denom() <= tolerance.numer() * n * total
    })
}

/// The p-value of `holds` in so many simulated runs, against the exact probability.
fn agreement(
    probability: f64,
    seed: u64,
    mut holds: impl FnMut(&mut Xoshiro256PlusPlus) -> bool,
) -> f64 {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let count = (0..RUNS).filter(|_| holds(&mut random)).count() as u64;
    let p = probability.clamp(0.0, 1.0);
    binomial_test(count, RUNS, p, Convention::MinimumLikelihood).unwrap_or(0.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn first_n_then_stable_n_then_stays_within(p in 1u64..20, t in 2u64..10, c in 50u32..99) {
        let (share, tolerance) = (Rational::new(p, 20), Rational::new(t, 40));
        let confidence = f64::from(c) / 100.0;
        let first = settle::first_n(share, tolerance, confidence).unwrap();
        let stable = settle::stable_n(share, tolerance, confidence).unwrap();
        let stays = settle::stays_within_n(share, tolerance, confidence).unwrap();
        prop_assert!(first <= stable && stable <= stays, "{first} {stable} {stays}");
        prop_assert!(stable <= settle::hoeffding_n(tolerance, confidence).unwrap());
    }

    #[test]
    fn first_n_then_stable_n_then_stays_within_jointly(
        weights in weights(3..4), t in 4u64..10, c in 50u32..99,
    ) {
        let (shares, tolerance) = (shares(&weights), Rational::new(t, 40));
        let confidence = f64::from(c) / 100.0;
        let first = settle::joint_first_n(&shares, tolerance, confidence).unwrap();
        let stable = settle::joint_stable_n(&shares, tolerance, confidence).unwrap();
        let stays = settle::joint_stays_within_n(&shares, tolerance, confidence).unwrap();
        prop_assert!(first <= stable && stable <= stays, "{first} {stable} {stays}");
    }

    #[test]
    fn all_together_is_rarer_than_each(weights in weights(2..6), n in 1u64..300, t in 1u64..20) {
        let (shares, tolerance) = (shares(&weights), Rational::new(t, 50));
        let joint = settle::joint_within(&shares, n, tolerance).unwrap();
        let each = shares.iter().map(|&share| settle::within_tolerance(n, share, tolerance).unwrap());
        let (mut least, mut misses) = (1.0f64, 0.0);
        for inside in each {
            least = least.min(inside);
            misses += 1.0 - inside;
        }
        prop_assert!(joint <= least + 1e-12 && joint >= 1.0 - misses - 1e-12);
    }

    #[test]
    fn every_version_seen_grows_with_n_and_ignores_names(weights in weights(1..8), n in 1u64..200) {
        let here = settle::all_seen(&shares(&weights), n).unwrap();
        let next = settle::all_seen(&shares(&weights), n + 1).unwrap();
        let mut renamed = weights.clone();
        renamed.reverse();
        let other = settle::all_seen(&shares(&renamed), n).unwrap();
        prop_assert!(here <= next + 1e-13);
        prop_assert!((here - other).abs() <= 1e-9 * here);
    }

    #[test]
    fn simultaneous_intervals_contain_the_estimates_and_nest(
        counts in prop::collection::vec(0u64..2000, 1..8), c in 50u32..99,
    ) {
        let n: u64 = counts.iter().sum();
        prop_assume!(n > 0);
        let [level, higher] = [f64::from(c) / 100.0, f64::from(c + 1) / 100.0];
        // The upper ends of Sison and Glaz jump back where their margin grows by one count.
        for (method, nests) in [(goodman as Simultaneous, true), (sison_glaz, false)] {
            let inner = method(&counts, level).unwrap();
            let outer = method(&counts, higher).unwrap();
            for ((inner, outer), &count) in inner.iter().zip(&outer).zip(&counts) {
                let share = count as f64 / n as f64;
                prop_assert!(inner.low <= share && share <= inner.high);
                prop_assert!(outer.low <= inner.low);
                prop_assert!(!nests || inner.high <= outer.high);
            }
        }
    }

    #[test]
    fn simulated_counts_are_within_as_often_as_computed(
        weights in weights(2..5), n in 1u64..120, t in 1u64..10, seed: u64,
    ) {
        let tolerance = Rational::new(t, 40);
        let exact = settle::joint_within(&shares(&weights), n, tolerance).unwrap();
        let p = agreement(exact, seed, |random| {
            let mut counts = vec![0; weights.len()];
            (0..n).for_each(|_| counts[pick(&weights, random)] += 1);
            within(&counts, &weights, tolerance)
        });
        prop_assert!(p > AGREES, "p = {p}");
    }

    #[test]
    fn simulated_picks_show_every_version_as_often_as_computed(
        weights in weights(2..6), n in 1u64..60, seed: u64,
    ) {
        let exact = settle::all_seen(&shares(&weights), n).unwrap();
        let p = agreement(exact, seed, |random| {
            let mut seen = vec![false; weights.len()];
            (0..n).for_each(|_| seen[pick(&weights, random)] = true);
            seen.iter().all(|&seen| seen)
        });
        prop_assert!(p > AGREES, "p = {p}");
    }

    #[test]
    fn simulated_shares_stay_within_as_often_as_computed(
        p in 1u64..10, n in 1u64..60, t in 2u64..10, seed: u64,
    ) {
        let (weights, last) = ([p, 10 - p], n + 100);
        let (share, tolerance) = (Rational::new(p, 10), Rational::new(t, 20));
        let exact = settle::stays_within_until(n, last, share, tolerance).unwrap();
        let p = agreement(exact, seed, |random| {
            let mut counts = [0, 0];
            (1..=last).all(|m| {
                counts[pick(&weights, random)] += 1;
                m < n || within(&counts, &weights, tolerance)
            })
        });
        prop_assert!(p > AGREES, "p = {p}");
    }

    #[test]
    fn three_simulated_shares_stay_within_as_often_as_computed(
        weights in weights(3..4), n in 1u64..40, seed: u64,
    ) {
        // For ever is 600 requests here: later exits at 15 points are rarer than 10^-10.
        let tolerance = Rational::new(3, 20);
        let exact = settle::joint_stays_within(&shares(&weights), n, tolerance).unwrap();
        let p = agreement(exact, seed, |random| {
            let mut counts = [0, 0, 0];
            (1..=600).all(|m| {
                counts[pick(&weights, random)] += 1;
                m < n || within(&counts, &weights, tolerance)
            })
        });
        prop_assert!(p > AGREES, "p = {p}");
    }

    #[test]
    fn simulated_deviations_average_to_the_expected_one(
        weights in weights(2..5), n in 1u64..60, seed: u64,
    ) {
        let shares = shares(&weights);
        let expected = settle::expected_deviation(&shares, n).unwrap();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut sum = 0.0;
        for _ in 0..RUNS {
            let mut counts = vec![0u64; weights.len()];
            (0..n).for_each(|_| counts[pick(&weights, &mut random)] += 1);
            let off = counts.iter().zip(&shares).map(|(&count, share)| {
                (count as f64 / n as f64 - *share.numer() as f64 / *share.denom() as f64).abs()
            });
            sum += off.fold(0.0, f64::max);
        }
        // A mean of values in [0, 1]: Hoeffding's inequality at 10^-9.
        let margin = ((2.0 / AGREES).ln() / (2.0 * RUNS as f64)).sqrt();
        prop_assert!((sum / RUNS as f64 - expected).abs() < margin);
    }

    #[test]
    fn a_counter_started_anywhere_agrees(
        blocks in weights(2..4), stride in 1u64..20, n in 1u64..60, seed: u64,
    ) {
        let total: u64 = blocks.iter().sum();
        let tolerance = Rational::new(1, 10);
        let picker = CounterPicker::new(&blocks, stride).unwrap();
        let exact = picker.joint_within(n, tolerance).unwrap();
        let p = agreement(exact, seed, |random| {
            let start = random.random_range(0..total);
            let mut counts = vec![0; blocks.len()];
            for pick in 0..n {
                let mut left = (start + pick * stride) % total;
                let block = blocks.iter().position(|&width| {
                    let here = left < width;
                    left = left.saturating_sub(width);
                    here
                });
                counts[block.unwrap_or(0)] += 1;
            }
            within(&counts, &blocks, tolerance)
        });
        prop_assert!(p > AGREES, "p = {p}");
    }
}
