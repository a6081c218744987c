//! Several proxies that do not know of each other: which of them gets a request, and a weighting
//! algorithm whose position each of them has for itself.

use std::num::NonZeroU16;

use rand::Rng;
use xxhash_rust::xxh64::xxh64;

use crate::random::{Purpose, Stream, stream};
use crate::split::Split;

/// Which proxy gets which request of a phase: any with the same probability, by its number alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    salt: u64,
    proxies: u64,
}

impl Spread {
    /// The spread over the requests of a phase, `index` being (replication, phase); `None` if there
    /// is one proxy.
    pub(super) fn new(proxies: NonZeroU16, seed: u64, index: [u64; 2]) -> Option<Self> {
        (proxies.get() > 1).then(|| Self {
            salt: stream(seed, Purpose::Proxies, &index).next_u64(),
            proxies: proxies.get().into(),
        })
    }

    /// The proxy of request number `position` of the phase, from 0.
    pub(super) fn proxy(&self, position: u64) -> u16 {
        let hash = xxh64(&position.to_le_bytes(), self.salt);
        u16::try_from(hash % self.proxies).unwrap_or(0)
    }
}

/// One algorithm at each of several proxies.
#[derive(Debug)]
pub(super) struct SpreadSplit {
    pub(super) spread: Spread,
    /// The algorithm of each proxy, in its own state.
    pub(super) splits: Vec<Box<dyn Split>>,
    pub(super) position: u64,
}

impl Split for SpreadSplit {
    fn pick(&mut self, random: &mut Stream) -> usize {
        let proxy = usize::from(self.spread.proxy(self.position));
        self.position += 1;
        self.splits
            .get_mut(proxy)
            .map_or(0, |split| split.pick(random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::SmoothWrr;

    #[test]
    fn each_proxy_goes_round_for_itself() {
        let two = NonZeroU16::new(2).unwrap();
        let spread = Spread::new(two, 1, [0, 0]).unwrap();
        let wrr = || Box::new(SmoothWrr::new(&[3, 1]).unwrap()) as Box<dyn Split>;
        let mut split = SpreadSplit {
            spread,
            splits: vec![wrr(), wrr()],
            position: 0,
        };
        let mut random = stream(1, Purpose::Split, &[]);
        // By hand: each proxy alone gives 0 0 1 0, again and again (smooth weighted round robin of
        // 3 and 1), whatever the other one does in between.
        let mut turns = [0_usize; 2];
        let mut apart = [0_u64; 2];
        let mut longest = 0;
        let mut run = 0;
        for position in 0..4_000 {
            let proxy = usize::from(spread.proxy(position));
            let pick = split.pick(&mut random);
            assert_eq!(pick, [0, 0, 1, 0][turns[proxy] % 4], "{position}");
            turns[proxy] += 1;
            apart[proxy] += 1;
            run = if pick == 1 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        // One proxy would never send two in a row to the second; two do.
        assert_eq!(longest, 2);
        // 2,000 each, within five standard deviations of 32.
        assert!(apart[0].abs_diff(2_000) < 160, "{apart:?}");
    }

    #[test]
    fn one_proxy_is_no_spread() {
        assert!(Spread::new(NonZeroU16::MIN, 1, [0, 0]).is_none());
    }
}
