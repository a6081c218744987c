//! Timeouts and retries of Gateway API's rules, as Istio translates them.
//!
//! Source: istio/istio, `pilot/pkg/config/kube/gateway/conversion.go` (`convertHTTPRoute`).

use super::object::{Keys, duration, items, number, object, scalar};
use super::resources::HttpRule;
use crate::config::reader::{Fields, Report};
use crate::routing::Retries;

/// The conditions on which Istio retries besides the status codes of a rule.
const RETRY_ON: [&str; 4] = [
    "connect-failure",
    "refused-stream",
    "unavailable",
    "cancelled",
];

/// Reads `timeouts` and `retry` into a rule.
pub(super) fn time_limits(fields: &Fields, rule: &mut HttpRule, report: &mut Report) {
    const TIMEOUTS: Keys = Keys {
        read: &["request", "backendRequest"],
        not_simulated: &[],
    };
    let retries = retries(fields, report);
    let timeouts = fields.get("timeouts");
    if let Some(node) = timeouts
        && let Some(timeouts) = object(node, "timeouts", &TIMEOUTS, report)
    {
        let limit = |key: &str, report: &mut Report| {
            duration(&timeouts, key, report).filter(|limit| !limit.is_zero())
        };
        rule.timeout = limit("request", report);
        let of_try = limit("backendRequest", report);
        match &retries {
            Some(_) => rule.retries.per_try_timeout = of_try,
            // Istio: without retries a try is the request.
            None => rule.timeout = of_try.or(rule.timeout),
        }
    }
    if let Some(retries) = retries {
        rule.retries = Retries {
            per_try_timeout: rule.retries.per_try_timeout,
            ..retries
        };
    }
}

/// `{attempts, codes, backoff}`.
fn retries(fields: &Fields, report: &mut Report) -> Option<Retries> {
    const RETRY: Keys = Keys {
        read: &["attempts", "codes"],
        not_simulated: &[("backoff", "retries wait as long as by default")],
    };
    let retry = object(fields.get("retry")?, "retries", &RETRY, report)?;
    let attempts = number(&retry, "attempts", 0, i64::from(i32::MAX), report);
    if attempts == Some(0) {
        return Some(Retries::NEVER);
    }
    let mut retry_on: Vec<String> = RETRY_ON.map(str::to_owned).to_vec();
    for code in items(&retry, "codes", report) {
        match scalar(code).filter(|code| code.parse::<u16>().is_ok()) {
            Some(code) => retry_on.push(code.to_owned()),
            None => report.expected(code, "a status code"),
        }
    }
    Some(Retries {
        attempts: attempts.unwrap_or(2),
        per_try_timeout: None,
        retry_on,
    })
}
