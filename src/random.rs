//! Named random streams: one seed per run, one independent stream per purpose.
//!
//! A leaf: what draws from a stream, and when, is decided elsewhere.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use xxhash_rust::xxh64::xxh64;

/// The generator behind every stream: portable, named, and fixed by golden tests.
pub type Stream = Xoshiro256PlusPlus;

/// What a stream is for. Streams with different purposes are independent, so that switching one
/// feature on does not change what another one draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The moments at which requests arrive.
    Arrivals,
    /// The number R that a weighting algorithm reduces.
    Split,
    /// Which user sends a request.
    Users,
    /// Replays made to judge a claim that has no exact answer.
    Claims,
    /// Samples drawn for a test whose exact p-value is out of reach.
    Tests,
    /// Requests of the new version in a rollout, and which of them fail.
    RolloutCanary,
    /// Requests of the old version in a rollout, and which of them fail.
    RolloutStable,
    /// Whether a metric that is not simulated is successful.
    RolloutGiven,
    /// Final counts of replications, drawn from their law.
    Sampled,
    /// Points of metrics that a judge compares.
    Points,
    /// The numbers of every hop of a story: split, delay, abort.
    Hops,
    /// How long connections of a story want to stay open.
    Lives,
    /// When a proxy learns of a change.
    Propagation,
    /// How long a replica works on a request.
    Service,
    /// Which replica of a version gets a request.
    Balance,
    /// Which requests fail.
    Errors,
    /// How long viewers think between requests.
    Think,
    /// When an arrival process changes between busy and quiet.
    Bursts,
    /// How long retries wait.
    Retries,
    /// How long connections live, and when they carry requests.
    Connections,
    /// Which of several proxies gets a request.
    Proxies,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Arrivals => b"arrivals",
            Self::Split => b"split",
            Self::Users => b"users",
            Self::Claims => b"claims",
            Self::Tests => b"tests",
            Self::RolloutCanary => b"rollout-canary",
            Self::RolloutStable => b"rollout-stable",
            Self::RolloutGiven => b"rollout-given",
            Self::Sampled => b"sampled",
            Self::Points => b"points",
            Self::Hops => b"hops",
            Self::Lives => b"lives",
            Self::Propagation => b"propagation",
            Self::Service => b"service",
            Self::Balance => b"balance",
            Self::Errors => b"errors",
            Self::Think => b"think",
            Self::Bursts => b"bursts",
            Self::Retries => b"retries",
            Self::Connections => b"connections",
            Self::Proxies => b"proxies",
        }
    }
}

/// The stream of `purpose` at `index` (replication, phase, block, …) in the run seeded by `seed`.
///
/// The 256-bit state is the XXH64 hash of (purpose, index) under four seeds derived from `seed`.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: &[u64]) -> Stream {
    let mut message = seed.to_le_bytes().to_vec();
    message.extend_from_slice(purpose.name());
    message.push(0);
    for part in index {
        message.extend_from_slice(&part.to_le_bytes());
    }
    let mut state = [0_u8; 32];
    for (word, bytes) in (0_u64..).zip(state.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&xxh64(&message, word).to_le_bytes());
    }
    Stream::from_seed(state)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn streams_are_fixed_for_good() {
        let first = |purpose, index: &[u64]| stream(1, purpose, index).next_u64();
        let seen = [
            first(Purpose::Split, &[0, 0, 0]),
            first(Purpose::Split, &[0, 0, 1]),
            first(Purpose::Arrivals, &[0, 0, 0]),
        ];
        assert_eq!(seen, GOLDEN, "{seen:?}");
    }

    #[test]
    fn the_state_is_the_hash_that_the_documentation_names() {
        // The message and its four hashes, computed with another implementation of XXH64.
        let message = b"\xef\xcd\xab\x89\x67\x45\x23\x01users\0\
            \x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0";
        let hashes: [u64; 4] = [
            0xb656_d682_6322_cdce,
            0xd433_b2a3_f5a7_65c4,
            0x7f8a_cc17_218b_283d,
            0x127b_99a8_1f00_7c5a,
        ];
        assert_eq!([0, 1, 2, 3].map(|word| xxh64(message, word)), hashes);

        let mut state = [0; 32];
        for (bytes, hash) in state.chunks_exact_mut(8).zip(hashes) {
            bytes.copy_from_slice(&hash.to_le_bytes());
        }
        let mut random = stream(0x0123_4567_89ab_cdef, Purpose::Users, &[2, 3]);
        assert_eq!(random, Stream::from_seed(state));
        // xoshiro256++: rotl(s0 + s3, 23) + s0.
        assert_eq!(random.next_u64(), 14670449567389398790);
    }

    #[test]
    fn seed_purpose_and_every_index_matter() {
        let streams = [
            stream(1, Purpose::Split, &[0]),
            stream(2, Purpose::Split, &[0]),
            stream(1, Purpose::Users, &[0]),
            stream(1, Purpose::Claims, &[0]),
            stream(1, Purpose::Arrivals, &[0]),
            stream(1, Purpose::Split, &[1]),
            stream(1, Purpose::Split, &[]),
            stream(1, Purpose::Split, &[0, 0]),
        ];
        for (place, one) in streams.iter().enumerate() {
            assert!(!streams[..place].contains(one), "stream {place}");
        }
    }

    /// Changing these values changes every simulated figure ever published with a seed.
    const GOLDEN: [u64; 3] = [
        8493836808040619554,
        13055477182353392276,
        12266524371457776338,
    ];
}
