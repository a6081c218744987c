//! Turns requests, one by one or in segments, into the tally of a phase.

use super::{Buckets, Checkpoint, OPENING, PhaseTally};
use crate::units::SimTime;

/// Records one phase. Requests come in the order of arrival, singly or as segments.
#[derive(Debug)]
pub struct PhaseRecorder {
    tally: PhaseTally,
    requests: u64,
    checkpoints: Vec<u64>,
    next_checkpoint: usize,
    bucket_nanos: Option<u64>,
    opening: usize,
    scratch: Vec<u64>,
}

impl PhaseRecorder {
    /// A recorder for a phase that begins at `start` and has so many destinations. It keeps final
    /// counts alone, unless more is asked for.
    #[must_use]
    pub fn new(start: SimTime, destinations: usize) -> Self {
        let tally = PhaseTally {
            start,
            end: start,
            counts: vec![0; destinations],
            checkpoints: Vec::new(),
            opening: Vec::new(),
            buckets: Buckets::default(),
        };
        Self {
            tally,
            requests: 0,
            checkpoints: Vec::new(),
            next_checkpoint: 0,
            bucket_nanos: None,
            opening: 0,
            scratch: Vec::new(),
        }
    }

    /// Also keeps running counts at these request numbers, which ascend.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Vec<u64>) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    /// Also counts requests per bucket of so many nanoseconds of virtual time, at least one.
    #[must_use]
    pub fn with_buckets(mut self, nanos: u64) -> Self {
        self.bucket_nanos = Some(nanos.max(1));
        self.tally.buckets.first = self.tally.start.as_nanos() / nanos.max(1);
        self
    }

    /// Also keeps the destinations of the first [`OPENING`] requests.
    #[must_use]
    pub fn with_opening(mut self) -> Self {
        self.opening = OPENING;
        self
    }

    /// The request numbers at which running counts are kept.
    #[must_use]
    pub fn checkpoints(&self) -> &[u64] {
        &self.checkpoints
    }

    /// How many of the first requests must come one by one, through [`Self::record`].
    #[must_use]
    pub fn opening(&self) -> u64 {
        self.opening as u64
    }

    /// The width of the time buckets in nanoseconds, if there are any.
    #[must_use]
    pub fn bucket_nanos(&self) -> Option<u64> {
        self.bucket_nanos
    }

    /// Records one request that arrived at `time`.
    pub fn record(&mut self, time: SimTime, destination: usize) {
        self.requests += 1;
        self.tally.counts[destination] += 1;
        if let Some(bucket) = self.bucket(time) {
            bucket[destination] += 1;
        }
        self.keep_opening(destination);
        self.keep_checkpoint();
    }

    /// Records requests one after the other, with the moments in nanoseconds at which they arrived.
    pub fn record_block(&mut self, moments: &[u64], destinations: &[usize]) {
        let mut from = 0;
        while from < moments.len() {
            let to = self.segment_end(moments, from);
            if to == from + 1 {
                self.record(SimTime::from_nanos(moments[from]), destinations[from]);
            } else {
                let mut counts = std::mem::take(&mut self.scratch);
                counts.clear();
                counts.resize(self.tally.counts.len(), 0);
                for &destination in &destinations[from..to] {
                    counts[destination] += 1;
                }
                self.record_segment(SimTime::from_nanos(moments[from]), &counts);
                self.scratch = counts;
            }
            from = to;
        }
    }

    /// Where the segment from `from` ends: at a checkpoint, the edge of a bucket, or the end.
    fn segment_end(&self, moments: &[u64], from: usize) -> usize {
        if self.tally.opening.len() < self.opening {
            return from + 1;
        }
        let next = self.checkpoints.get(self.next_checkpoint);
        let left = next.map_or(u64::MAX, |&next| next.saturating_sub(self.requests).max(1));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let to = from.saturating_add(left).min(moments.len());
        let Some(width) = self.bucket_nanos else {
            return to;
        };
        let edge = (moments[from] / width + 1).saturating_mul(width);
        let inside = moments[from..to].partition_point(|&moment| moment < edge);
        from + inside.max(1)
    }

    /// Records a segment of requests at once, by their counts. The segment lies within one bucket,
    /// that of `time`, and no checkpoint lies inside it, though one may be at its end.
    pub fn record_segment(&mut self, time: SimTime, counts: &[u64]) {
        self.requests += counts.iter().sum::<u64>();
        add(&mut self.tally.counts, counts);
        if let Some(bucket) = self.bucket(time) {
            add(bucket, counts);
        }
        self.keep_checkpoint();
    }

    fn keep_opening(&mut self, destination: usize) {
        if self.tally.opening.len() < self.opening {
            self.tally
                .opening
                .push(u16::try_from(destination).unwrap_or(u16::MAX));
        }
    }

    /// The tally of the phase, which ended at `end`. The end is the last checkpoint.
    #[must_use]
    pub fn finish(mut self, end: SimTime) -> PhaseTally {
        self.tally.end = end;
        let last = self
            .tally
            .checkpoints
            .last()
            .map_or(0, |checkpoint| checkpoint.requests);
        if !self.checkpoints.is_empty() && last < self.requests {
            self.push_checkpoint();
        }
        self.tally
    }

    fn bucket(&mut self, time: SimTime) -> Option<&mut Vec<u64>> {
        let width = self.bucket_nanos?;
        let number = (time.as_nanos() / width).saturating_sub(self.tally.buckets.first);
        let place = usize::try_from(number).ok()?;
        let destinations = self.tally.counts.len();
        let buckets = &mut self.tally.buckets.counts;
        if buckets.len() <= place {
            buckets.resize_with(place + 1, || vec![0; destinations]);
        }
        buckets.get_mut(place)
    }

    fn keep_checkpoint(&mut self) {
        if self.checkpoints.get(self.next_checkpoint) == Some(&self.requests) {
            self.next_checkpoint += 1;
            self.push_checkpoint();
        }
    }

    fn push_checkpoint(&mut self) {
        let counts = self.tally.counts.clone();
        self.tally.checkpoints.push(Checkpoint {
            requests: self.requests,
            counts,
        });
    }
}

fn add(sum: &mut [u64], counts: &[u64]) {
    sum.iter_mut()
        .zip(counts)
        .for_each(|(sum, count)| *sum += count);
}
