//! What changed while a run went on: replicas that came and went, crashed, or were ejected.

/// So many changes are kept one by one; further ones are counted only.
pub const MOST_CHANGES: usize = 1_000;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The number of replicas that take requests.
    Replicas {
        /// Before.
        from: u32,
        /// After.
        to: u32,
    },
    /// This replica crashed.
    Crashed(u32),
    /// This replica was ejected for its errors.
    Ejected(u32),
}

/// A change of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, in nanoseconds.
    pub nanos: u64,
    /// The version.
    pub version: usize,
    /// What changed.
    pub what: What,
}

/// The changes of a run, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The first of them, at most [`MOST_CHANGES`].
    pub first: Vec<Change>,
    /// How many came after these.
    pub more: u64,
}

impl Changes {
    /// Adds a change.
    pub(super) fn push(&mut self, change: Change) {
        if self.first.len() < MOST_CHANGES {
            self.first.push(change);
        } else {
            self.more += 1;
        }
    }

    /// The changes of several versions, each of which has its own in the order of time.
    pub(super) fn join(versions: Vec<Self>) -> Self {
        let more = versions.iter().map(|one| one.more).sum::<u64>();
        let mut first: Vec<Change> = versions.into_iter().flat_map(|one| one.first).collect();
        first.sort_by_key(|one| one.nanos);
        let beyond = first.len().saturating_sub(MOST_CHANGES);
        first.truncate(MOST_CHANGES);
        Self {
            first,
            more: more + beyond as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_stays_bounded() {
        let mut changes = Changes::default();
        for nanos in 0..2_500 {
            changes.push(Change {
                nanos,
                version: 0,
                what: What::Crashed(0),
            });
        }
        assert_eq!((changes.first.len(), changes.more), (MOST_CHANGES, 1_500));
        assert_eq!(changes.first[999].nanos, 999);
        let mut other = Changes::default();
        for nanos in [500, 2_000] {
            other.push(Change {
                nanos,
                version: 1,
                what: What::Crashed(0),
            });
        }
        let all = Changes::join(vec![changes, other]);
        assert_eq!((all.first.len(), all.more), (MOST_CHANGES, 1_502));
        let versions: Vec<usize> = all.first[499..503].iter().map(|one| one.version).collect();
        assert_eq!(versions, [0, 0, 1, 0]);
    }
}
