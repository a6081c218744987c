//! `shiftsim plan` and `shiftsim stat`, run as a user runs them.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use serde_json::Value;
use support::{Folder, shiftsim, text};

fn json(arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = [arguments, &["--format", "json"]].concat();
    let output = shiftsim(&Folder::new().path, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What standard error says; the status has to be 2, and standard output empty.
fn refused(arguments: &[&str]) -> String {
    let output = shiftsim(&Folder::new().path, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr)
}

#[test]
fn sixty_against_fifty_takes_210_requests() {
    let plan = json(&[
        "plan",
        "split",
        "--weights",
        "v1=50,v2=50",
        "--actual",
        "v1=40,v2=60",
        "--requests",
        "15",
    ]);
    assert_eq!(
        (&plan["first"], &plan["stable"]),
        (&199.into(), &210.into())
    );
    let power = plan["power_at_requests"].as_f64().unwrap();
    assert!((power - 0.092_429_671_628_8).abs() < 1e-12);
}

#[test]
fn the_version_that_differs_most_is_the_one_to_watch() {
    let plan = json(&[
        "plan",
        "split",
        "--weights",
        "a=50,b=30,c=20",
        "--actual",
        "c=15,a=50,b=35",
    ]);
    assert!(["b", "c"].contains(&plan["version"].as_str().unwrap()));
}

#[test]
fn error_rates_are_told_apart_by_exact_power() {
    let arguments = [
        "plan", "errors", "--stable", "1", "--canary", "2%", "--weight", "10",
    ];
    let plan = json(&[&arguments[..], &["--rps", "5", "--requests", "1000"]].concat());
    let methods = plan["methods"].as_array().unwrap();
    let total = |name: &str| {
        let row = methods.iter().find(|row| row["name"] == name).unwrap();
        row["effort"]["total_requests"].as_u64().unwrap()
    };
    assert_eq!(total("pooled z, formula"), 11_330);
    assert!(methods[0]["exact_power"].as_f64().unwrap() >= 0.8);
    assert!(plan["asked"]["exact_power"].as_f64().unwrap() < 0.25);
    assert!((plan["needed"]["minutes"].as_f64().unwrap() - 37.9).abs() < 0.01);
}

#[test]
fn a_gate_of_sixty_requests_promotes_a_bad_version_in_three_tries_of_ten() {
    let plan = json(&["plan", "gate", "--success", "99", "--requests", "60"]);
    let outcomes = plan["outcomes"].as_array().unwrap();
    let twice = outcomes
        .iter()
        .find(|row| row["error_rate"] == 0.02)
        .unwrap();
    assert!((twice["promoted"].as_f64().unwrap() - 0.98_f64.powi(60)).abs() < 1e-12);
    assert_eq!(plan["demonstration"][0]["requests"], 299);
}

#[test]
fn charts_and_a_table_are_written_where_asked() {
    let folder = Folder::new();
    let arguments = [
        "plan",
        "gate",
        "--success",
        "99",
        "--requests",
        "60",
        "--out",
        "plan",
    ];
    let output = shiftsim(&folder.path, &arguments);
    assert_eq!(output.status.code(), Some(0));
    for name in ["plan.csv", "gate.svg", "gate.png"] {
        assert!(folder.path.join("plan").join(name).is_file(), "{name}");
    }
}

#[test]
fn what_cannot_be_planned_is_said() {
    let split = |weights: &'static str, actual: &'static str| {
        refused(&["plan", "split", "--weights", weights, "--actual", actual])
    };
    assert!(split("v1=50,v2=50", "v1=1,v2=1").contains("are the same split"));
    assert!(split("v1=50,v2=50", "v1=1,v3=1").contains("--actual does not name `v2`"));
    assert!(split("v1=1", "v1=1,v3=1").contains("names `v3`, which --weights does not"));
    assert!(split("v1=1,v2=0", "v1=9,v2=1").contains("nothing to plan"));
    assert!(split("v1=x", "v1=1").contains("the weight `x` of `v1`"));
    let errors = |stable: &'static str, canary: &'static str, more: &'static [&'static str]| {
        let arguments = ["plan", "errors", "--stable", stable, "--canary", canary];
        refused(&[&arguments[..], more].concat())
    };
    assert!(errors("1", "1", &[]).contains("the same error rate"));
    assert!(errors("2", "1", &["--one-sided"]).contains("the worse one"));
    assert!(errors("1", "2", &["--weight", "100"]).contains("without requests"));
    assert!(errors("101", "2", &[]).contains("a percentage from 0 to 100"));
    assert!(errors("1", "2", &["--rps", "0"]).contains("requests per second above 0"));
    assert!(refused(&["plan", "gate", "--success", "0", "--requests", "9"]).contains("everything"));
}

#[test]
fn every_quantity_describes_itself_and_its_example_is_a_command() {
    let all = json(&["stat"]);
    let all = all.as_array().unwrap();
    assert!(all.len() > 80, "{}", all.len());
    for quantity in all {
        let name = quantity["name"].as_str().unwrap();
        let described = shiftsim(&Folder::new().path, &["stat", name]);
        for line in text(&described.stdout).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let example = quantity["example"].as_str().unwrap().split(' ');
        let computed = json(
            &["stat", name]
                .into_iter()
                .chain(example)
                .collect::<Vec<_>>(),
        );
        assert!(computed.get("value").is_some(), "{name}");
    }
}

#[test]
fn a_value_alone_can_be_used_in_a_script() {
    let arguments = [
        "stat",
        "within-stable-n",
        "p=0.5",
        "tolerance=10%",
        "--quiet",
    ];
    let output = shiftsim(&Folder::new().path, &arguments);
    assert_eq!(text(&output.stdout), "99\n");
}

#[test]
fn unknown_names_and_arguments_get_the_way_out() {
    assert!(refused(&["stat", "wilsn"]).contains("did you mean `wilson`?"));
    assert!(refused(&["stat", "wilson", "x=1"]).contains("it takes count, n, confidence"));
    let error = refused(&["stat", "wilson", "count=5", "n=4"]);
    assert!(error.contains("at most n") && error.contains("`shiftsim stat wilson` says"));
}
