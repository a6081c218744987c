//! Attempts under way, in memory that is used again.

use crate::sim::engine::calendar::Slot;
use crate::sim::engine::jobs::Job;

/// No one waits who acts on the response.
pub(in crate::sim::engine) const NOBODY: u32 = u32::MAX;

/// Which attempt: its place in the table.
pub(in crate::sim::engine) type CallId = u32;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim::engine) enum Caller {
    /// Somebody with this hash, whose replica is picked.
    Hash(u64),
    /// A connection that was opened then, to this replica if there was one.
    Connection {
        /// The replica.
        replica: Option<u32>,
        /// When it was opened, in nanoseconds.
        opened: u64,
    },
}

/// One attempt to have a request answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// When its request arrived, in nanoseconds.
    pub(super) arrived: u64,
    /// When this attempt was sent to a replica, in nanoseconds.
    pub(super) sent: u64,
    /// Its number among the requests of its phase and version, for the tally.
    pub(super) number: u64,
    /// How long a replica will work on it, in nanoseconds.
    pub(super) work: u64,
    /// Who calls.
    pub(super) caller: Caller,
    /// The phase in which the request arrived.
    pub(super) phase: u32,
    /// The replica that it was sent to.
    pub(super) replica: u32,
    /// The viewer or connection that waits, or [`NOBODY`].
    pub(super) viewer: u32,
    /// Where its deadline is scheduled, or that it is made again.
    pub(super) slot: Option<Slot>,
    /// Attempts before this one.
    pub(super) retries: u16,
    /// The proxy that it came through.
    pub(super) proxy: u16,
    /// The class of traffic of its request.
    pub(super) class: u16,
    /// Whether the replica will answer with an error.
    pub(super) fails: bool,
    /// Where it is.
    pub(super) state: State,
}

impl Call {
    /// What it costs the replica.
    pub(super) fn job(&self) -> Job {
        Job {
            nanos: self.work,
            fails: self.fails,
        }
    }

    /// This is what it costs the replica.
    #[inline]
    pub(super) fn take(&mut self, job: Job) {
        self.work = job.nanos;
        self.fails = job.fails;
    }
}

/// Where an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not at a replica: on its way, or before a retry.
    Away,
    /// In the queue of a replica.
    Waiting,
    /// A replica works on it.
    Served,
    /// Nobody waits for it any more; a queue or a replica still holds it.
    Abandoned,
}

/// All attempts that are at a replica or wait to be made again.
#[derive(Debug, Default)]
pub(super) struct Calls {
    table: Vec<Call>,
    free: Vec<CallId>,
}

impl Calls {
    /// Adds an attempt.
    #[inline]
    pub(super) fn add(&mut self, call: Call) -> CallId {
        if let Some(id) = self.free.pop() {
            self.table[id as usize] = call;
            return id;
        }
        self.table.push(call);
        #[expect(clippy::cast_possible_truncation, reason = "memory ends before")]
        let id = (self.table.len() - 1) as CallId;
        id
    }

    /// Takes an attempt out.
    #[inline]
    pub(super) fn take(&mut self, id: CallId) -> Call {
        self.free.push(id);
        self.table[id as usize]
    }

    /// An attempt.
    #[inline]
    pub(super) fn get(&self, id: CallId) -> &Call {
        &self.table[id as usize]
    }

    /// An attempt, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, id: CallId) -> &mut Call {
        &mut self.table[id as usize]
    }
}
