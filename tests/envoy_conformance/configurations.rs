//! The configurations that go through a real Envoy.

use std::time::Duration;

use shiftsim::routing::{
    Abort, AbortStatus, Backend, Delay, Destination, DirectResponse, Domain, Forward,
    FractionalPercent, HeaderMatch, Listener, Mirror, Origin, QueryMatch, Re2, Redirect,
    RedirectPath, Request, Route, RouteAction, RouteMatch, RouteTable, StringMatch, TcpMatch,
    TcpRoute, UnknownHost, UriMatch, UriPattern, VirtualHost, WeightedDestination,
};

/// A table, and the requests that are sent to it in turn. Connections go to its only listener.
pub struct Configuration {
    pub name: &'static str,
    pub table: RouteTable,
    pub requests: Vec<Request>,
}

/// Every one.
pub fn all() -> Vec<Configuration> {
    let split = |name, weights: &[u32]| plain(name, istio(weights));
    vec![
        split("two versions, 80 and 20", &[80, 20]),
        split("two versions, 50 and 50", &[50, 50]),
        split("two versions, 99 and 1", &[99, 1]),
        split("three versions, 50, 25 and 25", &[50, 25, 25]),
        split("three versions, 30, 30 and 40", &[30, 30, 40]),
        split("uneven sum, 550 and 500", &[550, 500]),
        split("uneven sum, 1, 2 and 4", &[1, 2, 4]),
        split("zero weight, 20, 0 and 80", &[20, 0, 80]),
        split("zero weight, 100 and 0", &[100, 0]),
        split("an only destination of weight zero", &[0]),
        matches(),
        faults(),
        mirror_of_hundredths(),
        mirrors_of_millionths(),
        missing(),
        empty(),
        gateway_api(),
        gateway_api_without_weight(),
        answers_of_the_proxy(),
    ]
}

fn destination(version: usize, backend: Backend) -> Destination {
    Destination {
        host: "reviews.default.svc.cluster.local".into(),
        subset: Some(format!("v{version}")),
        port: Some(9080),
        backend,
    }
}

fn weighted(weights: &[(u32, Backend)]) -> Vec<WeightedDestination> {
    let one = |(place, &(weight, backend)): (usize, &(u32, Backend))| WeightedDestination {
        destination: destination(place + 1, backend),
        weight,
    };
    weights.iter().enumerate().map(one).collect()
}

fn istio(weights: &[u32]) -> Forward {
    let ready: Vec<(u32, Backend)> = weights.iter().map(|&w| (w, Backend::Ready)).collect();
    Forward::istio(weighted(&ready)).unwrap()
}

fn origin(rule: &str) -> Origin {
    Origin {
        resource: "reviews".into(),
        rule: rule.into(),
        place: None,
    }
}

fn route(rule: &str, forward: Forward) -> Route {
    Route::new(origin(rule), RouteAction::Forward(forward))
}

fn get(path: &str) -> Request {
    Request::parse(&format!("GET http://reviews:9080{path}")).unwrap()
}

/// A table of one host with these routes, and a listener that splits connections.
fn table(routes: Vec<Route>, connections: Forward) -> RouteTable {
    let host = VirtualHost {
        name: "reviews.default.svc.cluster.local".into(),
        domains: vec![Domain::parse("reviews").unwrap()],
        gateways: Vec::new(),
        ports: vec![9080],
        routes,
    };
    let listener = Listener {
        name: "tcp-echo".into(),
        domains: Vec::new(),
        port: 9000,
        gateways: Vec::new(),
        routes: vec![TcpRoute {
            origin: origin("tcp"),
            condition: TcpMatch::default(),
            forward: connections,
        }],
    };
    RouteTable::new(vec![host], vec![listener], UnknownHost::default())
}

/// One route for every request.
fn plain(name: &'static str, forward: Forward) -> Configuration {
    one_route(name, route("split", forward.clone()), forward)
}

fn one_route(name: &'static str, route: Route, connections: Forward) -> Configuration {
    Configuration {
        name,
        table: table(vec![route], connections),
        requests: vec![get("/reviews/0")],
    }
}

fn exact(text: &str) -> StringMatch {
    StringMatch::Exact(text.into())
}

fn regex(text: &str) -> Re2 {
    Re2::new(text).unwrap()
}

/// Every kind of condition, each with requests that just meet it and just miss it.
fn matches() -> Configuration {
    let to = |rule: &str, weights: &[u32], condition| Route {
        condition,
        ..route(rule, istio(weights))
    };
    let header = |name: &str, value| RouteMatch {
        headers: vec![HeaderMatch::new(name, value)],
        ..RouteMatch::default()
    };
    let path = |pattern, ignore_case| RouteMatch {
        uri: Some(UriMatch {
            pattern,
            ignore_case,
        }),
        ..RouteMatch::default()
    };
    let without = |value| RouteMatch {
        without_headers: vec![HeaderMatch::new("x-internal", value)],
        uri: Some(UriMatch {
            pattern: UriPattern::Prefix("/without".into()),
            ignore_case: false,
        }),
        ..RouteMatch::default()
    };
    let query = |name: &str, value| RouteMatch {
        query: vec![QueryMatch {
            name: name.into(),
            value,
        }],
        ..RouteMatch::default()
    };
    let method = RouteMatch {
        method: Some(exact("DELETE")),
        ..RouteMatch::default()
    };
    let authority = RouteMatch {
        authority: Some(StringMatch::Prefix("reviews:".into())),
        ..path(UriPattern::Exact("/authority".into()), false)
    };
    let cookie = regex("^(.*?;)?(user=jason)(;.*)?$");
    let routes = vec![
        to("jason", &[0, 1], header("end-user", exact("jason"))),
        to(
            "cookie",
            &[30, 70],
            header("cookie", StringMatch::Regex(cookie)),
        ),
        to(
            "ascii",
            &[1],
            header("x-number", StringMatch::Regex(regex(r"\d+"))),
        ),
        to(
            "present",
            &[60, 40],
            header("x-canary", StringMatch::Present),
        ),
        to("joined", &[1], header("x-twice", exact("1,2"))),
        to("second value", &[1], header("x-twice", exact("2"))),
        to(
            "exact",
            &[25, 75],
            path(UriPattern::Exact("/Exact".into()), true),
        ),
        to(
            "raw",
            &[10, 90],
            path(UriPattern::Prefix("/log".into()), false),
        ),
        to(
            "segments",
            &[45, 55],
            path(UriPattern::PathPrefix("/api".into()), false),
        ),
        to(
            "regex",
            &[1],
            path(UriPattern::Regex(regex("/v[0-9]+/[^/]*")), false),
        ),
        to("query", &[1], query("q", exact("1"))),
        to("flag", &[1], query("flag", StringMatch::Present)),
        to("delete", &[1], method),
        to("authority", &[1], authority),
        to("without", &[1], without(StringMatch::Present)),
        to("without value", &[1], without(exact("yes"))),
        to("rest", &[50, 0, 50], RouteMatch::default()),
    ];
    let mut delete = get("/");
    delete.method = "DELETE".into();
    let requests = vec![
        get("/").with_header("end-user", "jason"),
        get("/").with_header("end-user", "jasons"),
        get("/").with_header("cookie", "a=b;user=jason;c=d"),
        get("/").with_header("cookie", "user=jasons"),
        get("/").with_header("x-number", "42"),
        get("/").with_header("x-number", "\u{664}\u{662}"),
        get("/").with_header("x-canary", "whatever"),
        get("/")
            .with_header("x-twice", "1")
            .with_header("x-twice", "2"),
        get("/EXACT?q=2"),
        get("/exactly"),
        get("/login"),
        get("/api/x"),
        get("/apis"),
        get("/v12/name"),
        get("/v12/name/more"),
        get("/?q=1&q=2"),
        get("/?q=2&q=1"),
        get("/?flag"),
        delete,
        get("/authority"),
        get("/without"),
        get("/without").with_header("x-internal", "no"),
        get("/without").with_header("x-internal", "yes"),
        get("/"),
    ];
    Configuration {
        name: "header, path and query matches",
        table: table(routes, istio(&[3, 4])),
        requests,
    }
}

fn faults() -> Configuration {
    let mut faulty = route("faults", istio(&[70, 30]));
    faulty.faults.delay = Some(Delay {
        percentage: FractionalPercent::istio(30.0),
        duration: Duration::from_millis(1),
    });
    faulty.faults.abort = Some(Abort {
        percentage: FractionalPercent::istio(12.5),
        status: AbortStatus::Http(555),
    });
    one_route(
        "delay of 30%, abort of 12.5%, 70 and 30",
        faulty,
        istio(&[70, 30]),
    )
}

fn mirror(version: usize, percentage: FractionalPercent) -> Mirror {
    Mirror {
        destination: destination(version, Backend::Ready),
        percentage,
    }
}

fn mirror_of_hundredths() -> Configuration {
    let mut mirrored = route("mirror", istio(&[90, 10]));
    mirrored.mirrors = vec![mirror(3, FractionalPercent::percent(10))];
    let name = "mirror of 10 hundredths, 90 and 10: correlated";
    one_route(name, mirrored, istio(&[90, 10]))
}

fn mirrors_of_millionths() -> Configuration {
    let mut mirrored = route("mirrors", istio(&[40, 60]));
    mirrored.mirrors = vec![
        mirror(3, FractionalPercent::istio(25.0)),
        mirror(4, FractionalPercent::istio(10.0)),
    ];
    let name = "mirrors of 25% and 10% in millionths, 40 and 60";
    one_route(name, mirrored, istio(&[40, 60]))
}

fn missing() -> Configuration {
    let forward = weighted(&[(60, Backend::Ready), (40, Backend::Missing)]);
    let forward = Forward::istio(forward).unwrap();
    let mut mirrored = route("missing", forward.clone());
    mirrored.mirrors = vec![mirror(3, FractionalPercent::ALWAYS)];
    one_route("missing subset, 60 and 40, mirrored", mirrored, forward)
}

fn empty() -> Configuration {
    let forward = weighted(&[(75, Backend::Ready), (25, Backend::Empty)]);
    let forward = Forward::istio(forward).unwrap();
    let mut mirrored = route("empty", forward.clone());
    mirrored.mirrors = vec![mirror(3, FractionalPercent::ALWAYS)];
    one_route("empty subset, 75 and 25, mirrored", mirrored, forward)
}

fn gateway_api() -> Configuration {
    let backends = [
        (3, Backend::Ready),
        (1, Backend::Missing),
        (0, Backend::Ready),
    ];
    let forward = Forward::gateway_api(weighted(&backends)).unwrap();
    plain("Gateway API, 3, 1 and 0, the second missing", forward)
}

fn gateway_api_without_weight() -> Configuration {
    let forward = Forward::gateway_api(weighted(&[(0, Backend::Ready)])).unwrap();
    plain("Gateway API, an only backend of weight zero", forward)
}

fn answers_of_the_proxy() -> Configuration {
    let at = |rule: &str, action| Route {
        condition: RouteMatch {
            uri: Some(UriMatch {
                pattern: UriPattern::Exact(format!("/{rule}")),
                ignore_case: false,
            }),
            ..RouteMatch::default()
        },
        ..Route::new(origin(rule), action)
    };
    let redirect = RouteAction::Redirect(Redirect {
        status: 308,
        scheme: None,
        authority: Some("elsewhere".into()),
        port: None,
        path: Some(RedirectPath::Full("/there".into())),
    });
    let teapot = RouteAction::DirectResponse(DirectResponse {
        status: 418,
        body: "short and stout".into(),
    });
    let mut aborted = at("aborted", teapot.clone());
    aborted.faults.abort = Some(Abort {
        percentage: FractionalPercent::percent(40),
        status: AbortStatus::Http(503),
    });
    let routes = vec![at("redirect", redirect), at("teapot", teapot), aborted];
    let requests = ["/redirect", "/teapot", "/aborted", "/nothing"].map(get);
    Configuration {
        name: "redirect, direct response, no route",
        table: table(routes, istio(&[2, 1])),
        requests: requests.to_vec(),
    }
}
