//! What the table says becomes of a request: every outcome with its exact probability.

use std::collections::BTreeMap;

use num_integer::lcm;
use shiftsim::routing::{
    Draws, FractionalPercent, Reply, Request, Resolution, Route, RouteAction, RouteTable, TcpRoute,
};
use shiftsim::units::Rational;

use crate::log;

/// Outcomes with their probabilities.
pub type Prediction = BTreeMap<String, Rational>;

/// A number that no percentage covers, unless it covers all.
const UNCOVERED: u64 = u64::MAX - u64::MAX % 1_000_000 - 1;

/// The prediction for a request.
pub fn request(table: &RouteTable, request: &Request) -> Prediction {
    let route = match table.answer(request).resolution {
        Resolution::Route { route, .. } => route,
        Resolution::NoRoute | Resolution::UnknownPort(_) | Resolution::UnknownHost(_) => {
            return one(log::outcome("-", 404, "NR", "-", &[]));
        }
    };
    let mut prediction = Prediction::new();
    let values = distinct_values(route);
    for (delay, delay_share) in chances(route.faults.delay.as_ref().map(|one| one.percentage)) {
        for (abort, abort_share) in chances(route.faults.abort.as_ref().map(|one| one.percentage)) {
            for split in 0..values {
                let draws = Draws {
                    split,
                    delay,
                    abort,
                };
                let share = delay_share * abort_share * Rational::new(1, values);
                *prediction.entry(outcome(route, draws)).or_default() += share;
            }
        }
    }
    prediction
}

/// The prediction for a connection.
pub fn connection(route: &TcpRoute) -> Prediction {
    let mut prediction = Prediction::new();
    let total = route
        .forward
        .weights()
        .iter()
        .copied()
        .map(u64::from)
        .sum::<u64>()
        .max(1);
    for value in 0..total {
        let outcome = match route.forward.reply(value) {
            Reply::Destination(place) => version(&route.forward, place),
            Reply::Proxy { .. } => "closed".to_owned(),
        };
        *prediction.entry(outcome).or_default() += Rational::new(1, total);
    }
    prediction
}

fn one(outcome: String) -> Prediction {
    Prediction::from([(outcome, Rational::from(1))])
}

/// R counts only modulo the sum of the weights and modulo the denominators of the mirrors.
fn distinct_values(route: &Route) -> u64 {
    let total = match &route.action {
        RouteAction::Forward(forward) => forward.weights().iter().copied().map(u64::from).sum(),
        RouteAction::Redirect(_) | RouteAction::DirectResponse(_) => 1,
    };
    let mirrors = route.mirrors.iter();
    let denominators = mirrors.map(|mirror| u64::from(mirror.percentage.denominator.value()));
    denominators.fold(total.max(1), lcm)
}

/// A covered and an uncovered number, with their probabilities.
fn chances(percentage: Option<FractionalPercent>) -> Vec<(u64, Rational)> {
    let share = percentage.map_or(Rational::from(0), FractionalPercent::share);
    let both = [(0, share), (UNCOVERED, Rational::from(1) - share)];
    both.into_iter()
        .filter(|(_, share)| *share.numer() > 0)
        .collect()
}

fn outcome(route: &Route, draws: Draws) -> String {
    let outcome = route.outcome(draws);
    let delayed = outcome.delay.is_some().then_some("DI");
    let mirrors = outcome.mirrors.iter();
    let mut copies: Vec<&str> = mirrors
        .map(|&place| route.mirrors[place].destination.version())
        .collect();
    copies.sort_unstable();
    let (status, flag, destination) = match outcome.reply {
        Reply::Destination(place) => match &route.action {
            RouteAction::Forward(forward) => (200, None, version(forward, place)),
            other => panic!("{other:?} forwards nothing"),
        },
        Reply::Proxy { status, flag, .. } => (status, flag.map(|flag| flag.short()), "-".into()),
    };
    let flags: Vec<&str> = delayed.into_iter().chain(flag).collect();
    let flags = if flags.is_empty() {
        "-".to_owned()
    } else {
        flags.join(",")
    };
    let name = route.origin.to_string().replace(' ', ".");
    log::outcome(&name, status, &flags, &destination, &copies)
}

fn version(forward: &shiftsim::routing::Forward, place: usize) -> String {
    forward.destinations()[place]
        .destination
        .version()
        .to_owned()
}
