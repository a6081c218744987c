//! `shiftsim explain`, `diff` and `export`, as a user runs them on manifests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::{command, golden, root, shiftsim, text};

const REVIEWS: &str = "tests/routes/reviews.yaml";
const HALF: &str = "tests/routes/reviews-50-v3.yaml";
const TCP: &str = "tests/routes/tcp-echo-20-v2.yaml";
const EDGE: &str = "tests/routes/edge.yaml";
const REQUEST: &str = "GET http://reviews:9080/reviews/0";

fn run(arguments: &[&str]) -> Output {
    shiftsim(root(), arguments)
}

/// What a command prints that must end with that status.
fn printed(arguments: &[&str], status: i32) -> String {
    let output = run(arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{errors}");
    let printed = text(&output.stdout);
    let widest = printed.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{printed}");
    printed
}

fn json(arguments: &[&str], status: i32) -> Value {
    let output = run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(status));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_whole_table_is_printed_in_order() {
    let shown = printed(&["explain", REVIEWS, TCP, "--verbose"], 0);
    golden("explain-table.txt", &shown);
}

#[test]
fn a_request_is_explained() {
    let explain = ["explain", REVIEWS, "--request", REQUEST];
    let everyone = [&explain[..], &["--random-value", "195"]].concat();
    golden("explain-everyone.txt", &printed(&everyone, 0));
    let jason = [&explain[..], &["-H", "end-user: jason"]].concat();
    golden("explain-jason.txt", &printed(&jason, 0));
}

#[test]
fn the_json_says_the_same() {
    let explain = ["explain", REVIEWS, "--request", REQUEST];
    let everyone = json(&[&explain[..], &["--random-value", "195"]].concat(), 0);
    assert_eq!(everyone["command"], "explain");
    assert_eq!(
        everyone["passed_over"][0]["condition"],
        "header end-user = jason"
    );
    let answer = &everyone["answer"];
    assert_eq!(answer["destinations"][1]["target_share"], 0.1);
    let cluster = "outbound|9080|v3|reviews.default.svc.cluster.local";
    assert_eq!(answer["destinations"][1]["cluster"], cluster);
    assert_eq!(answer["mirrors"][0]["share"], 0.1);
    assert_eq!(everyone["pick"]["index"], 1);
    let jason = json(&[&explain[..], &["-H", "End-User: jason"]].concat(), 0);
    assert_eq!(
        jason["answer"]["faults"][0],
        "delay of 7 s for 50% of requests"
    );
    let table = json(&["explain", REVIEWS], 0);
    let routes = table["virtual_hosts"][0]["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 2);
}

#[test]
fn connections_are_routed_by_their_listener() {
    let to = |port: &str| format!("tcp://tcp-echo:{port}");
    let at = [
        "explain",
        TCP,
        "--gateway",
        "default/tcp-echo-gateway",
        "--request",
    ];
    let answer = json(
        &[&at[..], &[&to("31400"), "--random-value", "80"]].concat(),
        0,
    );
    assert_eq!(answer["pick"]["destination"], "tcp-echo v2 :9000");
    let elsewhere = json(&[&at[..], &[&to("31401")]].concat(), 0);
    assert_eq!(
        elsewhere["no_answer"],
        "no listener takes it: it passes unchanged"
    );
}

#[test]
fn a_difference_has_status_one_and_names_the_requests() {
    golden("diff.txt", &printed(&["diff", REVIEWS, HALF], 1));
    let same = json(&["diff", REVIEWS, REVIEWS], 0);
    assert_eq!(same["changes"].as_array().unwrap().len(), 0);
    let changes = json(&["diff", REVIEWS, HALF], 1);
    assert_eq!(changes["changes"][0]["shares"][0]["new_share"], 0.5);
}

#[test]
fn manifests_come_from_standard_input_too() {
    let mut child = command(root())
        .args(["explain", "-", "--request", REQUEST, "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let manifest = std::fs::read(root().join(REVIEWS)).unwrap();
    child.stdin.take().unwrap().write_all(&manifest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("reviews v3 :9080"));
}

#[test]
fn an_exported_configuration_listens_on_loopback_and_names_every_subset() {
    let yaml = printed_wide(&["export", "envoy", REVIEWS, "--first-port", "20000"]);
    assert!(
        yaml.contains("# http://127.0.0.1:20001 (port 9080): reviews.default.svc.cluster.local")
    );
    let json = printed_wide(&["export", "envoy", REVIEWS, "--json"]);
    let bootstrap: Value = serde_json::from_str(&json).unwrap();
    let clusters = bootstrap["static_resources"]["clusters"]
        .as_array()
        .unwrap();
    let name = |cluster: &Value| cluster["name"].as_str().unwrap().to_owned();
    let expected = ["v1", "v2", "v3"]
        .map(|subset| format!("outbound|9080|{subset}|reviews.default.svc.cluster.local"));
    assert_eq!(clusters.iter().map(name).collect::<Vec<_>>(), expected);
    let mut addresses = Vec::new();
    find(&bootstrap, "address", &mut addresses);
    let texts: Vec<&str> = addresses.iter().filter_map(|one| one.as_str()).collect();
    assert!(texts.len() >= 8);
    assert!(
        texts.iter().all(|address| *address == "127.0.0.1"),
        "{texts:?}"
    );
}

fn printed_wide(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// All values under that key.
fn find<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == key {
                    found.push(value);
                }
                find(value, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find(item, key, found)),
        _ => {}
    }
}

#[test]
fn what_cannot_be_is_refused_with_a_way_out() {
    let refused = |arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        text(&output.stderr)
    };
    let request = |text| refused(&["explain", REVIEWS, "--request", text]);
    assert!(request("reviews").contains("GET http://reviews:9080/reviews/0"));
    assert!(request("GET ftp://reviews/").contains("`ftp` is not a scheme"));
    assert!(request("tcp://reviews").contains("tcp://tcp-echo:9000"));
    assert!(refused(&["explain", "nowhere.yaml"]).contains("nowhere.yaml"));
    assert!(refused(&["diff", "-", "-"]).contains("standard input"));
    let header = refused(&["explain", REVIEWS, "--request", REQUEST, "-H", "jason"]);
    assert!(header.contains("end-user: jason"));
    let ports = refused(&["export", "envoy", REVIEWS, "--first-port", "65534"]);
    assert!(ports.contains("--first-port"));
    let nobody = refused(&["export", "envoy", EDGE]);
    assert!(nobody.contains("--gateway"), "{nobody}");
}
