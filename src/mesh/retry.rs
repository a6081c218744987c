//! What a proxy tries again, and how long it waits before.
//!
//! Source: envoyproxy/envoy, `source/common/router/retry_state_impl.cc`
//! (`wouldRetryFromHeaders`, `wouldRetryFromReset`) and `source/common/common/backoff_strategy.cc`
//! (`JitteredExponentialBackOffStrategy`); the intervals are Istio's.

use crate::routing::Retries;

/// The first wait is below this, in milliseconds; it doubles with each try.
const BASE_MILLISECONDS: u64 = 25;
/// No wait is above this.
const MOST_MILLISECONDS: u64 = 10 * BASE_MILLISECONDS;

/// Whether the answer of a destination is one to try again. What a proxy answers itself (faults, no
/// healthy replica, no cluster) never is. Conditions of gRPC and of connections that break do not
/// meet an answer.
pub(super) fn retries_status(retries: &Retries, status: u16) -> bool {
    retries.retry_on.iter().any(|condition| match &**condition {
        "5xx" => (500..600).contains(&status),
        "gateway-error" => (502..=504).contains(&status),
        "retriable-4xx" => status == 409,
        other => other.parse() == Ok(status),
    })
}

/// Whether a try that took longer than it may is made again.
pub(super) fn retries_timeout(retries: &Retries) -> bool {
    let resets = ["5xx", "gateway-error", "reset"];
    let mut conditions = retries.retry_on.iter();
    conditions.any(|condition| resets.contains(&&**condition))
}

/// The wait before a retry, counted from 0, is a whole number of milliseconds below this.
pub(super) fn wait_limit(retry: u32) -> u64 {
    let doubled = BASE_MILLISECONDS.saturating_mul(1 << retry.min(10));
    doubled.min(MOST_MILLISECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(conditions: &[&str]) -> Retries {
        Retries {
            retry_on: conditions.iter().map(|&one| one.to_owned()).collect(),
            ..Retries::default()
        }
    }

    #[test]
    fn the_default_of_istio_tries_no_answer_again() {
        let standard = Retries::default();
        let statuses = (200..600).filter(|&status| retries_status(&standard, status));
        assert_eq!(statuses.count(), 0);
        assert!(!retries_timeout(&standard));
    }

    #[test]
    fn conditions_mean_what_envoy_means() {
        let retried = |condition: &str| -> Vec<u16> {
            let retries = on(&[condition]);
            let some = [200, 404, 409, 500, 502, 503, 504, 599];
            let retried = some.into_iter();
            retried
                .filter(|&one| retries_status(&retries, one))
                .collect()
        };
        assert_eq!(retried("5xx"), [500, 502, 503, 504, 599]);
        assert_eq!(retried("gateway-error"), [502, 503, 504]);
        assert_eq!(retried("retriable-4xx"), [409]);
        assert_eq!(retried("404"), [404]);
        assert!(retried("connect-failure").is_empty());
        let timeouts = ["5xx", "gateway-error", "reset", "504", "connect-failure"];
        let timeouts = timeouts.map(|condition| retries_timeout(&on(&[condition])));
        assert_eq!(timeouts, [true, true, true, false, false]);
    }

    #[test]
    fn waits_double_up_to_ten_times_the_first() {
        let limits: Vec<u64> = (0..6).map(wait_limit).collect();
        assert_eq!(limits, [25, 50, 100, 200, 250, 250]);
        assert_eq!(wait_limit(u32::MAX), 250);
    }
}
