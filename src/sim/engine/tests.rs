//! The engine against itself, against hand-worked traces and against theory.

use std::num::NonZeroU32;
use std::time::Duration;

use num_rational::Ratio;

use crate::balance;
use crate::scenario::*;
use crate::service_time::{Kind, Parameters, ServiceTime, Value};
use crate::sim::{Engine, RunTally, run_with};
use crate::tally::service::Outcome;
use crate::units::{ConfidenceLevel, Rate, Tolerance};

mod connections;
mod proxies;
mod ready;
mod shared_queue;
mod traces;

fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

fn exponential(mean: f64) -> ServiceTime {
    ServiceTime::exponential(mean).unwrap()
}

fn constant(mean: f64) -> ServiceTime {
    let parameters = Parameters::default().with("mean", Value::Time(mean));
    Kind::named("constant").unwrap().build(&parameters).unwrap()
}

/// Replicas with one slot each that share a queue.
pub(super) fn backend(replicas: u32, service_time: ServiceTime) -> Backend {
    Backend {
        replicas: number(replicas),
        concurrency: NonZeroU32::MIN,
        queue: None,
        service_time,
        slowdown: 0.0,
        errors: Errors::default(),
        balancing: balance::Kind::shared_queue(),
        resilience: Resilience::default(),
        scaling: Scaling::Fixed,
        start_up: Duration::ZERO,
        replica_faults: Vec::new(),
    }
}

fn arrivals(process: ArrivalProcess, per_second: u64) -> Arrivals {
    Arrivals {
        process,
        rate: Rate::new(Ratio::from_integer(per_second)).unwrap(),
    }
}

/// One phase over all versions with the given weights.
fn scenario(backends: Vec<(u32, Backend)>, length: Length, arrivals: Arrivals) -> Scenario {
    let destinations = backends
        .iter()
        .enumerate()
        .map(|(place, &(weight, _))| Destination {
            version: VersionIndex(place),
            weight,
            replicas: 1,
        });
    let phase = Phase::new(
        "only".into(),
        destinations.collect(),
        length,
        arrivals,
        Algorithm::Envoy,
    )
    .unwrap();
    Scenario::new(Parts {
        name: ScenarioName::new("test").unwrap(),
        title: None,
        description: None,
        protocol: Protocol::Http,
        versions: backends
            .into_iter()
            .enumerate()
            .map(|(place, (_, backend))| Version {
                backend: Some(backend),
                ..Version::named(&format!("v{place}"))
            })
            .collect(),
        phases: vec![phase],
        seed: 1,
        replications: 1,
        tolerance: Tolerance::default(),
        confidence: ConfidenceLevel::default(),
        claims: Vec::new(),
        warm_up: Duration::ZERO,
        connections: None,
        scrape_interval: None,
    })
    .unwrap()
}

fn run(scenario: &Scenario, replication: u64, engine: Engine) -> RunTally {
    run_with(scenario, replication, &|_| {}, engine)
}

#[test]
fn the_recursion_and_the_events_give_the_same_times() {
    let policies = [
        "shared-queue",
        "round-robin",
        "random",
        "ring-hash",
        "maglev",
        "edf",
        "least-request",
        "least-request-full-scan",
    ];
    for (policy, concurrency) in policies.into_iter().zip([1, 2, 5, 3, 1, 4, 1, 3]) {
        let version = |mean: f64| Backend {
            balancing: balance::Kind::named(policy).unwrap(),
            concurrency: number(concurrency),
            errors: Errors {
                share: 0.01,
                ..Errors::default()
            },
            ..backend(3, exponential(mean * f64::from(concurrency)))
        };
        let scenario = scenario(
            vec![(80, version(0.0025)), (20, version(0.01))],
            Length::Requests(60_000),
            arrivals(ArrivalProcess::Poisson, 1000),
        );
        let fast = run(&scenario, 3, Engine::Fastest);
        let events = run(&scenario, 3, Engine::Events);
        assert_eq!(fast.phases, events.phases, "{policy}");
        let (fast, events) = (fast.service.unwrap(), events.service.unwrap());
        assert_eq!((fast.events, events.events), (0, 120_000), "{policy}");
        assert!(fast.phases == events.phases, "{policy}: phases");
        assert_eq!(fast.end_nanos, events.end_nanos);
        for (fast, events) in fast.load.iter().zip(&events.load) {
            assert_eq!(fast.sojourn_nanos, events.sojourn_nanos);
            assert_eq!(fast.busy_nanos, events.busy_nanos);
            assert_eq!(fast.slot_nanos, events.slot_nanos);
        }
        assert!(fast.series == events.series, "{policy}: series");
    }
}

#[test]
fn littles_law_holds_to_the_nanosecond() {
    for policy in balance::KINDS {
        let version = Backend {
            balancing: policy,
            queue: Some(3),
            resilience: Resilience {
                timeout: Some(Duration::from_millis(30)),
                retries: Some(Retries {
                    attempts: 2,
                    per_try_timeout: Some(Duration::from_millis(20)),
                    back_off: Duration::from_millis(5),
                    budget: None,
                }),
                outlier_detection: Some(OutlierDetection {
                    max_ejection_percent: 50,
                    ..OutlierDetection::default()
                }),
                ..Resilience::default()
            },
            errors: Errors {
                share: 0.2,
                ..Errors::default()
            },
            ..backend(4, exponential(0.005))
        };
        let scenario = scenario(
            vec![(1, version)],
            Length::Requests(20_000),
            arrivals(ArrivalProcess::Poisson, 900),
        );
        let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
        let load = service.load[0];
        assert_eq!(
            load.in_system_nanos,
            Some(load.sojourn_nanos),
            "{}",
            policy.name
        );
        let tally = &service.phases[0][0];
        assert_eq!(tally.requests(), 20_000);
        assert!(tally.attempts > 20_000);
        assert!(
            tally.outcomes.iter().all(|&count| count > 0),
            "{:?}",
            tally.outcomes
        );
    }
}

#[test]
fn a_queue_by_hand() {
    // Arrivals at 0, 1, 2, … ms; one server, 2.5 ms each, one may wait.
    let version = Backend {
        queue: Some(1),
        ..backend(1, constant(0.0025))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(6),
        arrivals(ArrivalProcess::Constant, 1000),
    );
    let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
    // 0: 0–2.5. 1: waits, 2.5–5. 2: refused. 3: waits, 5–7.5. 4: refused. 5 arrives as 1 leaves:
    // the arrival was scheduled later than the departure, so there is room: 7.5–10.
    let tally = &service.phases[0][0];
    assert_eq!(tally.outcomes, [4, 0, 2, 0]);
    assert_eq!(
        tally.latency.sum_nanos(),
        2_500_000 + 4_000_000 + 4_500_000 + 5_000_000
    );
    assert_eq!(service.end_nanos, 10_000_000);
}

#[test]
fn a_timeout_leaves_the_replica_busy_and_retries_are_counted() {
    // One server, 10 ms each; 4 ms per try, one retry at once: both attempts time out.
    let version = Backend {
        resilience: Resilience {
            retries: Some(Retries {
                attempts: 1,
                per_try_timeout: Some(Duration::from_millis(4)),
                back_off: Duration::ZERO,
                budget: None,
            }),
            ..Resilience::default()
        },
        ..backend(1, constant(0.01))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(1),
        arrivals(ArrivalProcess::Constant, 1),
    );
    let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
    let tally = &service.phases[0][0];
    assert_eq!(tally.outcomes[Outcome::TimedOut as usize], 1);
    assert_eq!(tally.attempts, 2);
    assert_eq!(tally.latency.sum_nanos(), 8_000_000);
    // Its server saw two callers hang up, after 4 ms each, and not one request that took 8 ms.
    let series = &service.series;
    assert_eq!(series.server_ends(0, 0), [0, 0, 2]);
    let edges = [3_900_000, 4_100_000, u64::MAX];
    let durations = series.server_durations(0, 0).counts_up_to(&edges);
    assert_eq!(durations, [0, 2, 2]);
}

#[test]
fn a_server_sees_each_attempt_and_a_client_its_request() {
    // Two servers in turn; the first one always fails, at once the second one is tried.
    let version = Backend {
        balancing: balance::Kind::round_robin(),
        resilience: Resilience {
            retries: Some(Retries {
                attempts: 1,
                per_try_timeout: None,
                back_off: Duration::ZERO,
                budget: None,
            }),
            ..Resilience::default()
        },
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Errors(1.0),
        }],
        ..backend(2, constant(0.01))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(100),
        arrivals(ArrivalProcess::Constant, 1),
    );
    let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
    let series = &service.series;
    let places = 0..series.versions[0].len();
    let sum = |end: usize| -> u64 {
        let ends = places.clone().map(|place| series.server_ends(0, place));
        ends.map(|ends| ends[end]).sum()
    };
    // Each request goes to one replica and, if that was the first one, to the other.
    let failed = sum(1);
    assert!(failed == 50 || failed == 100, "{failed}");
    assert_eq!([sum(0), sum(2)], [100, 0]);
    assert_eq!(service.phases[0][0].outcomes, [100, 0, 0, 0]);
    assert_eq!(service.phases[0][0].attempts, 100 + failed);
    let within = |place: usize| {
        series
            .server_durations(0, place)
            .counts_up_to(&[10_100_000])[0]
    };
    assert_eq!(places.clone().map(within).sum::<u64>(), 100 + failed);
}

#[test]
fn a_crash_fails_what_is_there_and_the_replica_comes_back() {
    // Two replicas in turn, 100 requests a second of 15 ms; replica 0 is away from 1 s to 2 s.
    let version = Backend {
        balancing: balance::Kind::round_robin(),
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Crash {
                at: Duration::from_millis(1_005),
                restart: Duration::from_secs(1),
            },
        }],
        concurrency: number(4),
        ..backend(2, constant(0.015))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Duration(Duration::from_secs(4)),
        arrivals(ArrivalProcess::Constant, 100),
    );
    let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
    let tally = &service.phases[0][0];
    assert_eq!(tally.requests(), 400);
    assert_eq!(tally.outcomes[Outcome::Error as usize], 1);
    let replicas = service.series.replicas(0, 2);
    assert!(
        replicas.contains(&1) && replicas.last() == Some(&2),
        "{replicas:?}"
    );
}

#[test]
fn a_closed_loop_never_has_more_under_way_than_viewers() {
    let closed = Arrivals::closed_loop(number(7), Duration::from_millis(50)).unwrap();
    let scenario = scenario(
        vec![(1, backend(2, exponential(0.03)))],
        Length::Requests(5_000),
        closed,
    );
    let run = run(&scenario, 0, Engine::Fastest);
    assert_eq!(run.phases[0].requests(), 5_000);
    let service = run.service.unwrap();
    let load = service.load[0];
    assert_eq!(load.in_system_nanos, Some(load.sojourn_nanos));
    assert!(service.series.in_flight(0).iter().all(|&n| n <= 7));
    // The machine-repair model with 7 sources, 2 servers, ratio 0.03/0.05: mean number in system
    // from its birth-death equations.
    let mut weights = vec![1.0_f64];
    for n in 0..7_u32 {
        let up = f64::from(7 - n) / 0.05;
        let down = f64::from((n + 1).min(2)) / 0.03;
        weights.push(weights[n as usize] * up / down);
    }
    let sum: f64 = weights.iter().sum();
    let mean: f64 = weights
        .iter()
        .zip(0_u32..)
        .map(|(w, n)| w * f64::from(n))
        .sum::<f64>()
        / sum;
    let seen = load.in_system_nanos.unwrap() as f64 / service.end_nanos as f64;
    assert!((seen - mean).abs() < 0.2, "{seen} instead of {mean}");
}

#[test]
fn the_schedule_of_replicas_is_followed_after_start_up() {
    let version = Backend {
        scaling: Scaling::Schedule(vec![
            ScalingStep {
                at: Duration::from_secs(10),
                replicas: number(5),
            },
            ScalingStep {
                at: Duration::from_secs(30),
                replicas: number(2),
            },
        ]),
        start_up: Duration::from_secs(5),
        ..backend(1, constant(0.01))
    };
    for policy in ["shared-queue", "round-robin", "least-request"] {
        let version = Backend {
            balancing: balance::Kind::named(policy).unwrap(),
            ..version.clone()
        };
        let scenario = scenario(
            vec![(1, version)],
            Length::Duration(Duration::from_secs(50)),
            arrivals(ArrivalProcess::Poisson, 50),
        );
        let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
        // 1 × 15 s + 5 × 15 s + 2 × 20 s, and the last responses.
        let slots = service.load[0].slot_nanos as f64 / 1e9;
        assert!((slots - 130.0).abs() < 1.0, "{policy} {slots}");
        assert_eq!(service.phases[0][0].outcomes[1..], [0, 0, 0], "{policy}");
    }
}
