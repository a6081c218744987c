//! The two ways to run give the same tally, on any number of threads.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use num_rational::Ratio;

use super::*;
use crate::scenario::*;
use crate::tally::RunShape;
use crate::units::{ConfidenceLevel, Rate, Tolerance};

fn users() -> UserGroups {
    UserGroups {
        at_once: NonZeroU32::new(3).unwrap(),
        requests_each: NonZeroU64::new(7).unwrap(),
        sticky_per_mille: 800,
    }
}

fn algorithms() -> [Algorithm; 8] {
    [
        Algorithm::Envoy,
        Algorithm::EnvoyLegacy {
            stride: NonZeroU64::new(3).unwrap(),
        },
        Algorithm::SmoothWrr,
        Algorithm::Edf,
        Algorithm::StaticStride,
        Algorithm::Replicas,
        Algorithm::Sticky(users()),
        Algorithm::StickyCookie {
            users: users(),
            version: VersionIndex(1),
        },
    ]
}

fn phase(algorithm: Algorithm, length: Length, arrivals: Arrivals) -> Phase {
    let destination = |(place, weight)| Destination {
        version: VersionIndex(place),
        weight,
        replicas: 2,
    };
    let destinations = [50, 30, 20]
        .into_iter()
        .enumerate()
        .map(destination)
        .collect();
    Phase::new(
        format!("{algorithm:?}"),
        destinations,
        length,
        arrivals,
        algorithm,
    )
    .unwrap()
}

fn scenario(phases: Vec<Phase>, replications: u32) -> Scenario {
    Scenario::new(Parts {
        name: ScenarioName::new("test").unwrap(),
        title: None,
        description: None,
        protocol: Protocol::Http,
        versions: ["v1", "v2", "v3"].map(Version::named).to_vec(),
        phases,
        seed: 7,
        replications,
        tolerance: Tolerance::default(),
        confidence: ConfidenceLevel::default(),
        claims: Vec::new(),
        warm_up: std::time::Duration::ZERO,
        scrape_interval: None,
        connections: None,
    })
    .unwrap()
}

fn constant(requests_per_second: u64) -> Arrivals {
    let rate = Rate::new(Ratio::from_integer(requests_per_second)).unwrap();
    Arrivals {
        process: ArrivalProcess::Constant,
        rate,
    }
}

fn poisson(requests_per_second: u64) -> Arrivals {
    Arrivals {
        process: ArrivalProcess::Poisson,
        ..constant(requests_per_second)
    }
}

/// The run by events, whatever `run` would choose.
fn replayed(scenario: &Scenario) -> RunTally {
    let bucket_nanos = bucket_width(scenario);
    let recorder = |phase: usize, start: SimTime, requests: u64| {
        PhaseRecorder::new(start, scenario.phases()[phase].destinations().len())
            .with_checkpoints(checkpoints(requests))
            .with_buckets(bucket_nanos)
            .with_opening()
    };
    RunTally {
        phases: replay::replay_run(scenario, 0, &recorder, &|_| {}),
        bucket_nanos,
        service: None,
    }
}

#[test]
fn counting_and_events_give_the_same_tally() {
    let lengths = [
        (Length::Requests(1), constant(1)),
        (Length::Requests(25_001), constant(7)),
        (
            Length::Duration(Duration::from_millis(1_234_567)),
            constant(13),
        ),
    ];
    let phases = algorithms()
        .into_iter()
        .flat_map(|algorithm| {
            lengths
                .clone()
                .map(|(length, arrivals)| phase(algorithm, length, arrivals))
        })
        .collect();
    let scenario = scenario(phases, 1);
    let (counted, events) = (run(&scenario, 0, &|_| {}), replayed(&scenario));
    for (place, (counted, events)) in counted.phases.iter().zip(&events.phases).enumerate() {
        assert_eq!(
            counted,
            events,
            "phase {place}: {}",
            scenario.phases()[place].name()
        );
    }
    assert_eq!(counted.phases.len(), events.phases.len());
}

#[test]
fn blocks_are_counted_as_they_are_replayed() {
    let length = Length::Requests(2 * BLOCK + 12_345);
    let phases = vec![phase(Algorithm::Envoy, length, constant(1_000_000))];
    let scenario = scenario(phases, 1);
    assert_eq!(run(&scenario, 0, &|_| {}), replayed(&scenario));
}

#[test]
fn tallies_conserve_requests() {
    let phases = vec![
        phase(
            Algorithm::Envoy,
            Length::Duration(Duration::from_secs(100)),
            poisson(50),
        ),
        phase(Algorithm::SmoothWrr, Length::Requests(500), poisson(5)),
    ];
    let scenario = scenario(phases, 1);
    let tally = run(&scenario, 0, &|_| {});
    for (phase, described) in tally.phases.iter().zip(scenario.phases()) {
        let bucketed: u64 = phase.buckets.counts.iter().flatten().sum();
        assert_eq!(bucketed, phase.requests());
        let last = phase.checkpoints.last().unwrap();
        assert_eq!(
            (last.requests, &last.counts),
            (phase.requests(), &phase.counts)
        );
        // 5000 expected: beyond ±6 standard deviations once in 5·10^8 seeds.
        assert!(phase.requests().abs_diff(described.expected_requests()) < 425);
    }
    assert_eq!(tally.phases[1].requests(), 500);
    assert_eq!(tally.phases[0].end, SimTime::from_nanos(100_000_000_000));
    assert_eq!(tally.phases[1].start, tally.phases[0].end);
}

#[test]
fn threads_do_not_show() {
    let phases = vec![
        phase(Algorithm::Envoy, Length::Requests(3 * BLOCK), constant(1)),
        phase(
            Algorithm::Sticky(users()),
            Length::Requests(1000),
            constant(1),
        ),
    ];
    let scenario = scenario(phases, 300);
    let shapes: Vec<RunShape> = scenario
        .phases()
        .iter()
        .map(|phase| RunShape {
            targets: phase.target_shares(),
            tolerance: scenario.tolerance(),
            focus: 2,
        })
        .collect();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            (
                run(&scenario, 0, &|_| {}),
                replicate(&scenario, &shapes, &|_| {}),
            )
        })
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one, three);
    assert_eq!(one.1.phases[0].runs, 300);
    assert_eq!(one.1.phases[0].traces.len(), 200);
    // The first replication is the run itself.
    let first = one.1.phases[0].traces[0].last().unwrap();
    assert_eq!(first.1, one.0.phases[0].counts[2]);
}

#[test]
fn a_request_at_the_very_end_belongs_to_the_next_phase() {
    let second = Length::Duration(Duration::from_secs(1));
    let phases = vec![
        phase(Algorithm::Envoy, second, constant(2)),
        phase(Algorithm::Envoy, second, constant(2)),
    ];
    let scenario = scenario(phases, 1);
    let requests: Vec<u64> = replayed(&scenario)
        .phases
        .iter()
        .map(|p| p.requests())
        .collect();
    assert_eq!(requests, [2, 2]);
}

#[test]
fn bucket_widths_are_round_and_not_too_many() {
    for requests in [1, 20, 150, 999, 1_000_000, 5_000_000_000] {
        let phases = vec![phase(
            Algorithm::Envoy,
            Length::Requests(requests),
            constant(1),
        )];
        let scenario = scenario(phases, 1);
        let width = bucket_width(&scenario);
        let digits = width.to_string();
        assert!(
            "125".contains(&digits[..1]) && digits[1..].bytes().all(|b| b == b'0'),
            "{width}"
        );
        let buckets = requests * 1_000_000_000 / width;
        assert!(buckets <= 125 && buckets * 3 <= requests, "{width}");
        assert!(requests < 1000 || buckets >= 40, "{width}");
    }
}
