//! Deterministic schedules in the engine, event by event against traces worked by hand.

use super::*;
use crate::sim::{replicate, run as run_fastest};
use crate::tally::RunShape;
use crate::tally::service::What;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

#[test]
fn round_robin_sends_every_third_request_to_the_slow_one_of_three() {
    let version = Backend {
        balancing: balance::Kind::round_robin(),
        replica_faults: vec![ReplicaFault {
            replica: 1,
            fault: Fault::Slow(2.0),
        }],
        ..backend(3, constant(0.025))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(9),
        arrivals(ArrivalProcess::Constant, 100),
    );
    // Wherever it begins: one request each 10 ms, so that a replica has one each 30 ms. The fast
    // ones take 25 ms, six times. The slow one takes 50 ms: its three requests wait 0, 20 and
    // 40 ms first.
    for replication in 0..6 {
        let service = run(&scenario, replication, Engine::Events).service.unwrap();
        let latency = &service.phases[0][0].latency;
        assert_eq!(
            latency.sum_nanos(),
            u128::from((6 * 25 + 50 + 70 + 90) * MILLI)
        );
        assert_eq!(latency.count_up_to(26 * MILLI), 6);
        assert_eq!(latency.count_up_to(51 * MILLI), 7);
        assert_eq!(latency.count_up_to(71 * MILLI), 8);
    }
}

#[test]
fn earliest_deadline_first_by_equal_weights_is_a_rotation() {
    let version = Backend {
        balancing: balance::Kind::named("edf").unwrap(),
        ..backend(4, constant(0.040))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(400),
        arrivals(ArrivalProcess::Constant, 100),
    );
    // One request each 10 ms: a replica is free at the very moment at which its turn comes.
    let service = run(&scenario, 0, Engine::Events).service.unwrap();
    let latency = &service.phases[0][0].latency;
    assert_eq!(latency.sum_nanos(), u128::from(400 * 40 * MILLI));
    assert_eq!(service.load[0].busy_nanos, u128::from(400 * 40 * MILLI));
}

#[test]
fn the_autoscaler_follows_kubernetes_rule() {
    // One request each 10 ms that takes 10 ms: one slot is busy all the time. The target is 50%.
    let version = Backend {
        scaling: Scaling::Autoscaler(Autoscaler {
            min: NonZeroU32::MIN,
            max: number(8),
            target: 0.5,
            sync_period: Duration::from_secs(15),
            stabilisation: Duration::from_secs(60),
        }),
        start_up: Duration::from_secs(10),
        ..backend(1, constant(0.010))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Duration(Duration::from_secs(130)),
        arrivals(ArrivalProcess::Constant, 100),
    );
    let service = run(&scenario, 0, Engine::Events).service.unwrap();
    let changes: Vec<(u64, What)> = service
        .changes
        .first
        .iter()
        .map(|change| (change.nanos, change.what))
        .collect();
    let replicas = |from, to| What::Replicas { from, to };
    // 15 s: busy 15 of 15 slot seconds; 1 × 1/0.5 = 2, the second takes requests at 25 s.
    // 30 s: 15 of 20; 2 × 0.75/0.5 = 3, the third at 40 s.
    // 45 s: 15 of 35; 3 × 0.4286/0.5 = 2.57, rounded up 3.
    // 60 s: 15 of 45; 3 × 0.3333/0.5 = 2, but 3 was recommended at 30 and 45 s: it stays, as at
    // 75 s and, because of 45 s, at 90 s. 105 s: the window begins after 45 s; 2, at once.
    // 120 s: 15 of 30, the target.
    assert_eq!(
        changes,
        [
            (25 * SECOND, replicas(1, 2)),
            (40 * SECOND, replicas(2, 3)),
            (105 * SECOND, replicas(3, 2)),
        ]
    );
}

#[test]
fn a_failing_replica_is_ejected_and_comes_back_with_the_sweep() {
    // Ten requests a second in turn over five replicas; number 0 fails all of its own.
    let version = Backend {
        balancing: balance::Kind::round_robin(),
        resilience: Resilience {
            outlier_detection: Some(OutlierDetection {
                max_ejection_percent: 20,
                ..OutlierDetection::default()
            }),
            ..Resilience::default()
        },
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Errors(1.0),
        }],
        ..backend(5, constant(0.001))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Duration(Duration::from_secs(160)),
        arrivals(ArrivalProcess::Constant, 10),
    );
    for replication in 0..5 {
        let service = run(&scenario, replication, Engine::Events).service.unwrap();
        let ejections: Vec<u64> = service
            .changes
            .first
            .iter()
            .filter(|change| change.what == What::Ejected(0))
            .map(|change| change.nanos)
            .collect();
        // Its turn comes every half second, so that the fifth error answers a request of 2.0 to
        // 2.4 s. It is out for 30 s, until the sweep at 40 s; its next five errors end 2.0 to
        // 2.4 s later, and then it is out for 60 s, until the sweep at 110 s; then for 90 s.
        assert_eq!(ejections.len(), 3, "{ejections:?}");
        for (moment, from) in ejections.iter().zip([0, 40, 110]) {
            let since = moment - from * SECOND;
            assert!(
                (2 * SECOND..=2 * SECOND + 401 * MILLI).contains(&since)
                    && since % (100 * MILLI) == MILLI,
                "{ejections:?}"
            );
        }
        let errors = service.phases[0][0].outcomes[Outcome::Error as usize];
        assert_eq!(errors, 15);
    }
}

#[test]
fn backends_change_no_pick() {
    let requests = Length::Requests(30_000);
    let limited = |mean| Backend {
        queue: Some(5),
        balancing: balance::Kind::named("least-request").unwrap(),
        ..backend(4, exponential(mean))
    };
    let with = scenario(
        vec![(70, limited(0.005)), (30, limited(0.02))],
        requests,
        arrivals(ArrivalProcess::Poisson, 500),
    );
    let mut parts = with.clone().into_parts();
    parts
        .versions
        .iter_mut()
        .for_each(|version| version.backend = None);
    let without = Scenario::new(parts).unwrap();
    for replication in 0..3 {
        let (with, without) = (
            run(&with, replication, Engine::Events),
            run_fastest(&without, replication, &|_| {}),
        );
        assert!(with.service.is_some() && without.service.is_none());
        assert_eq!(with.phases, without.phases);
    }
}

#[test]
fn each_phase_splits_by_its_own_weights_while_queues_are_full() {
    let limited = |mean| Backend {
        queue: Some(20),
        balancing: balance::Kind::named("least-request").unwrap(),
        ..backend(3, exponential(mean))
    };
    let one = scenario(
        vec![(90, limited(0.01)), (10, limited(0.02))],
        Length::Requests(20_000),
        arrivals(ArrivalProcess::Poisson, 200),
    );
    let mut parts = one.into_parts();
    let phase = |name: &str, weights: [u32; 2]| {
        let destinations = weights
            .into_iter()
            .enumerate()
            .map(|(place, weight)| Destination {
                version: VersionIndex(place),
                weight,
                replicas: 1,
            });
        Phase::new(
            name.into(),
            destinations.collect(),
            Length::Requests(20_000),
            arrivals(ArrivalProcess::Poisson, 200),
            Algorithm::Envoy,
        )
        .unwrap()
    };
    let weights = [[90, 10], [20, 80], [0, 1]];
    parts.phases = vec![
        phase("first", weights[0]),
        phase("second", weights[1]),
        phase("third", weights[2]),
    ];
    let tally = run(&Scenario::new(parts).unwrap(), 0, Engine::Fastest);
    let service = tally.service.unwrap();
    for (place, [stable, canary]) in weights.into_iter().enumerate() {
        let counts = &tally.phases[place].counts;
        assert_eq!(counts.iter().sum::<u64>(), 20_000);
        let share = f64::from(canary) / f64::from(stable + canary);
        // Within five standard deviations; the seed is fixed.
        let deviation = (20_000.0 * share * (1.0 - share)).sqrt();
        let far = (counts[1] as f64 - 20_000.0 * share).abs();
        assert!(far <= 5.0 * deviation, "{place}: {counts:?}");
        // Responses belong to the phase in which their request arrived.
        let answered = [0, 1].map(|version| service.phases[place][version].requests());
        assert_eq!(&answered[..], &counts[..]);
    }
    // v1 is idle in the third phase; v2 is overloaded from the second on and refuses.
    assert_eq!(service.phases[2][0].requests(), 0);
    let refused = Outcome::Refused as usize;
    assert_eq!(service.phases[0][1].outcomes[refused], 0);
    assert!(service.phases[1][1].outcomes[refused] > 0);
    assert!(service.phases[2][1].outcomes[refused] > 4_000);
}

#[test]
fn replications_of_backends_are_the_same_on_any_number_of_threads() {
    let version = Backend {
        queue: Some(5),
        balancing: balance::Kind::named("least-request").unwrap(),
        ..backend(4, exponential(0.02))
    };
    let one = scenario(
        vec![(1, version)],
        Length::Requests(2_000),
        arrivals(ArrivalProcess::Poisson, 180),
    );
    let scenario = Scenario::new(Parts {
        replications: 40,
        ..one.into_parts()
    })
    .unwrap();
    let shapes = [RunShape {
        targets: scenario.phases()[0].target_shares(),
        tolerance: scenario.tolerance(),
        focus: 0,
    }];
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| replicate(&scenario, &shapes, &|_| {}))
    };
    let (one, two) = (with(1), with(2));
    assert_eq!(one.service.as_ref().unwrap().phases[0][0].len(), 40);
    assert_eq!(one, two);
}
