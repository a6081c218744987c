//! Proxies that do not know of each other, classes of traffic and slowdown, against traces by hand.

use super::*;
use crate::sim::spread::Spread;

fn behind(proxies: u16, scenario: Scenario) -> Scenario {
    let proxies = std::num::NonZeroU16::new(proxies).unwrap();
    let parts = scenario.into_parts();
    let phases = parts.phases.into_iter();
    Scenario::new(Parts {
        phases: phases.map(|phase| phase.with_proxies(proxies)).collect(),
        ..parts
    })
    .unwrap()
}

#[test]
fn each_proxy_has_its_own_limit() {
    let limited = Backend {
        concurrency: number(100),
        balancing: balance::Kind::round_robin(),
        resilience: Resilience {
            max_requests: Some(1),
            ..Resilience::default()
        },
        ..backend(2, constant(0.010))
    };
    let length = Length::Requests(1_000);
    let one = scenario(
        vec![(1, limited)],
        length,
        arrivals(ArrivalProcess::Constant, 1_000),
    );
    let refused = |scenario: &Scenario| {
        let service = run(scenario, 0, Engine::Fastest).service.unwrap();
        service.phases[0][0].outcomes[Outcome::Refused as usize]
    };
    // One request a millisecond, ten milliseconds each: every tenth finds the proxy free.
    assert_eq!(refused(&one), 900);
    // With two, a request is refused if its own proxy took one in the nine milliseconds before.
    let two = behind(2, one);
    let spread = Spread::new(two.phases()[0].proxies(), 1, [0, 0]).unwrap();
    let (mut free, mut expected) = ([0; 2], 0);
    for moment in 0..1_000 {
        let proxy = usize::from(spread.proxy(moment));
        if moment < free[proxy] {
            expected += 1;
        } else {
            free[proxy] = moment + 10;
        }
    }
    assert_eq!(refused(&two), expected);
    assert!((800..850).contains(&expected), "{expected}");
}

#[test]
fn each_proxy_ejects_for_itself() {
    let failing = Backend {
        balancing: balance::Kind::round_robin(),
        resilience: Resilience {
            outlier_detection: Some(OutlierDetection::default()),
            ..Resilience::default()
        },
        replica_faults: vec![ReplicaFault {
            replica: 0,
            fault: Fault::Errors(1.0),
        }],
        ..backend(10, constant(0.001))
    };
    let length = Length::Requests(2_000);
    let one = scenario(
        vec![(1, failing)],
        length,
        arrivals(ArrivalProcess::Constant, 100),
    );
    for proxies in [1, 3, 8] {
        let scenario = behind(proxies, one.clone());
        let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
        // 20 s, and an ejection lasts 30: every proxy has its five errors, and ejects once.
        assert_eq!(service.load[0].ejections, u64::from(proxies));
        let errors = service.phases[0][0].outcomes[Outcome::Error as usize];
        assert_eq!(errors, 5 * u64::from(proxies));
    }
}

#[test]
fn requests_take_longer_under_load() {
    // Two slots, 15 ms when idle, tripled when full; a request every 10 ms.
    let version = Backend {
        slowdown: 2.0,
        concurrency: number(2),
        ..backend(1, constant(0.015))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(5),
        arrivals(ArrivalProcess::Constant, 100),
    );
    let service = run(&scenario, 0, Engine::Fastest).service.unwrap();
    // 0: idle, until 15. 10: one busy, 30, until 40. 20: one busy, until 50. 30: both busy, 45, from
    // 40 until 85. 40: both busy, 45, from 50 until 95.
    let times = 15 + 30 + 30 + 55 + 55;
    assert_eq!(service.phases[0][0].latency.sum_nanos(), times * 1_000_000);
    assert_eq!(service.end_nanos, 95_000_000);
}

#[test]
fn classes_arrive_at_once_and_are_told_apart() {
    let class = |name: &str, per_second, work| TrafficClass {
        name: name.into(),
        arrivals: arrivals(ArrivalProcess::Constant, per_second),
        work: Ratio::from_integer(work),
    };
    let both = Arrivals::of_classes(vec![class("people", 2, 1), class("job", 1, 3)]).unwrap();
    let scenario = scenario(
        vec![(1, backend(10, constant(0.1)))],
        Length::Duration(Duration::from_secs(2)),
        both,
    );
    let tally = run(&scenario, 0, Engine::Fastest);
    let service = tally.service.unwrap();
    // People at 0, 0.5, 1 and 1.5 s, 100 ms each; the job at 0 and 1 s, 300 ms each.
    let [people, job] = [0, 1].map(|class| &service.classes[0][class]);
    assert_eq!((people.requests(), job.requests()), (4, 2));
    assert_eq!(people.latency.sum_nanos(), 400_000_000);
    assert_eq!(job.latency.sum_nanos(), 600_000_000);
    assert_eq!(tally.phases[0].counts, [6]);
}
