//! TCP connections against traces by hand.

use super::*;
use crate::tally::service::ConnectionCount;

/// A connection a second, each for 100.5 s; a minute of v0, then a minute of v1.
fn two_minutes(drain: Option<Duration>, backend: &Backend) -> Scenario {
    let phase = |name: &str, weights: [u32; 2]| {
        let destination = |(place, weight)| Destination {
            version: VersionIndex(place),
            weight,
            replicas: 1,
        };
        Phase::new(
            name.into(),
            weights.into_iter().enumerate().map(destination).collect(),
            Length::Duration(Duration::from_secs(60)),
            arrivals(ArrivalProcess::Constant, 1),
            Algorithm::Envoy,
        )
        .unwrap()
    };
    let version = || (1, backend.clone());
    let one = scenario(
        vec![version(), version()],
        Length::Requests(1),
        Arrivals::default(),
    );
    Scenario::new(Parts {
        protocol: Protocol::Tcp,
        phases: vec![phase("before", [1, 0]), phase("after", [0, 1])],
        connections: Some(Connections {
            lifetime: constant(100.5),
            think: Duration::from_millis(100),
            drain,
        }),
        ..one.into_parts()
    })
    .unwrap()
}

fn wide() -> Backend {
    Backend {
        concurrency: number(100),
        balancing: balance::Kind::round_robin(),
        ..backend(2, constant(0.001))
    }
}

fn count(opened: u64, cut: u64, open_at_end: u64) -> ConnectionCount {
    ConnectionCount {
        opened,
        cut,
        open_at_end,
    }
}

#[test]
fn connections_stay_where_they_were_opened() {
    let tally = run(&two_minutes(None, &wide()), 0, Engine::Fastest);
    let service = tally.service.unwrap();
    let counts = service.connections.unwrap();
    assert_eq!(counts[0], [count(60, 0, 60), count(0, 0, 0)]);
    // Those of 20 s and later are still there at 120 s.
    assert_eq!(counts[1], [count(0, 0, 40), count(60, 0, 60)]);
    let series = &service.series;
    let at = |version: usize, second: u64| {
        let place = usize::try_from(second * 1_000_000_000 / series.width).unwrap() - 1;
        series.open_connections(version).unwrap()[place]
    };
    // The first one ends at 100.5 s; at 110 s ten more have.
    assert_eq!([at(0, 60), at(0, 100), at(0, 110)], [60, 60, 50]);
    assert_eq!([at(1, 60), at(1, 100), at(1, 120)], [0, 40, 60]);
    // All weight is on v1, and v0 still gets most requests: 5,030 connection seconds of 6,830.
    let requests = [0, 1].map(|version| service.phases[1][version].requests());
    let share = requests[0] as f64 / (requests[0] + requests[1]) as f64;
    let seconds: f64 = (0..60).map(|t| f64::min(60.0, f64::from(t) + 40.5)).sum();
    let exact = seconds / (seconds + 1_830.0);
    assert!((share - exact).abs() < 0.01, "{share} for {exact}");
    assert_eq!(tally.phases[1].counts, [0, 60]);
}

#[test]
fn the_drain_cuts_connections_and_their_clients_come_again() {
    let drain = Some(Duration::from_secs(45));
    let tally = run(&two_minutes(drain, &wide()), 0, Engine::Fastest);
    let counts = tally.service.unwrap().connections.unwrap();
    assert_eq!(counts[0], [count(60, 0, 60), count(0, 0, 0)]);
    // At 105 s those of 5 s and later are still there; all of them come again, and of these the
    // ones of 20 s and later are there at the end.
    assert_eq!(counts[1], [count(0, 55, 0), count(115, 0, 100)]);
    assert_eq!(tally.phases[1].counts, [0, 115]);
}

#[test]
fn a_cut_request_fails_at_the_moment_of_the_cut() {
    // Each response takes 200 s, so that every connection waits for its first one.
    let slow = Backend {
        service_time: constant(200.0),
        ..wide()
    };
    let drain = Some(Duration::from_secs(45));
    let service = run(&two_minutes(drain, &slow), 0, Engine::Fastest)
        .service
        .unwrap();
    let before = &service.phases[0][0];
    assert_eq!(before.outcomes[Outcome::Error as usize], 60);
    // From 0 … 59 s until 105 s.
    assert_eq!(
        before.latency.sum_nanos(),
        (46..=105).sum::<u128>() * 1_000_000_000
    );
}

#[test]
fn a_limit_refuses_connections_and_not_requests() {
    let limited = Backend {
        resilience: Resilience {
            max_requests: Some(10),
            ..Resilience::default()
        },
        ..wide()
    };
    let tally = run(&two_minutes(None, &limited), 0, Engine::Fastest);
    let counts = tally.service.unwrap().connections.unwrap();
    assert_eq!(counts[0][0].open_at_end, 10);
    // Who was refused tries again, as often as it would send: many times.
    assert!(counts[0][0].opened > 1_000, "{:?}", counts[0][0]);
}

#[test]
fn a_crash_takes_connections_along() {
    let crashing = Backend {
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Crash {
                at: Duration::from_secs(30),
                restart: Duration::from_secs(1),
            },
        }],
        ..wide()
    };
    let tally = run(&two_minutes(None, &crashing), 0, Engine::Fastest);
    // 31 connections in turn over two replicas: 15 or 16 were at the one that crashed.
    let opened = tally.service.unwrap().connections.unwrap()[0][0].opened;
    assert!(opened == 75 || opened == 76, "{opened}");
}
