//! The manifests of the tasks give the routes and shares that they are to give.

use super::*;

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
