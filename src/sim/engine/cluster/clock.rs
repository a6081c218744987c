//! What a version has been like over time: how many slots it had, how many were busy, and how many
//! requests were under way.
//!
//! Nothing is integrated step by step. A span of work is added when it ends, and requests under way
//! over time are the moments at which requests leave, less those at which they come.

/// Sums over time, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Slots of the replicas that take requests.
    slots: u64,
    /// Since when there are so many.
    since: u64,
    slot_nanos: u128,
    /// Servers that work.
    busy: u64,
    /// Work that has ended.
    worked: u128,
    /// Requests under way.
    open: u64,
    arrived: u128,
    left: u128,
    /// Busy and slot time when the autoscaler looked last.
    seen: (u128, u128),
}

impl Clock {
    /// From `now` on there are `slots` slots.
    pub(super) fn set_slots(&mut self, slots: u64, now: u64) {
        self.slot_nanos += u128::from(self.slots) * u128::from(now - self.since);
        self.since = now;
        self.slots = slots;
    }

    /// Slots of the replicas that take requests.
    pub(super) fn slots(&self) -> u64 {
        self.slots
    }

    /// Requests under way.
    pub(super) fn open(&self) -> u64 {
        self.open
    }

    /// A request comes.
    #[inline]
    pub(super) fn request_comes(&mut self, now: u64) {
        self.open += 1;
        self.arrived += u128::from(now);
    }

    /// A request leaves.
    #[inline]
    pub(super) fn request_leaves(&mut self, now: u64) {
        self.open -= 1;
        self.left += u128::from(now);
    }

    /// A server begins to work.
    #[inline]
    pub(super) fn work_begins(&mut self) {
        self.busy += 1;
    }

    /// A server ends to work after so many nanoseconds.
    #[inline]
    pub(super) fn work_ends(&mut self, nanos: u64) {
        self.busy -= 1;
        self.worked += u128::from(nanos);
    }

    /// The share of slots that are busy now; slots that drain count as busy, too.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn busy_share(&self) -> f64 {
        (self.busy as f64 / (self.slots as f64).max(1.0)).min(1.0)
    }

    /// The share of slot time that was busy since the last call; `unfinished` is the work that is
    /// being done, so far.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn utilisation(&mut self, unfinished: u128, now: u64) -> f64 {
        let seen = (self.busy_nanos(unfinished), self.slot_nanos(now));
        let (busy, slots) = (seen.0 - self.seen.0, seen.1 - self.seen.1);
        self.seen = seen;
        if slots == 0 {
            return 0.0;
        }
        busy as f64 / slots as f64
    }

    /// Busy slots over time, with work that is being done.
    pub(super) fn busy_nanos(&self, unfinished: u128) -> u128 {
        self.worked + unfinished
    }

    /// Slots over time, up to `now`.
    pub(super) fn slot_nanos(&self, now: u64) -> u128 {
        self.slot_nanos + u128::from(self.slots) * u128::from(now - self.since)
    }

    /// Requests under way over time, up to `now`.
    pub(super) fn in_system_nanos(&self, now: u64) -> u128 {
        self.left + u128::from(self.open) * u128::from(now) - self.arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_a_run_by_hand() {
        let mut clock = Clock::default();
        clock.set_slots(2, 0);
        // Requests from 10 to 30 and from 20 on; work from 10 to 30 and from 20 on.
        clock.request_comes(10);
        clock.work_begins();
        clock.request_comes(20);
        clock.work_begins();
        assert!((clock.busy_share() - 1.0).abs() < 1e-12);
        clock.request_leaves(30);
        clock.work_ends(20);
        clock.set_slots(4, 50);
        assert_eq!((clock.open(), clock.slots()), (1, 4));
        // At 60, the second has worked for 40.
        assert_eq!(clock.in_system_nanos(60), 20 + 40);
        assert_eq!(clock.busy_nanos(40), 60);
        assert_eq!(clock.slot_nanos(60), 2 * 50 + 4 * 10);
        assert!((clock.utilisation(40, 60) - 60.0 / 140.0).abs() < 1e-12);
        // Ten later: one of four was busy all the time.
        assert!((clock.utilisation(50, 70) - 10.0 / 40.0).abs() < 1e-12);
    }
}
