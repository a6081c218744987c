//! Replicas that share a queue, one of them with a fault, against a trace by hand.

use super::*;
use crate::tally::service::ServiceTally;

/// Six requests, at 0, 0.5, … 2.5 s, of 0.9 s each, to two replicas of which the first is three times
/// as slow.
///
/// ```text
/// request   0    1    2    3    4    5
/// arrives   0    0.5  1    1.5  2    2.5
/// replica   1    0    1    1    1    0
/// begins    0    0.5  1    1.9  2.8  3.2
/// ends      0.9  3.2  1.9  2.8  3.7  5.9
/// takes     0.9  2.7  0.9  1.3  1.7  3.4
/// ```
fn six(replica_faults: Vec<Fault>, errors: Errors) -> ServiceTally {
    let faults = std::iter::once(Fault::Slow(3.0)).chain(replica_faults);
    let version = Backend {
        errors,
        replica_faults: faults
            .map(|fault| ReplicaFault { replica: 0, fault })
            .collect(),
        ..backend(2, constant(0.9))
    };
    let scenario = scenario(
        vec![(1, version)],
        Length::Requests(6),
        arrivals(ArrivalProcess::Constant, 2),
    );
    let tally = run(&scenario, 0, Engine::Fastest).service.unwrap();
    let served = &tally.phases[0][0];
    assert_eq!(served.latency.sum_nanos(), 10_900_000_000);
    assert_eq!(tally.load[0].busy_nanos, 9_000_000_000);
    assert_eq!(tally.end_nanos, 5_900_000_000);
    tally
}

#[test]
fn a_slow_replica_is_slow_for_what_it_takes() {
    let tally = six(Vec::new(), Errors::default());
    assert_eq!(tally.phases[0][0].outcomes, [6, 0, 0, 0]);
}

#[test]
fn a_failing_replica_fails_what_it_takes() {
    let tally = six(vec![Fault::Errors(1.0)], Errors::default());
    assert_eq!(tally.phases[0][0].outcomes, [4, 2, 0, 0]);
}

#[test]
fn errors_of_slow_requests_are_those_of_the_slow_replica() {
    let slower_than = Some(Duration::from_secs(2));
    let tally = six(
        Vec::new(),
        Errors {
            slower_than,
            ..Errors::default()
        },
    );
    assert_eq!(tally.phases[0][0].outcomes, [4, 2, 0, 0]);
}
