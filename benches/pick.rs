//! What a pick costs, as a ratio to the random number that it needs.
//!
//! The reference is the wrapping sum of as many outputs of the same generator. Reference and
//! candidates take turns in one process, and the ratio is that of the smallest times, because
//! absolute times on a shared machine drift, and ratios far less. In bulk it
//! should be at most 1.5 for two and three destinations, and 3 for ten.
//!
//! Run it with `cargo bench --bench pick`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::Rng;
use shiftsim::random::{Purpose, Stream, stream};
use shiftsim::split::{Thresholds, envoy};

/// Random numbers per measurement: many enough that no branch predictor learns them.
const REQUESTS: u64 = 1 << 21;
const REPETITIONS: usize = 40;

/// What is measured: draws that many numbers and returns something that depends on all of them.
type Work = Box<dyn Fn(&mut Stream, u64) -> u64>;

struct Candidate {
    name: String,
    work: Work,
    best: Duration,
}

impl Candidate {
    fn new(name: impl Into<String>, work: impl Fn(&mut Stream, u64) -> u64 + 'static) -> Self {
        Self {
            name: name.into(),
            work: Box::new(work),
            best: Duration::MAX,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn measure(&mut self, random: &mut Stream) {
        let start = Instant::now();
        black_box((self.work)(random, black_box(REQUESTS)));
        self.best = self.best.min(start.elapsed());
    }
}

fn reference(random: &mut Stream, requests: u64) -> u64 {
    (0..requests).fold(0, |sum: u64, _| sum.wrapping_add(random.next_u64()))
}

/// Thresholds in bulk.
fn bulk(weights: &'static [u32]) -> Work {
    Box::new(move |random, requests| {
        let mut counts = vec![0; weights.len()];
        if let Some(thresholds) = Thresholds::new(black_box(weights)) {
            thresholds.count(random, requests, &mut counts);
        }
        counts[0]
    })
}

/// The rule as it is written: a division, then a walk.
fn literal(weights: &'static [u32]) -> Work {
    Box::new(move |random, requests| {
        let mut counts = vec![0; weights.len()];
        for _ in 0..requests {
            if let Some(destination) = envoy::pick(weights, random.next_u64()) {
                counts[destination] += 1;
            }
        }
        counts[0]
    })
}

fn main() {
    let weights: [&'static [u32]; 3] =
        [&[80, 20], &[50, 25, 25], &[28, 16, 8, 8, 8, 8, 8, 8, 4, 4]];
    let mut candidates = vec![Candidate::new("reference: sum of raw outputs", reference)];
    for weights in weights {
        let k = weights.len();
        candidates.push(Candidate::new(
            format!("thresholds in bulk, k = {k}"),
            bulk(weights),
        ));
        candidates.push(Candidate::new(
            format!("R mod total, walk,  k = {k}"),
            literal(weights),
        ));
    }
    let mut random = stream(1, Purpose::Split, &[]);
    for _ in 0..REPETITIONS {
        for candidate in &mut candidates {
            candidate.measure(&mut random);
        }
    }
    print(&candidates);
}

fn print(candidates: &[Candidate]) {
    let nanos = |candidate: &Candidate| candidate.best.as_secs_f64() * 1e9 / REQUESTS as f64;
    let reference = nanos(&candidates[0]);
    println!("{:<32} {:>10} {:>10}", "", "ns/pick", "ratio");
    for candidate in candidates {
        let nanos = nanos(candidate);
        println!(
            "{:<32} {nanos:>10.3} {:>10.2}",
            candidate.name,
            nanos / reference
        );
    }
}
