//! Tables of the Bookinfo tasks, explained and compared.

use std::time::Duration;

use super::*;
use crate::routing::{
    Backend, Delay, Destination, Domain, FractionalPercent, HeaderMatch, Mirror, Origin,
    RouteMatch, StringMatch, WeightedDestination,
};

fn forward(weights: &[(&str, u32)]) -> Forward {
    let one = |&(subset, weight): &(&str, u32)| WeightedDestination {
        destination: destination(subset, Backend::Ready),
        weight,
    };
    Forward::istio(weights.iter().map(one).collect()).unwrap()
}

fn destination(subset: &str, backend: Backend) -> Destination {
    Destination {
        host: "reviews.default.svc.cluster.local".into(),
        subset: Some(subset.into()),
        port: Some(9080),
        backend,
    }
}

fn route(rule: &str, weights: &[(&str, u32)]) -> Route {
    let origin = Origin {
        resource: "VirtualService default/reviews".into(),
        rule: rule.into(),
        place: None,
    };
    Route::new(origin, RouteAction::Forward(forward(weights)))
}

fn for_jason(mut route: Route) -> Route {
    let jason = StringMatch::Exact("jason".into());
    route.condition = RouteMatch {
        headers: vec![HeaderMatch::new("end-user", jason)],
        ..RouteMatch::default()
    };
    route
}

fn reviews(routes: Vec<Route>) -> RouteTable {
    let host = VirtualHost {
        name: "reviews.default.svc.cluster.local".into(),
        domains: vec![Domain::parse("reviews").unwrap()],
        gateways: Vec::new(),
        ports: vec![9080],
        routes,
    };
    RouteTable::new(vec![host], Vec::new(), UnknownHost::default())
}

fn get() -> Request {
    Request::parse("GET http://reviews:9080/reviews/0").unwrap()
}

#[test]
fn a_request_is_explained_with_those_passed_over_and_the_pick() {
    let table = reviews(vec![
        for_jason(route("http[0]", &[("v2", 0)])),
        route("http[1]", &[("v1", 90), ("v3", 10)]),
    ]);
    let mary = request(&table, &get().with_header("end-user", "mary"), Some(195));
    assert_eq!(mary.passed_over[0].condition, "header end-user = jason");
    assert_eq!(mary.passed_over[0].found.as_deref(), Some("mary"));
    let answer = mary.answer.unwrap();
    assert_eq!(answer.place, 2);
    let shares: Vec<f64> = answer
        .destinations
        .iter()
        .map(|one| one.target_share)
        .collect();
    assert_eq!(shares, [0.9, 0.1]);
    let pick = mary.pick.unwrap();
    assert_eq!((pick.total, pick.remainder, pick.index), (100, 95, 1));
    let jason = request(&table, &get().with_header("end-user", "jason"), None);
    let only = &jason.answer.unwrap().destinations[0];
    assert_eq!((only.weight, only.target_share), (0, 1.0));
    assert!(!only.weight_counts);
}

#[test]
fn an_unknown_host_and_a_missing_rule_are_told_apart() {
    let table = reviews(vec![for_jason(route("http[0]", &[("v2", 1)]))]);
    let none = request(&table, &get(), Some(1));
    assert_eq!(
        none.no_answer.as_deref(),
        Some("no rule answers: 404, flag NR")
    );
    assert_eq!((none.answer, none.pick), (None, None));
    let elsewhere = Request::parse("http://ratings:9080/").unwrap();
    let unknown = request(&table, &elsewhere, None);
    assert_eq!((unknown.host, unknown.passed_over.len()), (None, 0));
    let passes = "unknown host: passes unchanged";
    assert_eq!(unknown.no_answer.as_deref(), Some(passes));
}

#[test]
fn rules_behind_a_catch_all_are_never_used() {
    let first = route("http[0]", &[("v1", 1)]);
    let table = table(&reviews(vec![first, route("http[1]", &[("v2", 1)])]));
    let routes = &table.virtual_hosts[0].routes;
    assert_eq!(
        [routes[0].unreachable, routes[1].unreachable],
        [false, true]
    );
}

#[test]
fn a_mirror_that_depends_on_the_split_says_so() {
    let mut split = route("http[0]", &[("v1", 90), ("v2", 10)]);
    let mirror = |percentage| Mirror {
        destination: destination("v3", Backend::Ready),
        percentage,
    };
    split.mirrors = vec![
        mirror(FractionalPercent::percent(10)),
        mirror(FractionalPercent::istio(10.0)),
    ];
    let explained = request(&reviews(vec![split]), &get(), Some(5))
        .answer
        .unwrap();
    assert!(explained.mirrors[0].note.is_some());
    assert_eq!(explained.mirrors[1].note, None);
}

#[test]
fn a_difference_names_the_requests_whose_shares_change_and_no_others() {
    let jason = || for_jason(route("http[0]", &[("v2", 1)]));
    let old = reviews(vec![jason(), route("http[1]", &[("v1", 1)])]);
    let new = reviews(vec![jason(), route("http[1]", &[("v1", 50), ("v3", 50)])]);
    let changes = diff(&old, &new).changes;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].request, "GET http://reviews:9080/");
    assert_eq!(changes[0].headers, Vec::<String>::new());
    let shares = |share: &ShareChange| (share.answer.clone(), share.old_share, share.new_share);
    let shares: Vec<_> = changes[0].shares.iter().map(shares).collect();
    assert_eq!(
        shares,
        [
            ("reviews v1 :9080".to_owned(), 1.0, 0.5),
            ("reviews v3 :9080".to_owned(), 0.0, 0.5)
        ]
    );
    assert_eq!(diff(&old, &old).changes, []);
}

#[test]
fn the_same_shares_by_other_weights_are_no_difference_and_an_abort_is_one() {
    let old = reviews(vec![route("http[0]", &[("v1", 1), ("v2", 1)])]);
    let new = reviews(vec![route("http[0]", &[("v1", 50), ("v2", 50)])]);
    assert_eq!(diff(&old, &new).changes, []);
    let mut slow = route("http[0]", &[("v1", 1), ("v2", 1)]);
    slow.faults.delay = Some(Delay {
        percentage: FractionalPercent::ALWAYS,
        duration: Duration::from_secs(7),
    });
    // A delay changes no share; an abort takes from all.
    assert_eq!(diff(&old, &reviews(vec![slow.clone()])).changes, []);
    slow.faults.abort = Some(crate::routing::Abort {
        percentage: FractionalPercent::percent(20),
        status: crate::routing::AbortStatus::Http(500),
    });
    let changes = diff(&old, &reviews(vec![slow])).changes;
    let new: Vec<f64> = changes[0]
        .shares
        .iter()
        .map(|share| share.new_share)
        .collect();
    assert_eq!(new, [0.4, 0.4, 0.2]);
}

#[test]
fn a_rule_that_only_two_conditions_together_reach_is_compared_too() {
    let canary = |route: Route| {
        let mut route = for_jason(route);
        let header = HeaderMatch::new("x-canary", StringMatch::Present);
        route.condition.headers.push(header);
        route
    };
    let all = || route("http[2]", &[("v1", 1)]);
    let jason = || for_jason(route("http[1]", &[("v2", 1)]));
    let old = reviews(vec![jason(), all()]);
    let new = reviews(vec![canary(route("http[0]", &[("v3", 1)])), jason(), all()]);
    let changes = diff(&old, &new).changes;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].headers, ["end-user: jason", "x-canary: any"]);
}
