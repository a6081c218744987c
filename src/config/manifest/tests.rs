//! Routes and shares of the manifests under `scenarios/manifests/`, as the tasks of Istio's
//! documentation have them; and what Istio refuses, in its words.

use std::path::Path;

use super::*;
use crate::routing::{Connection, Faults, Forward, Request, Resolution, RouteAction};
use crate::units::to_f64;

fn manifests(names: &[&str]) -> Manifests {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/manifests");
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    read_manifests(&paths).unwrap_or_else(|error| panic!("{error}"))
}

/// The shares of a request by version, in percent.
pub(super) fn shares(manifests: &Manifests, request: &Request) -> Vec<(String, f64)> {
    match manifests.table.answer(request).resolution {
        Resolution::Route { route, .. } => match &route.action {
            RouteAction::Forward(forward) => of_forward(forward),
            other => vec![(format!("{other:?}"), 100.0)],
        },
        other => vec![(format!("{other:?}"), 100.0)],
    }
}

pub(super) fn of_forward(forward: &Forward) -> Vec<(String, f64)> {
    let shares = forward.shares().unwrap_or_default();
    let named = forward.destinations().iter().zip(shares);
    named
        .map(|(one, share)| (one.destination.version().to_owned(), 100.0 * to_f64(share)))
        .collect()
}

fn reviews() -> Request {
    Request::parse("GET http://reviews:9080/reviews/0").unwrap()
}

pub(super) fn of(versions: &[(&str, f64)]) -> Vec<(String, f64)> {
    versions
        .iter()
        .map(|(name, share)| ((*name).to_owned(), *share))
        .collect()
}

#[test]
fn bookinfo_has_the_shares_of_the_tasks() {
    let rules = "bookinfo/destination-rules.yaml";
    for (file, expected) in [
        ("all-v1", &[("v1", 100.0)][..]),
        ("reviews-90-10", &[("v1", 90.0), ("v2", 10.0)]),
        ("reviews-80-20", &[("v1", 80.0), ("v2", 20.0)]),
        ("reviews-50-v3", &[("v1", 50.0), ("v3", 50.0)]),
        ("reviews-v2-v3", &[("v2", 50.0), ("v3", 50.0)]),
        ("reviews-v3", &[("v3", 100.0)]),
        ("reviews-test-v2", &[("v1", 100.0)]),
        ("reviews-jason-v2-v3", &[("v3", 100.0)]),
    ] {
        let manifests = manifests(&[rules, &format!("bookinfo/{file}.yaml")]);
        assert_eq!(manifests.warnings, Vec::<String>::new(), "{file}");
        assert_eq!(shares(&manifests, &reviews()), of(expected), "{file}");
        let jason = shares(&manifests, &reviews().with_header("end-user", "jason"));
        match file {
            "reviews-test-v2" | "reviews-jason-v2-v3" => assert_eq!(jason, of(&[("v2", 100.0)])),
            _ => assert_eq!(jason, of(expected), "{file}"),
        }
    }
}

#[test]
fn faults_meet_the_test_user_alone() {
    let faults = |file: &str, user: Option<&str>| -> Faults {
        let manifests = manifests(&["bookinfo/destination-rules.yaml", file]);
        let mut request = Request::parse("http://ratings:9080/ratings/0").unwrap();
        if let Some(user) = user {
            request.add_header("end-user", user);
        }
        manifests.table.find(&request).unwrap().faults.clone()
    };
    let delay = faults("bookinfo/ratings-test-delay.yaml", Some("jason"))
        .delay
        .unwrap();
    assert_eq!(delay.duration.as_secs(), 7);
    assert_eq!(to_f64(delay.percentage.share()), 1.0);
    let abort = faults("bookinfo/ratings-test-abort.yaml", Some("jason"))
        .abort
        .unwrap();
    assert_eq!(abort.status.http(), 500);
    assert!(faults("bookinfo/ratings-test-delay.yaml", None).is_empty());
}

#[test]
fn the_rule_after_one_without_a_match_is_never_reached() {
    let manifests = manifests(&[
        "bookinfo/destination-rules.yaml",
        "bookinfo/details-abort.yaml",
    ]);
    let request = Request::parse("http://details:9080/details/0").unwrap();
    let route = manifests.table.find(&request).unwrap();
    assert_eq!(route.faults.abort.as_ref().unwrap().status.http(), 555);
    let text = manifests.warnings.join("\n");
    assert!(
        text.contains("only the last rule can have no matches"),
        "{text}"
    );
    assert!(
        !text.contains("route without matches defined before"),
        "{text}"
    );
}

#[test]
fn the_gateway_lets_the_product_page_in_and_nothing_else() {
    let manifests = manifests(&["bookinfo/gateway.yaml", "bookinfo/services.yaml"]);
    let asked = |path: &str| {
        let mut request =
            Request::parse(&format!("http://bookinfo.example.com:8080{path}")).unwrap();
        request.source.gateway = "default/bookinfo-gateway".into();
        shares(&manifests, &request)
    };
    for path in [
        "/productpage",
        "/static/a.css",
        "/login",
        "/logout",
        "/api/v1/products/0",
    ] {
        assert_eq!(asked(path), of(&[("productpage", 100.0)]), "{path}");
    }
    assert_eq!(asked("/reviews"), of(&[("NoRoute", 100.0)]));
}

#[test]
fn tcp_connections_are_split_at_the_gateway() {
    let manifests = manifests(&["tcp-echo/20-v2.yaml"]);
    let mut connection = Connection {
        port: 31400,
        ..Connection::default()
    };
    connection.source.gateway = "default/tcp-echo-gateway".into();
    let answer = manifests.table.answer_connection(&connection);
    let (_, route) = answer.route.unwrap();
    assert_eq!(
        of_forward(&route.forward),
        of(&[("v1", 80.0), ("v2", 20.0)])
    );
    let port = route.forward.destinations()[0].destination.port;
    assert_eq!(port, Some(9000));
}

#[test]
fn gateway_api_splits_by_services() {
    for (file, expected) in [
        ("reviews-v1", &[("reviews-v1", 100.0)][..]),
        ("reviews-v3", &[("reviews-v3", 100.0)]),
        (
            "reviews-90-10",
            &[("reviews-v1", 90.0), ("reviews-v2", 10.0)],
        ),
        (
            "reviews-50-v3",
            &[("reviews-v1", 50.0), ("reviews-v3", 50.0)],
        ),
    ] {
        let manifests = manifests(&[&format!("gateway-api/{file}.yaml")]);
        assert_eq!(shares(&manifests, &reviews()), of(expected), "{file}");
    }
    let manifests = manifests(&["gateway-api/tcp-echo-20-v2.yaml"]);
    let mut connection = Connection {
        port: 31400,
        ..Connection::default()
    };
    connection.source.gateway = "default/tcp-echo-gateway".into();
    let answer = manifests.table.answer_connection(&connection);
    let expected = of(&[("tcp-echo-v1", 80.0), ("tcp-echo-v2", 20.0)]);
    assert_eq!(of_forward(&answer.route.unwrap().1.forward), expected);
}

#[test]
fn old_rules_go_by_precedence() {
    let all = manifests(&[
        "route-rules/all-v1.yaml",
        "route-rules/reviews-test-v2.yaml",
    ]);
    assert_eq!(shares(&all, &reviews()), of(&[("v1", 100.0)]));
    let jason = reviews().with_header("cookie", "a=b; user=jason");
    assert_eq!(
        shares(&all, &jason),
        of(&[("v1", 100.0)]),
        "the expression allows no blank"
    );
    let jason = reviews().with_header("cookie", "user=jason");
    assert_eq!(shares(&all, &jason), of(&[("v2", 100.0)]));
    let half = manifests(&["route-rules/reviews-50-v3.yaml"]);
    assert_eq!(shares(&half, &reviews()), of(&[("v1", 50.0), ("v3", 50.0)]));
}

pub(super) fn parsed(text: &str) -> Result<Manifests, ConfigError> {
    parse_manifests(&[Source::new("test.yaml", text)])
}

fn service(http: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: {{name: reviews}}\n\
         spec:\n  hosts: [reviews]\n  http:\n{http}\n"
    )
}

#[test]
fn what_istio_refuses_is_refused_in_its_words() {
    let destination = "{destination: {host: reviews}, weight: 1}";
    for (http, message) in [
        (
            "  - {}",
            "HTTP route, redirect or direct_response is required",
        ),
        (
            "  - route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]",
            "total destination weight = 0",
        ),
        (
            "  - route: [{destination: {host: a}, weight: -1}]",
            "weight -1 < 0",
        ),
        ("  - route: [{weight: 1}]", "destination is required"),
        ("  - route: [null]", "weight may not be nil"),
        (
            "  - route: [{destination: {host: '*'}}]",
            "invalid destination host *",
        ),
        (
            "  - route: [{destination: {host: foo.*}}]",
            "domain name \"*\" invalid (label \"*\" invalid)",
        ),
        (
            "  - route: [{destination: {host: a, subset: v_1}}]",
            "subset name is invalid: v_1",
        ),
        (
            "  - redirect: {uri: /x}\n    fault: {abort: {httpStatus: 500}}",
            "HTTP route cannot contain both fault and redirect",
        ),
        (
            "  - directResponse: {status: 200}\n    rewrite: {uri: /x}",
            "HTTP route rule cannot contain both rewrite and direct_response",
        ),
        (
            "  - redirect: {redirectCode: 302}",
            "redirect must specify URI, authority, scheme, or port",
        ),
        (
            "  - redirect: {uri: /x, redirectCode: 200}",
            "200 is not a valid redirect code, must be 3xx",
        ),
        (
            &format!("  - route: [{destination}]\n    redirect: {{uri: /x}}"),
            "HTTP route cannot contain both route and redirect",
        ),
        (
            &format!("  - route: [{destination}]\n    directResponse: {{status: 200}}"),
            "HTTP route cannot contain both route and direct_response",
        ),
        (
            "  - directResponse: {status: 99}",
            "HTTP status 99 is not in range 200-599",
        ),
        (
            &format!("  - route: [{destination}]\n    fault: {{}}"),
            "HTTP fault injection must have an abort and/or a delay",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    fault: {{abort: {{httpStatus: 500, percentage: {{value: 101}}}}}}"
            ),
            "percentage 101 is not in range 0..100",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    mirror: {{host: b}}\n    mirrorPercentage: {{value: 100.5}}"
            ),
            "mirror_percentage must have a max value of 100 (it has 100.500000)",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    mirror: {{host: b}}\n    mirrors: [{{destination: {{host: c}}}}]"
            ),
            "HTTP route cannot contain both mirror and mirrors",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: -1}}"),
            "attempts cannot be negative",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: 0, retryOn: 5xx}}"),
            "http retry policy configured when attempts are set to 0 (disabled)",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: 2, retryOn: bogus}}"),
            "\"bogus\" is not a valid retryOn policy",
        ),
        (
            &format!("  - match: [{{headers: {{x: }}}}]\n    route: [{destination}]"),
            "header match x cannot be null",
        ),
        (
            &format!("  - match: [{{headers: {{x: {{prefix: ''}}}}}}]\n    route: [{destination}]"),
            "\"headers\": prefix string match should not be empty",
        ),
        (
            &format!("  - match: [{{headers: {{x: {{regex: ''}}}}}}]\n    route: [{destination}]"),
            "\"headers\": regex string match should not be empty",
        ),
    ] {
        let error = parsed(&service(http)).unwrap_err().to_string();
        assert!(error.contains(message), "{http}\n{error}");
        assert!(error.contains("test.yaml:"), "{error}");
    }
}

#[test]
fn weights_are_accepted_as_upstream_validates_them() {
    // TestValidateRouteDestination in pkg/config/validation/validation_test.go
    for (weights, valid) in [
        (&[25, 75][..], true),
        (&[550, 500], true),
        (&[49, 50], true),
        (&[100, 0], true),
        (&[0], true),
        (&[0, 0], false),
        (&[5, -1], false),
    ] {
        let routes: Vec<String> = weights
            .iter()
            .map(|weight| format!("{{destination: {{host: reviews}}, weight: {weight}}}"))
            .collect();
        let text = service(&format!("  - route: [{}]", routes.join(", ")));
        assert_eq!(parsed(&text).is_ok(), valid, "{weights:?}");
    }
}

#[test]
fn wildcards_hosts_and_sections_are_checked() {
    let text = |spec: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {spec}\n"
        )
    };
    for (spec, message) in [
        (
            "{hosts: ['*'], http: [{route: [{destination: {host: a}}]}]}",
            "wildcard host * is not allowed for virtual services bound to the mesh gateway",
        ),
        (
            "{hosts: [a, a], http: [{route: [{destination: {host: a}}]}]}",
            "duplicate hosts in virtual service: a & a",
        ),
        (
            "{hosts: [a]}",
            "http, tcp or tls must be provided in virtual service",
        ),
        ("{hosts: [a], tcp: [{}]}", "TCP route is required"),
        ("{hosts: [a], tls: [{}]}", "TLS route is required"),
        (
            "{hosts: [a], tls: [{route: [{destination: {host: a}}]}]}",
            "TLS route must have at least one match condition",
        ),
    ] {
        let error = parsed(&text(spec)).unwrap_err().to_string();
        assert!(error.contains(message), "{spec}\n{error}");
    }
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: \
                {host: a, subsets: [{name: v1}, {name: v1}]}\n";
    assert!(
        parsed(rule)
            .unwrap_err()
            .to_string()
            .contains("duplicate subset names: v1")
    );
}

#[test]
fn unknown_fields_get_the_nearest_one_and_others_are_said_to_be_ignored() {
    let typo = service("  - route: [{destination: {host: reviews}, wieght: 1}]");
    let error = parsed(&typo).unwrap_err().to_string();
    assert!(
        error.contains("unknown field `wieght`") && error.contains("`weight`"),
        "{error}"
    );
    let strange = service("  - route: [{destination: {host: reviews}}]\n    somethingElse: 1");
    let warnings = parsed(&strange).unwrap().warnings.join("\n");
    assert!(
        warnings.contains("unknown field `somethingElse`"),
        "{warnings}"
    );
}

#[test]
fn a_subset_that_no_rule_defines_keeps_its_share_and_is_named() {
    let text = service(
        "  - route: [{destination: {host: reviews, subset: v9}, weight: 50}, {destination: {host: \
         reviews, subset: v1}, weight: 50}]\n---\napiVersion: networking.istio.io/v1\nkind: \
         DestinationRule\nmetadata: {name: reviews}\nspec: {host: reviews, subsets: [{name: v1}]}",
    );
    let manifests = parsed(&text).unwrap();
    assert_eq!(
        shares(&manifests, &reviews()),
        of(&[("v9", 50.0), ("v1", 50.0)])
    );
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("no DestinationRule defines subset `v9`"),
        "{warnings}"
    );
}

#[test]
fn a_subset_without_pods_is_empty() {
    let services = "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {ports: [{port: \
                    9080}], selector: {app: reviews}}\n---\napiVersion: apps/v1\nkind: Deployment\n\
                    metadata: {name: reviews-v1}\nspec: {replicas: 0, template: {metadata: {labels: \
                    {app: reviews, version: v1}}}}\n---\n";
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: reviews}\n\
                spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}\n---\n";
    let route = service("  - route: [{destination: {host: reviews, subset: v1}}]");
    let manifests = parsed(&format!("{services}{rule}{route}")).unwrap();
    let warnings = manifests.warnings.join("\n");
    assert!(warnings.contains("subset `v1` of `reviews.default.svc.cluster.local` has no replica"));
}

#[test]
fn in_sidecars_the_oldest_has_the_host() {
    let one = |name: &str, version: &str, created: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, \
             creationTimestamp: '{created}'}}\nspec: {{hosts: [reviews], http: [{{route: \
             [{{destination: {{host: reviews, subset: {version}}}}}]}}]}}\n"
        )
    };
    let text = format!(
        "{}---\n{}",
        one("a", "v1", "2026-02-01T00:00:00Z"),
        one("b", "v2", "2026-01-01T00:00:00Z")
    );
    let manifests = parsed(&text).unwrap();
    assert_eq!(shares(&manifests, &reviews()), of(&[("v2", 100.0)]));
    assert!(manifests.warnings.join("\n").contains("already has rules"));
}

#[test]
fn of_one_name_the_later_one_counts_as_when_both_are_applied() {
    let both = [
        "bookinfo/destination-rules.yaml",
        "bookinfo/all-v1.yaml",
        "bookinfo/reviews-50-v3.yaml",
    ];
    let manifests = manifests(&both);
    assert_eq!(
        shares(&manifests, &reviews()),
        of(&[("v1", 50.0), ("v3", 50.0)])
    );
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("VirtualService default/reviews comes again later"),
        "{warnings}"
    );
}

#[test]
fn what_kubectl_prints_goes_in_and_other_kinds_are_skipped() {
    let text = "apiVersion: v1\nkind: List\nmetadata:\n  resourceVersion: \"\"\nitems:\n- apiVersion: \
                networking.istio.io/v1\n  kind: VirtualService\n  metadata:\n    annotations: {a: b}\n    \
                creationTimestamp: \"2026-01-01T00:00:00Z\"\n    generation: 2\n    managedFields:\n    - \
                apiVersion: x\n      fieldsV1: {f:spec: {}}\n    name: reviews\n    namespace: shop\n  \
                spec:\n    hosts: [reviews]\n    http:\n    - route:\n      - destination: {host: \
                reviews, subset: v1}\n  status: {}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: \
                {name: a}\n  data: {}\n";
    let manifests = parsed(text).unwrap();
    assert_eq!(manifests.resources, ["VirtualService shop/reviews"]);
    assert_eq!(manifests.skipped, ["ConfigMap default/a"]);
    let request = Request::parse("http://reviews.shop/").unwrap();
    assert_eq!(shares(&manifests, &request), of(&[("v1", 100.0)]));
}

#[test]
fn what_istio_accepts_is_not_refused() {
    for spec in [
        // A part that others delegate to.
        "{http: [{route: [{destination: {host: a}}]}]}",
        // Names that are one service, and not one name.
        "{hosts: [a, a.default.svc.cluster.local], http: [{route: [{destination: {host: a}}]}]}",
        "{hosts: [10.1.2.3], tcp: [{route: [{destination: {host: a}}]}]}",
        "{hosts: ['*-a.com'], http: [{route: [{destination: {host: '*-foo.baz'}}]}]}",
    ] {
        let read = parsed(&virtual_service(spec));
        assert!(read.is_ok(), "{spec}: {}", read.unwrap_err());
    }
}

#[test]
fn names_and_delegates_are_refused_as_istio_does() {
    for (spec, message) in [
        (
            "{hosts: ['*.a.com', b.a.com], http: [{route: [{destination: {host: a}}]}]}",
            "duplicate hosts in virtual service: *.a.com & b.a.com",
        ),
        (
            "{hosts: [a], http: [{route: [{destination: {host: 'foo.*'}}]}]}",
            "domain name \"*\" invalid (label \"*\" invalid)",
        ),
        (
            "{hosts: [a], http: []}",
            "http, tcp or tls must be provided in virtual service",
        ),
        (
            "{gateways: [g], http: [{route: [{destination: {host: a}}]}]}",
            "delegate virtual service must have no gateways specified",
        ),
        (
            "{http: [{delegate: {name: a}}]}",
            "delegate HTTP route cannot contain delegate",
        ),
        (
            "{hosts: [a], http: [{name: r, delegate: {name: a}, route: [{destination: {host: a}}]}]}",
            "root HTTP route r must not specify route",
        ),
        (
            "{hosts: [a], http: [{redirect: {uri: /a}, rewrite: {uri: /b}}]}",
            "HTTP route rule cannot contain both rewrite and redirect",
        ),
    ] {
        let error = parsed(&virtual_service(spec)).unwrap_err().to_string();
        assert!(error.contains(message), "{spec}: {error}");
    }
}

#[test]
fn connections_that_no_rule_meets_are_warned_of() {
    let spec = "{hosts: [a], tcp: [{match: [{port: 1}], route: [{destination: {host: a}}]}, \
                {match: [{port: 1}], route: [{destination: {host: b}}]}]}";
    let text = parsed(&virtual_service(spec)).unwrap().warnings.join("\n");
    assert!(
        text.contains("virtualService rule tcp[1] not used (all matches used by prior rules)"),
        "{text}"
    );
}

pub(super) fn virtual_service(spec: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {spec}\n"
    )
}

#[test]
fn of_equal_age_the_first_by_name_has_the_host() {
    let one = |namespace: &str, name: &str, version: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, \
             namespace: {namespace}}}\nspec: {{hosts: [reviews.default.svc.cluster.local], http: \
             [{{route: [{{destination: {{host: reviews, subset: {version}}}}}]}}]}}\n"
        )
    };
    let text = format!("{}---\n{}", one("a", "z", "v1"), one("b", "y", "v2"));
    let manifests = parsed(&text).unwrap();
    assert_eq!(shares(&manifests, &reviews()), of(&[("v2", 100.0)]));
}

#[test]
fn a_match_that_an_earlier_one_covers_is_not_used() {
    let text = service(
        "  - match: [{uri: {prefix: /shop}}]\n    route: [{destination: {host: a}}]\n  - name: more\n    \
         match: [{uri: {prefix: /shops}, method: {exact: GET}}, {uri: {prefix: /other}}]\n    route: \
         [{destination: {host: b}}]",
    );
    let warnings = parsed(&text).unwrap().warnings.join("\n");
    let said = "rule more match more.match[0] is not used (duplicate/overlapping match in rule \
                http[0])";
    assert!(warnings.contains(said), "{warnings}");
    assert!(
        !warnings.contains("all matches used by prior rules"),
        "{warnings}"
    );
    let apart = service(
        "  - match: [{uri: {prefix: /shop}, method: {exact: GET}}]\n    route: [{destination: {host: \
         a}}]\n  - match: [{uri: {prefix: /shops}}]\n    route: [{destination: {host: b}}]",
    );
    assert_eq!(parsed(&apart).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn deprecated_and_half_written_faults_are_never_injected() {
    for (fault, said) in [
        (
            "delay: {percent: 50, fixedDelay: 1s}",
            "`percent` is deprecated",
        ),
        (
            "delay: {percentage: {value: 50}}",
            "the delay has no `fixedDelay`",
        ),
    ] {
        let text = service(&format!(
            "  - fault: {{{fault}}}\n    route: [{{destination: {{host: reviews}}}}]"
        ));
        let manifests = parsed(&text).unwrap();
        assert!(manifests.warnings.join("\n").contains(said), "{fault}");
        let route = manifests.table.find(&reviews()).unwrap();
        let share = route
            .faults
            .delay
            .as_ref()
            .map(|delay| delay.percentage.share());
        assert!(share.is_none_or(|share| to_f64(share) == 0.0), "{fault}");
    }
    let mirror = service(
        "  - route: [{destination: {host: reviews}}]\n    mirror: {host: a}\n    mirrorPercent: 101",
    );
    let error = parsed(&mirror).unwrap_err().to_string();
    let said = "mirror_percent must have a max value of 100 (it has 101)";
    assert!(error.contains(said), "{error}");
}

#[test]
fn hosts_outside_say_nothing_of_the_services_inside() {
    let entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e}\nspec: \
                 {hosts: [a.com], ports: [{number: 80, protocol: HTTP}]}\n---\n";
    let route = service("  - route: [{destination: {host: reviews}}]");
    let manifests = parsed(&format!("{entry}{route}")).unwrap();
    assert_eq!(manifests.warnings, Vec::<String>::new());
}
