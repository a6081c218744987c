//! Which rules a proxy knows at a moment.

use rand::RngExt;

use super::story::Story;
use crate::random::{Purpose, stream};
use crate::routing::RouteTable;

/// A proxy: one of those of the clients, or the sidecar of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy<'p> {
    Client(u64),
    Service(&'p str),
}

/// When each proxy learns of each change.
#[derive(Debug)]
pub(super) struct Proxies<'s> {
    story: &'s Story,
    /// When each stretch begins, in nanoseconds.
    begins: Vec<u64>,
}

impl<'s> Proxies<'s> {
    pub(super) fn new(story: &'s Story) -> Self {
        let mut begin = 0_u64;
        let begins = story.stretches.iter().map(|stretch| {
            let own = begin;
            let length = stretch.rate.nanos_until(stretch.requests);
            begin = begin.saturating_add(length.unwrap_or(u64::MAX));
            own
        });
        let begins = begins.collect();
        Self { story, begins }
    }

    /// When a stretch begins.
    pub(super) fn begin(&self, stretch: usize) -> u64 {
        self.begins[stretch]
    }

    /// The rules that a proxy knows at a moment of a stretch, and whether they are the newest.
    pub(super) fn table(
        &self,
        proxy: Proxy<'_>,
        stretch: usize,
        now: u64,
    ) -> (&'s RouteTable, bool) {
        let knows = |&change: &usize| {
            change == 0 || now >= self.begins[change].saturating_add(self.delay(proxy, change))
        };
        let known = (0..=stretch).rev().find(knows).unwrap_or(0);
        (&self.story.stretches[known].table, known == stretch)
    }

    /// How long a change takes to reach a proxy, in nanoseconds.
    fn delay(&self, proxy: Proxy<'_>, change: usize) -> u64 {
        let propagation = self.story.stretches[change].propagation;
        let [least, most] = [propagation.least, propagation.most]
            .map(|span| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
        if least >= most {
            return most;
        }
        let (kind, place) = match proxy {
            Proxy::Client(place) => (0, place),
            Proxy::Service(name) => (1, xxhash_rust::xxh64::xxh64(name.as_bytes(), 0)),
        };
        let index = [change as u64, kind, place];
        stream(self.story.seed, Purpose::Propagation, &index).random_range(least..=most)
    }
}
