//! Weights by pods, where no traffic is routed (argoproj/argo-rollouts, utils/replicaset/canary.go,
//! `approximateWeightedCanaryStableReplicaCounts`).

use std::cmp::Ordering;

/// Pods of the new version and of all, nearest to `weight` percent of `replicas`; one pod more may
/// be used if `surge` allows it. On a tie the larger count wins.
pub(super) fn nearest(replicas: u64, weight: u64, surge: bool) -> (u64, u64) {
    if replicas == 0 {
        return (0, 0);
    }
    let up = (replicas * weight).div_ceil(100);
    let down = replicas * weight / 100;
    let zero_allowed = weight == 0 || weight == 100 || (replicas == 1 && !surge);
    let tied = |total: u64| total * weight % 100 == 50;
    let mut options = Vec::new();
    if up < replicas || zero_allowed {
        options.push((up, replicas));
    }
    if !tied(replicas) && (down != 0 || zero_allowed) {
        options.push((down, replicas));
    }
    if surge {
        options.push((up, replicas + 1));
        if !tied(replicas + 1) && (down != 0 || zero_allowed) {
            options.push((down, replicas + 1));
        }
    }
    options
        .into_iter()
        .reduce(|best, one| match closer(one, best, weight) {
            Ordering::Less => one,
            _ => best,
        })
        .unwrap_or((0, replicas))
}

/// Which of two is closer to the weight, compared exactly.
fn closer(one: (u64, u64), other: (u64, u64), weight: u64) -> Ordering {
    let distance = |(canary, total): (u64, u64)| (canary * 100).abs_diff(weight * total);
    (distance(one) * other.1).cmp(&(distance(other) * one.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_become_whole_pods() {
        assert_eq!(nearest(10, 30, false), (3, 10));
        assert_eq!(nearest(4, 25, true), (1, 4));
        assert_eq!(nearest(5, 40, true), (2, 5));
        // Half of three pods: two of three without surge, two of four with it.
        assert_eq!(nearest(3, 50, false), (2, 3));
        assert_eq!(nearest(3, 50, true), (2, 4));
        // One percent of four pods is at least one pod.
        assert_eq!(nearest(4, 1, false), (1, 4));
        assert_eq!(nearest(4, 100, true), (4, 4));
        assert_eq!(nearest(4, 0, true), (0, 4));
        assert_eq!(nearest(1, 50, false), (1, 1));
        assert_eq!(nearest(0, 50, true), (0, 0));
    }
}
