//! Clusters, and behind each an embedded upstream that answers with the name of the version.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{address, connection_manager, listener};
use crate::routing::{Backend, Destination};

/// What a cluster is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Http,
    Tcp,
}

/// The clusters that routes name, by their name.
#[derive(Debug, Default)]
pub(super) struct Upstreams(BTreeMap<String, (Protocol, Destination)>);

impl Upstreams {
    /// The name of the cluster of a destination, which is noted.
    pub(super) fn cluster(&mut self, destination: &Destination, protocol: Protocol) -> String {
        let mut name = destination.cluster();
        // The same destination may be spoken to in both protocols; its upstreams differ.
        if self
            .0
            .get(&name)
            .is_some_and(|(other, _)| *other != protocol)
        {
            name = format!("{name}|{protocol:?}");
        }
        self.0
            .entry(name.clone())
            .or_insert_with(|| (protocol, destination.clone()));
        name
    }

    /// All clusters, and the listeners of their upstreams; `None` if there are too few ports.
    pub(super) fn build(
        self,
        ports: &mut impl Iterator<Item = u16>,
        log: Option<&str>,
    ) -> Option<(Vec<Value>, Vec<Value>)> {
        let (mut clusters, mut listeners) = (Vec::new(), Vec::new());
        for (name, (protocol, destination)) in self.0 {
            match destination.backend {
                Backend::Missing => {}
                Backend::Empty => clusters.push(cluster(&name, &[])),
                Backend::Ready => {
                    let port = ports.next()?;
                    clusters.push(cluster(&name, &[port]));
                    listeners.push(upstream(&name, protocol, &destination, port, log));
                }
            }
        }
        Some((clusters, listeners))
    }
}

fn cluster(name: &str, ports: &[u16]) -> Value {
    let endpoints: Vec<Value> = ports
        .iter()
        .map(|&port| json!({"endpoint": {"address": address(port)}}))
        .collect();
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "10s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": endpoints}],
        },
    })
}

fn upstream(
    name: &str,
    protocol: Protocol,
    destination: &Destination,
    port: u16,
    log: Option<&str>,
) -> Value {
    let body = json!({"inline_string": format!("{}\n", destination.version())});
    let filter = match protocol {
        Protocol::Http => {
            let answer = json!({
                "name": name,
                "match": {"prefix": "/"},
                "direct_response": {"status": 200, "body": body},
            });
            let host = json!({"name": name, "domains": ["*"], "routes": [answer]});
            let routes = json!({"name": name, "virtual_hosts": [host]});
            connection_manager(name, routes, log)
        }
        Protocol::Tcp => json!({
            "name": "envoy.filters.network.direct_response",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.\
                    direct_response.v3.Config",
                "response": body,
            },
        }),
    };
    listener(&format!("upstream {name}"), port, filter)
}
