//! Rules in words.

use crate::routing::{
    Abort, AbortStatus, Backend, Domain, Faults, Forward, FractionalPercent, Mirror, Redirect,
    RedirectPath, Route, RouteAction, TcpRoute, WeightedDestination,
};
use crate::units::{Rational, to_f64};

use super::types::{DestinationSummary, MirrorSummary, RouteSummary};

/// A rule for requests.
pub(super) fn route(place: usize, route: &Route, unreachable: bool) -> RouteSummary {
    let forward = match &route.action {
        RouteAction::Forward(forward) => Some(forward),
        RouteAction::Redirect(_) | RouteAction::DirectResponse(_) => None,
    };
    RouteSummary {
        place: place + 1,
        rule: route.origin.to_string(),
        at: route.origin.place.clone(),
        conditions: route.condition.describe(),
        unreachable,
        destinations: forward.map_or_else(Vec::new, |forward| destinations(forward, answered)),
        local_answer: local_answer(&route.action),
        faults: faults(&route.faults),
        mirrors: route
            .mirrors
            .iter()
            .map(|one| mirror(one, forward))
            .collect(),
        timeout_seconds: route.timeout.map(|timeout| timeout.as_secs_f64()),
        retry_attempts: Some(route.retries.attempts),
        retry_on: route.retries.retry_on.clone(),
    }
}

/// A rule for connections.
pub(super) fn tcp_route(place: usize, route: &TcpRoute, unreachable: bool) -> RouteSummary {
    RouteSummary {
        place: place + 1,
        rule: route.origin.to_string(),
        at: route.origin.place.clone(),
        conditions: route.condition.describe(),
        unreachable,
        destinations: destinations(&route.forward, closed),
        local_answer: (route.forward.shares().is_none()).then(|| "closes the connection".into()),
        faults: Vec::new(),
        mirrors: Vec::new(),
        timeout_seconds: None,
        retry_attempts: None,
        retry_on: Vec::new(),
    }
}

pub(super) fn domains(domains: &[Domain]) -> Vec<String> {
    domains.iter().map(Domain::to_string).collect()
}

fn destinations(
    forward: &Forward,
    note: fn(Backend, &Forward) -> Option<String>,
) -> Vec<DestinationSummary> {
    let shares = forward.shares();
    let one = |(place, weighted): (usize, &WeightedDestination)| {
        let share = shares.as_ref().map_or(Rational::from(0), |all| all[place]);
        let note = note(weighted.destination.backend, forward);
        destination(weighted, share, forward.weights_count(), note)
    };
    forward.destinations().iter().enumerate().map(one).collect()
}

/// What becomes of the requests of a destination that cannot answer.
fn answered(backend: Backend, forward: &Forward) -> Option<String> {
    match backend {
        Backend::Ready => None,
        Backend::Missing => Some(format!(
            "not defined: its share gets {}, flag NC",
            forward.missing_status()
        )),
        Backend::Empty => Some("no endpoint: its share gets 503, flag UH".into()),
    }
}

/// The same for connections.
fn closed(backend: Backend, _: &Forward) -> Option<String> {
    match backend {
        Backend::Ready => None,
        Backend::Missing => Some("not defined: its share of connections is closed".into()),
        Backend::Empty => Some("no endpoint: its share of connections is closed".into()),
    }
}

fn destination(
    weighted: &WeightedDestination,
    share: Rational,
    weight_counts: bool,
    note: Option<String>,
) -> DestinationSummary {
    let destination = &weighted.destination;
    DestinationSummary {
        destination: destination.to_string(),
        host: destination.host.clone(),
        subset: destination.subset.clone(),
        port: destination.port,
        cluster: destination.cluster(),
        weight: weighted.weight,
        weight_counts,
        target_share: to_f64(share),
        note,
    }
}

fn mirror(mirror: &Mirror, forward: Option<&Forward>) -> MirrorSummary {
    MirrorSummary {
        destination: mirror.destination.to_string(),
        cluster: mirror.destination.cluster(),
        share: to_f64(mirror.percentage.share()),
        note: forward.and_then(|forward| correlation(mirror.percentage, forward)),
    }
}

/// What to know where mirror and split, which share one random number, depend on each other.
fn correlation(percentage: FractionalPercent, forward: &Forward) -> Option<String> {
    let shares = forward.shares()?;
    let splits = shares.iter().filter(|share| *share.numer() > 0).count() > 1;
    let partial = percentage.share() < Rational::from(1) && percentage.numerator > 0;
    let total: u64 = forward
        .weights()
        .iter()
        .map(|&weight| u64::from(weight))
        .sum();
    let modulus = u64::from(percentage.denominator.value());
    (splits && partial && total == modulus).then(|| {
        "drawn with the number that splits, over the same total: the first destinations are copied \
         first"
            .into()
    })
}

fn faults(faults: &Faults) -> Vec<String> {
    let delay = faults.delay.as_ref().map(|delay| {
        format!(
            "delay of {} s for {}",
            delay.duration.as_secs_f64(),
            of_requests(delay.percentage)
        )
    });
    let abort = faults.abort.as_ref().map(|abort| {
        format!(
            "{} for {}",
            self::abort(abort),
            of_requests(abort.percentage)
        )
    });
    delay.into_iter().chain(abort).collect()
}

pub(super) fn abort(abort: &Abort) -> String {
    match abort.status {
        AbortStatus::Http(status) => format!("abort with {status}"),
        AbortStatus::Grpc(status) => format!("abort with gRPC status {status}"),
    }
}

fn of_requests(percentage: FractionalPercent) -> String {
    if percentage.share() == Rational::from(1) {
        "every request".into()
    } else {
        format!("{percentage} of requests")
    }
}

/// What the proxy answers itself.
pub(super) fn local_answer(action: &RouteAction) -> Option<String> {
    match action {
        RouteAction::Forward(forward) => forward
            .shares()
            .is_none()
            .then(|| format!("answers {}: no destination", forward.missing_status())),
        RouteAction::Redirect(redirect) => Some(redirected(redirect)),
        RouteAction::DirectResponse(response) => Some(format!("answers {}", response.status)),
    }
}

fn redirected(redirect: &Redirect) -> String {
    let path = match &redirect.path {
        Some(RedirectPath::Full(path)) => path.clone(),
        Some(RedirectPath::ReplacePrefix(prefix)) => format!("{prefix}…"),
        None => "…".into(),
    };
    let says_where = redirect.scheme.is_some() || redirect.port.is_some();
    let authority = match redirect
        .authority
        .as_deref()
        .filter(|name| !name.is_empty())
    {
        Some(authority) => authority,
        None if says_where => "(same host)",
        None => "",
    };
    let scheme = match redirect.scheme.as_deref() {
        Some(scheme) => format!("{scheme}://"),
        None => String::new(),
    };
    let port = redirect
        .port
        .map_or_else(String::new, |port| format!(":{port}"));
    format!(
        "redirects with {} to {scheme}{authority}{port}{path}",
        redirect.status
    )
}
