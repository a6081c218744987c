//! Gates: every exact figure against a literal simulation of the tool's controller on the same
//! traffic, by an exact binomial test that fails by chance in one of 10^9 seeds.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use shiftsim::config::{GateKind, parse_gate_settings};
use shiftsim::rollout::{CountedAt, GateTraffic, Latency, Retries, WindowArrivals};
use shiftsim::sim::rollouts::{RolloutTally, simulate_rollouts};
use shiftsim::stats::two_sided::{Convention, binomial_test};
use shiftsim::summary::gate::{self, Answer, Method, Question};
use shiftsim::units::{Rate, Rational};

const RUNS: u64 = 40_000;

fn traffic(per_second: Rational, arrivals: WindowArrivals, error_rate: f64) -> GateTraffic {
    GateTraffic {
        arrivals,
        canary_error_rate: error_rate,
        stable_error_rate: 0.001,
        ..GateTraffic::of(Rate::new(per_second).unwrap())
    }
}

fn ask(kind: GateKind, settings: &str, traffic: GateTraffic) -> Question {
    Question {
        rollout: parse_gate_settings(kind, settings).unwrap(),
        traffic,
        rate_is_assumed: false,
        objective: None,
        error_rates: vec![traffic.canary_error_rate],
        other_rates: Vec::new(),
        seed: 1,
        replications: Some(500),
    }
}

/// The figures at the traffic's own error rate.
fn answer(question: &Question) -> Answer {
    gate::gate(question)
        .unwrap()
        .versions
        .last()
        .unwrap()
        .answer
}

fn agree(name: &str, exact: &Answer, tally: &RolloutTally) {
    assert_eq!(exact.method, Method::Exact, "{name}");
    for (what, count, probability) in [
        ("promoted", tally.promoted, exact.promoted),
        ("rolled back", tally.rolled_back, exact.rolled_back),
        (
            "without data",
            tally.rolled_back_without_data,
            exact.rolled_back_without_data,
        ),
        ("undecided", tally.undecided, exact.undecided),
    ] {
        let probability = probability.clamp(0.0, 1.0);
        let p = binomial_test(count, RUNS, probability, Convention::MinimumLikelihood).unwrap();
        assert!(
            p > 1e-9,
            "{name}: {what} {count} of {RUNS}, expected {probability}: p = {p:e}"
        );
    }
    // Six and a half standard errors: one in 10^10.
    let (mut mean, mut square) = (0.0, 0.0);
    for (&nanos, &count) in &tally.durations {
        let seconds = nanos as f64 / 1e9;
        mean += seconds * count as f64 / RUNS as f64;
        square += seconds * seconds * count as f64 / RUNS as f64;
    }
    let error = ((square - mean * mean).max(0.0) / RUNS as f64).sqrt();
    assert!(
        (mean - exact.mean_seconds).abs() <= 6.5 * error + 1e-6,
        "{name}: {mean} s, expected {}",
        exact.mean_seconds
    );
    let requests = tally.requests as f64 / RUNS as f64;
    assert!(
        (requests - exact.requests).abs() <= 0.05 * exact.requests,
        "{name}: {requests} requests, expected {}",
        exact.requests
    );
}

#[test]
fn literal_controllers_agree_with_the_exact_figures() {
    use GateKind::{Argo, Flagger, Schedule, Staged};
    let one = Rational::from_integer(1);
    let slow = Rational::new(1, 12);
    for (kind, settings, rate, error_rate) in [
        (
            Flagger,
            "interval=1m,threshold=5,weights=10..50/10,success=99",
            one,
            0.02,
        ),
        (
            Flagger,
            "interval=1m,threshold=5,weights=10..50/10,success=99",
            slow,
            0.0,
        ),
        (
            Flagger,
            "interval=2m,threshold=3,weights=[5,20,60],success=98,window=30s",
            one,
            0.03,
        ),
        (
            Flagger,
            "strategy=a-b,iterations=4,threshold=2,success=99",
            one,
            0.01,
        ),
        (
            Flagger,
            "strategy=blue-green,iterations=3,mirror=50,threshold=2,success=99",
            one,
            0.01,
        ),
        (
            Flagger,
            "weights=[10,50],mirror=100,threshold=3,success=99",
            one,
            0.01,
        ),
        (
            Flagger,
            "weights=[10,50],threshold=2,success=99,p99=500ms",
            one,
            0.01,
        ),
        (Staged, "weights=10..50/10,success=99,failures=3", one, 0.02),
        (
            Staged,
            "weights=[10,50],success=98,failures=2,minimum-requests=40",
            one,
            0.02,
        ),
        (
            Staged,
            "weights=[10,50],success=98,failures=2,minimum-requests=40,patience=6",
            one,
            0.02,
        ),
        (
            Argo,
            "weights=[20,60],pause=5m,success=95,analysis=background,failure-limit=1,initial-delay=1m,no-data=failed",
            one,
            0.04,
        ),
        (
            Argo,
            "weights=[20,60],pause=5m,success=95,analysis=background,count=3,no-data=inconclusive",
            slow,
            0.04,
        ),
        (
            Argo,
            "weights=[20,60],pause=2m,success=95,count=5,failure-limit=1",
            one,
            0.04,
        ),
        (
            Argo,
            "weights=[20,60],pause=2m,success=95,count=6,failure-limit=2,consecutive-success-limit=3",
            one,
            0.05,
        ),
        (
            Argo,
            "weights=[5],pause=2m,success=95,no-data=successful",
            slow,
            0.3,
        ),
        (Schedule, "weights=10..100/30,pause=5m", one, 0.02),
    ] {
        for arrivals in [
            WindowArrivals::Poisson,
            WindowArrivals::Constant,
            WindowArrivals::Fixed,
        ] {
            let traffic = traffic(rate, arrivals, error_rate);
            let question = ask(kind, settings, traffic);
            let tally = simulate_rollouts(&question.rollout, &traffic, 1, 0, RUNS, &|_| {});
            agree(
                &format!("{settings} {arrivals:?}"),
                &answer(&question),
                &tally,
            );
        }
    }
}

#[test]
fn scrapes_and_load_tests_are_seen_by_both() {
    let settings = "interval=1m,threshold=3,weights=[10,50],success=99";
    let mut scraped = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    scraped.scrape_interval = Some(Duration::from_secs(15));
    let mut loaded = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    loaded.load_test = Rate::new(Rational::from_integer(5));
    for (name, traffic) in [("scraped", scraped), ("loaded", loaded)] {
        let question = ask(GateKind::Flagger, settings, traffic);
        let tally = simulate_rollouts(&question.rollout, &traffic, 1, 0, RUNS, &|_| {});
        agree(name, &answer(&question), &tally);
    }
    // A window of one minute holds one scrape a minute: never any data.
    scraped.scrape_interval = Some(Duration::from_secs(60));
    let blind = answer(&ask(GateKind::Flagger, settings, scraped));
    assert_eq!(blind.promoted, 0.0);
    assert_eq!(blind.rolled_back_without_data, 1.0);
    // The load test hides what the users see.
    let plain = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    let [plain, loaded] = [plain, loaded].map(|t| answer(&ask(GateKind::Flagger, settings, t)));
    assert!(loaded.promoted > plain.promoted + 0.05);
}

#[test]
fn retries_are_counted_by_both() {
    let flagger = "interval=1m,threshold=3,weights=[10,50],success=95";
    let argo = "weights=[20,60],pause=2m,success=95,count=3,failure-limit=1,no-data=failed";
    for (counted, error_rate) in [(CountedAt::Client, 0.3), (CountedAt::Server, 0.05)] {
        for arrivals in [
            WindowArrivals::Poisson,
            WindowArrivals::Constant,
            WindowArrivals::Fixed,
        ] {
            let mut retried = traffic(Rational::from_integer(1), arrivals, error_rate);
            retried.retries = Retries::new(2, counted);
            for (kind, settings) in [(GateKind::Flagger, flagger), (GateKind::Argo, argo)] {
                let question = ask(kind, settings, retried);
                let tally = simulate_rollouts(&question.rollout, &retried, 1, 0, RUNS, &|_| {});
                assert!(tally.promoted > 0 && tally.rolled_back > 0, "{tally:?}");
                let exact = answer(&question);
                agree(
                    &format!("{settings} {arrivals:?} {counted:?}"),
                    &exact,
                    &tally,
                );
                // What users see does not depend on where a metric counts.
                let seen = exact.requests * error_rate.powi(3);
                assert!((exact.errors - seen).abs() < 1e-12);
            }
        }
    }
    // Counted at the client, a version is the one whose errors are left.
    let plain = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.027);
    let mut hidden = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.3);
    hidden.retries = Retries::new(2, CountedAt::Client);
    let [plain, hidden] =
        [plain, hidden].map(|traffic| answer(&ask(GateKind::Flagger, flagger, traffic)).promoted);
    assert!((plain - hidden).abs() < 1e-12);
}

#[test]
fn users_who_meet_an_error_are_told_exactly() {
    for (kind, settings, retries) in [
        (
            GateKind::Flagger,
            "interval=1m,threshold=3,weights=[10,50],success=95",
            None,
        ),
        (
            GateKind::Flagger,
            "interval=1m,threshold=3,weights=[10,50],success=95,window=20s",
            Retries::new(1, CountedAt::Server),
        ),
        (
            GateKind::Flagger,
            "strategy=blue-green,iterations=2,mirror=50,success=95",
            None,
        ),
        (
            GateKind::Argo,
            "weights=[20,60],pause=2m,success=95,count=3,failure-limit=1,no-data=failed",
            None,
        ),
        (
            GateKind::Argo,
            "weights=[20,60],pause=5m,success=95,analysis=background,failure-limit=1,no-data=failed",
            Retries::new(1, CountedAt::Client),
        ),
        (GateKind::Schedule, "weights=10..100/30,pause=5m", None),
    ] {
        for arrivals in [
            WindowArrivals::Poisson,
            WindowArrivals::Constant,
            WindowArrivals::Fixed,
        ] {
            let mut crowd = traffic(Rational::from_integer(1), arrivals, 0.15);
            crowd.users = std::num::NonZeroU64::new(20);
            crowd.retries = retries;
            let question = ask(kind, settings, crowd);
            let tally = simulate_rollouts(&question.rollout, &crowd, 1, 0, RUNS, &|_| {});
            let exact = answer(&question);
            assert_eq!(exact.method, Method::Exact);
            let (hit, simulated) = (
                exact.users_hit.unwrap(),
                tally.users_hit().unwrap() / RUNS as f64,
            );
            // A user count scatters by less than 10: seven standard errors.
            assert!(
                (hit - simulated).abs() < 7.0 * 10.0 / (RUNS as f64).sqrt(),
                "{settings} {arrivals:?}: {hit} {simulated}"
            );
            assert!(hit < exact.errors, "some users meet several errors");
        }
    }
}

#[test]
fn latency_quantiles_are_interpolated_as_prometheus_does() {
    // 500 ms is a bound of the histogram, 300 ms lies in a bucket.
    for (settings, error_rate) in [
        (
            "interval=1m,threshold=3,weights=[20,50],success=99,p99=500ms",
            0.005,
        ),
        ("interval=1m,threshold=3,weights=[20,50],p99=300ms", 0.0),
    ] {
        for arrivals in [
            WindowArrivals::Poisson,
            WindowArrivals::Constant,
            WindowArrivals::Fixed,
        ] {
            let mut slow = traffic(Rational::from_integer(5), arrivals, error_rate);
            slow.latency = Latency::new(80.0, 420.0);
            let question = ask(GateKind::Flagger, settings, slow);
            let tally = simulate_rollouts(&question.rollout, &slow, 1, 0, RUNS, &|_| {});
            assert!(tally.promoted > 0 && tally.rolled_back > 0, "{tally:?}");
            agree(
                &format!("{settings} {arrivals:?}"),
                &answer(&question),
                &tally,
            );
        }
    }
}

#[test]
fn what_overlaps_is_simulated_and_says_so() {
    let plain = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    for (kind, settings, reason) in [
        (
            GateKind::Flagger,
            "interval=1m,window=5m,threshold=5,weights=10..50/10,success=99",
            "longer than the time between two checks",
        ),
        (
            GateKind::Staged,
            "weights=10..50/10,test=error-share",
            "sequential test",
        ),
        (
            GateKind::Argo,
            "weights=[20,60],pause=1m,window=5m,success=95,no-data=failed",
            "another measurement or weight",
        ),
    ] {
        let summary = gate::gate(&ask(kind, settings, plain)).unwrap();
        assert!(
            summary.method.contains(reason),
            "{settings}: {}",
            summary.method
        );
        let answer = summary.versions.last().unwrap().answer;
        assert_eq!(answer.method, Method::Simulated { rollouts: 500 });
        assert!(answer.standard_error.is_some());
    }
}

#[test]
fn the_tutorial_gate_promotes_what_was_published() {
    // Group UG of tests/reference/gates.csv, through the whole command's path.
    let settings = "interval=1m,threshold=5,weights=10..50/10,success=99";
    let at = |arrivals, error_rate| {
        let traffic = traffic(Rational::from_integer(1), arrivals, error_rate);
        answer(&ask(GateKind::Flagger, settings, traffic)).promoted
    };
    assert!((at(WindowArrivals::Fixed, 0.02) - 0.875_805_486_614_458_6).abs() < 1e-12);
    assert!((at(WindowArrivals::Fixed, 0.005) - 0.999_406_644_739_032_65).abs() < 1e-12);
    // scipy: sums over the Poisson number of requests, an empty window failing.
    assert!((at(WindowArrivals::Constant, 0.02) - 0.877_789_230_549_233_4).abs() < 1e-11);
    assert!((at(WindowArrivals::Poisson, 0.02) - 0.879_104_303_503_941_8).abs() < 1e-11);
}
