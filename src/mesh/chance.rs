//! Where chance comes in: what is drawn along the way of a request.
//!
//! The same code tells a story with drawn numbers and enumerates all that can happen, so that a
//! simulated figure and its exact twin speak of the same mesh.

use rand::{Rng, RngExt};

use super::proxies::Proxy;
use super::story::{Between, Story};
use crate::random::{Purpose, Stream, stream};
use crate::routing::{Draws, Forward, Outcome, Reply, Route};
use crate::units::Rational;

/// Everything that is left to chance.
pub(super) trait Chance {
    /// What becomes of a request that a route answers.
    fn outcome(&mut self, route: &Route) -> Outcome;
    /// Where a connection goes.
    fn pick(&mut self, forward: &Forward) -> Reply;
    /// One of so many, all equally likely.
    fn one_of(&mut self, many: usize) -> usize;
    /// Something that happens with this probability.
    fn happens(&mut self, probability: Rational) -> bool;
    /// A wait of whole milliseconds below the limit, all equally likely.
    fn wait_below(&mut self, milliseconds: u64) -> u64;
    /// Whether a change has reached a proxy that many nanoseconds after it was made.
    fn has_reached(&mut self, proxy: Proxy<'_>, change: usize, after: u64) -> bool;
    /// How long a change takes to reach a proxy, where that is drawn and known.
    fn delay(&mut self, proxy: Proxy<'_>, change: usize) -> Option<u64>;
}

/// Numbers from the streams of a seed.
pub(super) struct Drawn<'s> {
    story: &'s Story,
    replication: u64,
    random: Stream,
    lives: Stream,
}

impl<'s> Drawn<'s> {
    /// The numbers of a stretch in a replication.
    pub(super) fn new(story: &'s Story, replication: u64, stretch: usize) -> Self {
        let index = [replication, stretch as u64];
        Self {
            story,
            replication,
            random: stream(story.seed, Purpose::Hops, &index),
            lives: stream(story.seed, Purpose::Lives, &index),
        }
    }

    /// How long a connection wants to stay open.
    pub(super) fn life(&mut self, lasts: Between) -> u64 {
        match lasts.nanos() {
            (least, most) if least < most => self.lives.random_range(least..=most),
            (_, most) => most,
        }
    }

    fn reaches_after(&self, proxy: Proxy<'_>, change: usize) -> u64 {
        let (least, most) = self.story.stretches[change].propagation.nanos();
        if least >= most {
            return most;
        }
        let (kind, place) = proxy.key();
        let index = [self.replication, change as u64, kind, place];
        stream(self.story.seed, Purpose::Propagation, &index).random_range(least..=most)
    }
}

impl Chance for Drawn<'_> {
    fn outcome(&mut self, route: &Route) -> Outcome {
        let [split, delay, abort] = std::array::from_fn(|_| self.random.next_u64());
        route.outcome(Draws {
            split,
            delay,
            abort,
        })
    }

    fn pick(&mut self, forward: &Forward) -> Reply {
        forward.reply(self.random.next_u64())
    }

    fn one_of(&mut self, many: usize) -> usize {
        self.random.random_range(0..many.max(1))
    }

    fn happens(&mut self, probability: Rational) -> bool {
        let (numer, denom) = (*probability.numer(), *probability.denom());
        numer > 0 && self.random.random_range(0..denom) < numer
    }

    fn wait_below(&mut self, milliseconds: u64) -> u64 {
        self.random.random_range(0..milliseconds.max(1))
    }

    fn has_reached(&mut self, proxy: Proxy<'_>, change: usize, after: u64) -> bool {
        let (least, most) = self.story.stretches[change].propagation.nanos();
        after >= most || (after >= least && after >= self.reaches_after(proxy, change))
    }

    fn delay(&mut self, proxy: Proxy<'_>, change: usize) -> Option<u64> {
        Some(self.reaches_after(proxy, change))
    }
}
