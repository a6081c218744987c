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
    }
}
