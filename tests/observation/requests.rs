//! `requests.csv` where backends decide when requests arrive, and where they go.

use std::collections::BTreeMap;

use super::{Folder, rows, shiftsim, text};

/// Viewers who wait for their responses, after a phase with a rate.
const CLOSED: &str = "name: closed\nbackend: {replicas: 2, service-time: {exponential: {mean: 50ms}}}\n\
    phases:\n- {name: open, arrivals: poisson, rate: 10/s, duration: 60s, weights: {v1: 80, v2: 20}}\n\
    - {name: closed, arrivals: {closed-loop: {viewers: 20, think: 1s}}, duration: 60s, \
    weights: {v1: 50, v2: 50}}\n\
    - {name: counted, arrivals: {closed-loop: {viewers: 5, think: 1s}}, requests: 100, \
    weights: {v1: 50, v2: 50}}\n";

/// The ready replicas decide, and are scaled.
const READY: &str = "name: ready\nrequests: 3000\nrate: 10/s\nalgorithm: replicas\n\
    backend: {service-time: 20ms, schedule: [{at: 100s, replicas: 3}]}\n\
    versions: {v1: {}, v2: {backend: {schedule: [{at: 200s, replicas: 5}]}}}\n";

/// Connections that are cut, so that their clients open new ones.
const DRAINED: &str = "name: drained\nprotocol: tcp\nrate: 2/s\nduration: 60s\n\
    connections: {lifetime: {exponential: {mean: 30s}}, think: 1s, drain: 5s}\n\
    backend: {service-time: 20ms, concurrency: 10}\nphases:\n- {name: one, weights: {v1: 80, v2: 20}}\n\
    - {name: two, weights: {v1: 0, v2: 100}}\n";

/// `requests.csv` and `summary.csv` of a run on so many threads.
fn files(yaml: &str, threads: &str) -> (String, String) {
    let folder = Folder::new();
    folder.write("a.yaml", yaml);
    let arguments = [
        "run",
        "a.yaml",
        "--no-charts",
        "--out",
        "out",
        "--threads",
        threads,
    ];
    let output = shiftsim(&folder.path, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = |name: &str| text(&folder.read(&format!("out/{name}.csv")));
    (file("requests"), file("summary"))
}

#[test]
fn every_request_that_was_counted_has_its_row() {
    for yaml in [CLOSED, READY, DRAINED] {
        let (requests, summary) = files(yaml, "1");
        let requests = rows(&requests);
        assert_eq!(
            requests[0],
            ["request", "time_seconds", "phase", "version", "seen"]
        );
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut last = 0.0;
        for (number, row) in (1..).zip(&requests[1..]) {
            assert_eq!(row[0], number.to_string());
            let time: f64 = row[1].parse().unwrap();
            assert!(time >= last, "{row:?}");
            last = time;
            *counts.entry((row[2].clone(), row[3].clone())).or_default() += 1;
        }
        let summary = rows(&summary);
        let place = |name: &str| summary[0].iter().position(|one| one == name).unwrap();
        let (version, count) = (place("version"), place("observed_count"));
        for row in &summary[1..] {
            let key = (row[0].clone(), row[version].clone());
            let seen = counts.get(&key).copied().unwrap_or(0);
            assert_eq!(row[count], seen.to_string(), "{key:?}");
        }
    }
}

#[test]
fn the_rows_are_the_same_on_any_number_of_threads() {
    for yaml in [CLOSED, READY, DRAINED] {
        assert_eq!(files(yaml, "1"), files(yaml, "2"));
    }
}

#[test]
fn a_viewer_sends_no_sooner_than_the_response_came() {
    // One viewer, no pause worth mentioning, 100 ms for each response: at most ten a second.
    let yaml = "name: one\nrequests: 50\nweights: {v1: 80, v2: 20}\nbackend: {service-time: 100ms}\n\
        arrivals: {closed-loop: {viewers: 1, think: 1ms}}\n";
    let (requests, _) = files(yaml, "1");
    let times: Vec<f64> = rows(&requests)[1..]
        .iter()
        .map(|row| row[1].parse().unwrap())
        .collect();
    assert_eq!(times.len(), 50);
    let sooner = times.windows(2).any(|pair| pair[1] - pair[0] < 0.1);
    assert!(!sooner, "{times:?}");
}
