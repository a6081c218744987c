//! Kubernetes' HorizontalPodAutoscaler on the share of busy slots
//! (`pkg/controller/podautoscaler/horizontal.go`, with the default behaviour of
//! `autoscaling/v2`).

use std::collections::VecDeque;

use crate::scenario::{AUTOSCALER_TOLERANCE, Autoscaler};

/// The rule and its memory.
#[derive(Debug)]
pub(super) struct Hpa {
    settings: Autoscaler,
    /// Recommendations of the stabilisation window, (moment, replicas), without those that a later
    /// one exceeds: the first is the highest.
    recommended: VecDeque<(u64, u32)>,
    /// Replicas that were added: (moment, how many).
    added: VecDeque<(u64, u32)>,
}

/// Scaling up is limited over this period.
const SCALE_UP_PERIOD: u64 = 15_000_000_000;
/// Within it, this many replicas may be added, or as many as there were.
const SCALE_UP_PODS: u32 = 4;

impl Hpa {
    pub(super) fn new(settings: Autoscaler) -> Self {
        Self {
            settings,
            recommended: VecDeque::new(),
            added: VecDeque::new(),
        }
    }

    /// Nanoseconds between two decisions.
    pub(super) fn sync_period(&self) -> u64 {
        crate::sim::engine::nanos(self.settings.sync_period).max(1)
    }

    /// The number of replicas that there shall be, at `now`: there are `current`, of which `ready`
    /// take requests and are busy to a share `utilisation`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between min and max, which are u32"
    )]
    pub(super) fn decide(&mut self, now: u64, current: u32, ready: u32, utilisation: f64) -> u32 {
        let ratio = utilisation / self.settings.target;
        let unchanged = (ratio - 1.0).abs() <= AUTOSCALER_TOLERANCE;
        // Replicas that are not ready yet count as idle when scaling up.
        let counted = if ratio > 1.0 {
            let with_starting = ratio * f64::from(ready) / f64::from(current.max(1));
            if with_starting <= 1.0 + AUTOSCALER_TOLERANCE {
                current
            } else {
                (with_starting * f64::from(current)).ceil() as u32
            }
        } else {
            (ratio * f64::from(ready)).ceil() as u32
        };
        let desired = if unchanged { current } else { counted };
        let desired = self.stabilise(now, desired);
        let desired = desired.min(self.most_now(now, current));
        let (min, max) = (self.settings.min.get(), self.settings.max.get());
        let desired = desired.clamp(min, max.max(min));
        if desired > current {
            self.added.push_back((now, desired - current));
        }
        desired
    }

    /// The highest recommendation of the window.
    fn stabilise(&mut self, now: u64, desired: u32) -> u32 {
        let window = crate::sim::engine::nanos(self.settings.stabilisation);
        let recommended = &mut self.recommended;
        while recommended
            .front()
            .is_some_and(|&(moment, _)| moment.saturating_add(window) <= now)
        {
            recommended.pop_front();
        }
        while recommended
            .back()
            .is_some_and(|&(_, replicas)| replicas <= desired)
        {
            recommended.pop_back();
        }
        recommended.push_back((now, desired));
        self.recommended
            .front()
            .map_or(desired, |&(_, highest)| highest)
    }

    /// At most doubled, or four more, per period.
    fn most_now(&mut self, now: u64, current: u32) -> u32 {
        self.added
            .retain(|&(moment, _)| moment.saturating_add(SCALE_UP_PERIOD) > now);
        let added: u32 = self.added.iter().map(|&(_, replicas)| replicas).sum();
        let at_start = current.saturating_sub(added);
        (2 * at_start).max(at_start + SCALE_UP_PODS)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;

    fn hpa() -> Hpa {
        Hpa::new(Autoscaler {
            min: NonZeroU32::MIN,
            max: NonZeroU32::new(20).unwrap(),
            target: 0.5,
            sync_period: Duration::from_secs(15),
            stabilisation: Duration::from_secs(60),
        })
    }

    #[test]
    fn a_trace_by_hand() {
        let mut hpa = hpa();
        let at = |seconds: u64| seconds * 1_000_000_000;
        // 2 × 1.0/0.5 = 4.
        assert_eq!(hpa.decide(at(15), 2, 2, 1.0), 4);
        // Two are still starting: as idle ones, 1.0/0.5 × 2/4 = 1, nothing changes.
        assert_eq!(hpa.decide(at(30), 4, 2, 1.0), 4);
        assert_eq!(hpa.decide(at(45), 4, 4, 0.9), 8);
        // Within 10% of the target.
        assert_eq!(hpa.decide(at(60), 8, 8, 0.46), 8);
        // 8 × 0.1/0.5 = 2, but 8 was recommended 60 s ago or less until t = 120.
        assert_eq!(hpa.decide(at(75), 8, 8, 0.1), 8);
        assert_eq!(hpa.decide(at(105), 8, 8, 0.1), 8);
        assert_eq!(hpa.decide(at(135), 8, 8, 0.1), 2);
    }

    #[test]
    fn scaling_up_is_limited_to_double_or_four_more_in_15_seconds() {
        let mut hpa = hpa();
        assert_eq!(hpa.decide(0, 1, 1, 10.0), 5);
        assert_eq!(hpa.decide(5_000_000_000, 5, 5, 10.0), 5);
        assert_eq!(hpa.decide(15_000_000_000, 5, 5, 10.0), 10);
        assert_eq!(hpa.decide(30_000_000_000, 10, 10, 10.0), 20);
    }
}
