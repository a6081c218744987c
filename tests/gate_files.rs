//! `shiftsim gate` with files of rollout tools, as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::io::Write;
use std::process::Stdio;

use support::{Folder, command, golden, root, shiftsim, text};

fn file(name: &str) -> String {
    root().join(name).display().to_string()
}

fn gate(folder: &Folder, arguments: &[&str]) -> std::process::Output {
    let all: Vec<&str> = std::iter::once("gate")
        .chain(arguments.iter().copied())
        .collect();
    shiftsim(&folder.path, &all)
}

/// The page of a file that is read without mistakes.
fn page(arguments: &[&str]) -> String {
    let output = gate(&Folder::new(), arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    page
}

#[test]
fn the_ready_gates_have_pages() {
    let few = ["--replications", "200"];
    for name in [
        "flagger-canary.yaml",
        "flagger-own-metric.yaml",
        "argo-background.yaml",
        "kayenta.json",
        "openkruise.yaml",
    ] {
        let file = file(&format!("scenarios/gates/{name}"));
        let shown = page(&[&[file.as_str(), "--rps", "5"], &few[..]].concat());
        let stem = name.split('.').next().unwrap();
        golden(&format!("gate-file-{stem}.txt"), &shown);
    }
}

#[test]
fn a_canary_of_flagger_is_the_gate_of_its_settings() {
    let canary = file("tests/rollout_files/kubectl-list.yaml");
    let rest = ["--rps", "1", "--arrivals", "fixed"];
    let by_file = page(&[&[canary.as_str()], &rest[..]].concat());
    let settings = "interval=1m,threshold=5,weights=10..100/10,success=99";
    let by_flag = page(&[&["--flagger", settings], &rest[..]].concat());
    let numbers = |page: &str| -> Vec<String> {
        page.lines()
            .filter(|line| line.contains('%') && !line.contains('·'))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(numbers(&by_file), numbers(&by_flag));
}

#[test]
fn what_kubectl_prints_can_be_piped_in() {
    let folder = Folder::new();
    let mut child = command(&folder.path)
        .args(["gate", "-", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let list = std::fs::read(file("tests/rollout_files/kubectl-list.yaml")).unwrap();
    child.stdin.take().unwrap().write_all(&list).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let warnings = text(&output.stderr);
    assert!(warnings.contains("`Service` is not read"), "{warnings}");
    assert!(warnings.contains("<stdin>:47"), "{warnings}");
}

#[test]
fn several_gates_have_a_page_and_a_folder_each() {
    let folder = Folder::new();
    let argo = file("scenarios/gates/argo-background.yaml");
    let arguments = [
        argo.as_str(),
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "--replications",
        "100",
        "--format",
        "json",
        "--out",
        "out",
    ];
    let output = gate(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["command"], "gate");
    assert_eq!(object["gates"][0]["rollout"], "guestbook");
    assert_eq!(object["gates"][1]["tool"], "fixed schedule");
    let files = folder.files();
    assert!(
        files.contains(&"out/1-guestbook/characteristic.svg".to_owned()),
        "{files:?}"
    );
    assert!(
        files
            .iter()
            .any(|name| name.starts_with("out/2-CodeDeployDefault-Lambda")),
        "{files:?}"
    );
}

#[test]
fn a_judge_gives_its_figures_with_their_errors() {
    let folder = Folder::new();
    let config = file("scenarios/gates/kayenta.json");
    let arguments = [
        config.as_str(),
        "--rps",
        "33.333",
        "--replications",
        "600",
        "--format",
        "json",
        "--out",
        "out",
    ];
    let output = gate(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = &object["metrics"][0];
    assert!((errors["mean_per_point"].as_f64().unwrap() - 5.0).abs() < 1e-3);
    let flagged = |place: usize| {
        let change = &errors["changes"][place];
        (
            change["factor"].as_f64().unwrap(),
            change["flagged"]["value"].as_f64().unwrap(),
            change["flagged"]["standard_error"].as_f64().unwrap(),
        )
    };
    // Fifty points of five errors: 6.25 is seen in 21% of judgements, 7.5 in 93%; four standard
    // errors of six hundred trials either way, and half a point for the rounding of those figures.
    for (place, factor, share) in [(4, 1.25, 0.21), (6, 1.5, 0.93)] {
        let (seen, value, error) = flagged(place);
        assert_eq!(seen, factor);
        assert!(
            (value - share).abs() < 4.0 * error + 0.005,
            "{factor}: {value}"
        );
    }
    // The nominal 2% of both sides are cut to a tenth by the tolerance of a quarter.
    let (_, false_alarms, _) = flagged(0);
    assert!(false_alarms < 0.01, "{false_alarms}");
    assert_eq!(
        folder.files(),
        [
            "out/changes.csv",
            "out/judge.png",
            "out/judge.svg",
            "out/report.html"
        ]
    );
}

#[test]
fn every_further_judgement_may_stop_a_good_version() {
    let stopped = |judgements: &str| -> f64 {
        let config = file("scenarios/gates/kayenta.json");
        let arguments = [
            config.as_str(),
            "--rps",
            "33.333",
            "--replications",
            "500",
            "--judgements",
            judgements,
            "--format",
            "json",
        ];
        let output = gate(&Folder::new(), &arguments);
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        object["unchanged_stopped"]["value"].as_f64().unwrap()
    };
    // The same points are judged: at the end alone, or at the end and four times before.
    let (once, often) = (stopped("1"), stopped("5"));
    assert!(often > once, "{once} {often}");
}

#[test]
fn sparse_errors_are_hardly_seen() {
    // 0.2 errors in a point: a threefold increase is seen in half of the judgements alone.
    let shown = page(&[
        &file("scenarios/gates/kayenta.json"),
        "--rps",
        "1.3333",
        "--replications",
        "600",
    ]);
    let row = shown.lines().find(|line| line.contains("×3 ")).unwrap();
    let seen: f64 = row
        .split_whitespace()
        .nth(2)
        .and_then(|share| share.trim_end_matches('%').parse().ok())
        .unwrap();
    assert!((seen - 51.0).abs() < 9.0, "{row}");
    assert!(shown.contains("most points of"), "{shown}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let config = file("scenarios/gates/kayenta.json");
    let run = |threads| page(&[&config, "--replications", "100", "--threads", threads]);
    assert_eq!(run("1"), run("2"));
}

#[test]
fn mistakes_end_with_status_2_and_write_nothing() {
    let folder = Folder::new();
    let broken = file("tests/rollout_files/broken/flagger-many-mistakes.yaml");
    let good = file("scenarios/gates/argo-background.yaml");
    let output = gate(&folder, &[&good, &broken, "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert!(
        errors.contains("flagger-many-mistakes.yaml:7:16"),
        "{errors}"
    );
    assert_eq!(text(&output.stdout), "");
    assert_eq!(folder.files(), [""; 0]);

    let output = gate(
        &folder,
        &["CodeDeployDefault.LambdaCanary10Percent6Minutes"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean"));

    let scenario = file("scenarios/tcp-echo-20-v2.yaml");
    let output = gate(&folder, &[&scenario]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("has no `rollout`"));
}

#[test]
fn a_job_passes_as_often_as_it_is_said_to() {
    let job = file("tests/rollout_files/argo-job.yaml");
    let promoted = |more: &[&str]| {
        let arguments = [&[job.as_str(), "--format", "json"], more].concat();
        let found: serde_json::Value = serde_json::from_str(&page_of(&arguments)).unwrap();
        found["versions"][0]["promoted"].as_f64().unwrap()
    };
    assert_eq!(promoted(&[]), 1.0);
    // At most one of three fails: 0.9³ + 3 · 0.9² · 0.1.
    assert!((promoted(&["--metric", "smoke-test=90"]) - 0.972).abs() < 1e-12);
    let text = page(&[&job]);
    assert!(text.contains("not simulated, and so taken to pass always: `smoke-test`"));
    assert!(text.contains("--metric 'smoke-test=99'"));
    let wrong = gate(&Folder::new(), &[&job, "--metric", "smoke=90"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_placeholder_without_quotes_is_explained() {
    let folder = Folder::new();
    folder.write(
        "template.yaml",
        "kind: AnalysisTemplate\napiVersion: argoproj.io/v1alpha1\nmetadata:\n  name: {{args.name}}\n",
    );
    let output = gate(&folder, &["template.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("quotes"),
        "{}",
        text(&output.stderr)
    );
}

/// What is printed, of any width.
fn page_of(arguments: &[&str]) -> String {
    let output = gate(&Folder::new(), arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}
