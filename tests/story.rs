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
    assert_eq!(folder.files(), ["pages.csv"]);
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
fn the_story_of_bookinfo_is_told() {
    golden("story-bookinfo.txt", &bookinfo(&[]));
    let widest = bookinfo(&[]).lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80));
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
    // Each such page asks twice, and reviews asks ratings each time.
    assert_eq!(received(delayed, "reviews", "v2"), 100 + pages_without);
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
    let replicated = shiftsim(root(), &["run", BOOKINFO, "--replications", "5"]);
    assert_eq!(replicated.status.code(), Some(2));
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
