//! What the tests of the algorithms share.

use std::num::{NonZeroU32, NonZeroU64};

use proptest::prelude::*;

use super::*;
use crate::random::{Purpose, stream};

/// A fixed stream, by number.
pub(super) fn stream_of(number: u64) -> Stream {
    stream(number, Purpose::Split, &[])
}

/// A stream for algorithms that draw nothing from it.
pub(super) fn any_stream() -> Stream {
    stream_of(0)
}

/// The next picks of an algorithm that draws nothing.
pub(super) fn picks(split: &mut impl Split, requests: u64) -> Vec<usize> {
    let mut random = any_stream();
    (0..requests).map(|_| split.pick(&mut random)).collect()
}

/// How often each of so many destinations is among the next picks, one by one.
pub(super) fn tally(split: &mut impl Split, requests: u64, destinations: usize) -> Vec<u64> {
    let mut counts = vec![0; destinations];
    for pick in picks(split, requests) {
        counts[pick] += 1;
    }
    counts
}

/// One to six weights, some of them zero, not all.
pub(super) fn weights_above_zero() -> impl Strategy<Value = Vec<u32>> {
    let weight = prop_oneof![1 => Just(0), 4 => 1..30_u32, 1 => 100..300_u32];
    prop::collection::vec(weight, 1..=6).prop_filter("a weight above zero", |weights| {
        weights.iter().any(|&weight| weight > 0)
    })
}

/// Every algorithm, for the properties that all of them have.
fn all(weights: &[u32], seed: u64) -> Vec<Box<dyn Split>> {
    let (one, many) = (NonZeroU64::MIN, NonZeroU64::new(5).unwrap());
    let at_once = NonZeroU32::new(3).unwrap();
    let mut random = stream_of(seed);
    vec![
        Box::new(Edf::new(weights).unwrap()),
        Box::new(Edf::at_random(weights, &mut random).unwrap()),
        Box::new(Envoy::new(weights).unwrap()),
        Box::new(EnvoyLegacy::at_random(weights, one, &mut random).unwrap()),
        Box::new(Replicas::new(weights).unwrap()),
        Box::new(SmoothWrr::new(weights).unwrap()),
        Box::new(StaticStride::at_random(weights, &mut random).unwrap()),
        Box::new(Sticky::new(weights, Users::new(at_once, many, 500, stream_of(seed))).unwrap()),
        Box::new(
            StickyCookie::new(
                weights,
                &vec![true; weights.len()],
                Users::new(at_once, many, 500, stream_of(seed)),
            )
            .unwrap(),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_count_what_they_pick_and_never_a_weight_of_zero(
        weights in weights_above_zero(),
        (seed, requests) in (any::<u64>(), 0..1500_u64),
    ) {
        for (mut picking, mut counting) in all(&weights, seed).into_iter().zip(all(&weights, seed)) {
            let (mut one, mut other) = (stream_of(!seed), stream_of(!seed));
            let mut picked = vec![0; weights.len()];
            for _ in 0..requests {
                picked[picking.pick(&mut one)] += 1;
            }
            let mut counted = vec![0; weights.len()];
            counting.count(&mut other, requests, &mut counted);
            prop_assert_eq!(&picked, &counted, "{:?}", picking);
            prop_assert_eq!(one, other);
            prop_assert_eq!(counted.iter().sum::<u64>(), requests);
            prop_assert!(weights.iter().zip(counted).all(|(&weight, n)| weight > 0 || n == 0));
        }
    }
}

#[test]
fn one_destination_gets_everything() {
    for mut split in all(&[0, 9, 0], 1) {
        let mut counts = [0; 3];
        split.count(&mut any_stream(), 1000, &mut counts);
        assert_eq!(counts, [0, 1000, 0], "{split:?}");
    }
}
