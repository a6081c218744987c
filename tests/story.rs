//! Stories of a mesh, as a user runs them: phases that apply and delete manifests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Folder, golden, root, shiftsim, text};

const BOOKINFO: &str = "scenarios/stories/bookinfo.yaml";

/// Runs the Bookinfo story with more flags.
fn bookinfo(more: &[&str]) -> String {
    let folder = Folder::new();
    let out = folder.path.to_str().unwrap();
    let output = shiftsim(root(), &[&["run", BOOKINFO, "--out", out], more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let files = [
        "counts.csv",
        "pages.csv",
        "report.html",
        "requests.csv",
        "shares-reviews.png",
        "shares-reviews.svg",
    ];
    assert_eq!(folder.files(), files);
    text(&output.stdout).replace(out, "OUT")
}

fn phases() -> Vec<Value> {
    let told: Value = serde_json::from_str(&bookinfo(&["--format", "json"])).unwrap();
    told["runs"][0]["phases"].as_array().unwrap().clone()
}

/// Requests that reached a version of a service.
fn received(phase: &Value, service: &str, version: &str) -> u64 {
    let rows = phase["services"].as_array().unwrap().iter();
    let own = rows.filter(|row| row["service"] == service && row["version"] == version);
    own.map(|row| row["requests"].as_u64().unwrap()).sum()
}

fn pages<'p>(phase: &'p Value, viewer: &'p str) -> impl Iterator<Item = &'p Value> {
    let pages = phase["pages"].as_array().unwrap().iter();
    pages.filter(move |page| page["viewer"] == viewer)
}

#[test]
fn with_all_v1_the_ratings_get_no_traffic() {
    let all_v1 = &phases()[0];
    assert_eq!(received(all_v1, "ratings", "–"), 0);
    assert_eq!(received(all_v1, "ratings", "v1"), 0);
    assert_eq!(received(all_v1, "reviews", "v1"), 200);
    assert_eq!(all_v1["routed_by_old_rules"], 0);
}

#[test]
fn the_test_user_is_routed_to_v2_and_nobody_else() {
    let to_v2 = &phases()[1];
    let reviews = |page: &Value| page["made_from"][1].as_str().unwrap().to_owned();
    let jason: Vec<String> = pages(to_v2, "jason").map(reviews).collect();
    // The second are the requests until the last proxy has the rule.
    assert_eq!(jason, ["reviews v2", "reviews v1"]);
    let mary: Vec<String> = pages(to_v2, "mary").map(reviews).collect();
    assert_eq!(mary, ["reviews v1"]);
    assert!(to_v2["last_old_seconds"].as_f64().unwrap() <= 4.0);
}

#[test]
fn a_delay_of_seven_seconds_meets_the_timeout_of_three_with_one_retry() {
    let delayed = &phases()[2];
    let slow = pages(delayed, "jason").next().unwrap();
    assert_eq!(slow["without"], serde_json::json!(["reviews"]));
    assert_eq!(slow["longest_seconds"], 6.0);
    let pages_without = slow["count"].as_u64().unwrap();
    let failed = &delayed["failed_calls"][0];
    assert_eq!(failed["calls"].as_u64(), Some(pages_without));
    assert_eq!(
        (&failed["to"], &failed["status"]),
        (&"reviews".into(), &Value::Null)
    );
    // Each page that takes 3 s or more asks twice, and reviews asks ratings each time, but for those
    // whose second try meets the abort of the next phase.
    let twice = |page: &&Value| page["longest_seconds"].as_f64().unwrap() >= 3.0;
    let asked_twice = pages(delayed, "jason").filter(twice);
    let asked_twice: u64 = asked_twice
        .map(|page| page["count"].as_u64().unwrap())
        .sum();
    assert_eq!(received(delayed, "reviews", "v2"), 100 + asked_twice);
    assert_eq!(received(delayed, "ratings", "v1"), 100 + pages_without);
    assert!(pages(delayed, "mary").all(|page| page["longest_seconds"] == 0.0));
}

#[test]
fn an_abort_leaves_the_page_without_ratings_and_never_reaches_them() {
    let aborted = &phases()[3];
    let page = pages(aborted, "jason").next().unwrap();
    assert_eq!(page["without"], serde_json::json!(["ratings"]));
    let failed = &aborted["failed_calls"][0];
    assert_eq!(failed["status"], 500);
    assert!(received(aborted, "ratings", "v1") < 20);
}

#[test]
fn the_split_follows_its_weights_and_the_seed() {
    let half = &phases()[4];
    let v3 = received(half, "reviews", "v3");
    // 200 requests at one half, some of them by the rules of before: within five deviations.
    assert!((60..=140).contains(&v3), "{v3}");
    assert_eq!(bookinfo(&[]), bookinfo(&["--threads", "2"]));
    assert_ne!(bookinfo(&["--seed", "2"]), bookinfo(&["--seed", "3"]));
}

#[test]
fn after_the_clean_up_any_version_answers() {
    let clean = phases().pop().unwrap();
    for version in ["v1", "v2", "v3"] {
        assert!(received(&clean, "reviews", version) > 20, "{version}");
    }
    let rules = clean["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .any(|rule| rule["rule"] == "Service default/reviews (no rule)")
    );
}

#[test]
fn mistakes_are_named_with_their_place() {
    let folder = Folder::new();
    let refused = |story: &str| {
        folder.write("story.yaml", story);
        let output = shiftsim(&folder.path, &["run", "story.yaml"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(folder.files(), ["story.yaml"]);
        text(&output.stderr)
    };
    let many = refused(
        "name: x\nrequest: ftp://a/\nviewers: []\ncals: 1\nphases:\n\
         - {name: one, requests: 0, propagation: [4s, 1s]}\n",
    );
    golden("story-mistakes.txt", &many);
    let missing = refused("name: x\nrequest: GET http://a/\n");
    assert!(missing.contains("`phases` is missing"), "{missing}");
    let absent = refused(
        "name: x\nrequest: GET http://a/\nphases: [{name: p, requests: 1, apply: none.yaml}]\n",
    );
    assert!(absent.contains("none.yaml"), "{absent}");
    let sampled = shiftsim(root(), &["run", BOOKINFO, "--sampled"]);
    assert_eq!(sampled.status.code(), Some(2));
}

#[test]
fn the_latest_of_a_name_counts_and_what_is_deleted_is_gone() {
    let folder = Folder::new();
    let service = fs::read_to_string(root().join("scenarios/manifests/bookinfo/services.yaml"));
    folder.write("services.yaml", &service.unwrap());
    let rule = |subset: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\n\
             metadata: {{name: reviews}}\nspec:\n  hosts: [reviews]\n  http:\n  - route:\n    \
             - destination: {{host: reviews, subset: {subset}}}\n"
        )
    };
    folder.write("v1.yaml", &rule("v1"));
    folder.write("v2.yaml", &rule("v2"));
    folder.write(
        "story.yaml",
        "name: x\nrequest: GET http://reviews:9080/\nrequests: 10\nmanifests: services.yaml\n\
         phases:\n- {name: a, apply: v1.yaml}\n- {name: b, apply: v2.yaml}\n\
         - {name: c, delete: v1.yaml}\n",
    );
    let output = shiftsim(&folder.path, &["run", "story.yaml", "--format", "json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let by = |phase: usize| &told["runs"][0]["phases"][phase]["pages"][0]["by"];
    assert_eq!(
        [by(0), by(1), by(2)],
        ["reviews v1", "reviews v2", "reviews"]
    );
}

/// The stories that stand ready, by name.
fn stories() -> Vec<String> {
    let folder = fs::read_dir(root().join("scenarios/stories")).unwrap();
    let name = |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = folder.map(|entry| name(entry.unwrap().path())).collect();
    names.sort();
    names
}

/// Runs a ready story; its JSON.
fn told(name: &str, more: &[&str]) -> Value {
    let folder = Folder::new();
    let file = format!("scenarios/stories/{name}.yaml");
    let out = folder.path.to_str().unwrap();
    let common = [
        "run",
        &file,
        "--out",
        out,
        "--no-charts",
        "--format",
        "json",
    ];
    let output = shiftsim(root(), &[&common, more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "{name}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["runs"][0].clone()
}

#[test]
fn every_ready_story_is_told_and_says_what_to_see() {
    for name in stories() {
        let path = format!("scenarios/stories/{name}.yaml");
        let story = fs::read_to_string(root().join(&path)).unwrap();
        assert!(story.starts_with("# "), "{path} says nothing about itself");
        let folder = Folder::new();
        let out = folder.path.to_str().unwrap();
        let output = shiftsim(root(), &["run", &path, "--out", out, "--no-charts"]);
        assert_eq!(
            (text(&output.stderr), output.status.code()),
            (String::new(), Some(0))
        );
        let said = text(&output.stdout).replace(out, "OUT");
        golden(&format!("stories/{name}.txt"), &said);
        let widest = said.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{path}");
    }
}

#[test]
fn a_listener_that_changes_drains_its_connections() {
    for name in ["tcp-echo", "tcp-echo-gateway-api"] {
        let story = told(name, &[]);
        let shifted = &story["phases"][1];
        // Two a second, each for a minute: 119 are open, of which those of the last 15 s would
        // outlive the drain of 45 s.
        let stayed = &shifted["under_way"];
        let v1 = serde_json::json!([{"service": "tcp-echo", "version": "v1", "count": 119}]);
        assert_eq!(stayed["by"], v1, "{name}");
        assert_eq!(
            (&stayed["finished"], &stayed["cut"]),
            (&90.into(), &29.into())
        );
        assert_eq!(stayed["last_seconds"], 45.0);
        let v2 = &shifted["services"][1];
        assert_eq!(
            (&v2["expected"], &v2["target_share"]),
            (&80.0.into(), &0.2.into())
        );
        let cleaned = &story["phases"][2];
        assert_eq!(cleaned["services"], serde_json::json!([]));
        assert_eq!(cleaned["pages"][0]["by"], Value::Null);
        assert_eq!(cleaned["open_at_end"], serde_json::json!([]));
    }
}

#[test]
fn the_rows_of_connections_say_when_each_ended() {
    let folder = Folder::new();
    let out = folder.path.to_str().unwrap();
    let file = "scenarios/stories/tcp-echo.yaml";
    let output = shiftsim(root(), &["run", file, "--out", out]);
    assert!(output.status.success());
    let files = folder.files();
    for chart in [
        "open-tcp-echo.png",
        "open-tcp-echo.svg",
        "shares-tcp-echo.png",
    ] {
        assert!(files.iter().any(|file| file == chart), "{files:?}");
    }
    let rows = fs::read_to_string(folder.path.join("requests.csv")).unwrap();
    let row = |number: usize| rows.lines().nth(number).unwrap();
    assert_eq!(row(0), "connection,time_seconds,phase,to,open_seconds,cut");
    // Opened at 185 s and at 185.5 s; the listener changes at 200 s and is drained at 245 s.
    assert_eq!(
        row(371),
        "371,185.000000000,all v1,tcp-echo v1,60.000000000,false"
    );
    assert_eq!(
        row(372),
        "372,185.500000000,all v1,tcp-echo v1,59.500000000,true"
    );
    assert_eq!(rows.lines().filter(|row| row.ends_with("true")).count(), 58);
    assert_eq!(rows.lines().count(), 1001);
}

#[test]
fn requests_in_flight_finish_on_the_rules_that_they_began_with() {
    let folder = Folder::new();
    let manifests = root().join("scenarios/manifests/httpbin");
    let rule = |version: &str| {
        let text = fs::read_to_string(manifests.join("all-v1.yaml")).unwrap();
        text.replacen("subset: v1", &format!("subset: {version}"), 1)
    };
    folder.write("v1.yaml", &rule("v1"));
    folder.write("v2.yaml", &rule("v2"));
    folder.write(
        "story.yaml",
        "name: x\nrequest: GET http://httpbin:8000/\nrequests: 10\n\
         versions: {httpbin: {v1: {takes: 2.5s}, v2: }}\n\
         phases: [{name: a, apply: v1.yaml}, {name: b, apply: v2.yaml}]\n",
    );
    let output = shiftsim(&folder.path, &["run", "story.yaml", "--format", "json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [before, after] = [0, 1].map(|phase| &told["runs"][0]["phases"][phase]);
    // Those of 8 s and 9 s are answered at 10.5 s and 11.5 s, by v1; no later one is.
    assert_eq!(before["pages"][0]["by"], "httpbin v1");
    let stayed = &after["under_way"];
    assert_eq!(
        (&stayed["finished"], &stayed["cut"]),
        (&2.into(), &0.into())
    );
    assert_eq!(stayed["by"][0]["version"], "v1");
    assert_eq!(stayed["last_seconds"], 1.5);
    assert_eq!(after["pages"].as_array().unwrap().len(), 1);
    assert_eq!(after["pages"][0]["by"], "httpbin v2");
}

#[test]
fn the_timeout_of_a_rule_and_the_retry_of_the_page_make_a_second() {
    let story = told("request-timeouts", &[]);
    let page = |phase: usize| &story["phases"][phase]["pages"][0];
    assert_eq!(page(1)["longest_seconds"], 2.0);
    assert_eq!(page(2)["longest_seconds"], 1.0);
    assert_eq!(page(2)["without"], serde_json::json!(["reviews"]));
    assert_eq!(story["phases"][2]["failed_calls"][0]["status"], 504);
    assert_eq!(received(&story["phases"][2], "ratings", "v1"), 200);
}

#[test]
fn replications_agree_with_the_exact_means() {
    let runs = 400;
    for name in ["traffic-shifting", "retries"] {
        let story = told(name, &["--replications", &runs.to_string()]);
        assert_eq!(story["replications"], runs);
        let mut compared = 0;
        for phase in story["phases"].as_array().unwrap() {
            let services = phase["services"].as_array().unwrap().iter();
            for row in services.chain(phase["pages"].as_array().unwrap()) {
                let number = |value: &Value| value.as_f64().unwrap();
                let (expected, runs) = (number(&row["expected"]), &row["runs"]);
                let error = number(&runs["standard_error"]);
                let difference = number(&runs["mean"]) - expected;
                // Five standard errors, for fewer than 100 comparisons: one false alarm in 10^4.
                assert!(difference.abs() <= 5.0 * error + 1e-9, "{name}: {row}");
                compared += usize::from(error > 0.0);
            }
        }
        assert!((4..100).contains(&compared), "{compared}");
    }
    let one = told(
        "traffic-shifting",
        &["--replications", "300", "--threads", "1"],
    );
    let two = told(
        "traffic-shifting",
        &["--replications", "300", "--threads", "2"],
    );
    assert_eq!(one["phases"], two["phases"]);
}

#[test]
fn a_mirror_listens_and_answers_nobody() {
    let story = told("mirroring", &[]);
    let copied = &story["phases"][1];
    assert_eq!(received(copied, "httpbin", "v2"), 100);
    assert_eq!(copied["services"][1]["copies"], 100);
    assert_eq!(copied["pages"].as_array().unwrap().len(), 1);
    assert_eq!(copied["pages"][0]["by"], "httpbin v1");
    let half = &story["phases"][2]["services"][1];
    assert_eq!(half["expected"], 50.0);
}

#[test]
fn the_three_apis_tell_the_same_story_of_request_routing() {
    let names = [
        "request-routing",
        "request-routing-gateway-api",
        "request-routing-route-rules",
    ];
    let pages = names.map(|name| told(name, &[])["phases"][1]["pages"].clone());
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
}

#[test]
fn an_injected_delay_is_no_part_of_the_timeout_beside_it() {
    let folder = Folder::new();
    let rule = "apiVersion: networking.istio.io/v1\nkind: VirtualService\n\
                metadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n  \
                - fault: {delay: {percentage: {value: 100}, fixedDelay: 1s}}\n    \
                timeout: 0.5s\n    route: [{destination: {host: a, subset: v1}}]\n";
    folder.write("rule.yaml", rule);
    let answer = |takes: &str| {
        let story = format!(
            "name: x\nrequest: GET http://a/\nrequests: 1\n\
             versions: {{a: {{v1: {{takes: {takes}}}}}}}\nphases: [{{name: p, apply: rule.yaml}}]\n"
        );
        folder.write("story.yaml", &story);
        let output = shiftsim(&folder.path, &["run", "story.yaml", "--format", "json"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let page = &told["runs"][0]["phases"][0]["pages"][0];
        (page["status"].clone(), page["longest_seconds"].clone())
    };
    assert_eq!(answer("200ms"), (200.into(), 1.2.into()));
    assert_eq!(answer("700ms"), (504.into(), 1.5.into()));
}
