//! What protects the callers: `timeout`, `retries`, `outlier-detection`, `slow-start`, limits.

use std::time::Duration;

use super::Keys;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::Node;
use crate::scenario::{OutlierDetection, Resilience, Retries, RetryBudget, SlowStart};
use crate::units::to_f64;

/// The settings of `retries`.
pub(in crate::config) const RETRY_KEYS: [&str; 5] = [
    "attempts",
    "per-try-timeout",
    "back-off",
    "budget",
    "min-retry-concurrency",
];
/// The settings of `outlier-detection`.
pub(in crate::config) const OUTLIER_KEYS: [&str; 4] = [
    "consecutive-5xx-errors",
    "interval",
    "base-ejection-time",
    "max-ejection-percent",
];
/// The settings of `slow-start`.
pub(in crate::config) const SLOW_START_KEYS: [&str; 3] = ["window", "aggression", "min-weight"];

pub(super) fn read(keys: &Keys, report: &mut Report) -> Resilience {
    let outlier_detection = keys
        .get("outlier-detection")
        .and_then(|node| outlier(node, report));
    Resilience {
        timeout: keys.duration("timeout", report),
        retries: keys.get("retries").and_then(|node| retries(node, report)),
        // Istio switches the panic off by default; Envoy alone has 50%.
        panic_threshold: keys.share("panic-threshold", report).unwrap_or(0.0),
        outlier_detection,
        slow_start: keys
            .get("slow-start")
            .and_then(|node| slow_start(node, report)),
        max_requests: keys.whole("max-requests", 1, report),
    }
}

fn whole(fields: &Fields, key: &str, default: u32, report: &mut Report) -> u32 {
    let node = fields.get(key);
    node.and_then(|node| values::whole(node, 0, u32::MAX.into(), report))
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(default)
}

fn duration(fields: &Fields, key: &str, report: &mut Report) -> Option<Duration> {
    let node = fields.get(key)?;
    values::duration(node, report)
}

fn share(fields: &Fields, key: &str, report: &mut Report) -> Option<f64> {
    let node = fields.get(key)?;
    values::percent(node, report).map(to_f64)
}

fn retries(node: &Node, report: &mut Report) -> Option<Retries> {
    let fields = Fields::of(node, "`retries`", &RETRY_KEYS, report)?;
    let attempts = fields.required("attempts", "2", report)?;
    let attempts = values::whole(attempts, 1, 100, report)?;
    let budget = share(&fields, "budget", report).map(|share| RetryBudget {
        share,
        min_retry_concurrency: whole(&fields, "min-retry-concurrency", 3, report),
    });
    Some(Retries {
        attempts: u32::try_from(attempts).ok()?,
        per_try_timeout: duration(&fields, "per-try-timeout", report),
        back_off: duration(&fields, "back-off", report).unwrap_or(Duration::from_millis(25)),
        budget,
    })
}

fn outlier(node: &Node, report: &mut Report) -> Option<OutlierDetection> {
    let fields = Fields::of(node, "`outlier-detection`", &OUTLIER_KEYS, report)?;
    let usual = OutlierDetection::default();
    let percent = fields.get("max-ejection-percent");
    let percent = percent.and_then(|node| values::whole(node, 0, 100, report));
    Some(OutlierDetection {
        consecutive_errors: whole(
            &fields,
            "consecutive-5xx-errors",
            usual.consecutive_errors,
            report,
        ),
        interval: duration(&fields, "interval", report).unwrap_or(usual.interval),
        base_ejection: duration(&fields, "base-ejection-time", report)
            .unwrap_or(usual.base_ejection),
        max_ejection_percent: percent
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(usual.max_ejection_percent),
    })
}

fn slow_start(node: &Node, report: &mut Report) -> Option<SlowStart> {
    let fields = Fields::of(node, "`slow-start`", &SLOW_START_KEYS, report)?;
    let window = fields.required("window", "30s", report)?;
    let aggression = fields
        .get("aggression")
        .and_then(|node| values::positive_decimal(node, report));
    let min_weight = share(&fields, "min-weight", report).unwrap_or(0.1);
    if min_weight == 0.0 {
        report.add(Diagnostic::error(
            fields.start(),
            "`min-weight` is zero",
            "a new replica would never get a request",
        ));
    }
    Some(SlowStart {
        window: values::duration(window, report)?,
        aggression: aggression.map_or(1.0, to_f64),
        min_weight,
    })
}
