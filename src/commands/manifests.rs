//! Manifests as a route table, and the request that is asked about: what `explain`, `diff` and
//! `export` begin with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::CommandError;
use crate::cli::ProxyArgs;
use crate::config;
use crate::routing::{Connection, MESH, Request, RouteTable, Source};

/// What is routed.
pub(super) enum Routed {
    Request(Request),
    Connection(Connection),
}

/// The table that the manifests make, and what there is to know about them: warnings with their
/// place, and in one sentence which resources say nothing here.
pub(super) fn read(paths: &[PathBuf]) -> Result<(RouteTable, Vec<String>), CommandError> {
    let manifests = config::read_manifests(paths)?;
    let mut notes = manifests.warnings;
    notes.extend(not_read(&manifests.skipped));
    Ok((manifests.table, notes))
}

/// The kinds that were skipped, with the number of their resources.
fn not_read(skipped: &[String]) -> Option<String> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in skipped {
        let kind = resource.split(' ').next().unwrap_or(resource);
        *kinds.entry(kind).or_default() += 1;
    }
    let named: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| match count {
            1 => (*kind).to_owned(),
            many => format!("{kind} ({many})"),
        })
        .collect();
    (!named.is_empty()).then(|| {
        format!(
            "note: not read, as it says nothing of routes: {}",
            named.join(", ")
        )
    })
}

/// Prints warnings beside an answer for people; they are texts with their place.
pub(super) fn print_warnings(warnings: &[String]) {
    for warning in warnings {
        anstream::eprintln!("{}\n", warning.trim_end());
    }
}

/// Prints what is wrong in a line each, with its place, where little is to be printed.
pub(super) fn print_warnings_briefly(warnings: &[String]) {
    for warning in warnings {
        let mut lines = warning.lines();
        let first = lines.next().unwrap_or_default();
        if first.starts_with("note: ") {
            continue;
        }
        let place = lines.find_map(|line| line.trim_start().strip_prefix("--> "));
        let place = place.map_or_else(String::new, |place| format!(" ({place})"));
        anstream::eprintln!("{first}{place}");
    }
}

/// The proxy that is asked about.
pub(super) fn source(arguments: &ProxyArgs) -> Source {
    Source {
        gateway: arguments.gateway.clone().unwrap_or_else(|| MESH.into()),
        namespace: arguments.namespace.clone(),
        labels: arguments.labels.iter().cloned().collect(),
    }
}

/// Refuses a gateway that no route of the manifests names, if they name others.
pub(super) fn known_gateway(table: &RouteTable, arguments: &ProxyArgs) -> Result<(), CommandError> {
    let Some(gateway) = arguments.gateway.as_deref().filter(|name| *name != MESH) else {
        return Ok(());
    };
    let of_hosts = table.virtual_hosts().iter().flat_map(|one| &one.gateways);
    let of_listeners = table.listeners().iter().flat_map(|one| &one.gateways);
    let named: BTreeSet<&str> = of_hosts
        .chain(of_listeners)
        .map(String::as_str)
        .filter(|name| *name != MESH)
        .collect();
    if named.is_empty() || named.contains(gateway) {
        return Ok(());
    }
    let named: Vec<&str> = named.into_iter().collect();
    Err(CommandError::Usage {
        problem: format!("--gateway {gateway}: no route of the manifests is for that gateway"),
        help: format!("they have routes for {}", named.join(", ")),
    })
}

/// Reads `--request`: a request, or with tcp:// and tls:// a connection.
pub(super) fn routed(
    text: &str,
    headers: &[(String, String)],
    proxy: &ProxyArgs,
) -> Result<Routed, CommandError> {
    let usage = |problem: String, help: &str| CommandError::Usage {
        problem: format!("--request {text}: {problem}"),
        help: help.into(),
    };
    let source = source(proxy);
    if let Some(connection) = Connection::parse(text) {
        if !headers.is_empty() {
            let help = "leave out the headers, or ask for http://";
            return Err(usage("a connection has no headers".into(), help));
        }
        let help = "write host and port, such as tcp://tcp-echo:9000";
        return connection
            .map(|connection| {
                Routed::Connection(Connection {
                    source,
                    ..connection
                })
            })
            .map_err(|_| usage("it names no port".into(), help));
    }
    let mut request = Request::parse(text).map_err(|error| {
        let help = "for example --request 'GET http://reviews:9080/reviews/0'";
        usage(error.to_string(), help)
    })?;
    for (name, value) in headers {
        request.add_header(name, value);
    }
    request.source = source;
    Ok(Routed::Request(request))
}
