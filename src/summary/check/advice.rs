//! What to do next: one paragraph per verdict, for someone who knows no statistics.

use super::{CheckSummary, CheckedVersion, Order, Verdict};
use crate::units::display::count;

/// The paragraph.
pub(super) fn what_to_do(summary: &CheckSummary) -> String {
    match summary.verdict {
        Verdict::NotConsistent => not_consistent(summary),
        Verdict::Consistent => consistent(summary),
        Verdict::NoContradictionYet => not_yet(summary),
    }
}

fn looks(summary: &CheckSummary) -> Option<Order> {
    summary.order.as_ref().map(|order| order.looks)
}

fn not_consistent(summary: &CheckSummary) -> String {
    let known = |version: &&CheckedVersion| version.weight.is_some();
    let observed = summary
        .versions
        .iter()
        .filter(|version| version.observed_count > 0);
    if observed.clone().filter(known).count() == 0 {
        let names: Vec<&str> = observed.map(|version| version.version.as_str()).collect();
        return format!(
            "None of the versions observed ({}) is in the target: check that both use the same \
             names.",
            names.join(", ")
        );
    }
    let strays: Vec<&str> = summary
        .versions
        .iter()
        .filter(|version| version.target_share == 0.0 && version.observed_count > 0)
        .map(|version| version.version.as_str())
        .collect();
    if !strays.is_empty() {
        return format!(
            "Find out where requests to {} come from: another rule, requests from before the last change, \
             or a name that the target lacks.",
            strays.join(" and ")
        );
    }
    if summary
        .versions
        .iter()
        .all(|version| version.interval_within)
    {
        return "Nothing, if the tolerance is what matters to you. If the exact split matters, \
            look for requests that the rule does not reach, and for retries and affinity."
            .into();
    }
    match looks(summary) {
        Some(Order::Alternating) => "The rule is probably not applied: a plain Service in front \
            of the replicas alternates like this. Check that the requests pass through the mesh \
            or the gateway, and that the rule's host matches."
            .into(),
        Some(Order::Sticky | Order::Blocked) => "Requests are not picked one by one: look for \
            session affinity, and for connections that are kept open (TCP is split by connection). \
            Count users or connections instead, then check again."
            .into(),
        _ => "Do not put this down to chance. Check that the rule is applied (its host, its \
            subsets and their labels), that every request passes through it, and that no retry, \
            cache or affinity stands between."
            .into(),
    }
}

fn consistent(summary: &CheckSummary) -> String {
    let points = summary.tolerance_points;
    match looks(summary) {
        Some(Order::Sticky | Order::Blocked) => format!(
            "Careful: the shares fit ±{points} points, but the requests are not independent, so \
             this is less sure than it looks. Count users or connections instead."
        ),
        Some(Order::Alternating) => format!(
            "Nothing about the shares: they are within ±{points} points. The order is that of a \
             round robin, which is more even than chance."
        ),
        _ => match never_seen(summary) {
            Some(version) => format!(
                "Within ±{points} points of its target lies 0% for {version}, which was never seen: \
                 ask with a smaller --tolerance."
            ),
            None => format!("Nothing: the split does what it should, within ±{points} points."),
        },
    }
}

/// A version of the target that was never seen.
fn never_seen(summary: &CheckSummary) -> Option<&str> {
    let mut versions = summary.versions.iter();
    versions
        .find(|version| version.target_share > 0.0 && version.observed_count == 0)
        .map(|version| version.version.as_str())
}

/// Whether a share is not even observed within the tolerance.
fn is_far(summary: &CheckSummary) -> bool {
    let far = |version: &CheckedVersion| {
        100.0 * (version.observed_share - version.target_share).abs() >= summary.tolerance_points
    };
    summary.versions.iter().any(far)
}

fn not_yet(summary: &CheckSummary) -> String {
    let points = summary.tolerance_points;
    let wider = format!(
        "or be content with ±{} points (--tolerance)",
        summary.confirmed_points.ceil()
    );
    let dependent = match looks(summary) {
        Some(Order::Sticky | Order::Blocked) => {
            " The requests are not independent: count users or connections instead."
        }
        _ => "",
    };
    let advice = match summary.requests_to_confirm {
        None if is_far(summary) => format!(
            "The observed shares are themselves ±{points} points or more from the target: send \
             more requests and check again, {wider}."
        ),
        None => {
            format!("No number of requests that can be sent confirms ±{points} points: {wider}.")
        }
        Some(needed) => {
            let more = needed.requests.saturating_sub(summary.requests);
            let assuming = match needed.assuming {
                "shares on target" => "if the shares then are as configured",
                _ => "if the shares stay as observed",
            };
            format!(
                "Send {} more requests: {} in all would confirm ±{points} points, {assuming}; \
                 {wider}.",
                count(more),
                count(needed.requests)
            )
        }
    };
    advice + dependent
}
