//! TCP connections: routed once, by the listener, and drained when the listener changes.
//!
//! The weights of connections stand in the listener. When they change, the proxy replaces its
//! filter chain: new connections go by the new weights, and old ones stay where they are until they
//! end or the drain time is over, when they are closed.
//!
//! Source: envoyproxy/envoy, `source/common/tcp_proxy/tcp_proxy.cc` (`Config::getRouteFromEntries`)
//! and `docs/root/configuration/listeners/lds.rst`; istio/istio, `pkg/config/mesh/mesh.go`
//! (`DefaultProxyConfig`) for the 45 seconds.

use std::collections::BTreeMap;

use super::hop::Hops;
use super::landed::Landed;
use super::proxies::{Known, Proxy};
use super::story::{Connections, nanos};
use super::tally::{Page, ServiceVersion};
use crate::routing::{Connection, Destination, Forward, Reply, RouteTable, TcpMatch};

/// When connections are open.
#[derive(Debug, Default)]
pub(super) struct Lives {
    /// Opened, closed, and where.
    all: Vec<(u64, u64, ServiceVersion)>,
}

impl Lives {
    /// A connection from when it is opened for as long as it wants to stay: what came of it, how
    /// long it was open, and whether it was cut.
    pub(super) fn live(
        &mut self,
        hops: &mut Hops<'_, '_>,
        connections: &Connections,
        client: Proxy<'_>,
        (opened, life): (u64, u64),
    ) -> (Page, u64, bool) {
        let (page, landed, known) = hops.connect(connections, client, opened);
        let Some(landed) = landed else {
            return (page, 0, false);
        };
        let wanted = opened.saturating_add(life);
        let (closed, cut) = hops.drained(connections, client, known, (opened, wanted), &landed);
        self.all.push((opened, closed, landed.key()));
        (page, closed - opened, cut)
    }

    /// The connections that are open at each of some ascending moments, by version.
    pub(super) fn open_over(&self, moments: &[u64]) -> BTreeMap<ServiceVersion, Vec<u64>> {
        let mut open: BTreeMap<ServiceVersion, Vec<u64>> = BTreeMap::new();
        for (opened, closed, version) in &self.all {
            let own = open.entry(version.clone());
            let own = own.or_insert_with(|| vec![0; moments.len()]);
            let from = moments.partition_point(|moment| moment < opened);
            let until = moments.partition_point(|moment| moment < closed);
            own[from..until.max(from)]
                .iter_mut()
                .for_each(|count| *count += 1);
        }
        open
    }

    /// The connections that are open at a moment, by version.
    pub(super) fn open_at(&self, moment: u64) -> BTreeMap<ServiceVersion, u64> {
        let mut open = BTreeMap::new();
        for (_, _, version) in self
            .all
            .iter()
            .filter(|(opened, closed, _)| *opened < moment && *closed > moment)
        {
            *open.entry(version.clone()).or_default() += 1;
        }
        open
    }
}

impl Hops<'_, '_> {
    /// Opens a connection: where it lands, if it does, and by which rules.
    pub(super) fn connect(
        &mut self,
        connections: &Connections,
        client: Proxy<'_>,
        now: u64,
    ) -> (Page, Option<Landed>, Known) {
        let known = self.known(client, now);
        let table = &self.story.stretches[known.change].table;
        let connection = &connections.connection;
        let answer = table.answer_connection(connection);
        let service = match (answer.listener, &connection.host) {
            (Some(listener), _) => listener.name.clone(),
            (None, Some(host)) => host.clone(),
            (None, None) => format!("port {}", connection.port),
        };
        let rule = match (answer.listener, answer.route) {
            (_, Some((_, route))) => route.origin.to_string(),
            (Some(_), None) => "no rule".into(),
            (None, None) => "no listener".into(),
        };
        self.count_rule(&service, rule);
        let landed = answer.route.and_then(|(_, route)| {
            let Reply::Destination(place) = self.chance.pick(&route.forward) else {
                return None;
            };
            let destination = &route.forward.destinations()[place].destination;
            Some(Landed::at(destination, self.story, &[], self.chance))
        });
        if let Some(landed) = &landed {
            self.receive(landed, now);
        }
        let page = Page {
            viewer: 0,
            status: None,
            by: landed.as_ref().map(Landed::name),
            made_from: Vec::new(),
            without: Vec::new(),
        };
        (page, landed, known)
    }

    /// When a connection is really closed, and whether the end of a drain closes it.
    fn drained(
        &mut self,
        connections: &Connections,
        client: Proxy<'_>,
        known: Known,
        (opened, wanted): (u64, u64),
        landed: &Landed,
    ) -> (u64, bool) {
        let story = self.story;
        let chain = |change: usize| Chain::of(&story.stretches[change].table, connections);
        let own = chain(known.change);
        let open = (opened, wanted.saturating_sub(1));
        let reaching = self
            .timeline
            .reaching(client, known.change, open, self.chance);
        let changed = reaching.iter().find(|(_, change)| chain(*change) != own);
        let Some(&(moment, change)) = changed else {
            return (wanted, false);
        };
        let drained = moment.saturating_add(nanos(connections.drain));
        let (closed, cut) = (wanted.min(drained), wanted > drained);
        let since = closed - self.timeline.begin(change);
        self.tallies[change].under_way.add(landed.key(), cut, since);
        (closed, cut)
    }
}

/// What a proxy does with a connection, as far as it stands in the listener: if it changes, the
/// connections of before are drained. Where a rule was written makes no difference, nor do the pods
/// behind a destination.
#[derive(Debug, PartialEq, Eq)]
struct Chain<'t> {
    condition: Option<&'t TcpMatch>,
    destinations: Vec<(Destination, u32)>,
}

impl<'t> Chain<'t> {
    fn of(table: &'t RouteTable, Connections { connection, .. }: &Connections) -> Self {
        let route = route(table, connection);
        let destinations = route.map_or_else(Vec::new, |(_, forward)| {
            let weighted = forward.destinations().iter().zip(forward.weights());
            let of_listener = |destination: &Destination| Destination {
                backend: crate::routing::Backend::Ready,
                ..destination.clone()
            };
            weighted
                .filter(|(_, weight)| **weight > 0)
                .map(|(one, weight)| (of_listener(&one.destination), *weight))
                .collect()
        });
        Self {
            condition: route.map(|(condition, _)| condition),
            destinations,
        }
    }
}

fn route<'t>(
    table: &'t RouteTable,
    connection: &Connection,
) -> Option<(&'t TcpMatch, &'t Forward)> {
    let (_, route) = table.answer_connection(connection).route?;
    Some((&route.condition, &route.forward))
}
