//! What the versions are asked to do, and what they can: offered load against capacity, on average
//! over a phase. Nothing is simulated here; a queue is a fluid that flows in and out.

use super::{Backend, Fault, Phase, Scaling, VersionIndex};
use crate::units::to_f64;

/// The most memory that an attempt under way takes, in bytes: its entry and its place in a queue,
/// with the room that growing tables leave.
pub const WAITING_BYTES: u64 = 160;
/// The most requests that may be expected to wait at the same time: 800 MB of them.
pub const MOST_WAITING: f64 = 5e6;

/// The load of one version over one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfferedLoad {
    /// Attempts per second, retries included.
    pub rate: f64,
    /// Attempts per second that its replicas can serve, on average over the phase.
    pub capacity: f64,
    /// How long the phase is expected to last, in seconds.
    pub seconds: f64,
    /// The slowest replica, if it gets as many requests as the others.
    pub slow: Option<SlowReplica>,
}

/// A replica that is slower than the others and gets no fewer requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowReplica {
    /// Its number.
    pub replica: u32,
    /// How many times as long it takes.
    pub factor: f64,
    /// Attempts per second that it gets.
    pub rate: f64,
    /// Attempts per second that it can serve.
    pub capacity: f64,
}

impl OfferedLoad {
    /// The load of a version that gets this share of a phase, which begins `start` seconds after the
    /// run. `None` if arrivals have no rate of their own (a closed loop, a replay), or no replica is
    /// up.
    #[must_use]
    pub fn of(phase: &Phase, start: f64, share: f64, backend: &Backend) -> Option<Self> {
        let arrivals = phase.arrivals();
        if arrivals.set_their_own_pace() && arrivals.classes().is_empty() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a length on average")]
        let seconds = phase.expected_nanos()? as f64 / 1e9;
        let rate = to_f64(arrivals.rate.per_second()) * share * backend.attempts_per_request();
        let one = f64::from(backend.concurrency.get())
            / (backend.service_time.mean() * (1.0 + backend.slowdown) * arrivals.mean_work());
        let replicas = Replicas { backend };
        let (mut up, mut work, mut number) = (0.0, 0.0, 0.0);
        let mut edges = replicas.edges(start, start + seconds);
        edges.sort_by(f64::total_cmp);
        for span in edges.windows(2) {
            let (count, speed) = replicas.between(f64::midpoint(span[0], span[1]));
            if count > 0.0 {
                up += span[1] - span[0];
                number += count * (span[1] - span[0]);
                work += speed * (span[1] - span[0]);
            }
        }
        let each = rate / (number / up);
        (up > 0.0).then(|| Self {
            rate,
            capacity: one * work / up,
            seconds,
            slow: replicas.slowest().map(|(replica, factor)| SlowReplica {
                replica,
                factor,
                rate: each,
                capacity: one / factor,
            }),
        })
    }

    /// Offered load over capacity: from 1 on a queue without limit grows as long as the phase lasts.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        let slow = self.slow.map_or(0.0, |slow| slow.rate / slow.capacity);
        (self.rate / self.capacity).max(slow)
    }

    /// By how many requests a second the queues grow; 0 if they do not.
    #[must_use]
    pub fn growth(&self) -> f64 {
        let slow = self.slow.map_or(0.0, |slow| slow.rate - slow.capacity);
        (self.rate - self.capacity).max(slow).max(0.0)
    }
}

/// The share of the requests of a phase that a version gets; where ready replicas decide, with as
/// many of each version as there may be.
#[must_use]
pub fn offered_share(
    phase: &Phase,
    version: VersionIndex,
    most_replicas: impl Fn(VersionIndex) -> u32,
) -> f64 {
    if phase.algorithm().follows_replicas() {
        let destinations = phase.destinations().iter();
        let there = destinations.clone().any(|one| one.version == version);
        let all = destinations.map(|one| f64::from(most_replicas(one.version)));
        let own = if there { most_replicas(version) } else { 0 };
        return f64::from(own) / all.sum::<f64>();
    }
    let shares = phase.effective_shares();
    let destinations = phase.destinations().iter().zip(shares);
    destinations
        .filter(|(destination, _)| destination.version == version)
        .map(|(_, share)| to_f64(share))
        .sum()
}

/// Which replicas there are when.
struct Replicas<'a> {
    backend: &'a Backend,
}

impl Replicas<'_> {
    /// The ends of the span, and all moments between them at which something changes.
    fn edges(&self, start: f64, end: f64) -> Vec<f64> {
        let mut edges = vec![start, end];
        if let Scaling::Schedule(steps) = &self.backend.scaling {
            let start_up = self.backend.start_up.as_secs_f64();
            let moments = steps.iter().map(|step| step.at.as_secs_f64());
            edges.extend(moments.flat_map(|at| [at, at + start_up]));
        }
        for (_, from, to) in self.crashes() {
            edges.extend([from, to]);
        }
        edges.retain(|edge| (start..=end).contains(edge));
        edges
    }

    /// How many replicas are up at a moment, and how many healthy ones they are worth.
    fn between(&self, moment: f64) -> (f64, f64) {
        let number = self.number(moment);
        let (mut up, mut speed) = (f64::from(number), f64::from(number));
        for (_, factor) in self.slow().filter(|&(replica, _)| replica < number) {
            speed -= 1.0 - 1.0 / factor;
        }
        for (replica, from, to) in self.crashes() {
            if replica < number && (from..to).contains(&moment) {
                let slow = self.slow().find(|&(slow, _)| slow == replica);
                up -= 1.0;
                speed -= 1.0 / slow.map_or(1.0, |(_, factor)| factor);
            }
        }
        (up.max(0.0), speed.max(0.0))
    }

    /// Replicas at a moment; with an autoscaler, as many as it may ask for.
    fn number(&self, moment: f64) -> u32 {
        let mut number = self.backend.replicas.get();
        match &self.backend.scaling {
            Scaling::Fixed => {}
            Scaling::Autoscaler(autoscaler) => number = number.max(autoscaler.max.get()),
            Scaling::Schedule(steps) => {
                for step in steps {
                    let wanted = step.replicas.get();
                    let from = step.at.as_secs_f64();
                    let up = from + self.backend.start_up.as_secs_f64();
                    if moment >= if wanted > number { up } else { from } {
                        number = wanted;
                    }
                }
            }
        }
        number
    }

    fn slow(&self) -> impl Iterator<Item = (u32, f64)> {
        let faults = self.backend.replica_faults.iter();
        faults.filter_map(|one| match one.fault {
            Fault::Slow(factor) => Some((one.replica, factor)),
            Fault::Errors(_) | Fault::Crash { .. } => None,
        })
    }

    /// Replica, from when, until when.
    fn crashes(&self) -> impl Iterator<Item = (u32, f64, f64)> {
        let faults = self.backend.replica_faults.iter();
        faults.filter_map(|one| match one.fault {
            Fault::Crash { at, restart } => {
                let from = at.as_secs_f64();
                Some((one.replica, from, from + restart.as_secs_f64()))
            }
            Fault::Slow(_) | Fault::Errors(_) => None,
        })
    }

    /// The slowest replica, where balancing does not see that it is.
    fn slowest(&self) -> Option<(u32, f64)> {
        if self.backend.balancing.shares_queue || self.backend.balancing.looks_at_load {
            return None;
        }
        let slow = self.slow().filter(|&(_, factor)| factor > 1.0);
        slow.max_by(|one, other| one.1.total_cmp(&other.1))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::balance;
    use crate::scenario::{
        Algorithm, Arrivals, Destination, Errors, Length, ReplicaFault, Resilience, Retries,
        ScalingStep,
    };
    use crate::service_time::ServiceTime;
    use crate::units::Rate;
    use num_rational::Ratio;

    /// 100 requests a second for 100 s.
    fn phase() -> Phase {
        let destination = Destination {
            version: VersionIndex(0),
            weight: 1,
            replicas: 1,
        };
        let arrivals = Arrivals {
            rate: Rate::new(Ratio::from_integer(100)).unwrap(),
            ..Arrivals::default()
        };
        let length = Length::Duration(Duration::from_secs(100));
        Phase::new(
            "p".into(),
            vec![destination],
            length,
            arrivals,
            Algorithm::Envoy,
        )
        .unwrap()
    }

    /// Five replicas of 40 ms: 125 a second.
    fn five() -> Backend {
        Backend {
            replicas: NonZeroU32::new(5).unwrap(),
            concurrency: NonZeroU32::MIN,
            queue: None,
            service_time: ServiceTime::exponential(0.04).unwrap(),
            slowdown: 0.0,
            errors: Errors::default(),
            balancing: balance::Kind::round_robin(),
            resilience: Resilience::default(),
            scaling: Scaling::Fixed,
            start_up: Duration::ZERO,
            replica_faults: Vec::new(),
        }
    }

    fn load(backend: &Backend) -> OfferedLoad {
        OfferedLoad::of(
            &phase(),
            0.0,
            offered_share(&phase(), VersionIndex(0), |_| 1),
            backend,
        )
        .unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn equal_replicas() {
        let load = load(&five());
        near(load.rate, 100.0);
        near(load.capacity, 125.0);
        near(load.utilisation(), 0.8);
        near(load.growth(), 0.0);
    }

    #[test]
    fn retries_of_failing_requests_are_load() {
        let backend = Backend {
            errors: Errors {
                share: 0.5,
                ..Errors::default()
            },
            resilience: Resilience {
                retries: Some(Retries {
                    attempts: 2,
                    per_try_timeout: None,
                    back_off: Duration::ZERO,
                    budget: None,
                }),
                ..Resilience::default()
            },
            ..five()
        };
        // 1 + 1/2 + 1/4 attempts for each request.
        near(load(&backend).rate, 175.0);
        near(load(&backend).growth(), 50.0);
    }

    #[test]
    fn a_schedule_counts_by_its_time_and_new_replicas_start_first() {
        let step = |at, replicas| ScalingStep {
            at: Duration::from_secs(at),
            replicas: NonZeroU32::new(replicas).unwrap(),
        };
        let backend = Backend {
            scaling: Scaling::Schedule(vec![step(20, 1), step(60, 5)]),
            start_up: Duration::from_secs(10),
            ..five()
        };
        // 5 for 20 s, 1 for 40 s and 10 s, 5 for 30 s: 3 on average.
        near(load(&backend).capacity, 75.0);
        near(load(&backend).growth(), 25.0);
    }

    #[test]
    fn a_slow_replica_is_too_slow_where_all_get_the_same() {
        let slow = ReplicaFault {
            replica: 0,
            fault: Fault::Slow(2.5),
        };
        let backend = Backend {
            replica_faults: vec![slow],
            ..five()
        };
        // It gets 20 and serves 10 a second.
        let found = load(&backend);
        near(found.capacity, 110.0);
        near(found.utilisation(), 2.0);
        near(found.growth(), 10.0);
        let aware = Backend {
            balancing: balance::Kind::named("least-request").unwrap(),
            ..backend
        };
        near(load(&aware).utilisation(), 100.0 / 110.0);
    }

    #[test]
    fn a_crashed_replica_serves_nothing_until_it_is_back() {
        let crash = ReplicaFault {
            replica: 1,
            fault: Fault::Crash {
                at: Duration::from_secs(50),
                restart: Duration::from_secs(1_000),
            },
        };
        let backend = Backend {
            replica_faults: vec![crash],
            ..five()
        };
        // 125 for 50 s, 100 for 50 s.
        near(load(&backend).capacity, 112.5);
        let alone = Backend {
            replicas: NonZeroU32::MIN,
            replica_faults: vec![ReplicaFault {
                replica: 0,
                ..crash
            }],
            ..five()
        };
        // While nobody is up, requests are refused at once: only the first 50 s count.
        near(load(&alone).capacity, 25.0);
    }
}
