//! From a phase to its weighting algorithm, fed by the right random streams.

use super::spread::{Spread, SpreadSplit};
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Algorithm, Phase, UserGroups};
use crate::split::{
    Edf, Envoy, EnvoyLegacy, Replicas, SmoothWrr, Split, StaticStride, Sticky, StickyCookie, Users,
};

/// Requests per block. Each block draws from its own stream, so that blocks can be counted on any
/// number of threads with the same result.
pub const BLOCK: u64 = 1 << 20;

/// Splits the requests of one phase of one replication, in order.
#[derive(Debug)]
pub struct PhaseSplitter {
    split: Box<dyn Split>,
    seed: u64,
    purpose: Purpose,
    index: [u64; 2],
    random: Stream,
    position: u64,
}

impl PhaseSplitter {
    /// The splitter of a phase: `index` is (replication, phase), `purpose` keeps replays that
    /// judge a claim apart from the run itself.
    #[must_use]
    pub fn new(phase: &Phase, seed: u64, purpose: Purpose, index: [u64; 2]) -> Self {
        let split = algorithm(phase, seed, purpose, index);
        let random = block_stream(seed, purpose, index, 0);
        Self {
            split,
            seed,
            purpose,
            index,
            random,
            position: 0,
        }
    }

    /// The destination of the next request.
    pub fn pick(&mut self) -> usize {
        self.enter_block();
        self.position += 1;
        self.split.pick(&mut self.random)
    }

    /// From the next request on, each of so many replicas per destination is as likely as any other.
    /// Without a single one, the split stays as it is.
    pub(super) fn follow(&mut self, replicas: &[u32]) {
        if let Some(split) = Replicas::new(replicas) {
            self.split = Box::new(split);
        }
    }

    /// Adds the destinations of the next `requests` requests to `counts`.
    pub fn count(&mut self, mut requests: u64, counts: &mut [u64]) {
        while requests > 0 {
            self.enter_block();
            let part = requests.min(BLOCK - self.position % BLOCK);
            self.split.count(&mut self.random, part, counts);
            self.position += part;
            requests -= part;
        }
    }

    /// Fills `picks` with the destinations of the next requests, in order.
    pub fn fill(&mut self, mut picks: &mut [usize]) {
        while !picks.is_empty() {
            self.enter_block();
            let left = usize::try_from(BLOCK - self.position % BLOCK).unwrap_or(usize::MAX);
            let (part, rest) = picks.split_at_mut(left.min(picks.len()));
            self.split.fill(&mut self.random, part);
            self.position += part.len() as u64;
            picks = rest;
        }
    }

    /// The splitter at the beginning of a block, for algorithms without state of their own.
    #[must_use]
    pub fn at_block(
        phase: &Phase,
        seed: u64,
        purpose: Purpose,
        index: [u64; 2],
        block: u64,
    ) -> Self {
        let random = block_stream(seed, purpose, index, block);
        let split = algorithm(phase, seed, purpose, index);
        Self {
            split,
            seed,
            purpose,
            index,
            random,
            position: block * BLOCK,
        }
    }

    fn enter_block(&mut self) {
        if self.position.is_multiple_of(BLOCK) && self.position > 0 {
            let block = self.position / BLOCK;
            self.random = block_stream(self.seed, self.purpose, self.index, block);
        }
    }
}

fn block_stream(seed: u64, purpose: Purpose, [replication, phase]: [u64; 2], block: u64) -> Stream {
    stream(seed, purpose, &[replication, phase, block])
}

/// The algorithm of a phase in its first state. What it starts from at random (a counter, a
/// schedule, its users) comes from streams of the phase, apart from those of the blocks.
#[expect(
    clippy::expect_used,
    reason = "the effective weights of a phase are never all zero"
)]
fn algorithm(phase: &Phase, seed: u64, purpose: Purpose, index: [u64; 2]) -> Box<dyn Split> {
    let split = match Spread::new(phase.proxies(), seed, index) {
        Some(spread) if phase.algorithm().has_a_position() => {
            at_each_proxy(phase, seed, purpose, index, spread)
        }
        _ => build(phase, seed, purpose, index, 0),
    };
    split.expect("a phase has a weight above zero")
}

fn at_each_proxy(
    phase: &Phase,
    seed: u64,
    purpose: Purpose,
    index: [u64; 2],
    spread: Spread,
) -> Option<Box<dyn Split>> {
    let proxies = 0..u64::from(phase.proxies().get());
    let splits = proxies.map(|proxy| build(phase, seed, purpose, index, proxy));
    Some(Box::new(SpreadSplit {
        spread,
        splits: splits.collect::<Option<_>>()?,
        position: 0,
    }))
}

fn build(
    phase: &Phase,
    seed: u64,
    purpose: Purpose,
    index: [u64; 2],
    proxy: u64,
) -> Option<Box<dyn Split>> {
    let weights = phase.effective_weights();
    let mut start = match proxy {
        0 => stream(seed, purpose, &index),
        _ => stream(seed, Purpose::Proxies, &[index[0], index[1], proxy]),
    };
    let user_stream = || {
        let [replication, phase] = index;
        let claims = u64::from(purpose == Purpose::Claims);
        stream(seed, Purpose::Users, &[replication, phase, claims])
    };
    Some(match phase.algorithm() {
        Algorithm::Envoy => Box::new(Envoy::new(&weights)?),
        Algorithm::Replicas | Algorithm::ReadyReplicas => Box::new(Replicas::new(&weights)?),
        Algorithm::EnvoyLegacy { stride } => {
            Box::new(EnvoyLegacy::at_random(&weights, stride, &mut start)?)
        }
        Algorithm::SmoothWrr => Box::new(SmoothWrr::new(&weights)?),
        Algorithm::Edf => Box::new(Edf::at_random(&weights, &mut start)?),
        Algorithm::StaticStride => Box::new(StaticStride::at_random(&weights, &mut start)?),
        Algorithm::Sticky(groups) => Box::new(Sticky::new(&weights, users(groups, user_stream()))?),
        Algorithm::StickyCookie {
            users: groups,
            version,
        } => {
            let keeps: Vec<bool> = phase
                .destinations()
                .iter()
                .map(|d| d.version == version)
                .collect();
            Box::new(StickyCookie::new(
                &weights,
                &keeps,
                users(groups, user_stream()),
            )?)
        }
    })
}

fn users(groups: UserGroups, random: Stream) -> Users {
    Users::new(
        groups.at_once,
        groups.requests_each,
        groups.sticky_per_mille,
        random,
    )
}
