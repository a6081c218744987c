//! Istio's retries.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use super::object::{Keys, duration, number, object, refuse, text};
use crate::config::reader::{Fields, Report};
use crate::routing::Retries;

/// The retries of a rule.
pub(super) fn retries(fields: &Fields, report: &mut Report) -> Retries {
    const RETRIES: Keys = Keys {
        read: &["attempts", "perTryTimeout", "retryOn"],
        not_simulated: &[
            ("retryRemoteLocalities", "all replicas count as near"),
            (
                "retryIgnorePreviousHosts",
                "a retry may meet the same replica",
            ),
            ("backoff", "retries wait as long as by default"),
        ],
    };
    let Some(node) = fields.get("retries") else {
        return Retries::default();
    };
    let Some(policy) = object(node, "retries", &RETRIES, report) else {
        return Retries::default();
    };
    let attempts: Option<i64> = number(&policy, "attempts", i64::MIN, i64::MAX, report);
    if attempts.is_some_and(|attempts| attempts < 0) {
        refuse(report, node.span.clone(), "attempts cannot be negative");
    }
    let more = policy.get("perTryTimeout").is_some() || policy.get("retryOn").is_some();
    if attempts == Some(0) && more {
        let message = "http retry policy configured when attempts are set to 0 (disabled)";
        refuse(report, node.span.clone(), message);
    }
    if attempts == Some(0) {
        return Retries::NEVER;
    }
    let standard = Retries::default();
    Retries {
        attempts: attempts
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(standard.attempts),
        per_try_timeout: duration(&policy, "perTryTimeout", report),
        retry_on: match text(&policy, "retryOn", report) {
            Some(conditions) => retry_conditions(&conditions, &policy, report),
            None => standard.retry_on,
        },
    }
}

/// The conditions that Envoy and gRPC know.
const RETRY_ON: [&str; 17] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
    "unknown",
];

fn retry_conditions(written: &str, policy: &Fields, report: &mut Report) -> Vec<String> {
    let conditions: Vec<String> = written
        .split(',')
        .map(|one| one.trim().to_owned())
        .collect();
    for condition in &conditions {
        let is_status = condition
            .parse::<u16>()
            .is_ok_and(|status| (100..600).contains(&status));
        if !is_status && !RETRY_ON.contains(&condition.as_str()) {
            let message = format!("\"{condition}\" is not a valid retryOn policy");
            refuse(report, policy.start(), message);
        }
    }
    conditions
}
