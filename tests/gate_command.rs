//! `shiftsim gate`, and `shiftsim run` of rollouts, as a user runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::path::PathBuf;

use support::{Folder, golden, root, shiftsim, text};

const TUTORIAL: &str = "interval=1m,threshold=5,weights=10..50/10,success=99";

/// The rollouts among the ready scenarios.
fn rollouts() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("scenarios/rollouts")).unwrap();
    let mut found: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() >= 8, "{found:?}");
    found
}

fn fits_80_columns(name: &str, text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{name}: {line}");
    }
}

#[test]
fn the_tutorial_gate_has_a_page_that_says_it() {
    let folder = Folder::new();
    let output = shiftsim(
        &folder.path,
        &[
            "gate",
            "--flagger",
            TUTORIAL,
            "--arrivals",
            "fixed",
            "--rps",
            "1",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    fits_80_columns("gate", &page);
    assert!(page.contains("87.6%"), "{page}");
    golden("gate-tutorial.txt", &page);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn json_holds_every_figure() {
    let folder = Folder::new();
    let arguments = [
        "gate",
        "--flagger",
        TUTORIAL,
        "--rps",
        "5",
        "--error-rate",
        "1.5",
        "--format",
        "json",
    ];
    let output = shiftsim(&folder.path, &arguments);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["command"], "gate");
    assert_eq!(object["arrivals"], "poisson");
    assert_eq!(object["objective"]["error_rate"], 0.01);
    let versions = object["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 6);
    assert_eq!(versions[5]["error_rate"], 0.015);
    for version in versions {
        let sum: f64 = ["promoted", "rolled_back", "undecided"]
            .iter()
            .map(|key| version[key].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{version}");
        assert_eq!(version["method"], "exact");
    }
    assert_eq!(object["steps"].as_array().unwrap().len(), 5);
}

#[test]
fn charts_and_tables_are_written_where_they_are_asked_for() {
    let folder = Folder::new();
    let arguments = [
        "gate",
        "--flagger",
        TUTORIAL,
        "--rps",
        "1,5",
        "--replications",
        "200",
        "--out",
        "charts",
    ];
    let output = shiftsim(&folder.path, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let expected = [
        "charts/alternatives.csv",
        "charts/alternatives.png",
        "charts/alternatives.svg",
        "charts/characteristic.csv",
        "charts/characteristic.png",
        "charts/characteristic.svg",
        "charts/report.html",
    ];
    assert_eq!(folder.files(), expected);
    let page = text(&folder.read("charts/report.html"));
    for expected in [
        "<svg",
        "What each check sees",
        "The same steps under other rules",
        "87.9%",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("<script") && !page.contains("href=\"http"));
    let table = text(&folder.read("charts/characteristic.csv"));
    assert_eq!(table.lines().count(), 1 + 2 * 51);
    assert!(table.contains("\n5 requests/s,0.01,0."), "{table}");
}

#[test]
fn every_gate_of_the_command_line_has_a_page() {
    let folder = Folder::new();
    for (flag, settings) in [
        (
            "--flagger",
            "strategy=blue-green,iterations=5,mirror=100,success=99",
        ),
        (
            "--argo",
            "weights=[20,50],pause=10m,success=95,analysis=background,no-data=failed",
        ),
        (
            "--argo",
            "weights=[20],pause=5m,success=95,count=5,window=2m",
        ),
        (
            "--staged",
            "weights=10..50/10,success=99,failures=2,minimum-requests=100",
        ),
        ("--staged", "weights=10..50/10,test=error-share"),
        ("--schedule", "weights=10..100/10,pause=10m"),
    ] {
        let arguments = [
            "gate",
            flag,
            settings,
            "--rps",
            "5",
            "--replications",
            "300",
        ];
        let output = shiftsim(&folder.path, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let page = text(&output.stdout);
        fits_80_columns(settings, &page);
        assert!(page.contains("promoted"), "{page}");
    }
}

#[test]
fn retries_and_users_are_said_in_words() {
    let folder = Folder::new();
    let shown = |more: &[&str]| {
        let arguments = [&["gate", "--flagger", TUTORIAL, "--rps", "5"], more].concat();
        let output = shiftsim(&folder.path, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let page = text(&output.stdout);
        fits_80_columns("retries", &page);
        // Lines are broken where the terminal ends.
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let client = shown(&["--retries", "2", "--counted", "client"]);
    assert!(
        client.contains("To show 1% errors, 21.5% of attempts must fail."),
        "{client}"
    );
    let server = shown(&["--retries", "1"]);
    assert!(
        server.contains("answers 1.02 attempts for a request"),
        "{server}"
    );
    let users = shown(&["--users", "100"]);
    assert!(users.contains("of 100 users, those who meet"), "{users}");
}

#[test]
fn wrong_settings_name_their_place_and_the_way_out() {
    let folder = Folder::new();
    folder.write("plain.yaml", "name: plain\nweights: {v1: 1}\nrequests: 1\n");
    for (arguments, expected) in [
        (&["gate"][..], "required"),
        (
            &["gate", "--flagger", "weights=10..50/10,treshold=5"],
            "did you mean `threshold`?",
        ),
        (
            &["gate", "--flagger", "interval=5s,weights=[10],success=99"],
            "10 seconds",
        ),
        (&["gate", "--flagger", TUTORIAL, "--rps", "0"], "above 0"),
        (
            &[
                "gate",
                "--flagger",
                TUTORIAL,
                "--load-test",
                "5",
                "--arrivals",
                "fixed",
            ],
            "load test",
        ),
        (
            &["gate", "--flagger", TUTORIAL, "--retries", "11"],
            "0..=10",
        ),
        (
            &["gate", "--flagger", TUTORIAL, "--counted", "client"],
            "--retries",
        ),
        (&["gate", "--flagger", TUTORIAL, "--users", "0"], "1..="),
        (
            &["gate", "--flagger", TUTORIAL, "--metric", "smoke=99"],
            "all of its metrics",
        ),
        (&["gate", "plain.yaml"], "has no `rollout`"),
        (&["gate", "absent.yaml"], "absent.yaml"),
    ] {
        let output = shiftsim(&folder.path, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let complaint = text(&output.stderr);
        assert!(complaint.contains(expected), "{arguments:?}: {complaint}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn ready_rollouts_are_reproducible_on_any_number_of_threads() {
    for scenario in rollouts() {
        let name = scenario.file_stem().unwrap().to_string_lossy().into_owned();
        let run = |threads: &str| {
            let folder = Folder::new();
            let path = scenario.to_str().unwrap();
            let arguments = [
                "run",
                path,
                "--replications",
                "3000",
                "--threads",
                threads,
                "--out",
                "out",
            ];
            let output = shiftsim(&folder.path, &arguments);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            (folder, text(&output.stdout))
        };
        let ((one, first), (two, second)) = (run("1"), run("2"));
        assert_eq!(first, second, "{name}");
        fits_80_columns(&name, &first);
        golden(&format!("rollout-{name}.txt"), &first);
        assert_eq!(
            one.files(),
            [
                "out/report.html",
                "out/rollout.png",
                "out/rollout.svg",
                "out/ticks.csv"
            ]
        );
        for file in one.files() {
            assert!(one.read(&file) == two.read(&file), "{name}: {file}");
        }
    }
}

#[test]
fn a_rollout_and_phases_run_side_by_side() {
    let folder = Folder::new();
    folder.write(
        "plain.yaml",
        "name: plain\nweights: {v1: 1, v2: 1}\nrequests: 20\n",
    );
    folder.write(
        "gated.yaml",
        "name: gated\nrollout: {flagger: {weights: 10..50/10, success: 99}}\nrate: 20/s\n",
    );
    let arguments = [
        "run",
        "plain.yaml",
        "gated.yaml",
        "--no-charts",
        "--format",
        "json",
    ];
    let output = shiftsim(&folder.path, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["runs"][0]["scenario"], "plain");
    assert_eq!(object["runs"][1]["outcome"], "promoted");
    assert_eq!(object["runs"][1]["expected"]["promoted"], 1.0);
    let files = folder.files();
    assert!(
        files.contains(&"output/gated/ticks.csv".to_owned()),
        "{files:?}"
    );
}

#[test]
fn mistakes_of_a_rollout_scenario_are_shown_where_they_stand() {
    let folder = Folder::new();
    folder.write(
        "wrong.yaml",
        "name: wrong\nrollout:\n  flagger: {weights: 10..50/10, succes: 99}\nerrors: {new: 2}\n\
         arrivals: fixed\nload-test: 5/s\n",
    );
    let output = shiftsim(&folder.path, &["run", "wrong.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = text(&output.stderr);
    for expected in [
        "wrong.yaml:3",
        "`success`",
        "wrong.yaml:4",
        "load test needs",
    ] {
        assert!(complaint.contains(expected), "{expected}: {complaint}");
    }
    assert_eq!(folder.files(), ["wrong.yaml"]);
}

#[test]
fn what_would_do_better_comes_with_the_lines_to_paste() {
    let folder = Folder::new();
    let gate = |arguments: &[&str]| {
        let output = shiftsim(&folder.path, &[&["gate"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let page = text(&output.stdout);
        fits_80_columns("gate", &page);
        page
    };
    // One failed check is too few at that rate: a good version is often rolled back.
    let strict = "interval=1m,threshold=1,weights=10..50/10,success=99";
    let page = gate(&["--flagger", strict, "--rps", "50"]);
    assert!(
        page.contains("\n    spec:\n      analysis:\n        threshold: "),
        "{page}"
    );
    // At a few requests a check, a longer interval comes nearest to a minimum.
    let blind = "interval=1m,threshold=10,weights=10..50/10,success=99";
    let page = gate(&["--flagger", blind, "--rps", "2"]);
    assert!(
        page.contains("Flagger knows no minimum of requests"),
        "{page}"
    );
    assert!(page.contains("        - name: request-success-rate\n          interval: 100s\n"));
    let argo =
        "weights=[20,50],pause=10m,success=99,analysis=background,interval=1m,failure-limit=0";
    let page = gate(&["--argo", argo, "--rps", "20", "--replications", "500"]);
    assert!(page.contains("\n        failureLimit: "), "{page}");
    let quiet = gate(&["--flagger", strict, "--rps", "50", "-q"]);
    assert!(!quiet.contains("spec:"));
}

#[test]
fn a_gate_of_a_million_requests_a_second_has_its_page() {
    let folder = Folder::new();
    for arrivals in ["poisson", "constant", "fixed"] {
        let million = ["gate", "--flagger", TUTORIAL, "--rps", "1000000"];
        let law = ["--arrivals", arrivals, "--replications", "100"];
        let output = shiftsim(&folder.path, &[&million[..], &law].concat());
        let page = text(&output.stdout);
        // 6 million requests in the first window: half of the versions at the limit pass a check.
        assert!(
            page.contains("one test of all requests at the end           >99.99%")
                || page.contains("one test of all requests at the end              100%"),
            "{page}"
        );
        assert!(page.contains("   50.0%         0%"), "{page}");
    }
}

#[test]
fn a_fraction_of_a_percent_is_no_weight() {
    let folder = Folder::new();
    for weights in ["weights=10..50/2.5", "weights=[10,12.5]", "weights=2.5"] {
        let settings = format!("{weights},success=99");
        let output = shiftsim(&folder.path, &["gate", "--flagger", &settings]);
        assert_eq!(output.status.code(), Some(2));
        let errors = text(&output.stderr);
        assert!(errors.contains("weights are whole percentages"), "{errors}");
        assert!(errors.contains("there is a fraction"), "{errors}");
    }
    let wrong = ["gate", "--flagger", "weights=10..50,success=99"];
    let errors = text(&shiftsim(&folder.path, &wrong).stderr);
    assert!(errors.contains("such as 10..50/10"), "{errors}");
}

#[test]
fn a_filter_on_one_status_is_said_to_stand_for_all_errors() {
    let folder = Folder::new();
    let manifest = std::fs::read_to_string(root().join("tests/rollout_files/argo-background.yaml"));
    let manifest = manifest.unwrap();
    assert!(manifest.contains("response_code!~\"5.*\""), "{manifest}");
    let path = folder.path.join("argo.yaml");
    std::fs::write(
        &path,
        manifest.replace("response_code!~\"5.*\"", "response_code!=\"503\""),
    )
    .unwrap();
    let output = shiftsim(
        &folder.path,
        &["gate", "argo.yaml", "--rps", "5", "--replications", "100"],
    );
    let errors = text(&output.stderr);
    assert!(
        errors.contains("`response_code!=\"503\"` tells some failures from others"),
        "{errors}"
    );
    assert!(errors.contains("taken to count every error that is simulated"));
}

#[test]
fn files_are_named_in_lines_that_fit_and_kayenta_has_a_page() {
    let folder = Folder::new();
    let kayenta = root().join("scenarios/gates/kayenta.json");
    let kayenta = kayenta.to_str().unwrap();
    let arguments = ["gate", kayenta, "--replications", "100", "--out", "charts"];
    let output = shiftsim(&folder.path, &arguments);
    let page = text(&output.stdout);
    fits_80_columns("gate", &page);
    assert!(
        page.contains("Page and charts: charts/report.html"),
        "{page}"
    );
    let html = std::fs::read_to_string(folder.path.join("charts/report.html")).unwrap();
    assert!(html.contains("What does this judge really catch?") && html.contains("<svg"));
}
