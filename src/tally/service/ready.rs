//! What the ready replicas gave each destination, where the split follows them.

/// One destination of a phase whose split follows the ready replicas.
///
/// Given the replicas that were ready when it arrived, a request goes to the destination with a
/// known probability p. Over the requests of the phase, the sum of p is what the destination was to
/// be expected to get, and the sum of p (1 − p) the variance of what it got: counts minus the first
/// sum are a martingale, also where replicas change because of the load.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReadyShare {
    /// The lowest share that any request met, 0 to 1.
    pub lowest: f64,
    /// The highest share that any request met, 0 to 1.
    pub highest: f64,
    /// The sum of its shares over all requests: the expected number of its requests.
    pub expected: f64,
    /// The variance of the number of its requests.
    pub variance: f64,
}

/// All destinations of such a phase, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyShares {
    shares: Vec<ReadyShare>,
    begun: bool,
}

impl ReadyShares {
    /// Nothing yet, for so many destinations.
    #[must_use]
    pub fn new(destinations: usize) -> Self {
        Self {
            shares: vec![ReadyShare::default(); destinations],
            begun: false,
        }
    }

    /// Each destination, in order.
    #[must_use]
    pub fn destinations(&self) -> &[ReadyShare] {
        &self.shares
    }

    /// So many requests were split while so many replicas of each destination were ready; nothing is
    /// added without a request or a replica.
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn add(&mut self, requests: u64, ready: &[u32]) {
        let all: u64 = ready.iter().map(|&one| u64::from(one)).sum();
        if all == 0 || requests == 0 {
            return;
        }
        let requests = requests as f64;
        for (share, &ready) in self.shares.iter_mut().zip(ready) {
            let p = f64::from(ready) / all as f64;
            share.lowest = if self.begun { share.lowest.min(p) } else { p };
            share.highest = share.highest.max(p);
            share.expected += requests * p;
            share.variance += requests * p * (1.0 - p);
        }
        self.begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stretches_by_hand() {
        let mut shares = ReadyShares::new(2);
        shares.add(100, &[4, 1]);
        shares.add(50, &[4, 4]);
        shares.add(7, &[0, 0]);
        shares.add(0, &[0, 1]);
        let expected = ReadyShare {
            lowest: 0.2,
            highest: 0.5,
            expected: 20.0 + 25.0,
            variance: 16.0 + 12.5,
        };
        assert_eq!(shares.destinations()[1], expected);
        assert_eq!(shares.destinations()[0].expected, 105.0);
    }
}
