//! shiftsim itself, with its real tally: from the text of a scenario file, by the recursion and by
//! events.

use shiftsim::config::{Source, parse_scenario};
use shiftsim::scenario::Scenario;
use shiftsim::sim::{Engine, run_with};

use super::workload::Found;

/// The workload as a scenario file; `balancing` is a policy's name.
pub(crate) fn scenario(requests: u64, balancing: &str) -> Scenario {
    let text = format!(
        "name: workload\nweights: {{v1: 80, v2: 20}}\nrequests: {requests}\nrate: 1000/s\n\
         arrivals: poisson\nbackend: {{replicas: 4, balancing: {balancing}}}\nversions:\n  \
         v1: {{backend: {{service-time: {{exponential: {{mean: 3.5ms}}}}}}}}\n  \
         v2: {{backend: {{service-time: {{exponential: {{mean: 14ms}}}}}}}}\n"
    );
    let loaded = parse_scenario(&Source::new("workload.yaml", &text));
    loaded.expect("a valid scenario").scenario
}

pub(crate) fn run(requests: u64, balancing: &str, engine: Engine) -> impl FnOnce() -> Found {
    let scenario = scenario(requests, balancing);
    let tally = run_with(&scenario, 0, &|_| {}, engine);
    move || {
        let service = tally.service.expect("backends");
        [0, 1].map(|version| {
            let tally = &service.phases[0][version];
            (
                tally.requests(),
                tally.latency.mean().unwrap_or(0.0),
                tally.latency.quantile(0.99).unwrap_or(0.0),
            )
        })
    }
}
