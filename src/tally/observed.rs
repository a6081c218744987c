//! What was observed by someone else, request by request or as counts, in constant memory.

use super::{Checkpoint, OPENING, checkpoints};

/// Running counts are kept up to here; no input is longer.
const FAR: u64 = 1_000_000_000_000;

/// Observed requests per version. Versions are known by their place, and new ones may turn up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTally {
    counts: Vec<u64>,
    opening: Vec<u16>,
    requests: u64,
    ordered: bool,
    last: Option<usize>,
    versions: Vec<VersionRuns>,
    checkpoints: Vec<Checkpoint>,
    /// The request numbers of the checkpoints to come, next one last.
    ahead: Vec<u64>,
}

/// The stretches of consecutive requests that one version answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionRuns {
    /// How many stretches.
    pub runs: u64,
    /// The longest of them.
    pub longest: u64,
    /// The one that is under way.
    current: u64,
}

impl ObservedTally {
    /// A tally that has seen nothing of so many versions.
    #[must_use]
    pub fn new(versions: usize) -> Self {
        let mut ahead = checkpoints(FAR);
        ahead.reverse();
        Self {
            counts: vec![0; versions],
            opening: Vec::new(),
            requests: 0,
            ordered: true,
            last: None,
            versions: vec![VersionRuns::default(); versions],
            checkpoints: Vec::new(),
            ahead,
        }
    }

    /// Adds the next request.
    pub fn record(&mut self, version: usize) {
        self.reach(version);
        self.requests += 1;
        self.counts[version] += 1;
        let runs = &mut self.versions[version];
        if self.last == Some(version) {
            runs.current += 1;
        } else {
            runs.runs += 1;
            runs.current = 1;
            self.last = Some(version);
        }
        runs.longest = runs.longest.max(runs.current);
        if self.opening.len() < OPENING {
            self.opening
                .push(u16::try_from(version).unwrap_or(u16::MAX));
        }
        if self.ahead.last() == Some(&self.requests) {
            self.ahead.pop();
            self.keep_checkpoint();
        }
    }

    /// Adds so many requests whose order is not known; from then on the order of all is lost.
    pub fn add(&mut self, version: usize, count: u64) {
        self.reach(version);
        self.requests += count;
        self.counts[version] += count;
        self.ordered = false;
    }

    fn reach(&mut self, version: usize) {
        if version >= self.counts.len() {
            self.counts.resize(version + 1, 0);
            self.versions.resize(version + 1, VersionRuns::default());
        }
    }

    fn keep_checkpoint(&mut self) {
        let counts = self.counts.clone();
        self.checkpoints.push(Checkpoint {
            requests: self.requests,
            counts,
        });
    }

    /// Completes the tally: the end is the last checkpoint.
    #[must_use]
    pub fn finish(mut self) -> Self {
        let last = self
            .checkpoints
            .last()
            .map_or(0, |checkpoint| checkpoint.requests);
        if last < self.requests {
            self.keep_checkpoint();
        }
        let versions = self.counts.len();
        self.checkpoints
            .iter_mut()
            .for_each(|point| point.counts.resize(versions, 0));
        self
    }

    /// Requests per version.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Requests in all.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Whether every request came one by one, so that their order is known.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        self.ordered && self.requests > 0
    }

    /// The versions of the first requests, at most [`OPENING`]; empty if the order is not known.
    #[must_use]
    pub fn opening(&self) -> &[u16] {
        if self.ordered { &self.opening } else { &[] }
    }

    /// The stretches of each version, over all requests; meaningless if the order is not known.
    #[must_use]
    pub fn runs(&self) -> &[VersionRuns] {
        &self.versions
    }

    /// Running counts at ascending request numbers, the last one the end; the end alone if the
    /// order is not known.
    #[must_use]
    pub fn checkpoints(&self) -> &[Checkpoint] {
        match (self.ordered, self.checkpoints.len()) {
            (false, 1..) => &self.checkpoints[self.checkpoints.len() - 1..],
            _ => &self.checkpoints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(versions: &[usize]) -> ObservedTally {
        let mut tally = ObservedTally::new(2);
        versions.iter().for_each(|&version| tally.record(version));
        tally.finish()
    }

    #[test]
    fn runs_are_counted_per_version() {
        let tally = tally(&[0, 0, 1, 0, 1, 1, 1, 3]);
        assert_eq!(tally.counts(), [3, 4, 0, 1]);
        let runs: Vec<(u64, u64)> = tally
            .runs()
            .iter()
            .map(|runs| (runs.runs, runs.longest))
            .collect();
        assert_eq!(runs, [(2, 2), (2, 3), (0, 0), (1, 1)]);
        assert_eq!(tally.opening(), [0, 0, 1, 0, 1, 1, 1, 3]);
    }

    #[test]
    fn memory_stays_bounded_and_the_end_is_kept() {
        let mut tally = ObservedTally::new(2);
        (0..100_001).for_each(|number| tally.record(number % 2));
        let tally = tally.finish();
        assert_eq!(tally.opening().len(), OPENING);
        assert!(
            tally.checkpoints().len() < 2000,
            "{}",
            tally.checkpoints().len()
        );
        let last = tally.checkpoints().last().unwrap();
        assert_eq!(
            (last.requests, last.counts.as_slice()),
            (100_001, &[50_001, 50_000][..])
        );
    }

    #[test]
    fn counts_lose_the_order() {
        let mut tally = ObservedTally::new(2);
        tally.record(0);
        tally.add(1, 5);
        let tally = tally.finish();
        assert!(!tally.is_ordered() && tally.opening().is_empty());
        assert_eq!(tally.checkpoints().len(), 1);
        assert_eq!(tally.requests(), 6);
    }
}
