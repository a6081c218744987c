//! The life of a TCP connection: it opens, carries requests one after the other, and is closed by
//! its client, lost with its replica, or cut after a change of the weights.

use super::{Arrival, Caller, Mesh, Role};
use crate::sim::engine::connections::{Connection, ConnectionId};
use crate::sim::engine::nanos;
use crate::sim::replay::Request;
use crate::tally::service::Outcome;

impl Mesh<'_> {
    /// A client opens a connection, which is split, and sends its first request.
    pub(super) fn open_connection(&mut self, request: &Request, now: u64) {
        self.count_pick(request.destination, now);
        let version = self.destinations[request.destination];
        let slot = self.slot_for(Role::Unused);
        let Some(table) = &mut self.connections else {
            return;
        };
        let until = now.saturating_add(table.lifetime());
        let id = table.add(Connection {
            until,
            slot,
            version: 0,
            replica: None,
            opened: now,
            class: request.class,
            proxy: 0,
            change: 0,
            call: None,
        });
        self.roles[slot.0 as usize] = Role::Connection(id);
        self.connect(id, version, now);
        self.send(id, now);
    }

    /// Connects a client to a replica of a version, if there is one that takes it.
    fn connect(&mut self, id: ConnectionId, version: usize, now: u64) {
        let proxy = self.next_proxy();
        let (Some(table), Some(cluster)) = (&mut self.connections, &mut self.clusters[version])
        else {
            return;
        };
        let caller = cluster.next_caller();
        let replica = cluster.connect(caller, proxy);
        if replica.is_some() {
            table.open[version] += 1;
            self.out.service.connection_opens(version, now);
        }
        table.counts[self.phase][version].opened += 1;
        let change = table.change;
        let connection = table.get_mut(id);
        connection.proxy = proxy;
        connection.version = u32::try_from(version).unwrap_or(u32::MAX);
        connection.replica = replica;
        connection.opened = now;
        connection.change = change;
    }

    /// A client sends a request over its connection.
    fn send(&mut self, id: ConnectionId, now: u64) {
        let Some(connection) = self.connections.as_ref().map(|table| table.get(id)) else {
            return;
        };
        let version = connection.version as usize;
        let arrival = Arrival {
            phase: 0,
            number: 0,
            caller: Caller::Connection {
                replica: connection.replica,
                opened: connection.opened,
            },
            viewer: id,
            class: connection.class,
            proxy: connection.proxy,
        };
        self.begin(version, arrival, now);
    }

    /// Whether a client is connected to the replica that it connected to at first.
    fn is_connected(&self, id: ConnectionId) -> bool {
        let Some(table) = &self.connections else {
            return false;
        };
        let connection = table.get(id);
        let cluster = self.clusters[connection.version as usize].as_ref();
        connection
            .replica
            .zip(cluster)
            .is_some_and(|(replica, cluster)| cluster.is_up_since(replica, connection.opened))
    }

    /// A client's pause is over, or its time is.
    pub(super) fn connection_turn(&mut self, id: ConnectionId, now: u64) {
        let Some(table) = &self.connections else {
            return;
        };
        if self.finished || now >= table.get(id).until {
            return self.close(id, now);
        }
        if !self.is_connected(id) {
            self.disconnect(id, now);
            let Some(destination) = self.split_again() else {
                return self.close(id, now);
            };
            self.count_pick(destination, now);
            self.connect(id, self.destinations[destination], now);
        }
        self.send(id, now);
    }

    /// A client has a response, and pauses.
    pub(super) fn connection_answered(&mut self, id: ConnectionId, now: u64) {
        let Some(table) = &mut self.connections else {
            return;
        };
        let pause = table.pause();
        let connection = table.get_mut(id);
        connection.call = None;
        let until = connection.until;
        if self.finished || now >= until {
            return self.close(id, now);
        }
        let slot = connection.slot;
        let next = now.saturating_add(pause).min(until);
        self.calendar.schedule(slot, next);
    }

    /// Takes a connection from its replica.
    fn disconnect(&mut self, id: ConnectionId, now: u64) {
        let Some(table) = &mut self.connections else {
            return;
        };
        let connection = table.get_mut(id);
        let (version, proxy) = (connection.version as usize, connection.proxy);
        if let Some(replica) = connection.replica.take() {
            table.open[version] -= 1;
            // Those that are open when the run is over stay so.
            if !self.finished {
                self.out.service.connection_ends(version, now);
            }
            if let Some(cluster) = &mut self.clusters[version] {
                cluster.disconnect(proxy, replica);
            }
        }
    }

    fn close(&mut self, id: ConnectionId, now: u64) {
        self.disconnect(id, now);
        if let Some(table) = &mut self.connections {
            let slot = table.get(id).slot;
            table.remove(id);
            self.give_back(slot);
        }
    }

    /// The weights have changed: connections of before are cut when the drain time is over.
    pub(super) fn weights_changed(&mut self, now: u64) {
        let Some(table) = &mut self.connections else {
            return;
        };
        table.change += 1;
        let change = table.change;
        if let Some(drain) = table.settings.drain {
            let slot = self.slot_for(Role::Drained(change));
            self.calendar
                .schedule(slot, now.saturating_add(nanos(drain)));
        }
    }

    /// The drain time after change number `change` is over.
    pub(super) fn drained(&mut self, change: u32, now: u64) {
        let Some(table) = &self.connections else {
            return;
        };
        for id in table.older_than(change) {
            let Some(table) = &mut self.connections else {
                return;
            };
            let connection = table.get(id);
            table.counts[self.phase][connection.version as usize].cut += 1;
            self.disconnect(id, now);
            let cluster = self.clusters[connection.version as usize].as_mut();
            if let Some((call, cluster)) = connection.call.zip(cluster) {
                cluster.give_up(call, Outcome::Error, now, &mut self.out);
            }
        }
    }

    /// Notes how many connections are open as a phase ends.
    pub(super) fn count_open_connections(&mut self) {
        if let Some(table) = &mut self.connections {
            for (count, &open) in table.counts[self.phase].iter_mut().zip(&table.open) {
                count.open_at_end = open;
            }
        }
    }
}
