//! TCP connections that are open: a table, and the laws by which clients use them. What happens to
//! them is in [`super::mesh`].

use super::calendar::Slot;
use super::cluster::CallId;
use super::nanos;
use crate::random::{Purpose, Stream, stream};
use crate::scenario::Connections;
use crate::sim::arrivals::exponential;
use crate::tally::service::ConnectionCount;

/// Which connection: its place in the table.
pub(super) type ConnectionId = u32;

/// One client and its connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connection {
    /// When the client wants to close it.
    pub(super) until: u64,
    /// Where its next event is scheduled.
    pub(super) slot: Slot,
    /// The version that it went to.
    pub(super) version: u32,
    /// The replica that it holds; `None` if it was refused, cut, or lost with its replica.
    pub(super) replica: Option<u32>,
    /// When it was opened.
    pub(super) opened: u64,
    /// The number of the change of weights before it was opened.
    pub(super) change: u32,
    /// The proxy that it goes through.
    pub(super) proxy: u16,
    /// The class of traffic of its requests.
    pub(super) class: u16,
    /// The request that waits for its response.
    pub(super) call: Option<CallId>,
}

/// All connections.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) settings: &'a Connections,
    entries: Vec<Connection>,
    free: Vec<ConnectionId>,
    lifetimes: Stream,
    pauses: Stream,
    /// Changes of weights so far.
    pub(super) change: u32,
    /// What was counted, per phase and version.
    pub(super) counts: Vec<Vec<ConnectionCount>>,
    /// Open connections per version.
    pub(super) open: Vec<u64>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        settings: &'a Connections,
        seed: u64,
        replication: u64,
        phases: usize,
        versions: usize,
    ) -> Self {
        let random = |part| stream(seed, Purpose::Connections, &[replication, part]);
        Self {
            settings,
            entries: Vec::new(),
            free: Vec::new(),
            lifetimes: random(0),
            pauses: random(1),
            change: 0,
            counts: vec![vec![ConnectionCount::default(); versions]; phases],
            open: vec![0; versions],
        }
    }

    /// How long the next client wants its connection, in nanoseconds.
    pub(super) fn lifetime(&mut self) -> u64 {
        let mut sample = [0];
        self.settings
            .lifetime
            .fill(&mut self.lifetimes, &mut sample);
        sample[0]
    }

    /// How long a client pauses before its next request, in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    pub(super) fn pause(&mut self) -> u64 {
        exponential(&mut self.pauses, nanos(self.settings.think) as f64)
    }

    pub(super) fn add(&mut self, connection: Connection) -> ConnectionId {
        if let Some(id) = self.free.pop() {
            self.entries[id as usize] = connection;
            return id;
        }
        self.entries.push(connection);
        u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn remove(&mut self, id: ConnectionId) {
        self.entries[id as usize].replica = None;
        self.free.push(id);
    }

    pub(super) fn get(&self, id: ConnectionId) -> Connection {
        self.entries[id as usize]
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> &mut Connection {
        &mut self.entries[id as usize]
    }

    /// Connections that hold a replica since before change number `change`.
    pub(super) fn older_than(&self, change: u32) -> Vec<ConnectionId> {
        let held = |one: &Connection| one.replica.is_some() && one.change < change;
        let numbered = (0..).zip(&self.entries);
        numbered
            .filter(|(_, one)| held(one))
            .map(|(id, _)| id)
            .collect()
    }
}
