//! What one proxy knows of a version: whom it may pick, how many requests it has there itself, and
//! whom it has ejected. Proxies do not tell each other anything (Envoy keeps this state per worker).

use super::members::{Health, Replica};
use super::outlier::Detector;
use crate::balance::{Balance, Hosts};
use crate::random::Stream;
use crate::scenario::{Backend, SlowStart};

/// What one proxy knows of a version.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) detector: Option<Detector>,
    /// Requests that are being made again.
    pub(super) retrying: u32,
    /// Attempts under way: all, and per replica.
    pub(super) under_way: u32,
    active: Vec<u32>,
    balance: Box<dyn Balance>,
    random: Stream,
    usable: Vec<u32>,
    weights: Vec<f64>,
    /// Attempts that may be under way at the same time.
    most_requests: u32,
    shares_queue: bool,
}

impl Proxy {
    /// A proxy that has not seen a request yet, for a version with at most so many replicas.
    pub(super) fn new(backend: &Backend, mut random: Stream, most: usize) -> Self {
        let detection = backend.resilience.outlier_detection;
        Self {
            detector: detection.map(|settings| Detector::new(settings, most)),
            retrying: 0,
            under_way: 0,
            active: vec![0; most],
            balance: (backend.balancing.build)(&mut random),
            random,
            usable: Vec::new(),
            weights: vec![1.0; most],
            most_requests: backend.resilience.max_requests.unwrap_or(u32::MAX),
            shares_queue: backend.balancing.shares_queue,
        }
    }

    /// Finds out who may be picked: who is up and not ejected, or everyone up in a panic.
    pub(super) fn membership(&mut self, backend: &Backend, replicas: &[Replica], now: u64) {
        let numbered = (0_u32..).zip(replicas);
        let up = numbered.filter(|(_, one)| one.health == Health::Up);
        let up: Vec<u32> = up.map(|(replica, _)| replica).collect();
        let fine = |replica: &u32| {
            let detector = self.detector.as_ref();
            !detector.is_some_and(|detector| detector.is_ejected(*replica))
        };
        let healthy: Vec<u32> = up.iter().copied().filter(fine).collect();
        #[expect(clippy::cast_precision_loss, reason = "few replicas")]
        let share = healthy.len() as f64 / up.len().max(1) as f64;
        let panics = share < backend.resilience.panic_threshold;
        self.usable = if panics { up } else { healthy };
        self.weigh(backend, replicas, now);
    }

    /// Renews the weights of replicas in slow start. True while one is.
    pub(super) fn weigh(&mut self, backend: &Backend, replicas: &[Replica], now: u64) -> bool {
        let mut warming = false;
        if let Some(slow_start) = backend.resilience.slow_start {
            for (weight, replica) in self.weights.iter_mut().zip(replicas) {
                // Replicas of the beginning have been there before.
                let new = replica.since > 0 && replica.health == Health::Up;
                *weight = if new {
                    slow_start_weight(slow_start, now - replica.since)
                } else {
                    1.0
                };
                warming |= *weight < 1.0;
            }
        }
        if !self.usable.is_empty() {
            let hosts = Hosts {
                usable: &self.usable,
                active: &self.active,
                weights: &self.weights,
            };
            self.balance.update(hosts, &mut self.random);
        }
        warming
    }

    /// The replica for an attempt; `None` if there is none.
    #[inline]
    pub(super) fn pick(&mut self, hash: u64) -> Option<u32> {
        if self.usable.is_empty() || self.under_way >= self.most_requests {
            return None;
        }
        if self.shares_queue {
            return Some(0);
        }
        let hosts = Hosts {
            usable: &self.usable,
            active: &self.active,
            weights: &self.weights,
        };
        Some(self.balance.pick(hosts, hash, &mut self.random))
    }

    /// An attempt is at a replica.
    #[inline]
    pub(super) fn enter(&mut self, replica: u32) {
        self.under_way += 1;
        self.active[replica as usize] += 1;
    }

    /// An attempt is answered, or given up.
    #[inline]
    pub(super) fn leave(&mut self, replica: u32) {
        self.under_way -= 1;
        self.active[replica as usize] -= 1;
    }
}

/// Envoy's `applySlowStartFactor`: (t / window)^(1 / aggression), at least the least weight.
#[expect(clippy::cast_precision_loss, reason = "a share of time")]
fn slow_start_weight(slow_start: SlowStart, age: u64) -> f64 {
    let window = slow_start.window.as_secs_f64() * 1e9;
    let age = age.max(1_000_000) as f64;
    if age >= window {
        return 1.0;
    }
    let factor = (age / window).powf(1.0 / slow_start.aggression);
    factor.max(slow_start.min_weight)
}
