//! The split that follows the ready replicas, against traces by hand.

use rand::Rng;

use super::*;
use crate::random::{Purpose, stream};
use crate::tally::service::ReadyShare;

/// A request a second, at 0, 1, 2, … s, to two versions; the ready replicas decide.
fn by_replicas(backends: [Backend; 2], seconds: u64) -> Scenario {
    let [v0, v1] = backends;
    let replicas = [v0.replicas.get(), v1.replicas.get()];
    let one = scenario(
        vec![(80, v0), (20, v1)],
        Length::Requests(1),
        Arrivals::default(),
    );
    let destination = |(place, replicas)| Destination {
        version: VersionIndex(place),
        weight: 1,
        replicas,
    };
    let phase = Phase::new(
        "only".into(),
        replicas.into_iter().enumerate().map(destination).collect(),
        Length::Duration(Duration::from_secs(seconds)),
        arrivals(ArrivalProcess::Constant, 1),
        Algorithm::ReadyReplicas,
    )
    .unwrap();
    Scenario::new(Parts {
        phases: vec![phase],
        ..one.into_parts()
    })
    .unwrap()
}

fn quick(replicas: u32) -> Backend {
    Backend {
        balancing: balance::Kind::round_robin(),
        ..backend(replicas, constant(0.01))
    }
}

/// Where the requests go if so many replicas are ready as each arrives: R < 2^64 · first / all.
fn by_hand(ready: impl IntoIterator<Item = [u32; 2]>) -> Vec<u16> {
    let mut random = stream(1, Purpose::Split, &[0, 0, 0]);
    let pick = |[first, second]: [u32; 2]| {
        let edge = (u128::from(first) << 64) / u128::from(first + second);
        u16::from(u128::from(random.next_u64()) >= edge)
    };
    ready.into_iter().map(pick).collect()
}

#[test]
fn the_split_moves_when_a_new_replica_is_ready_and_not_before() {
    // Asked for at 9.5 s, started at 12.5 s; at 30.5 s two go at once.
    let at = |millis: u64, replicas: u32| ScalingStep {
        at: Duration::from_millis(millis),
        replicas: number(replicas),
    };
    let scaled = Backend {
        scaling: Scaling::Schedule(vec![at(9_500, 4), at(30_500, 2)]),
        start_up: Duration::from_secs(3),
        ..quick(1)
    };
    let tally = run(&by_replicas([quick(2), scaled], 50), 0, Engine::Fastest);
    let ready = (0..50).map(|second| match second {
        0..=12 => [2, 1],
        13..=30 => [2, 4],
        _ => [2, 2],
    });
    let picks = by_hand(ready);
    assert_eq!(tally.phases[0].opening, picks);
    // 13 requests at 1/3, 18 at 2/3, 19 at 1/2.
    let service = tally.service.unwrap();
    let ReadyShare {
        lowest,
        highest,
        expected,
        variance,
    } = service.ready[0].as_ref().unwrap().destinations()[1];
    assert_eq!((lowest, highest), (1.0 / 3.0, 2.0 / 3.0));
    assert!((expected - (13.0 / 3.0 + 12.0 + 9.5)).abs() < 1e-12);
    assert!((variance - (31.0 * 2.0 / 9.0 + 4.75)).abs() < 1e-12);
    // What started all together and what goes at once: two changes of v1.
    let to: Vec<u32> = service
        .changes
        .first
        .iter()
        .map(|one| match one.what {
            crate::tally::service::What::Replicas { to, .. } => to,
            _ => 0,
        })
        .collect();
    assert_eq!(to, [2, 3, 4, 3, 2]);
}

#[test]
fn while_one_version_is_down_the_other_gets_everything() {
    let crashing = |at: u64, restart: u64| Backend {
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Crash {
                at: Duration::from_millis(at),
                restart: Duration::from_secs(restart),
            },
        }],
        ..quick(1)
    };
    // v0 is down from 4.5 to 14.5 s, v1 from 11.5 to 18.5 s: at 12, 13 and 14 s there is nobody.
    let scenario = by_replicas([crashing(4_500, 10), crashing(11_500, 7)], 30);
    let tally = run(&scenario, 0, Engine::Fastest);
    let ready = (0..30).map(|second| match second {
        5..=14 => [0, 1],
        15..=18 => [1, 0],
        _ => [1, 1],
    });
    assert_eq!(tally.phases[0].opening, by_hand(ready));
    let service = tally.service.unwrap();
    let refused = |version: usize| service.phases[0][version].outcomes[Outcome::Refused as usize];
    assert_eq!([refused(0), refused(1)], [0, 3]);
    // Where nobody is ready, requests go where they went before: all to v1, and none by chance.
    let ready = service.ready[0].as_ref().unwrap();
    let [first, second] = [0, 1].map(|place| ready.destinations()[place]);
    // 16 requests at 1/2, 10 that v1 gets for certain, 4 that v0 gets.
    assert_eq!([first.expected, second.expected], [12.0, 18.0]);
    assert_eq!([first.variance, second.variance], [4.0, 4.0]);
}

#[test]
fn replicas_that_stay_give_the_picks_of_fixed_numbers() {
    let following = by_replicas([quick(3), quick(2)], 2_000);
    let mut parts = following.clone().into_parts();
    let phase = &parts.phases[0];
    parts.phases = vec![
        Phase::new(
            "only".into(),
            phase.destinations().to_vec(),
            phase.length(),
            phase.arrivals().clone(),
            Algorithm::Replicas,
        )
        .unwrap(),
    ];
    let fixed = Scenario::new(parts).unwrap();
    let following = run(&following, 2, Engine::Fastest);
    assert_eq!(following.phases, run(&fixed, 2, Engine::Fastest).phases);
}

#[test]
fn viewers_of_a_closed_loop_are_split_by_ready_replicas_too() {
    let crashing = Backend {
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Crash {
                at: Duration::from_secs(10),
                restart: Duration::from_secs(1_000),
            },
        }],
        ..quick(1)
    };
    let mut parts = by_replicas([crashing, quick(1)], 20).into_parts();
    let phase = &parts.phases[0];
    let viewers = Arrivals::closed_loop(number(5), Duration::from_secs(1)).unwrap();
    parts.phases = vec![
        Phase::new(
            "only".into(),
            phase.destinations().to_vec(),
            phase.length(),
            viewers,
            Algorithm::ReadyReplicas,
        )
        .unwrap(),
    ];
    let tally = run(&Scenario::new(parts).unwrap(), 0, Engine::Fastest);
    let series = &tally.service.unwrap().series;
    let after = |version: usize| -> u64 {
        let edge = usize::try_from(11_000_000_000 / series.width).unwrap();
        series.versions[version][edge..]
            .iter()
            .map(|one| one.arrivals)
            .sum()
    };
    assert_eq!(after(0), 0);
    assert!(after(1) > 20);
}
