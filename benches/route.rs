//! What it costs to route a request through a table of a thousand routes.
//!
//! The reference is the plainest search there is: comparing the path with a thousand paths one
//! after the other until one is equal. Reference and candidates take turns in one process, and the
//! ratio is that of the smallest times. A request should cost 2 µs on average at most; and a table
//! of one route, in bulk, what its thresholds cost.
//!
//! Run it with `cargo bench --bench route`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use shiftsim::random::{Purpose, stream};
use shiftsim::routing::{
    Backend, Destination, Domain, Forward, HeaderMatch, Origin, Request, Route, RouteAction,
    RouteMatch, RouteTable, StringMatch, UnknownHost, UriMatch, UriPattern, VirtualHost,
    WeightedDestination,
};
use shiftsim::split::Thresholds;

const ROUTES: usize = 1000;
const REPETITIONS: usize = 40;
const BULK: u64 = 1 << 21;

/// Something that is done a number of times.
struct Candidate<'t> {
    name: &'static str,
    times: u64,
    work: Box<dyn Fn() -> usize + 't>,
    best: Duration,
}

impl<'t> Candidate<'t> {
    fn new(name: &'static str, times: u64, work: impl Fn() -> usize + 't) -> Self {
        Self {
            name,
            times,
            work: Box::new(work),
            best: Duration::MAX,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn measure(&mut self) {
        let start = Instant::now();
        black_box((self.work)());
        self.best = self.best.min(start.elapsed());
    }

    fn nanoseconds(&self) -> f64 {
        self.best.as_secs_f64() * 1e9 / self.times as f64
    }
}

fn forward() -> Forward {
    let weighted = |(subset, weight): (&str, u32)| WeightedDestination {
        destination: Destination {
            host: "reviews.default.svc.cluster.local".into(),
            subset: Some(subset.into()),
            port: Some(9080),
            backend: Backend::Ready,
        },
        weight,
    };
    match Forward::istio([("v1", 80), ("v2", 20)].map(weighted).to_vec()) {
        Ok(forward) => forward,
        Err(error) => unreachable!("80 and 20 are weights: {error}"),
    }
}

fn host(name: &str, conditions: impl Iterator<Item = RouteMatch>) -> VirtualHost {
    let route = |condition| Route {
        condition,
        ..Route::new(Origin::default(), RouteAction::Forward(forward()))
    };
    VirtualHost {
        name: name.into(),
        domains: vec![Domain::Exact(name.into())],
        gateways: Vec::new(),
        ports: Vec::new(),
        routes: conditions.map(route).collect(),
    }
}

fn at(pattern: UriPattern) -> RouteMatch {
    RouteMatch {
        uri: Some(UriMatch {
            pattern,
            ignore_case: false,
        }),
        ..RouteMatch::default()
    }
}

fn path(number: usize) -> String {
    format!("/shop/service-{}/items/{number}", number % 7)
}

fn user(number: usize) -> RouteMatch {
    let value = StringMatch::Exact(format!("user-{number}"));
    RouteMatch {
        headers: vec![HeaderMatch::new("end-user", value)],
        ..RouteMatch::default()
    }
}

fn one_host(conditions: impl Iterator<Item = RouteMatch>) -> RouteTable {
    RouteTable::new(
        vec![host("shop", conditions)],
        Vec::new(),
        UnknownHost::default(),
    )
}

/// One request for each number, in an order that jumps about.
fn requests(request: impl Fn(usize) -> String) -> Vec<Request> {
    let order = (0..ROUTES).map(|place| place * 389 % ROUTES);
    order
        .filter_map(|number| {
            let header = format!("user-{number}");
            let request = Request::parse(&request(number)).ok()?;
            Some(request.with_header("end-user", &header))
        })
        .collect()
}

fn find_all(table: &RouteTable, requests: &[Request]) -> usize {
    let found = requests
        .iter()
        .filter(|request| table.find(request).is_some());
    let found = found.count();
    assert_eq!(found, ROUTES);
    found
}

fn main() {
    let numbers = 0..ROUTES;
    let paths: Vec<String> = numbers.clone().map(path).collect();
    let shop = requests(|number| format!("GET http://shop{}", path(number)));
    let services = requests(|number| format!("GET http://service-{number}/"));
    let exact = one_host(
        numbers
            .clone()
            .map(|number| at(UriPattern::Exact(path(number)))),
    );
    let prefix = one_host(
        numbers
            .clone()
            .map(|number| at(UriPattern::Prefix(path(number)))),
    );
    let segments = one_host(
        numbers
            .clone()
            .map(|number| at(UriPattern::PathPrefix(path(number)))),
    );
    let users = one_host(numbers.clone().map(user));
    let all = std::iter::once(RouteMatch::default());
    let hosts = numbers.map(|number| host(&format!("service-{number}"), all.clone()));
    let hosts = RouteTable::new(hosts.collect(), Vec::new(), UnknownHost::default());
    let single = one_host(all);
    let times = ROUTES as u64;
    let mut candidates = vec![
        Candidate::new("reference: comparing paths one by one", times, || {
            let place = |request: &Request| paths.iter().position(|path| *path == request.path);
            shop.iter().filter_map(place).sum()
        }),
        Candidate::new("1,000 exact paths", times, || find_all(&exact, &shop)),
        Candidate::new("1,000 prefixes", times, || find_all(&prefix, &shop)),
        Candidate::new("1,000 path prefixes", times, || find_all(&segments, &shop)),
        Candidate::new("1,000 header values", times, || find_all(&users, &shop)),
        Candidate::new("1,000 hosts", times, || find_all(&hosts, &services)),
        Candidate::new("1 route: thresholds alone, in bulk", BULK, || {
            count(Thresholds::new(&[80, 20]))
        }),
        Candidate::new("1 route: found once, then in bulk", BULK, || {
            let action = single.find(&shop[0]).map(|route| &route.action);
            match action {
                Some(RouteAction::Forward(forward)) => count(forward.thresholds()),
                _ => 0,
            }
        }),
    ];
    for _ in 0..REPETITIONS {
        candidates.iter_mut().for_each(Candidate::measure);
    }
    let reference = candidates[0].nanoseconds();
    for candidate in &candidates {
        let time = candidate.nanoseconds();
        let ratio = time / reference;
        println!(
            "{:<40} {time:>9.2} ns  {ratio:>7.4} of the reference",
            candidate.name
        );
    }
}

fn count(thresholds: Option<Thresholds>) -> usize {
    let mut counts = [0, 0];
    if let Some(thresholds) = thresholds {
        thresholds.count(&mut stream(1, Purpose::Split, &[]), BULK, &mut counts);
    }
    counts[0] as usize
}
