//! Outlier detection: which replicas are left out for their errors (Envoy,
//! `source/common/upstream/outlier_detection_impl.cc`).
//!
//! A replica whose counter of 5xx in a row reaches the threshold is ejected if the limit of ejected
//! replicas allows it; the counter starts again either way, and at any other response. The limit is
//! checked with the new one included, so that with 10% no replica of fewer than ten is ever
//! ejected. Ejected replicas come back in a sweep, never between two. Jitter is left out.

use crate::scenario::{MAX_EJECTION, OutlierDetection};

/// The state of one replica.
#[derive(Debug, Clone, Copy, Default)]
struct Host {
    in_a_row: u32,
    ejections: u32,
    until: Option<u64>,
}

/// The detector of one version.
#[derive(Debug)]
pub(super) struct Detector {
    settings: OutlierDetection,
    hosts: Vec<Host>,
    ejected: u32,
}

impl Detector {
    /// The detector of a version with at most so many replicas.
    pub(super) fn new(settings: OutlierDetection, replicas: usize) -> Self {
        Self {
            settings,
            hosts: vec![Host::default(); replicas],
            ejected: 0,
        }
    }

    /// Whether a replica is ejected.
    pub(super) fn is_ejected(&self, replica: u32) -> bool {
        let host = self.hosts.get(replica as usize);
        host.is_some_and(|host| host.until.is_some())
    }

    /// Notes a response of `replica`, one of `replicas`. True if it is ejected now.
    pub(super) fn note(&mut self, replica: u32, failed: bool, replicas: u32, now: u64) -> bool {
        let Some(host) = self.hosts.get_mut(replica as usize) else {
            return false;
        };
        if !failed {
            host.in_a_row = 0;
            return false;
        }
        host.in_a_row += 1;
        if host.in_a_row != self.settings.consecutive_errors {
            return false;
        }
        host.in_a_row = 0;
        let share = 100 * u64::from(self.ejected + 1);
        let allowed =
            share <= u64::from(self.settings.max_ejection_percent) * u64::from(replicas.max(1));
        if !allowed || host.until.is_some() {
            return false;
        }
        host.ejections += 1;
        self.ejected += 1;
        let base = self.settings.base_ejection;
        let span = base
            .saturating_mul(host.ejections)
            .min(MAX_EJECTION.max(base));
        host.until = Some(now.saturating_add(crate::sim::engine::nanos(span)));
        true
    }

    /// A sweep. True if a replica comes back.
    pub(super) fn sweep(&mut self, now: u64) -> bool {
        let mut returned = false;
        for host in &mut self.hosts {
            match host.until {
                Some(until) if until <= now => {
                    host.until = None;
                    host.in_a_row = 0;
                    self.ejected -= 1;
                    returned = true;
                }
                Some(_) => {}
                // A sweep in peace shortens the next ejection.
                None => host.ejections = host.ejections.saturating_sub(1),
            }
        }
        returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn detector(max_ejection_percent: u32, replicas: usize) -> Detector {
        let settings = OutlierDetection {
            max_ejection_percent,
            ..OutlierDetection::default()
        };
        Detector::new(settings, replicas)
    }

    #[test]
    fn with_the_defaults_nine_replicas_are_never_ejected_and_ten_are() {
        let mut nine = detector(10, 9);
        assert!((0..100).all(|_| !nine.note(0, true, 9, 0)));
        let mut ten = detector(10, 10);
        let ejected: Vec<bool> = (0..6).map(|_| ten.note(3, true, 10, 0)).collect();
        assert_eq!(ejected, [false, false, false, false, true, false]);
        // The second one would be 20%.
        assert!((0..20).all(|_| !ten.note(4, true, 10, 0)));
    }

    #[test]
    fn a_trace_by_hand() {
        let mut detector = detector(50, 4);
        for _ in 0..4 {
            assert!(!detector.note(1, true, 4, 3 * SECOND));
        }
        assert!(!detector.note(1, false, 4, 4 * SECOND), "a success resets");
        for _ in 0..4 {
            assert!(!detector.note(1, true, 4, 5 * SECOND));
        }
        assert!(detector.note(1, true, 4, 5 * SECOND), "out until 35 s");
        assert!(!detector.sweep(30 * SECOND) && detector.is_ejected(1));
        assert!(detector.sweep(40 * SECOND) && !detector.is_ejected(1));
        for _ in 0..5 {
            detector.note(1, true, 4, 41 * SECOND);
        }
        // The second time it is out for 60 s: until 101 s, so until the sweep at 110 s.
        assert!(!detector.sweep(100 * SECOND));
        assert!(detector.sweep(110 * SECOND));
    }
}
