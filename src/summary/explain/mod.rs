//! Where requests go and why, as plain values: the words of `explain` and `diff`.

mod describe;
mod diff;
#[cfg(test)]
mod tests;
mod types;

pub use diff::diff;
pub use types::*;

use crate::routing::{
    Connection, Forward, Listener, MESH, Reply, Request, Resolution, Route, RouteAction,
    RouteTable, TcpRoute, UnknownHost, VirtualHost,
};

/// A whole table, in order.
#[must_use]
pub fn table(table: &RouteTable) -> TableSummary {
    TableSummary {
        virtual_hosts: table.virtual_hosts().iter().map(virtual_host).collect(),
        listeners: table.listeners().iter().map(listener).collect(),
    }
}

fn virtual_host(host: &VirtualHost) -> HostSummary {
    let route = |(place, route): (usize, &Route)| {
        let mut before = host.routes[..place].iter();
        let unreachable = before.any(|other| other.condition.covers(&route.condition));
        describe::route(place, route, unreachable)
    };
    HostSummary {
        name: host.name.clone(),
        domains: describe::domains(&host.domains),
        gateways: host.gateways.clone(),
        ports: host.ports.clone(),
        routes: host.routes.iter().enumerate().map(route).collect(),
    }
}

fn listener(listener: &Listener) -> HostSummary {
    let routes = &listener.routes;
    let catch_all = routes
        .iter()
        .position(|route| route.condition.is_catch_all());
    let route = |(place, route): (usize, &TcpRoute)| {
        describe::tcp_route(place, route, catch_all.is_some_and(|all| all < place))
    };
    HostSummary {
        name: listener.name.clone(),
        domains: describe::domains(&listener.domains),
        gateways: listener.gateways.clone(),
        ports: vec![listener.port],
        routes: routes.iter().enumerate().map(route).collect(),
    }
}

/// Why a request is routed as it is, and what the random number R does with it.
#[must_use]
pub fn request(table: &RouteTable, request: &Request, random_value: Option<u64>) -> Explanation {
    let answer = table.answer(request);
    let passed_over = answer.passed_over.iter().map(|passed| PassedOverSummary {
        place: passed.place + 1,
        rule: passed.route.origin.to_string(),
        at: passed.route.origin.place.clone(),
        condition: passed.mismatch.condition.clone(),
        found: passed.mismatch.found.clone(),
    });
    let host = match answer.resolution {
        Resolution::UnknownPort(host) => Some(host),
        _ => answer.virtual_host,
    };
    let (route, no_answer) = match answer.resolution {
        Resolution::Route { place, route } => (Some((place, route)), None),
        Resolution::NoRoute => (None, Some("no rule answers: 404, flag NR".to_owned())),
        Resolution::UnknownPort(_) => (None, Some(unknown_port(table, request))),
        Resolution::UnknownHost(unknown) => (
            None,
            Some(unknown_host(unknown) + &short_name(table, request)),
        ),
    };
    Explanation {
        request: request_line(request),
        headers: headers(request),
        from: request.source.to_string(),
        host: host.map(|host| host.name.clone()),
        passed_over: passed_over.collect(),
        answer: route.map(|(place, route)| describe::route(place, route, false)),
        no_answer,
        pick: random_value.and_then(|value| pick(route?.1, value)),
    }
}

/// Why a connection is routed as it is, and what the random number R does with it.
#[must_use]
pub fn connection(
    table: &RouteTable,
    connection: &Connection,
    random_value: Option<u64>,
) -> Explanation {
    let answer = table.answer_connection(connection);
    let no_answer = match (answer.listener, answer.route) {
        (None, _) => Some(no_listener(table, connection)),
        (Some(_), None) => Some("no rule answers: the connection is closed".to_owned()),
        (Some(_), Some(_)) => None,
    };
    let name = connection.server_name.as_ref().or(connection.host.as_ref());
    let address = connection.address.map(|address| address.to_string());
    let place = name.cloned().or(address).unwrap_or_else(|| "any".into());
    let scheme = if connection.server_name.is_some() {
        "tls"
    } else {
        "tcp"
    };
    let pick = |value| {
        let (_, route) = answer.route?;
        pick_of(&route.forward, value, Vec::new())
    };
    Explanation {
        request: format!("{scheme}://{place}:{}", connection.port),
        headers: Vec::new(),
        from: connection.source.to_string(),
        host: answer.listener.map(|listener| listener.name.clone()),
        passed_over: Vec::new(),
        answer: answer
            .route
            .map(|(place, route)| describe::tcp_route(place, route, false)),
        no_answer,
        pick: random_value.and_then(pick),
    }
}

fn unknown_host(unknown: UnknownHost) -> String {
    match unknown {
        UnknownHost::PassThrough => "unknown host: passes unchanged",
        UnknownHost::Refuse => "unknown host: 502",
        UnknownHost::NotFound => "unknown host at the gateway: 404, flag NR",
    }
    .to_owned()
}

/// What to write in the place of a short name that is known in other namespaces alone.
fn short_name(table: &RouteTable, request: &Request) -> String {
    let host = request.host();
    match (
        request.source.gateway == MESH,
        &table.namespaces_that_know(request)[..],
    ) {
        (true, [namespace, ..]) => format!(
            " (`{host}` alone is known in namespace {namespace}: ask for {host}.{namespace}, or with \
             --namespace {namespace})"
        ),
        _ => String::new(),
    }
}

/// What becomes of a connection that no listener takes.
fn no_listener(table: &RouteTable, connection: &Connection) -> String {
    let host = connection.host.as_deref().unwrap_or_default();
    let ports = table.ports_of(host, &connection.source);
    let at_mesh = connection.source.gateway == MESH;
    if !at_mesh || ports.is_empty() || ports.contains(&connection.port) {
        return "no listener takes it: it passes unchanged".to_owned();
    }
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!(
        "`{host}` has no port {} (it has {}): no rule is asked, and the connection passes to an \
         address where nobody answers",
        connection.port,
        ports.join(", ")
    )
}

/// What becomes of a request to a port that its host does not have.
///
/// A sidecar lets it pass to the address that was asked for (`PassthroughCluster`), and the service
/// does not answer there.
fn unknown_port(table: &RouteTable, request: &Request) -> String {
    let ports = table.request_ports_of(request.host(), &request.source);
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let (name, asked, ports) = (request.host(), request.port, ports.join(", "));
    match request.source.gateway == MESH {
        true => format!(
            "`{name}` has no port {asked} for requests (it has {ports}): none of its rules is asked, \
             and the request passes to an address where nobody answers: 503, flag UF"
        ),
        false => format!(
            "the gateway does not listen at port {asked} (it has {ports} for `{name}`): the \
             connection is refused"
        ),
    }
}

fn request_line(request: &Request) -> String {
    format!(
        "{} {}://{}{}",
        request.method, request.scheme, request.authority, request.path
    )
}

fn headers(request: &Request) -> Vec<String> {
    let headers = request.headers().iter();
    headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

fn pick(route: &Route, random_value: u64) -> Option<PickSummary> {
    let RouteAction::Forward(forward) = &route.action else {
        return None;
    };
    let mirrored = match forward.reply(random_value) {
        Reply::Destination(_) => route.mirrored(random_value),
        Reply::Proxy { .. } => Vec::new(),
    };
    let name = |place: usize| route.mirrors[place].destination.to_string();
    let mirrored_to = mirrored.into_iter().map(name).collect();
    pick_of(forward, random_value, mirrored_to)
}

fn pick_of(forward: &Forward, random_value: u64, mirrored_to: Vec<String>) -> Option<PickSummary> {
    let index = forward.pick(random_value)?;
    let total: u64 = forward
        .weights()
        .iter()
        .map(|&weight| u64::from(weight))
        .sum();
    Some(PickSummary {
        random_value,
        total,
        remainder: random_value % total,
        index,
        destination: forward.destinations()[index].destination.to_string(),
        mirrored_to,
    })
}
