//! Many tellings of a story: how often each count came out.

use std::collections::BTreeMap;

use super::run::run;
use super::story::Story;
use super::tally::{Page, ServiceVersion, StoryTally};

/// The counts of several tellings, stretch by stretch. Parts merge exactly, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replicated {
    /// How many tellings.
    pub replications: u64,
    /// In the order of the stretches.
    pub stretches: Vec<StretchCounts>,
}

/// The counts of a stretch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StretchCounts {
    /// Of what viewers got.
    pub pages: BTreeMap<Page, Counts>,
    /// Of the requests, or connections, that reached each version.
    pub received: BTreeMap<ServiceVersion, Counts>,
}

/// Counts above zero, and in how many tellings each came out. In the others it was zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(BTreeMap<u64, u64>);

impl Counts {
    fn add(&mut self, count: u64, times: u64) {
        if count > 0 {
            *self.0.entry(count).or_default() += times;
        }
    }

    /// Every count, zero included, with how many of so many tellings had it; ascending.
    #[must_use]
    pub fn of(&self, replications: u64) -> Vec<(u64, u64)> {
        let above: u64 = self.0.values().sum();
        let zeros = replications.saturating_sub(above);
        let zeros = (zeros > 0).then_some((0, zeros));
        let rest = self.0.iter().map(|(&count, &times)| (count, times));
        zeros.into_iter().chain(rest).collect()
    }
}

impl Replicated {
    /// One telling.
    fn of(tally: &StoryTally) -> Self {
        let stretches = tally.stretches.iter().map(|stretch| {
            let mut counts = StretchCounts::default();
            for (page, answered) in &stretch.pages {
                let own = counts.pages.entry(page.clone()).or_default();
                own.add(answered.count, 1);
            }
            for (version, &count) in &stretch.received {
                let own = counts.received.entry(version.clone()).or_default();
                own.add(count, 1);
            }
            counts
        });
        Self {
            replications: 1,
            stretches: stretches.collect(),
        }
    }

    /// Both together.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.replications += other.replications;
        let missing = other.stretches.len().max(self.stretches.len());
        self.stretches.resize_with(missing, StretchCounts::default);
        for (own, other) in self.stretches.iter_mut().zip(other.stretches) {
            merge(&mut own.pages, other.pages);
            merge(&mut own.received, other.received);
        }
        self
    }
}

fn merge<K: Ord>(own: &mut BTreeMap<K, Counts>, other: BTreeMap<K, Counts>) {
    for (key, counts) in other {
        let own = own.entry(key).or_default();
        for (count, times) in counts.0 {
            own.add(count, times);
        }
    }
}

/// Tells a story once, as one of several tellings.
#[must_use]
pub fn replicate(story: &Story, replication: u64) -> Replicated {
    let told = run(story, replication, |_| {
        Ok::<(), std::convert::Infallible>(())
    });
    match told {
        Ok(tally) => Replicated::of(&tally),
        Err(never) => match never {},
    }
}
