//! Which rules a proxy knows at a moment.

use super::chance::Chance;
use super::story::Story;

/// A proxy: one of those of the clients, or the sidecar of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy<'p> {
    Client(u64),
    Service(&'p str),
}

impl Proxy<'_> {
    /// Two numbers that tell it from the others.
    pub(super) fn key(self) -> (u64, u64) {
        match self {
            Self::Client(place) => (0, place),
            Self::Service(name) => (1, xxhash_rust::xxh64::xxh64(name.as_bytes(), 0)),
        }
    }
}

/// When each stretch begins.
#[derive(Debug)]
pub(super) struct Timeline {
    /// In nanoseconds.
    begins: Vec<u64>,
    end: u64,
}

/// The rules that a proxy goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The change that they are of: the stretch that it began.
    pub(super) change: usize,
    /// The latest change that was made.
    pub(super) newest: usize,
}

impl Timeline {
    /// Of all stretches.
    pub(super) fn new(story: &Story) -> Self {
        Self::until(story, story.stretches.len())
    }

    /// Of the first stretches, as if nothing came after them.
    pub(super) fn until(story: &Story, stretches: usize) -> Self {
        let mut end = 0_u64;
        let mut begins = Vec::with_capacity(story.stretches.len());
        for stretch in story.stretches.iter().take(stretches) {
            begins.push(end);
            let length = stretch.rate.nanos_until(stretch.requests);
            end = end.saturating_add(length.unwrap_or(u64::MAX));
        }
        Self { begins, end }
    }

    /// When a stretch begins.
    pub(super) fn begin(&self, stretch: usize) -> u64 {
        self.begins[stretch]
    }

    /// When the last stretch ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// When a request of a stretch is sent.
    pub(super) fn moment(&self, story: &Story, stretch: usize, place: u64) -> u64 {
        let since = story.stretches[stretch].rate.nanos_until(place);
        self.begins[stretch].saturating_add(since.unwrap_or(u64::MAX))
    }

    /// The rules that a proxy goes by at a moment: those of the latest change that has reached it.
    pub(super) fn known(&self, proxy: Proxy<'_>, now: u64, chance: &mut dyn Chance) -> Known {
        let newest = self.begins.partition_point(|&begin| begin <= now).max(1) - 1;
        let mut reached =
            |&change: &usize| chance.has_reached(proxy, change, now - self.begins[change]);
        let change = (1..=newest).rev().find(|change| reached(change));
        Known {
            change: change.unwrap_or(0),
            newest,
        }
    }

    /// The changes that reach a proxy after one moment and not after another, and are newer than
    /// what it knew: when, and which, in the order in which they take effect.
    pub(super) fn reaching(
        &self,
        proxy: Proxy<'_>,
        known: usize,
        (after, until): (u64, u64),
        chance: &mut dyn Chance,
    ) -> Vec<(u64, usize)> {
        let mut found: Vec<(u64, usize)> = Vec::new();
        for change in known + 1..self.begins.len() {
            if self.begins[change] > until {
                break;
            }
            let Some(delay) = chance.delay(proxy, change) else {
                continue;
            };
            let moment = self.begins[change].saturating_add(delay);
            if moment > after && moment <= until {
                found.push((moment, change));
            }
        }
        found.sort_unstable();
        // A change that comes after a newer one has no effect.
        let mut latest = known;
        found.retain(|&(_, change)| {
            let newer = change > latest;
            latest = latest.max(change);
            newer
        });
        found
    }
}
