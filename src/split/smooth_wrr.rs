//! nginx's smooth weighted round robin.
//!
//! Source: nginx, `src/http/ngx_http_upstream_round_robin.c` (`ngx_http_upstream_get_peer`), with
//! every peer healthy, so that effective and configured weights agree. At each pick every peer's
//! current weight grows by its weight; the largest is picked, the first of equals, and loses the
//! total. Nothing is random.
//!
//! After n picks a destination never leads n·share by one or more. It may lag by more than one, but
//! only if there are at least four.

use super::{Split, count_periods, weighted};
use crate::random::Stream;

/// The smooth round robin, from its initial state.
#[derive(Debug, Clone)]
pub struct SmoothWrr {
    peers: Vec<Peer>,
    total: i64,
}

#[derive(Debug, Clone)]
struct Peer {
    destination: usize,
    weight: i64,
    /// How far the peer is behind its share; over all peers the sum is zero between picks.
    current: i64,
}

impl SmoothWrr {
    /// A round robin for these weights; `None` if their sum is zero.
    #[must_use]
    pub fn new(weights: &[u32]) -> Option<Self> {
        let peers: Vec<Peer> = weighted(weights)?
            .into_iter()
            .map(|(destination, weight)| Peer {
                destination,
                weight: weight.into(),
                current: 0,
            })
            .collect();
        let total = peers.iter().map(|peer| peer.weight).sum();
        Some(Self { peers, total })
    }
}

impl Split for SmoothWrr {
    fn pick(&mut self, _random: &mut Stream) -> usize {
        let mut best = 0;
        for place in 0..self.peers.len() {
            self.peers[place].current += self.peers[place].weight;
            if self.peers[place].current > self.peers[best].current {
                best = place;
            }
        }
        self.peers[best].current -= self.total;
        self.peers[best].destination
    }

    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        // After `total` picks every peer was picked as often as its weight says, and all are back.
        count_periods(self, random, self.total.unsigned_abs(), requests, counts);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{any_stream, picks, tally, weights_above_zero};
    use super::*;

    fn smooth(weights: &[u32]) -> SmoothWrr {
        SmoothWrr::new(weights).unwrap()
    }

    #[test]
    fn the_example_of_nginx() {
        // nginx commit 52327e062, whose message gives this sequence: a a b a c a a.
        assert_eq!(
            picks(&mut smooth(&[5, 1, 1]), 8),
            [0, 0, 1, 0, 2, 0, 0, 0],
            "and the next period begins"
        );
    }

    #[test]
    fn computed_by_hand() {
        assert_eq!(picks(&mut smooth(&[1, 2, 3]), 6), [2, 1, 0, 2, 1, 2]);
        assert_eq!(picks(&mut smooth(&[3, 1]), 4), [0, 0, 1, 0]);
        assert_eq!(picks(&mut smooth(&[50, 0, 50]), 4), [0, 2, 0, 2]);
        assert!(SmoothWrr::new(&[0, 0]).is_none());
    }

    /// The largest lead and the largest lag of a destination over one period, in requests times
    /// the total.
    fn lead_and_lag(weights: &[u32]) -> (i64, i64) {
        let mut picker = smooth(weights);
        let (mut lead, mut lag) = (0, 0);
        for _ in 0..picker.total {
            picker.pick(&mut any_stream());
            for peer in &picker.peers {
                lead = lead.max(-peer.current);
                lag = lag.max(peer.current);
            }
        }
        (lead, lag)
    }

    #[test]
    fn of_four_destinations_one_may_lag_by_more_than_one_request() {
        let weights = [2, 500, 9, 500];
        let (_, lag) = lead_and_lag(&weights);
        assert_eq!(lag, 1054, "more than the total of 1011");
    }

    proptest! {
        #[test]
        fn no_destination_leads_by_one_and_of_three_none_lags_by_one(
            weights in weights_above_zero(),
        ) {
            let total: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
            let (lead, lag) = lead_and_lag(&weights);
            prop_assert!(lead < total);
            prop_assert!(lag < total || weights.len() > 3);
        }

        #[test]
        fn counting_is_picking_one_by_one(
            weights in weights_above_zero(),
            (before, requests) in (0..50_u64, 0..2000_u64),
        ) {
            let mut one_by_one = smooth(&weights);
            picks(&mut one_by_one, before);
            let mut at_once = one_by_one.clone();
            let expected = tally(&mut one_by_one, requests, weights.len());
            let mut counts = vec![0; weights.len()];
            at_once.count(&mut any_stream(), requests, &mut counts);
            prop_assert_eq!(counts, expected);
            prop_assert_eq!(picks(&mut at_once, 20), picks(&mut one_by_one, 20));
        }
    }
}
