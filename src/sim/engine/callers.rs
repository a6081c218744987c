//! Who calls: the hash by which ring hash and Maglev pick.

use rand::Rng;
use xxhash_rust::xxh64::xxh64;

use crate::random::{Purpose, Stream, stream};
use crate::scenario::Backend;

/// Callers of a version, each as likely as any other.
const CALLERS: u64 = 1000;

/// Draws callers, if balancing looks at them.
#[derive(Debug)]
pub(super) struct Callers {
    random: Option<Stream>,
}

impl Callers {
    pub(super) fn new(backend: &Backend, seed: u64, [replication, version]: [u64; 2]) -> Self {
        let draw = || stream(seed, Purpose::Balance, &[replication, version, 1]);
        Self {
            random: backend.balancing.looks_at_caller.then(draw),
        }
    }

    /// The hash of the next caller.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        match &mut self.random {
            None => 0,
            Some(random) => xxh64(&(random.next_u64() % CALLERS).to_le_bytes(), 0),
        }
    }
}
