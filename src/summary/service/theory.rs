//! The queue that a version is exactly, where theory knows it.

use serde::Serialize;

use crate::scenario::{ArrivalProcess, Backend, Resilience, Scaling, Scenario};
use crate::stats::queueing::{Mmc, Mmck, mg1_mean_wait};
use crate::units::to_f64;

/// What theory says of a version in the long run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Theory {
    /// The queue in Kendall's notation, such as `M/M/2`.
    pub model: String,
    /// The mean time from arrival to response of what is not refused, in seconds.
    pub mean_seconds: f64,
    /// 99% of the responses are not slower, in seconds; where there is a closed form.
    pub p99_seconds: Option<f64>,
    /// The share of requests that are refused.
    pub refused: f64,
}

/// What theory says of version number `version`, if the scenario is exactly such a queue: a single
/// phase of Poisson arrivals, split independently (which leaves them Poisson), first come, first
/// served at equal replicas that nothing protects, scales or slows down.
pub(super) fn theory(scenario: &Scenario, version: usize) -> Option<Theory> {
    let [phase] = scenario.phases() else {
        return None;
    };
    let backend = scenario.versions()[version].backend.as_ref()?;
    let poisson = matches!(phase.arrivals().process, ArrivalProcess::Poisson);
    if !poisson || !phase.algorithm().picks_independently() || !is_plain(backend) {
        return None;
    }
    let destinations = phase.destinations().iter().zip(phase.effective_shares());
    let share: f64 = destinations
        .filter(|(destination, _)| destination.version.0 == version)
        .map(|(_, share)| to_f64(share))
        .sum();
    let rate = to_f64(phase.arrivals().rate.per_second()) * share;
    let (stations, servers) = stations(backend)?;
    queue(backend, rate / f64::from(stations), servers)
}

fn is_plain(backend: &Backend) -> bool {
    backend.resilience == Resilience::default()
        && backend.scaling == Scaling::Fixed
        && backend.replica_faults.is_empty()
}

/// How many queues there are, each with its own Poisson arrivals, and the servers of each.
fn stations(backend: &Backend) -> Option<(u32, u32)> {
    let (replicas, concurrency) = (backend.replicas.get(), backend.concurrency.get());
    match backend.balancing.name {
        "shared-queue" => Some((1, replicas.checked_mul(concurrency)?)),
        "random" => Some((replicas, concurrency)),
        _ if replicas == 1 => Some((1, concurrency)),
        _ => None,
    }
}

fn queue(backend: &Backend, rate: f64, servers: u32) -> Option<Theory> {
    let service = &backend.service_time;
    let mean = service.mean();
    let exponential = service.to_string().starts_with("exponential");
    match (exponential, backend.queue) {
        (true, None) => {
            let queue = Mmc::new(rate, 1.0 / mean, servers).ok()?;
            Some(Theory {
                model: format!("M/M/{servers}"),
                mean_seconds: queue.mean_sojourn(),
                p99_seconds: queue.sojourn_quantile(0.99).ok(),
                refused: 0.0,
            })
        }
        (true, Some(waiting)) => {
            let most = servers.checked_add(waiting)?;
            let queue = Mmck::new(rate, 1.0 / mean, servers, most).ok()?;
            Some(Theory {
                model: format!("M/M/{servers}/{most}"),
                mean_seconds: queue.mean_sojourn(),
                p99_seconds: None,
                refused: queue.refused(),
            })
        }
        (false, None) if servers == 1 => Some(Theory {
            model: "M/G/1".to_owned(),
            mean_seconds: mean + mg1_mean_wait(rate, mean, service.variance()).ok()?,
            p99_seconds: None,
            refused: 0.0,
        }),
        (false, _) => None,
    }
}
