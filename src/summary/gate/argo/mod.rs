//! The exact figures of a rollout by Argo Rollouts with one metric: inline, or in the background.
//!
//! Exact where every measurement looks at requests of its own: windows no longer than the time
//! between measurements, and no reaching back into another weight or analysis. Where a result
//! without data would shift the measurements that follow, it is simulated.

mod ends;
mod measured;

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::Exact;
use super::counted::{self, mass, nanos, requests_of, spared, users_hit, users_requests};
use crate::rollout::{
    Analysis, Argo, ArgoMetricParts, ArgoStep, CanaryWeight, GateTraffic, Route, WindowArrivals,
};
use crate::sim::rollouts::MANUAL_PAUSE;
use crate::stats::StatsError;
use crate::stats::gates::measurements::{MetricLaw, Phase};
use crate::stats::gates::tick::Requests;
use ends::{Ended, Sum};
use measured::{Laws, measurement, the_metric};

const OVERLAP: &str = "a metric's window holds requests of another measurement or weight";
const SEVERAL: &str = "several metrics look at the same requests";
const BOTH: &str = "an inline analysis runs beside one in the background";
const NO_DATA: &str = "a measurement without data shifts the ones that follow";
const OTHER: &str = "a measure other than the success rate is checked";
const OUTSIDE: &str = "a scrape interval, a load test, or measurements without an end";

/// Probability that is not worth a simulation.
const NEGLIGIBLE: f64 = 1e-9;

/// The figures, or why there are none.
pub(super) fn argo(argo: &Argo, traffic: &GateTraffic) -> Result<Exact, StatsError> {
    let unusual = traffic.scrape_interval.is_some() || traffic.load_test.is_some();
    if unusual {
        return Ok(Exact::NotExact(OUTSIDE));
    }
    let inline = argo
        .steps()
        .iter()
        .any(|step| matches!(step, ArgoStep::Analysis(_)));
    let ends = |weight: f64| match argo.background() {
        Some(_) if inline => Ok(Err(BOTH)),
        Some(background) => in_background(
            argo,
            &background.analysis,
            background.starting_step,
            (traffic, weight),
        ),
        None => inline_only(argo, (traffic, weight)),
    };
    let mut answer = match ends(1.0)? {
        Ok(sum) => sum.answer(traffic),
        Err(reason) => return Ok(Exact::NotExact(reason)),
    };
    if let Some(users) = traffic.users {
        let left = ends(spared(users.get()))?;
        answer.users_hit = left.ok().map(|sum| users_hit(users.get(), sum.mass()));
    }
    Ok(Exact::Found(answer))
}

/// The weights of a rollout that nothing stops: (begin, end, route), in nanoseconds.
fn segments(argo: &Argo) -> (Vec<(u64, u64, Route)>, Vec<u64>) {
    let mut route = Route::users(CanaryWeight::NONE);
    let (mut now, mut segments, mut starts) = (0, Vec::new(), Vec::new());
    for step in argo.steps() {
        starts.push(now);
        match step {
            ArgoStep::SetWeight(weight) => route = Route::users(*weight),
            ArgoStep::Pause(span) => {
                let end = now + nanos(span.unwrap_or(MANUAL_PAUSE));
                segments.push((now, end, route));
                now = end;
            }
            ArgoStep::Analysis(_) => {}
        }
    }
    (segments, starts)
}

fn in_background(
    argo: &Argo,
    analysis: &Analysis,
    starting_step: usize,
    weighted: (&GateTraffic, f64),
) -> Result<Result<Sum, &'static str>, StatsError> {
    let (traffic, weight) = weighted;
    let parts = match the_metric(analysis) {
        Ok(parts) => parts,
        Err(reason) => return Ok(Err(reason)),
    };
    let (segments, starts) = segments(argo);
    let end = segments.last().map_or(0, |&(_, end, _)| end);
    let first = starts[starting_step] + nanos(parts.initial_delay);
    let interval = parts.interval.map(nanos);
    let window = nanos(parts.window);
    if interval.is_some_and(|interval| interval < window) {
        return Ok(Err(OVERLAP));
    }
    let mut times = Vec::new();
    let mut at = first;
    // A measurement that is due when the rollout ends is still taken.
    while at <= end && parts.count.is_none_or(|count| times.len() < count as usize) {
        times.push(at);
        match interval {
            Some(interval) => at += interval,
            None => break,
        }
    }
    let mut laws = Laws::default();
    for &at in &times {
        let requests = match in_window(&segments, at.saturating_sub(window), at, traffic) {
            Some(requests) => requests,
            None => return Ok(Err(OVERLAP)),
        };
        let before = in_window(&segments, 0, at, traffic);
        match measurement(parts, requests, before, weighted)? {
            Ok(law) => laws.push(law),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    let law = laws.metric(parts)?;
    let mut sum = Sum::default();
    sum.without_data = laws.rolled_back_without_data(parts)?;
    // Until the rollout ends, however the metric goes on.
    let good = law.running + law.probability(Phase::Successful);
    // What is left of the probability where every error until then has a weight.
    let left = |until: u64| -> f64 {
        let parts = segments.iter().filter(|(begin, ..)| *begin < until);
        parts
            .map(|&(begin, end, route)| {
                let span = Duration::from_nanos(end.min(until) - begin);
                mass(route, span, traffic, weight)
            })
            .product()
    };
    let requests = exposed(&segments, end, traffic);
    sum.add(Ended::Promoted, end, good * left(end), requests);
    for (phase, ended) in [
        (Phase::Failed, Ended::RolledBack),
        (Phase::Error, Ended::RolledBack),
        (Phase::Inconclusive, Ended::Undecided),
    ] {
        for (number, &mass) in law.of(phase).iter().enumerate().skip(1) {
            let at = times[number - 1];
            sum.add(ended, at, mass * left(at), exposed(&segments, at, traffic));
        }
    }
    Ok(Ok(sum))
}

/// Requests of the new version between two moments; `None` if a fixed number cannot be said.
fn in_window(
    segments: &[(u64, u64, Route)],
    from: u64,
    to: u64,
    traffic: &GateTraffic,
) -> Option<Requests> {
    let parts = segments.iter().filter_map(|&(begin, end, route)| {
        let (begin, end) = (begin.max(from), end.min(to));
        (begin < end).then(|| (end - begin, route))
    });
    match traffic.arrivals {
        WindowArrivals::Poisson => {
            let mean = parts.map(|(span, route)| requests_of(route, (0, span), traffic).mean());
            Some(Requests::Poisson(mean.sum()))
        }
        // Fixed numbers are counted from each tick on; a window that holds several has no one law.
        WindowArrivals::Fixed | WindowArrivals::Constant => {
            let parts: Vec<(u64, Route)> = parts
                .filter(|(_, route)| route.users > CanaryWeight::NONE)
                .collect();
            match parts[..] {
                [] => Some(Requests::Fixed(0)),
                [(span, route)] => Some(requests_of(route, (0, span), traffic)),
                _ => None,
            }
        }
    }
}

/// Users' requests on the new version until a moment.
fn exposed(segments: &[(u64, u64, Route)], until: u64, traffic: &GateTraffic) -> f64 {
    let parts = segments.iter().filter(|(begin, ..)| *begin < until);
    parts
        .map(|&(begin, end, route)| {
            let span = Duration::from_nanos(end.min(until) - begin);
            users_requests(route, span, traffic)
        })
        .sum()
}

/// A rollout whose analyses stand between its steps.
fn inline_only(
    argo: &Argo,
    weighted: (&GateTraffic, f64),
) -> Result<Result<Sum, &'static str>, StatsError> {
    let (traffic, weight) = weighted;
    let mut sum = Sum::default();
    // Paths that are still under way: when, with how many requests so far, how likely.
    let mut paths: BTreeMap<u64, (f64, f64)> = BTreeMap::from([(0, (0.0, 1.0))]);
    let mut route = Route::users(CanaryWeight::NONE);
    // The time since the last weight or analysis, and whether there was traffic before it.
    let (mut clear, mut traffic_before) = (0_u64, false);
    for step in argo.steps() {
        match step {
            ArgoStep::SetWeight(weight) => {
                traffic_before |= route.users > CanaryWeight::NONE;
                route = Route::users(*weight);
                clear = 0;
            }
            ArgoStep::Pause(span) => {
                let span = span.unwrap_or(MANUAL_PAUSE);
                let left = mass(route, span, traffic, weight);
                paths = moved(paths, span, users_requests(route, span, traffic), left);
                clear += nanos(span);
            }
            ArgoStep::Analysis(analysis) => {
                let parts = match the_metric(analysis) {
                    Ok(parts) => parts,
                    Err(reason) => return Ok(Err(reason)),
                };
                let laws = match inline_laws(parts, route, clear, traffic_before, weighted)? {
                    Ok(laws) => laws,
                    Err(reason) => return Ok(Err(reason)),
                };
                let law = laws.metric(parts)?;
                let reached: f64 = paths.values().map(|(_, mass)| mass).sum();
                sum.without_data += reached * laws.rolled_back_without_data(parts)?;
                paths = after_analysis(&mut sum, paths, parts, &law, route, weighted);
                traffic_before |= route.users > CanaryWeight::NONE;
                clear = 0;
            }
        }
    }
    for (at, (requests, mass)) in paths {
        sum.add(Ended::Promoted, at, mass, requests);
    }
    Ok(Ok(sum))
}

fn moved(
    paths: BTreeMap<u64, (f64, f64)>,
    span: Duration,
    requests: f64,
    left: f64,
) -> BTreeMap<u64, (f64, f64)> {
    let later = |(at, (so_far, mass)): (u64, (f64, f64))| {
        (at + nanos(span), (so_far + requests, mass * left))
    };
    paths.into_iter().map(later).collect()
}

/// The measurements of an inline analysis, or why they are not independent.
fn inline_laws(
    parts: &ArgoMetricParts,
    route: Route,
    clear: u64,
    traffic_before: bool,
    weighted: (&GateTraffic, f64),
) -> Result<Result<Laws, &'static str>, StatsError> {
    let traffic = weighted.0;
    let window = nanos(parts.window);
    let most = match (parts.count, parts.interval) {
        (Some(count), _) => count,
        (None, None) => 1,
        (None, Some(_)) => return Ok(Err(OUTSIDE)),
    };
    if parts
        .interval
        .is_some_and(|interval| nanos(interval) < window)
        && most > 1
    {
        return Ok(Err(OVERLAP));
    }
    let first = clear + nanos(parts.initial_delay);
    if first < window && traffic_before {
        return Ok(Err(OVERLAP));
    }
    let mut laws = Laws::default();
    for number in 0..u64::from(most) {
        let since = first + number * parts.interval.map_or(0, nanos);
        let requests = requests_of(route, (0, window.min(since)), traffic);
        let before = (!traffic_before).then(|| requests_of(route, (0, since), traffic));
        match measurement(parts, requests, before, weighted)? {
            Ok(law) => laws.push(law),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(laws))
}

/// Goes on with the paths that succeed, and ends the others.
fn after_analysis(
    sum: &mut Sum,
    paths: BTreeMap<u64, (f64, f64)>,
    parts: &ArgoMetricParts,
    law: &MetricLaw,
    route: Route,
    (traffic, weight): (&GateTraffic, f64),
) -> BTreeMap<u64, (f64, f64)> {
    let mut next: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (begin, (so_far, mass)) in paths {
        for phase in [
            Phase::Successful,
            Phase::Failed,
            Phase::Error,
            Phase::Inconclusive,
        ] {
            for (number, share) in law.of(phase).iter().enumerate().skip(1) {
                let interval = parts.interval.unwrap_or_default();
                let spent =
                    parts.initial_delay + interval * u32::try_from(number - 1).unwrap_or(u32::MAX);
                let at = begin + nanos(spent);
                let requests = so_far + users_requests(route, spent, traffic);
                let mass = mass * share * counted::mass(route, spent, traffic, weight);
                match phase {
                    Phase::Successful => {
                        // Paths that meet have had the same traffic on average, weighted.
                        let entry = next.entry(at).or_insert((0.0, 0.0));
                        let all = entry.1 + mass;
                        if all > 0.0 {
                            entry.0 = (entry.0 * entry.1 + requests * mass) / all;
                        }
                        entry.1 = all;
                    }
                    Phase::Failed | Phase::Error => {
                        sum.add(Ended::RolledBack, at, mass, requests);
                    }
                    Phase::Inconclusive => sum.add(Ended::Undecided, at, mass, requests),
                }
            }
        }
    }
    next
}
