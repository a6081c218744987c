//! What the characteristics of a gate cost, as ratios to work that is named and timed in the same
//! run: `cargo bench --bench gates`.
//!
//! Expected: a million simulated rollouts of Flagger's tutorial gate cost at most 10 times as much
//! as a hundred million random numbers on one core; the exact characteristic of a gate with ten
//! steps at 50 error rates costs at most as much as those numbers.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement stops at the first surprise, and reads the clock"
)]

use std::hint::black_box;
use std::time::Instant;

use rand::Rng;
use shiftsim::config::{GateKind, parse_gate_settings};
use shiftsim::random::{Purpose, stream};
use shiftsim::rollout::{GateTraffic, WindowArrivals};
use shiftsim::sim::rollouts::simulate_rollouts;
use shiftsim::summary::gate::{Question, curves};
use shiftsim::units::{Rate, Rational};

const NUMBERS: u32 = 100_000_000;
const ROLLOUTS: u64 = 1_000_000;

/// The best of three.
fn seconds(mut work: impl FnMut()) -> f64 {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..3)
        .map(|_| once(&mut work))
        .fold(f64::INFINITY, f64::min)
}

fn question(settings: &str, arrivals: WindowArrivals, per_second: u64) -> Question {
    Question {
        rollout: parse_gate_settings(GateKind::Flagger, settings).unwrap(),
        traffic: GateTraffic {
            arrivals,
            canary_error_rate: 0.02,
            stable_error_rate: 0.005,
            ..GateTraffic::of(Rate::new(Rational::from_integer(per_second)).unwrap())
        },
        rate_is_assumed: false,
        objective: None,
        error_rates: Vec::new(),
        other_rates: Vec::new(),
        seed: 1,
        replications: Some(1000),
    }
}

fn main() {
    let mut random = stream(1, Purpose::Tests, &[]);
    let reference = seconds(|| {
        for _ in 0..NUMBERS {
            black_box(random.next_u64());
        }
    });
    println!("{NUMBERS} random numbers, one core: {reference:.3} s, the unit of what follows");
    let report = |name: &str, taken: f64| {
        println!("{name}: {taken:.3} s, {:.2} times", taken / reference);
    };
    let tutorial = "interval=1m,threshold=5,weights=10..50/10,success=99";
    for (name, arrivals) in [
        ("poisson", WindowArrivals::Poisson),
        ("constant", WindowArrivals::Constant),
        ("fixed", WindowArrivals::Fixed),
    ] {
        let asked = question(tutorial, arrivals, 1);
        let taken = seconds(|| {
            let (rollout, traffic) = (&asked.rollout, &asked.traffic);
            black_box(simulate_rollouts(rollout, traffic, 1, 0, ROLLOUTS, &|_| {}));
        });
        report(
            &format!("{ROLLOUTS} rollouts, tutorial gate, {name}, all cores"),
            taken,
        );
    }
    let ten_steps = "interval=1m,threshold=3,weights=10..100/10,success=99";
    for (name, arrivals, per_second) in [
        ("fixed, 20/s", WindowArrivals::Fixed, 20),
        ("poisson, 20/s", WindowArrivals::Poisson, 20),
        ("constant, 20/s", WindowArrivals::Constant, 20),
        ("poisson, 1000/s", WindowArrivals::Poisson, 1000),
    ] {
        let asked = question(ten_steps, arrivals, per_second);
        let taken = seconds(|| {
            black_box(curves(&asked).unwrap());
        });
        report(
            &format!("characteristic, 51 points, ten steps, {name}"),
            taken,
        );
    }
}
