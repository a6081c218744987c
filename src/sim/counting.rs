//! The tight loop: counts requests without an event for each, over all cores where the algorithm
//! keeps no state.
//!
//! A phase is cut into pieces at every checkpoint, at every edge of a time bucket and at every
//! block of [`BLOCK`] requests. Pieces are counted in bulk and recorded in order.

use rayon::prelude::*;

use super::arrivals::{arrivals_before, nth_arrival};
use super::splitter::{BLOCK, PhaseSplitter};
use super::{MakeRecorder, Progress};
use crate::random::Purpose;
use crate::scenario::{Length, Phase, Scenario};
use crate::tally::{PhaseRecorder, PhaseTally};
use crate::units::SimTime;

/// Blocks counted at a time: enough for many cores, few enough to keep memory constant.
const BLOCKS_AT_A_TIME: u64 = 512;

/// Requests counted between two reports of progress on one thread.
const PROGRESS_STEP: u64 = 1 << 24;

/// Counts a whole run whose arrivals are all evenly spaced.
pub(super) fn count_run(
    scenario: &Scenario,
    replication: u64,
    recorder: MakeRecorder,
    progress: Progress,
) -> Vec<PhaseTally> {
    let mut start = SimTime::ZERO;
    let mut tallies = Vec::with_capacity(scenario.phases().len());
    for (place, phase) in scenario.phases().iter().enumerate() {
        let (requests, end) = extent(phase, start);
        let recorder = recorder(place, start, requests);
        let counted = CountedPhase {
            phase,
            seed: scenario.seed(),
            index: [replication, place as u64],
            start,
            requests,
            cuts: cuts(phase, end, requests, start, &recorder),
            opening: recorder.opening(),
        };
        tallies.push(counted.count(recorder, progress).finish(end));
        start = end;
    }
    tallies
}

/// How many requests a phase with evenly spaced arrivals has, and when it ends.
pub(super) fn extent(phase: &Phase, start: SimTime) -> (u64, SimTime) {
    let rate = phase.arrivals().rate;
    match phase.length() {
        Length::Requests(requests) => (requests, nth_arrival(start, rate, requests)),
        Length::Duration(span) => {
            let end = start.after(span);
            (arrivals_before(start, rate, end), end)
        }
    }
}

/// The request numbers at which pieces end, ascending; the last is the number of requests.
fn cuts(
    phase: &Phase,
    end: SimTime,
    requests: u64,
    start: SimTime,
    recorder: &PhaseRecorder,
) -> Vec<u64> {
    let mut cuts = recorder.checkpoints().to_vec();
    if let Some(width) = recorder.bucket_nanos() {
        let edges = start.as_nanos() / width + 1..=end.as_nanos() / width;
        let rate = phase.arrivals().rate;
        cuts.extend(edges.map(|edge| {
            arrivals_before(start, rate, SimTime::from_nanos(edge.saturating_mul(width)))
        }));
    }
    cuts.push(requests);
    cuts.retain(|&cut| (1..=requests).contains(&cut));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

struct CountedPhase<'a> {
    phase: &'a Phase,
    seed: u64,
    index: [u64; 2],
    start: SimTime,
    requests: u64,
    cuts: Vec<u64>,
    opening: u64,
}

/// The counts of consecutive requests, or the single picks of the first ones.
enum Piece {
    Counts(u64, Vec<u64>),
    Picks(u64, Vec<usize>),
}

impl CountedPhase<'_> {
    fn count(&self, mut recorder: PhaseRecorder, progress: Progress) -> PhaseRecorder {
        if self.phase.algorithm().picks_independently() {
            let blocks = self.requests.div_ceil(BLOCK);
            let mut first = 0;
            while first < blocks {
                let last = blocks.min(first + BLOCKS_AT_A_TIME);
                let parts: Vec<Vec<Piece>> = (first..last)
                    .into_par_iter()
                    .map(|block| self.block(block, progress))
                    .collect();
                parts
                    .into_iter()
                    .flatten()
                    .for_each(|piece| self.record(piece, &mut recorder));
                first = last;
            }
        } else {
            let mut splitter = self.splitter_at(0);
            let mut done = 0;
            self.pieces(0, self.requests, &mut splitter, &mut |end, piece| {
                if end - done >= PROGRESS_STEP || end == self.requests {
                    progress(end - done);
                    done = end;
                }
                self.record(piece, &mut recorder);
            });
        }
        recorder
    }

    fn block(&self, block: u64, progress: Progress) -> Vec<Piece> {
        let (from, to) = (block * BLOCK, self.requests.min((block + 1) * BLOCK));
        let mut splitter = self.splitter_at(block);
        let mut pieces = Vec::new();
        self.pieces(from, to, &mut splitter, &mut |_, piece| pieces.push(piece));
        progress(to - from);
        pieces
    }

    fn splitter_at(&self, block: u64) -> PhaseSplitter {
        PhaseSplitter::at_block(self.phase, self.seed, Purpose::Split, self.index, block)
    }

    /// Counts requests number `from` to `to` (from 0, `to` excluded), piece by piece.
    fn pieces(
        &self,
        mut from: u64,
        to: u64,
        splitter: &mut PhaseSplitter,
        take: &mut dyn FnMut(u64, Piece),
    ) {
        let mut place = self.cuts.partition_point(|&cut| cut <= from);
        while from < to {
            let end = self.cuts.get(place).map_or(to, |&cut| cut.min(to));
            let piece = if from < self.opening {
                Piece::Picks(from, (from..end).map(|_| splitter.pick()).collect())
            } else {
                let mut counts = vec![0; self.phase.destinations().len()];
                splitter.count(end - from, &mut counts);
                Piece::Counts(from, counts)
            };
            take(end, piece);
            from = end;
            place += 1;
        }
    }

    fn record(&self, piece: Piece, recorder: &mut PhaseRecorder) {
        let rate = self.phase.arrivals().rate;
        match piece {
            Piece::Counts(first, counts) => {
                recorder.record_segment(nth_arrival(self.start, rate, first), &counts);
            }
            Piece::Picks(first, picks) => {
                for (index, destination) in (first..).zip(picks) {
                    recorder.record(nth_arrival(self.start, rate, index), destination);
                }
            }
        }
    }
}
