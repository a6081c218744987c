//! Which requests change destination shares between two tables.
//!
//! Both tables are asked the same requests: for each host a plain one, for each rule of either table
//! one that meets its conditions, and for each pair of rules of a small host one that meets both as
//! far as it can.

use crate::routing::{
    Connection, Domain, Forward, Listener, Request, Resolution, Route, RouteAction, RouteMatch,
    RouteTable, TcpMatch, VirtualHost, Witness,
};
use crate::units::{Rational, to_f64};

use super::types::{Change, DiffSummary, ShareChange};
use super::{describe, headers, request_line, unknown_host, unknown_port};

/// Pairs are asked for hosts with at most so many rules.
const MOST_RULES_FOR_PAIRS: usize = 40;

/// What a table does with a request: the rule, and each answer with its share.
struct Answered {
    rule: Option<String>,
    shares: Vec<(String, Rational)>,
}

/// Compares two tables.
#[must_use]
pub fn diff(old: &RouteTable, new: &RouteTable) -> DiffSummary {
    let requests = requests([old, new]);
    let connections = connections([old, new]);
    let of_requests = requests.iter().filter_map(|request| {
        let [before, now] = [old, new].map(|table| answered(table, request));
        change(request_line(request), headers(request), before, now)
    });
    let of_connections = connections.iter().filter_map(|connection| {
        let [before, now] = [old, new].map(|table| connected(table, connection));
        let explained = super::connection(new, connection, None);
        change(explained.request, Vec::new(), before, now)
    });
    let mut changes: Vec<Change> = Vec::new();
    for change in of_requests.chain(of_connections) {
        // Of requests that fare alike, the simplest stands for all; it comes first.
        let alike = |other: &Change| {
            other.old_rule == change.old_rule
                && other.new_rule == change.new_rule
                && other.shares == change.shares
        };
        if !changes.iter().any(alike) {
            changes.push(change);
        }
    }
    DiffSummary {
        requests: requests.len() + connections.len(),
        changes,
    }
}

fn requests(tables: [&RouteTable; 2]) -> Vec<Request> {
    let hosts = || tables.into_iter().flat_map(RouteTable::virtual_hosts);
    let plain = hosts().flat_map(|host| {
        let mut domains: Vec<&Domain> = host.domains.iter().collect();
        domains.sort_by_key(|domain| length(domain));
        let plain = RouteMatch::default();
        let domains = domains.into_iter();
        domains.filter_map(move |domain| Witness::request(host, domain, &plain))
    });
    let ruled = hosts().flat_map(|host| {
        let example = |condition| Witness::request(host, shortest(host)?, condition);
        let routes = host.routes.iter();
        routes.filter_map(move |route| example(&route.condition))
    });
    let mut all: Vec<Request> = Vec::new();
    for request in plain.chain(ruled).chain(pairs(tables)) {
        if !all.contains(&request) {
            all.push(request);
        }
    }
    all
}

/// The domain that people would write.
fn shortest(host: &VirtualHost) -> Option<&Domain> {
    host.domains.iter().min_by_key(|domain| length(domain))
}

fn length(domain: &Domain) -> usize {
    domain.to_string().len()
}

/// Requests that meet two rules of one host as far as they can, the rules from either table.
fn pairs(tables: [&RouteTable; 2]) -> Vec<Request> {
    let hosts = || tables.into_iter().flat_map(RouteTable::virtual_hosts);
    let mut all = Vec::new();
    for host in hosts() {
        let Some(domain) = shortest(host) else {
            continue;
        };
        let same = |other: &&VirtualHost| other.domains.contains(domain);
        let conditions: Vec<&RouteMatch> = hosts()
            .filter(same)
            .flat_map(|host| host.routes.iter().map(|route| &route.condition))
            .collect();
        if conditions.len() > MOST_RULES_FOR_PAIRS {
            continue;
        }
        for one in &conditions {
            let with = conditions.iter().map(|other| one.with(other));
            all.extend(with.filter_map(|both| Witness::request(host, domain, &both)));
        }
    }
    all
}

fn connections(tables: [&RouteTable; 2]) -> Vec<Connection> {
    let listeners = tables.into_iter().flat_map(RouteTable::listeners);
    let of_listener = |listener: &Listener| -> Vec<Connection> {
        let plain = Witness::connection(listener, &TcpMatch::default());
        let routes = listener.routes.iter();
        let ruled = routes.map(|route| Witness::connection(listener, &route.condition));
        [plain].into_iter().chain(ruled).collect()
    };
    let mut all: Vec<Connection> = Vec::new();
    for connection in listeners.flat_map(of_listener) {
        if !all.contains(&connection) {
            all.push(connection);
        }
    }
    all
}

fn answered(table: &RouteTable, request: &Request) -> Answered {
    match table.answer(request).resolution {
        Resolution::Route { route, .. } => Answered {
            rule: Some(route.origin.to_string()),
            shares: shares(route),
        },
        Resolution::NoRoute => Answered::by_proxy("no rule answers: 404, flag NR".into()),
        Resolution::UnknownPort(_) => Answered::by_proxy(unknown_port(table, request)),
        Resolution::UnknownHost(unknown) => Answered::by_proxy(unknown_host(unknown)),
    }
}

fn connected(table: &RouteTable, connection: &Connection) -> Answered {
    let answer = table.answer_connection(connection);
    match answer.route {
        Some((_, route)) => Answered {
            rule: Some(route.origin.to_string()),
            shares: forwarded(&route.forward, Rational::from(1)),
        },
        None if answer.listener.is_some() => Answered::by_proxy("the connection is closed".into()),
        None => Answered::by_proxy("the connection passes unchanged".into()),
    }
}

impl Answered {
    fn by_proxy(answer: String) -> Self {
        Self {
            rule: None,
            shares: vec![(answer, Rational::from(1))],
        }
    }
}

/// Each answer of a route with its share of all requests, copies to mirrors apart.
fn shares(route: &Route) -> Vec<(String, Rational)> {
    let one = Rational::from(1);
    let mut shares = Vec::new();
    let mut rest = one;
    if let Some(abort) = &route.faults.abort {
        let share = abort.percentage.share();
        add(&mut shares, describe::abort(abort), share);
        rest = one - share;
    }
    match &route.action {
        RouteAction::Forward(forward) => {
            for (answer, share) in forwarded(forward, rest) {
                add(&mut shares, answer, share);
            }
        }
        action @ (RouteAction::Redirect(_) | RouteAction::DirectResponse(_)) => {
            let answer = describe::local_answer(action);
            add(&mut shares, answer.unwrap_or_default(), rest);
        }
    }
    for mirror in &route.mirrors {
        let answer = format!("copies to {}", mirror.destination);
        add(&mut shares, answer, mirror.percentage.share());
    }
    shares
}

/// Each destination with its part of `rest`.
fn forwarded(forward: &Forward, rest: Rational) -> Vec<(String, Rational)> {
    let Some(all) = forward.shares() else {
        let answer = format!("answers {}: no destination", forward.missing_status());
        return vec![(answer, rest)];
    };
    let mut shares = Vec::new();
    for (weighted, share) in forward.destinations().iter().zip(all) {
        add(&mut shares, weighted.destination.to_string(), share * rest);
    }
    shares
}

/// The same destination may stand twice.
fn add(shares: &mut Vec<(String, Rational)>, answer: String, share: Rational) {
    match shares.iter_mut().find(|(other, _)| *other == answer) {
        Some((_, sum)) => *sum += share,
        None => shares.push((answer, share)),
    }
}

/// `None` if the shares are the same.
fn change(request: String, headers: Vec<String>, old: Answered, new: Answered) -> Option<Change> {
    let shares = compare(&old.shares, &new.shares);
    let differs = shares.iter().any(|(_, old, new)| old != new);
    let shown = shares
        .into_iter()
        .filter(|(_, old, new)| *old.numer() > 0 || *new.numer() > 0)
        .map(|(answer, old, new)| ShareChange {
            answer,
            old_share: to_f64(old),
            new_share: to_f64(new),
        });
    differs.then(|| Change {
        request,
        headers,
        shares: shown.collect(),
        old_rule: old.rule,
        new_rule: new.rule,
    })
}

/// Each answer of either with its two shares, those of the old one first.
fn compare(
    old: &[(String, Rational)],
    new: &[(String, Rational)],
) -> Vec<(String, Rational, Rational)> {
    let zero = Rational::from(0);
    let mut both: Vec<_> = old
        .iter()
        .map(|(answer, share)| (answer.clone(), *share, zero))
        .collect();
    for (answer, share) in new {
        match both.iter_mut().find(|(other, ..)| other == answer) {
            Some((_, _, now)) => *now = *share,
            None => both.push((answer.clone(), zero, *share)),
        }
    }
    both
}
