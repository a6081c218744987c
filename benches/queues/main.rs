//! How fast queues are simulated, beside other simulators on the same workload.
//!
//! All take turns in one process on one thread; the ratio is that of the smallest processor times. Before a
//! time is believed, counts, means and percentiles must agree with theory and with each other.
//!
//! Run it with `cargo bench --bench queues`; `-- 2000000` sets the number of requests, `-- events`
//! takes only the simulators with that in their name.

#![expect(
    clippy::expect_used,
    reason = "a measurement stops at the first surprise"
)]

mod clock;
mod ours;
mod peer_desque;
mod peer_desru;
mod peer_nexosim;
mod peer_simrs;
mod scaling;
mod workload;

use std::time::Duration;

use clock::Start;
use shiftsim::sim::Engine;
use workload::{Found, THEORY};

const REPETITIONS: usize = 7;

/// Runs the workload and returns how to look at the result, which is not timed.
type Work = Box<dyn Fn(u64) -> Box<dyn FnOnce() -> Found>>;

struct Candidate {
    name: &'static str,
    work: Work,
    best: Duration,
    found: Found,
    /// Whether it runs the same queues, so that the results must agree.
    comparable: bool,
}

fn candidate<F: FnOnce() -> Found + 'static>(
    name: &'static str,
    comparable: bool,
    work: impl Fn(u64) -> F + 'static,
) -> Candidate {
    Candidate {
        name,
        work: Box::new(move |requests| Box::new(work(requests))),
        best: Duration::MAX,
        found: [(0, 0.0, 0.0); 2],
        comparable,
    }
}

fn candidates() -> Vec<Candidate> {
    let shared = |requests, engine| ours::run(requests, "shared-queue", engine);
    vec![
        candidate("desque 0.4.0", true, peer_desque::run),
        candidate("desru 0.1.13", true, peer_desru::run),
        candidate("simrs 0.2.0", true, peer_simrs::run),
        candidate("nexosim 1.0.0, one thread", true, peer_nexosim::run),
        candidate("shiftsim, recursion", true, move |requests| {
            shared(requests, Engine::Fastest)
        }),
        candidate("shiftsim, events", true, move |requests| {
            shared(requests, Engine::Events)
        }),
        candidate("shiftsim, recursion, least request", false, |requests| {
            ours::run(requests, "least-request", Engine::Fastest)
        }),
        candidate("shiftsim, events, least request", false, |requests| {
            ours::run(requests, "least-request", Engine::Events)
        }),
    ]
}

fn main() {
    let requests = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(1_000_000);
    let wanted = |one: &Candidate| {
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        words.all(|word| word.parse::<u64>().is_ok() || one.name.contains(&word))
    };
    let mut candidates = candidates();
    let all = candidates.len();
    candidates.retain(wanted);
    for _ in 0..REPETITIONS {
        for candidate in &mut candidates {
            let start = Start::now();
            let look = (candidate.work)(requests);
            candidate.best = candidate.best.min(start.elapsed());
            candidate.found = look();
        }
    }
    print(&candidates, requests);
    if candidates.len() == all {
        scaling::print();
    }
}

fn print(candidates: &[Candidate], requests: u64) {
    let rate = |one: &Candidate| requests as f64 / one.best.as_secs_f64() / 1e6;
    let reference = candidates.first().map_or(0.0, rate);
    println!("{requests} requests, two events each; best of {REPETITIONS}");
    println!(
        "{:<35} {:>7} {:>7}   {:>7} {:>7} {:>7} {:>7}",
        "", "M req/s", "ratio", "mean v1", "mean v2", "p99 v1", "p99 v2"
    );
    for candidate in candidates {
        let [v1, v2] = candidate.found;
        let per_second = rate(candidate);
        let [m1, m2, p1, p2] = [v1.1, v2.1, v1.2, v2.2].map(|seconds| seconds * 1e3);
        println!(
            "{:<35} {per_second:>7.2} {:>7.2}   {m1:>7.3} {m2:>7.3} {p1:>7.2} {p2:>7.2}",
            candidate.name,
            per_second / reference
        );
        if candidate.comparable {
            believe(candidate, requests);
        }
    }
}

/// The result must be that of the workload, or the time means nothing. With 10^6 requests the
/// standard errors are some 0.5% for v1 and 1% for v2; five of them are allowed.
fn believe(candidate: &Candidate, requests: u64) {
    let scale = (1e6 / requests as f64).sqrt();
    for (version, &(count, mean, p99)) in candidate.found.iter().enumerate() {
        let off = (mean / THEORY[version] - 1.0).abs();
        let allowed = [0.025, 0.05][version] * scale;
        assert!(off < allowed, "{}: mean {mean}", candidate.name);
        // The tail of the wait decays at 4µ − λ; p99 is some 3.5 means.
        assert!((2.0..6.0).contains(&(p99 / mean)), "{}", candidate.name);
        let share = count as f64 / requests as f64;
        assert!(
            (share - [0.8, 0.2][version]).abs() < 0.003 * scale,
            "{share}"
        );
    }
}
