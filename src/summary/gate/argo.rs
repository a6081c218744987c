//! The exact figures of a rollout by Argo Rollouts with one metric: inline, or in the background.
//!
//! Exact where every measurement looks at requests of its own: windows no longer than the time
//! between measurements, and no reaching back into another weight or analysis. Where a result
//! without data would shift the measurements that follow, it is simulated.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::{Answer, Exact, Method, quantile_95};
use super::exact::{counted_error_rate_of, nanos, requests_of, shares, users_requests};
use crate::rollout::{
    Analysis, Argo, ArgoMetric, ArgoMetricParts, ArgoStep, CanaryWeight, GateTraffic, Judged,
    Measure, Route, WindowArrivals,
};
use crate::sim::rollouts::MANUAL_PAUSE;
use crate::stats::StatsError;
use crate::stats::gates::measurements::{Limits, MeasurementLaw, MetricLaw, Phase, metric};
use crate::stats::gates::tick::{Requests, Shares, success_check};

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
    match argo.background() {
        Some(_) if inline => Ok(Exact::NotExact(BOTH)),
        Some(background) => in_background(
            argo,
            &background.analysis,
            background.starting_step,
            traffic,
        ),
        None => inline_only(argo, traffic),
    }
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
    traffic: &GateTraffic,
) -> Result<Exact, StatsError> {
    let parts = match the_metric(analysis) {
        Ok(parts) => parts,
        Err(reason) => return Ok(Exact::NotExact(reason)),
    };
    let (segments, starts) = segments(argo);
    let end = segments.last().map_or(0, |&(_, end, _)| end);
    let first = starts[starting_step] + nanos(parts.initial_delay);
    let interval = parts.interval.map(nanos);
    let window = nanos(parts.window);
    if interval.is_some_and(|interval| interval < window) {
        return Ok(Exact::NotExact(OVERLAP));
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
            None => return Ok(Exact::NotExact(OVERLAP)),
        };
        let before = in_window(&segments, 0, at, traffic);
        match measurement(parts, requests, before, traffic)? {
            Ok(law) => laws.push(law),
            Err(reason) => return Ok(Exact::NotExact(reason)),
        }
    }
    let law = laws.metric(parts)?;
    let mut sum = Sum {
        without_data: laws.rolled_back_without_data(parts)?,
        ..Sum::default()
    };
    // Until the rollout ends, however the metric goes on.
    let good = law.running + law.probability(Phase::Successful);
    sum.add(Ended::Promoted, end, good, exposed(&segments, end, traffic));
    for (phase, ended) in [
        (Phase::Failed, Ended::RolledBack),
        (Phase::Error, Ended::RolledBack),
        (Phase::Inconclusive, Ended::Undecided),
    ] {
        for (number, &mass) in law.of(phase).iter().enumerate().skip(1) {
            let at = times[number - 1];
            sum.add(ended, at, mass, exposed(&segments, at, traffic));
        }
    }
    Ok(Exact::Found(sum.answer(traffic)))
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
fn inline_only(argo: &Argo, traffic: &GateTraffic) -> Result<Exact, StatsError> {
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
                paths = moved(paths, span, users_requests(route, span, traffic));
                clear += nanos(span);
            }
            ArgoStep::Analysis(analysis) => {
                let parts = match the_metric(analysis) {
                    Ok(parts) => parts,
                    Err(reason) => return Ok(Exact::NotExact(reason)),
                };
                let laws = match inline_laws(parts, route, clear, traffic_before, traffic)? {
                    Ok(laws) => laws,
                    Err(reason) => return Ok(Exact::NotExact(reason)),
                };
                let law = laws.metric(parts)?;
                let reached: f64 = paths.values().map(|(_, mass)| mass).sum();
                sum.without_data += reached * laws.rolled_back_without_data(parts)?;
                paths = after_analysis(&mut sum, paths, parts, &law, route, traffic);
                traffic_before |= route.users > CanaryWeight::NONE;
                clear = 0;
            }
        }
    }
    for (at, (requests, mass)) in paths {
        sum.add(Ended::Promoted, at, mass, requests);
    }
    Ok(Exact::Found(sum.answer(traffic)))
}

fn moved(
    paths: BTreeMap<u64, (f64, f64)>,
    span: Duration,
    requests: f64,
) -> BTreeMap<u64, (f64, f64)> {
    let later =
        |(at, (so_far, mass)): (u64, (f64, f64))| (at + nanos(span), (so_far + requests, mass));
    paths.into_iter().map(later).collect()
}

/// The measurements of an inline analysis, or why they are not independent.
fn inline_laws(
    parts: &ArgoMetricParts,
    route: Route,
    clear: u64,
    traffic_before: bool,
    traffic: &GateTraffic,
) -> Result<Result<Laws, &'static str>, StatsError> {
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
        match measurement(parts, requests, before, traffic)? {
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
    traffic: &GateTraffic,
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
                let mass = mass * share;
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

/// The one metric that counts, if there is just one.
fn the_metric(analysis: &Analysis) -> Result<&ArgoMetricParts, &'static str> {
    let mut counted = analysis
        .metrics()
        .iter()
        .map(ArgoMetric::parts)
        .filter(|parts| !parts.dry_run);
    let (Some(parts), None) = (counted.next(), counted.next()) else {
        return Err(SEVERAL);
    };
    match &parts.measure {
        Measure::SuccessRate => Ok(parts),
        Measure::LatencyQuantile { .. } => Err(OTHER),
    }
}

/// What a measurement comes to; `before` is all traffic until then, if it can be told.
fn measurement(
    parts: &ArgoMetricParts,
    requests: Requests,
    before: Option<Requests>,
    traffic: &GateTraffic,
) -> Result<Result<Measured, &'static str>, StatsError> {
    let all = Route::users(CanaryWeight::ALL);
    let error_rate = counted_error_rate_of(all, traffic);
    let probability = |accepted: &Shares| -> Result<f64, StatsError> {
        Ok(success_check(requests, error_rate, accepted)?.pass)
    };
    let none = requests.none();
    let data = probability(&Shares::default())?;
    let (success, failure) = (
        parts.success.as_ref().map(shares),
        parts.failure.as_ref().map(shares),
    );
    let (mut successful, mut failed) = match (&success, &failure) {
        (None, None) => (data, 0.0),
        (Some(success), None) => {
            let law = success_check(requests, error_rate, success)?;
            (law.pass, law.fail)
        }
        (None, Some(failure)) => {
            let law = success_check(requests, error_rate, failure)?;
            (law.fail, law.pass)
        }
        (Some(success), Some(failure)) => {
            let both = probability(&success.and(*failure))?;
            (
                (probability(success)? - both).max(0.0),
                probability(failure)?,
            )
        }
    };
    let mut inconclusive = (data - successful - failed).max(0.0);
    if inconclusive < NEGLIGIBLE {
        inconclusive = 0.0;
    }
    let mut failed_without_data = 0.0;
    if none > NEGLIGIBLE {
        // Whether the series is there at all: only if nothing has ever come, or something has.
        let never = before.map_or(0.0, Requests::none);
        let judged = if parts.empty == parts.nan || never < NEGLIGIBLE {
            parts.nan
        } else if never > 1.0 - NEGLIGIBLE {
            parts.empty
        } else {
            return Ok(Err(NO_DATA));
        };
        match judged {
            Judged::Successful => successful += none,
            Judged::Failed => {
                failed += none;
                failed_without_data = none;
            }
            Judged::Inconclusive => inconclusive += none,
            Judged::Error => return Ok(Err(NO_DATA)),
        }
    }
    let law = MeasurementLaw {
        successful,
        failed,
        inconclusive,
        error: 0.0,
    };
    Ok(Ok(Measured {
        law,
        failed_without_data,
    }))
}

/// What a measurement comes to.
#[derive(Debug, Clone, Copy)]
struct Measured {
    law: MeasurementLaw,
    /// The part of `law.failed` that had no data.
    failed_without_data: f64,
}

/// The measurements of an analysis.
#[derive(Debug, Default)]
struct Laws(Vec<Measured>);

impl Laws {
    fn push(&mut self, measured: Measured) {
        self.0.push(measured);
    }

    fn metric(&self, parts: &ArgoMetricParts) -> Result<MetricLaw, StatsError> {
        let laws: Vec<MeasurementLaw> = self.0.iter().map(|measured| measured.law).collect();
        metric(&laws, &limits(parts))
    }

    /// P(failed, and at least one failed measurement had no data): what is missing where such
    /// measurements are taken out.
    fn rolled_back_without_data(&self, parts: &ArgoMetricParts) -> Result<f64, StatsError> {
        if self
            .0
            .iter()
            .all(|measured| measured.failed_without_data == 0.0)
        {
            return Ok(0.0);
        }
        let with_data = |measured: &Measured| MeasurementLaw {
            failed: measured.law.failed - measured.failed_without_data,
            ..measured.law
        };
        let clean: Vec<MeasurementLaw> = self.0.iter().map(with_data).collect();
        let clean = metric(&clean, &limits(parts))?.probability(Phase::Failed);
        Ok((self.metric(parts)?.probability(Phase::Failed) - clean).max(0.0))
    }
}

fn limits(parts: &ArgoMetricParts) -> Limits {
    Limits {
        count: match (parts.count, parts.interval) {
            (None, None) => Some(1),
            (count, _) => count,
        },
        failures: parts.failure_limit,
        inconclusive: parts.inconclusive_limit,
        errors_in_a_row: parts.consecutive_error_limit,
        successes_in_a_row: parts.consecutive_success_limit,
    }
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Promoted,
    RolledBack,
    Undecided,
}

/// Ends of rollouts, summed up.
#[derive(Debug, Default)]
struct Sum {
    promoted: f64,
    rolled_back: f64,
    without_data: f64,
    undecided: f64,
    requests: f64,
    times: BTreeMap<u64, f64>,
}

impl Sum {
    fn add(&mut self, ended: Ended, at: u64, mass: f64, requests: f64) {
        match ended {
            Ended::Promoted => self.promoted += mass,
            Ended::RolledBack => self.rolled_back += mass,
            Ended::Undecided => self.undecided += mass,
        }
        self.requests += mass * requests;
        *self.times.entry(at).or_default() += mass;
    }

    fn answer(self, traffic: &GateTraffic) -> Answer {
        let seconds = |at: u64| at as f64 / 1e9;
        Answer {
            error_rate: traffic.canary_error_rate,
            promoted: self.promoted,
            rolled_back: self.rolled_back,
            rolled_back_without_data: self.without_data,
            undecided: self.undecided,
            standard_error: None,
            mean_seconds: self
                .times
                .iter()
                .map(|(&at, mass)| seconds(at) * mass)
                .sum(),
            seconds_95: quantile_95(self.times.iter().map(|(&at, &mass)| (seconds(at), mass))),
            requests: self.requests,
            errors: self.requests * traffic.canary_error_rate,
            method: Method::Exact,
        }
    }
}
