//! How the cost grows: with the number of pending events, and with the number of threads.

use std::time::Instant;

use rayon::prelude::*;
use shiftsim::config::{Source, parse_scenario};
use shiftsim::sim::{Engine, run_with};

use super::clock::Start;
use super::ours;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Viewers who think: as many events are pending as there are viewers.
fn nanos_per_event(viewers: u32) -> f64 {
    let requests = 2_000_000;
    let text = format!(
        "name: pending\nweights: {{v1: 1}}\nrequests: {requests}\n\
         arrivals: {{closed-loop: {{viewers: {viewers}, think: {think}ms}}}}\n\
         backend: {{replicas: 4, balancing: shared-queue, \
         service-time: {{exponential: {{mean: 1ms}}}}}}\n",
        think = u64::from(viewers).div_ceil(2)
    );
    let loaded = parse_scenario(&Source::new("pending.yaml", &text));
    let scenario = loaded.expect("a valid scenario").scenario;
    let start = Start::now();
    let work = || {
        let service = run_with(&scenario, 0, &|_| {}, Engine::Events).service;
        service.map_or(0, |service| service.events)
    };
    let events = work();
    start.elapsed().as_secs_f64() * 1e9 / events as f64
}

fn replications(threads: usize) -> f64 {
    let scenario = ours::scenario(1_000_000, "shared-queue");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.expect("threads");
    seconds(|| {
        pool.install(|| {
            (0..16_u64).into_par_iter().for_each(|replication| {
                std::hint::black_box(run_with(&scenario, replication, &|_| {}, Engine::Fastest));
            });
        });
    })
}

pub(crate) fn print() {
    println!("\npending events    ns/event");
    let best = |viewers| {
        (0..3)
            .map(|_| nanos_per_event(viewers))
            .fold(f64::MAX, f64::min)
    };
    let few = best(100);
    for viewers in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let nanos = if viewers == 100 { few } else { best(viewers) };
        println!("{viewers:>14} {nanos:>11.1}   x {:.2}", nanos / few);
    }
    let [one, two] = [1, 2].map(|threads| {
        (0..3)
            .map(|_| replications(threads))
            .fold(f64::MAX, f64::min)
    });
    println!(
        "\n16 replications: {one:.3} s on one thread, {two:.3} s on two: x {:.2}",
        one / two
    );
}
