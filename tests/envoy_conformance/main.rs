//! Holds our routing against a real Envoy.
//!
//! For each configuration a table is exported, an Envoy runs it on loopback, and requests and
//! connections go through it one after the other. What the proxy logged has to be what the table
//! says: route, status and flag of every request, shares by exact tests, and the order by the runs
//! test, all of them one family with an error of one in a million.
//!
//! Needs the path of an Envoy 1.40 in `ENVOY_BIN`; without it the test says that it is skipped. With
//! `CONFORMANCE=overwrite` it writes its table to `docs/conformance.md`.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod client;
mod configurations;
mod document;
mod judge;
mod log;
mod predict;
mod proxy;

use std::path::PathBuf;

use configurations::Configuration;
use judge::{Family, Observed};
use proxy::Envoy;

/// Requests through each configuration.
const REQUESTS: usize = 20_000;
/// TCP connections through each configuration.
const CONNECTIONS: usize = 2_000;

#[test]
fn envoy_routes_as_the_table_says() {
    let Some(binary) = std::env::var_os("ENVOY_BIN").map(PathBuf::from) else {
        println!("skipped: ENVOY_BIN does not name an Envoy");
        return;
    };
    let configurations = configurations::all();
    assert!(configurations.len() >= 10);
    let mut family = Family::default();
    for configuration in &configurations {
        for observed in observe(&binary, configuration) {
            family.add(observed);
        }
    }
    family.judge();
    if std::env::var("CONFORMANCE").is_ok_and(|mode| mode == "overwrite") {
        document::write(&family, proxy::version(&binary));
    }
}

#[test]
fn envoy_accepts_what_is_exported_of_the_manifests() {
    let Some(binary) = std::env::var_os("ENVOY_BIN").map(PathBuf::from) else {
        println!("skipped: ENVOY_BIN does not name an Envoy");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios/manifests");
    let sets = [
        (&["bookinfo"][..], None),
        (&["bookinfo"], Some("default/bookinfo-gateway")),
        (&["bookinfo/ratings-test-delay.yaml"], None),
        (&["bookinfo/details-abort.yaml"], None),
        (&["gateway-api/reviews-90-10.yaml"], None),
        (&["route-rules"], None),
        (&["tcp-echo/20-v2.yaml"], Some("default/tcp-echo-gateway")),
    ];
    for (names, gateway) in sets {
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        let table = shiftsim::config::read_manifests(&paths).unwrap().table;
        let mut source = shiftsim::routing::Source::default();
        if let Some(gateway) = gateway {
            source.gateway = gateway.to_owned();
        }
        let problem = proxy::validate(&binary, &table, source);
        assert_eq!(problem, None, "{names:?} {gateway:?}");
    }
}

/// Runs a configuration, and sorts what became of its requests and connections by kind.
fn observe(binary: &std::path::Path, configuration: &Configuration) -> Vec<Observed> {
    let envoy = Envoy::start(binary, &configuration.table);
    let kinds = &configuration.requests;
    let replies = client::send(envoy.http_port(), kinds, REQUESTS);
    let greetings = client::connect(envoy.tcp_port(), CONNECTIONS);
    let entries = envoy.stop();
    let entries = log::by_request(&entries, REQUESTS);
    let mut observed: Vec<Observed> = kinds
        .iter()
        .map(|request| Observed::requests(configuration, request))
        .collect();
    for (number, reply) in replies.iter().enumerate() {
        let kind = number % kinds.len();
        observed[kind].note(&entries[number].check(reply));
    }
    let mut connections = Observed::connections(configuration);
    greetings
        .iter()
        .for_each(|greeting| connections.note(greeting));
    observed.push(connections);
    observed
}
