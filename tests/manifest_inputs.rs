//! `run`, `converge` and `check` with manifests in the place of a scenario, as a user runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use support::{Folder, root, shiftsim, text};

const REVIEWS: &str = "http://reviews:9080/reviews/0";

fn manifest(name: &str) -> String {
    let path = root().join("scenarios/manifests").join(name);
    path.to_str().unwrap().to_owned()
}

/// Runs with `paths` after the command, and the flags after them.
fn asked(command: &str, paths: &[&str], flags: &[&str]) -> (Option<i32>, String, String) {
    let folder = Folder::new();
    let paths: Vec<String> = paths.iter().map(|path| manifest(path)).collect();
    let mut arguments = vec![command];
    arguments.extend(paths.iter().map(String::as_str));
    arguments.extend(flags);
    let output = shiftsim(&folder.path, &arguments);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn run_sends_requests_through_the_rule_that_answers_them() {
    let files = [
        "bookinfo/destination-rules.yaml",
        "bookinfo/reviews-90-10.yaml",
    ];
    let flags = [
        "--request",
        REVIEWS,
        "--requests",
        "1000",
        "--no-charts",
        "--format",
        "json",
    ];
    let (status, json, warnings) = asked("run", &files, &flags);
    assert_eq!((status, warnings.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let run = &json["runs"][0];
    assert_eq!(run["scenario"], "reviews", "{run}");
    let versions = run["phases"][0]["versions"].as_array().unwrap();
    let names: Vec<&str> = versions
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["v1", "v2"]);
    // The same seed, weights and number of requests give the same counts without a manifest.
    let flags = [
        "--weights",
        "v1=90,v2=10",
        "--requests",
        "1000",
        "--no-charts",
        "--format",
        "json",
    ];
    let (_, plain, _) = asked("run", &[], &flags);
    let plain: serde_json::Value = serde_json::from_str(&plain).unwrap();
    let counts = |run: &serde_json::Value| -> Vec<serde_json::Value> {
        let versions = run["phases"][0]["versions"].as_array().unwrap();
        versions
            .iter()
            .map(|one| one["observed_count"].clone())
            .collect()
    };
    assert_eq!(counts(run), counts(&plain["runs"][0]));
    assert!(counts(run)[0].as_u64().unwrap() > 800, "{run}");
}

#[test]
fn a_header_changes_the_split_that_is_met() {
    let files = [
        "bookinfo/destination-rules.yaml",
        "bookinfo/reviews-jason-v2-v3.yaml",
    ];
    let flags = |header: &'static [&str]| {
        let flags = ["--request", REVIEWS, "--requests", "20", "--no-charts"];
        [&flags[..], header].concat()
    };
    let (status, everyone, _) = asked("run", &files, &flags(&[]));
    assert_eq!(status, Some(0));
    assert!(
        everyone.contains("v3") && !everyone.contains("v2 "),
        "{everyone}"
    );
    let (_, jason, _) = asked("run", &files, &flags(&["-H", "end-user: jason"]));
    assert!(jason.contains("v2") && !jason.contains("v3 "), "{jason}");
}

#[test]
fn converge_answers_for_the_weights_of_a_manifest() {
    let files = [
        "bookinfo/reviews-50-v3.yaml",
        "bookinfo/destination-rules.yaml",
    ];
    let (status, manifests, _) = asked(
        "converge",
        &files,
        &["--request", REVIEWS, "--format", "json"],
    );
    assert_eq!(status, Some(0));
    let (_, weights, _) = asked(
        "converge",
        &[],
        &["--weights", "v1=50,v3=50", "--format", "json"],
    );
    let needed = |text: &str| -> serde_json::Value {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(json["meanings"][0]["needed"].is_object(), "{json}");
        json["meanings"].clone()
    };
    assert_eq!(needed(&manifests), needed(&weights));
}

#[test]
fn check_holds_counts_against_a_manifest() {
    let target = manifest("bookinfo/reviews-90-10.yaml");
    let observed = |v1: &str, v2: &str| {
        let flags = ["--target", &target, "--request", REVIEWS, v1, v2];
        asked("check", &[], &flags).0
    };
    assert_eq!(observed("v1=905", "v2=95"), Some(0));
    assert_eq!(observed("v1=500", "v2=500"), Some(1));
}

#[test]
fn connections_meet_the_split_of_their_listener() {
    let flags = [
        "--request",
        "tcp://tcp-echo.example.com:31400",
        "--gateway",
        "default/tcp-echo-gateway",
        "--requests",
        "200",
        "--no-charts",
    ];
    let (status, printed, errors) = asked("run", &["tcp-echo/20-v2.yaml"], &flags);
    assert_eq!(status, Some(0), "{errors}");
    assert!(printed.contains("200 connections"), "{printed}");
    assert!(
        printed.contains("80.0%") && printed.contains("20.0%"),
        "{printed}"
    );
}

#[test]
fn a_request_that_goes_nowhere_is_refused_with_the_reason() {
    let none = ["--request", "http://elsewhere/", "--requests", "9"];
    let abort = ["--request", "http://details:9080/", "--requests", "9"];
    let often = ["--request", REVIEWS];
    let alone = ["--gateway", "default/a"];
    for (files, flags, reason) in [
        (
            &["bookinfo/details-abort.yaml"][..],
            &abort[..],
            "aborts every request with status 555",
        ),
        (
            &["bookinfo/reviews-90-10.yaml"],
            &none,
            "no rule and no service for its host",
        ),
        (
            &["bookinfo/reviews-90-10.yaml"],
            &often,
            "add --requests 100",
        ),
        (
            &["bookinfo/reviews-90-10.yaml"],
            &alone,
            "--gateway is of the proxy that routes a request",
        ),
    ] {
        let (status, printed, error) = asked("run", files, flags);
        assert_eq!((status, printed.as_str()), (Some(2), ""), "{flags:?}");
        assert!(error.contains(reason), "{flags:?}\n{error}");
        assert!(error.contains("= help: "), "{error}");
    }
}

#[test]
fn what_happens_beside_the_split_is_a_warning() {
    let folder = Folder::new();
    let rule = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  \
                hosts: [web]\n  http:\n  - fault: {abort: {httpStatus: 503, percentage: {value: 25}}}\n    \
                mirror: {host: web-shadow}\n    mirrorPercentage: {value: 10}\n    route:\n    \
                - {destination: {host: web-a}, weight: 3}\n    - {destination: {host: web-b}, weight: 1}\n";
    std::fs::write(folder.path.join("web.yaml"), rule).unwrap();
    let arguments = [
        "run",
        "web.yaml",
        "--request",
        "http://web/",
        "--requests",
        "100",
        "--no-charts",
    ];
    let output = shiftsim(&folder.path, &arguments);
    let warnings = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{warnings}");
    assert!(
        warnings.contains("aborts 25% of the requests with status 503"),
        "{warnings}"
    );
    assert!(
        warnings.contains("mirrors 10% of the requests to web-shadow"),
        "{warnings}"
    );
    let printed = text(&output.stdout);
    assert!(
        printed.contains("web-a") && printed.contains("75.0%"),
        "{printed}"
    );
}

/// A service of its own in another namespace, with a subset that nobody defines.
const SHOP: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: checkout, namespace: shop}
spec:
  hosts: [checkout]
  http:
  - route:
    - destination: {host: checkout, subset: v3}
---
apiVersion: v1
kind: Service
metadata: {name: checkout, namespace: shop}
spec: {selector: {app: checkout}, ports: [{name: http, port: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: checkout, namespace: shop}
spec: {host: checkout, subsets: [{name: v1, labels: {version: v1}}]}
";

fn told(command: &str, manifest: &str, flags: &[&str]) -> (Option<i32>, String, String) {
    let folder = Folder::new();
    std::fs::write(folder.path.join("manifest.yaml"), manifest).unwrap();
    let arguments = [&[command, "manifest.yaml"], flags].concat();
    let output = shiftsim(&folder.path, &arguments);
    let texts = (text(&output.stdout), text(&output.stderr));
    (output.status.code(), texts.0, texts.1)
}

#[test]
fn a_share_that_nobody_answers_says_so() {
    let flags = [
        "--namespace",
        "shop",
        "--request",
        "http://checkout:8080/",
        "--requests",
        "20",
        "--no-charts",
    ];
    let (status, shown, _) = told("run", SHOP, &flags);
    assert_eq!(status, Some(0));
    assert!(shown.contains("All 20 requests went to v3 (503 NC: not there)"));
}

#[test]
fn the_name_of_a_service_alone_is_known_in_its_namespace_only() {
    let asked = |namespace: &str, host: &str| {
        let request = format!("http://{host}:8080/");
        told(
            "explain",
            SHOP,
            &["--namespace", namespace, "--request", &request],
        )
        .1
    };
    assert!(asked("shop", "checkout").contains("VirtualService shop/checkout"));
    assert!(!asked("default", "checkout").contains("VirtualService shop/checkout"));
    assert!(asked("default", "checkout.shop").contains("VirtualService shop/checkout"));
}

#[test]
fn what_is_meant_otherwise_is_told_apart() {
    let (status, _, error) = told("run", SHOP, &[]);
    assert_eq!(status, Some(2));
    assert!(
        error.contains("it is a manifest (VirtualService), not a scenario"),
        "{error}"
    );
    let (status, _, error) = told("explain", "", &[]);
    assert_eq!(status, Some(2));
    assert!(error.contains("it holds no manifest"), "{error}");
    let gateway = SHOP.replace(
        "hosts: [checkout]",
        "hosts: [a.example]\n  gateways: [public]",
    );
    let flags = ["--gateway", "public", "--request", "http://a.example/"];
    let (status, _, error) = told("explain", &gateway, &flags);
    assert_eq!(status, Some(2));
    assert!(
        error.contains("they have routes for shop/public"),
        "{error}"
    );
}
