//! What no manifest declares: ports, hosts, subsets and versions, as a user meets them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;

use support::{Folder, root, shiftsim, text};

const SERVICES: &str = "tests/undeclared/services.yaml";
const SPLIT: &str = "tests/undeclared/split.yaml";
const V1_ALONE: &str = "tests/undeclared/v1-alone.yaml";

/// Exit status, standard output with its lines joined, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = shiftsim(root(), arguments);
    let words = text(&output.stdout);
    let words: Vec<&str> = words.split_whitespace().collect();
    let status = output.status.code().unwrap();
    (status, words.join(" "), text(&output.stderr))
}

fn explained(request: &str) -> String {
    let (status, printed, _) = run(&["explain", SERVICES, SPLIT, "-q", "--request", request]);
    assert_eq!(status, 0);
    printed
}

#[test]
fn rules_answer_at_the_ports_of_their_service_alone() {
    assert!(explained("http://cart:8080/").contains("VirtualService default/cart split"));
    let elsewhere = explained("http://cart:9999/");
    assert!(
        elsewhere.contains(
            "`cart` has no port 9999 for requests (it has 8080): none of its rules is asked, and \
             the request passes to an address where nobody answers: 503, flag UF"
        ),
        "{elsewhere}"
    );
    // A port of TCP is none for requests.
    assert!(explained("http://cart:7946/").contains("no port 7946 for requests"));
    assert!(explained("tcp://cart:7946").contains("Service default/cart (no rule)"));
    let no_listener = explained("tcp://cart:7947");
    assert!(
        no_listener.contains("`cart` has no port 7947 (it has 7946, 8080): no rule is asked"),
        "{no_listener}"
    );
}

#[test]
fn without_its_service_a_host_answers_at_every_port() {
    let request = ["--request", "http://cart:9999/"];
    let (_, printed, _) = run(&[&["explain", SPLIT][..], &request].concat());
    assert!(printed.contains("VirtualService default/cart split"));
}

#[test]
fn a_port_that_a_service_has_not_is_no_split_to_simulate() {
    let request = ["--request", "http://cart:9999/"];
    let (status, _, errors) = run(&[&["converge", SERVICES, SPLIT][..], &request].concat());
    assert_eq!(status, 2);
    assert!(errors.contains("its host has no port 9999 for requests; it has 8080"));
}

#[test]
fn weights_that_do_not_sum_to_100_come_with_their_shares() {
    let (_, _, errors) = run(&["explain", SERVICES, SPLIT]);
    assert!(
        errors.contains("these weights sum to 90, not to 100"),
        "{errors}"
    );
    assert!(errors.contains("they are relative: the shares are 66.7%, 33.3%"));
    let folder = Folder::new();
    for (weights, warned) in [
        ((9, 1), false),
        ((75, 25), false),
        ((1, 2), true),
        ((50, 0), true),
    ] {
        let manifest = fs::read_to_string(root().join(SPLIT)).unwrap();
        let manifest = manifest.replace("60", &weights.0.to_string());
        let manifest = manifest.replace("30", &weights.1.to_string());
        let path = folder.path.join("split.yaml");
        fs::write(&path, manifest).unwrap();
        let (_, _, errors) = run(&["explain", SERVICES, path.to_str().unwrap()]);
        assert_eq!(
            errors.contains("not to 100"),
            warned,
            "{weights:?}: {errors}"
        );
    }
}

#[test]
fn a_rule_that_is_never_met_is_said_once() {
    let (_, _, errors) = run(&["explain", SERVICES, SPLIT]);
    assert_eq!(errors.matches("rule late").count(), 1, "{errors}");
    let folder = Folder::new();
    let path = folder.path.join("twice.yaml");
    let rule = "\n    - name: NAME\n      match:\n        - uri: {prefix: /a}\n        - uri: {prefix: \
                /b}\n      route:\n        - destination: {host: cart, subset: v1}";
    let rules = [
        rule.replace("NAME", "first"),
        rule.replace("NAME", "second"),
    ]
    .concat();
    let manifest = fs::read_to_string(root().join(SPLIT)).unwrap();
    let head = manifest.split_once("\n    - name: split").unwrap().0;
    fs::write(&path, format!("{head}{rules}\n")).unwrap();
    let twice = ["explain", SERVICES, path.to_str().unwrap()];
    let (_, _, errors) = run(&twice);
    assert_eq!(errors.matches("warning: ").count(), 1, "{errors}");
    assert!(errors.contains("rule second not used (all matches used by prior rules)"));
    // Quietly, a line with the place.
    let (_, _, brief) = run(&[&twice[..], &["-q"]].concat());
    assert_eq!(brief.lines().count(), 1, "{brief}");
    assert!(brief.trim_end().ends_with("twice.yaml:13:7)"), "{brief}");
}

#[test]
fn names_of_the_protobuf_files_are_refused_with_those_of_the_schema() {
    let folder = Folder::new();
    let path = folder.path.join("snake.yaml");
    let manifest = fs::read_to_string(root().join(SPLIT)).unwrap();
    let snake = manifest.replace("uri: {prefix: /late}", "source_labels: {app: web}");
    fs::write(&path, snake).unwrap();
    let (status, _, errors) = run(&["explain", SERVICES, path.to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(
        errors.contains("unknown field `source_labels` in a match"),
        "{errors}"
    );
    assert!(errors.contains("write `sourceLabels`: the API server knows no other name"));
}

#[test]
fn nobody_has_seen_a_subset_that_is_missing() {
    let check = [
        "check",
        "--target",
        "MANIFESTS",
        "--request",
        "http://cart/",
    ];
    let folder = Folder::new();
    let path = folder.path.join("all.yaml");
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    fs::write(&path, format!("{}---\n{}", read(V1_ALONE), read(SPLIT))).unwrap();
    let check = check.map(|word| {
        if word == "MANIFESTS" {
            path.to_str().unwrap()
        } else {
            word
        }
    });
    let (status, _, errors) = run(&[&check[..], &["v1=60", "v9=30"]].concat());
    assert_eq!(status, 2);
    assert!(
        errors.contains("v9=30: nobody answers as `v9`, which the manifests do not define or run"),
        "{errors}"
    );
    assert!(errors.contains("count those answers: 503=30"));
    let (status, printed, _) = run(&[&check[..], &["v1=60", "503=30"]].concat());
    assert_eq!(status, 0);
    assert!(printed.contains("v9 30 33.3% 30 33.3%"), "{printed}");
}

#[test]
fn a_story_says_what_it_takes_to_be_there() {
    let folder = Folder::new();
    let out = folder.path.to_str().unwrap();
    let (status, printed, errors) = run(&["run", "tests/undeclared/story.yaml", "--out", out]);
    assert_eq!(status, 0);
    assert!(
        printed.contains("200 from cart v9 with prices"),
        "{printed}"
    );
    for said in [
        "warning: no manifest declares the host `prices`\n",
        "requests to it pass out of the mesh, and are taken to be answered with 200",
        "warning: `cart` has no port 9090\n",
        "nobody answers there: 503; its ports are 7946 and 8080",
        "warning: VirtualService default/cart sends to v9 of cart, and `versions` has v1 and v2\n",
        "warning: v3 of cart calls cart, and `versions` has v1 and v2\n",
        "warning: `basket` calls cart, and no request reaches `basket`\n",
    ] {
        assert!(errors.contains(said), "{said}\n{errors}");
    }
}

#[test]
fn a_story_names_the_phase_in_which_a_host_is_gone() {
    let folder = Folder::new();
    let split = root().join(SPLIT);
    let story = format!(
        "name: gone\nrequest: GET http://cart/\nrequests: 10\nphases:\n  - {{name: there, apply: \
         {0}}}\n  - {{name: gone, delete: {0}}}\n",
        split.display()
    );
    let path = folder.path.join("gone.yaml");
    fs::write(&path, story).unwrap();
    let out = folder.path.join("out");
    let arguments = [
        "run",
        path.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let (status, _, errors) = run(&arguments);
    assert_eq!(status, 0);
    assert!(
        errors.contains("no manifest declares the host `cart` in phase `gone`"),
        "{errors}"
    );
}

#[test]
fn a_short_name_of_another_namespace_is_told_from_an_unknown_one() {
    let folder = Folder::new();
    let path = folder.path.join("elsewhere.yaml");
    let services = fs::read_to_string(root().join(SERVICES)).unwrap();
    let elsewhere = services.replace("{name: cart}", "{name: cart, namespace: shop}");
    fs::write(
        &path,
        elsewhere.replace("name: tcp-sync", "name: http-admin"),
    )
    .unwrap();
    let ask = |request: &str| run(&["explain", path.to_str().unwrap(), "--request", request]).1;
    let short = ask("http://cart:8080/");
    assert!(
        short.contains("ask for cart.shop, or with --namespace shop"),
        "{short}"
    );
    assert!(!ask("http://basket:8080/").contains("--namespace"));
    assert!(ask("http://cart.shop/").contains("no port 80 for requests (it has 7946, 8080)"));
}
