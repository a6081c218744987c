//! Attempts under way, in memory that is used again.

use super::calendar::Slot;

/// No viewer waits in a closed loop.
pub(super) const NOBODY: u32 = u32::MAX;

/// Which attempt: its place in the table.
pub(super) type CallId = u32;

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
    /// The hash of its caller.
    pub(super) hash: u64,
    /// The phase in which the request arrived.
    pub(super) phase: u32,
    /// The version that it went to.
    pub(super) version: u32,
    /// The replica that it was sent to.
    pub(super) replica: u32,
    /// The viewer of a closed loop who waits, or [`NOBODY`].
    pub(super) viewer: u32,
    /// Where its deadline is scheduled.
    pub(super) deadline: Option<Slot>,
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

/// All attempts under way.
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

    /// Forgets an attempt.
    #[inline]
    pub(super) fn remove(&mut self, id: CallId) {
        self.free.push(id);
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
