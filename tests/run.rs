//! `shiftsim run`, as a user runs it: the real binary, real files, real folders.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::fs;
use std::path::Path;

use support::{Folder, scenarios, shiftsim, text};

/// Every ready scenario prints what its golden file says, writes the same bytes on one thread and
/// on two, and gives a summary that a person can compare. `SNAPSHOTS=overwrite` renews the files.
#[test]
fn ready_scenarios_are_reproducible_on_any_number_of_threads() {
    for scenario in scenarios() {
        let name = scenario.file_stem().unwrap().to_string_lossy().into_owned();
        let (one, two) = (Folder::new(), Folder::new());
        let run = |folder: &Folder, threads: &str| {
            let arguments = [
                "run",
                scenario.to_str().unwrap(),
                "--threads",
                threads,
                "--out",
                "out",
            ];
            shiftsim(&folder.path, &arguments)
        };
        let (first, second) = (run(&one, "1"), run(&two, "2"));
        assert_eq!(
            first.status.code(),
            Some(0),
            "{name}: {}",
            text(&first.stderr)
        );
        assert_eq!(text(&first.stdout), text(&second.stdout), "{name}");
        let files = one.files();
        assert_eq!(files, two.files(), "{name}");
        for file in &files {
            let (first, second) = (one.read(file), two.read(file));
            assert!(
                first == second,
                "{name}: {file} differs between 1 and 2 threads"
            );
        }
        support::golden(&format!("{name}.txt"), &text(&first.stdout));
        support::golden(&format!("{name}.csv"), &text(&one.read("out/summary.csv")));
    }
}

#[test]
fn text_fits_80_columns() {
    for scenario in scenarios() {
        let folder = Folder::new();
        let arguments = [
            "run",
            scenario.to_str().unwrap(),
            "--no-charts",
            "--replications",
            "150",
        ];
        let output = shiftsim(&folder.path, &arguments);
        for line in text(&output.stdout).lines() {
            let width = line.chars().count();
            assert!(
                width <= 80,
                "{}: {width} columns: {line}",
                scenario.display()
            );
        }
    }
}

#[test]
fn weights_alone_need_no_file() {
    let folder = Folder::new();
    let output = shiftsim(
        &folder.path,
        &[
            "run",
            "--weights",
            "v1=80,v2=20",
            "--requests",
            "20",
            "--no-charts",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("a 20% split gives 3 to 5 (±5 points) in 59.8%"));
    assert_eq!(
        folder.files(),
        [
            "output/weights/requests.csv",
            "output/weights/running.csv",
            "output/weights/summary.csv"
        ]
    );
}

#[test]
fn json_is_one_object() {
    let folder = Folder::new();
    let arguments = [
        "run",
        "--weights",
        "a=1,b=1",
        "--requests",
        "15",
        "--format",
        "json",
        "--no-charts",
    ];
    let output = shiftsim(&folder.path, &arguments);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["command"], "run");
    let row = &json["runs"][0]["phases"][0]["versions"][0];
    let within = row["within_tolerance_probability"].as_f64().unwrap();
    // P(7 ≤ X ≤ 8), X ~ Bin(15, 1/2) = 2·6435/32768.
    assert!((within - 12870.0 / 32768.0).abs() < 1e-12, "{within}");
}

#[test]
fn a_failing_claim_gives_status_1_and_still_writes_everything() {
    let folder = Folder::new();
    folder.write(
        "claim.yaml",
        "name: claim\nweights: {v1: 50, v2: 50}\nrequests: 15\nclaims:\n  \
         - share-within: {tolerance: 10, requests: 15, probability: 95}\n",
    );
    let output = shiftsim(&folder.path, &["run", "claim.yaml", "--no-charts"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("FAILS"));
    assert!(folder.path.join("output/claim/summary.csv").is_file());
}

#[test]
fn switching_files_on_changes_no_count() {
    let counts = |when: &str| {
        let folder = Folder::new();
        let weights = "a=3,b=2,c=1";
        let arguments = [
            "run",
            "--weights",
            weights,
            "--requests",
            "12345",
            "--requests-csv",
            when,
        ];
        shiftsim(&folder.path, &arguments);
        (folder.read("output/weights/summary.csv"), folder)
    };
    let ((with, folder), (without, _)) = (counts("always"), counts("never"));
    assert_eq!(text(&with), text(&without));
    let requests = text(&folder.read("output/weights/requests.csv"));
    let rows_of_b = requests.lines().filter(|line| line.contains(",b,")).count();
    assert!(text(&with).contains(&format!(",b,,2,,0.3333333333333333,12345,{rows_of_b},")));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let folder = Folder::new();
    let mut child = support::command(&folder.path)
        .args([
            "run",
            "--weights",
            "a=1,b=1",
            "--requests",
            "15",
            "--no-charts",
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn failures_say_the_way_out_and_leave_nothing() {
    let cases: [(&[&str], &str); 11] = [
        (&["run", "missing.yaml"], "missing.yaml"),
        (&["run", "."], "folder"),
        (&["run", "good.yaml", "broken.yaml"], "broken.yaml:3"),
        (
            &["run", "good.yaml", "good.yaml"],
            "two scenarios are named `good`",
        ),
        (
            &["run", "good.yaml", "--out", "file"],
            "file is not a folder",
        ),
        (
            &["run", "good.yaml", "--out", "file/below"],
            "file is not a folder",
        ),
        (
            &["run", "--weights", "v1=0,v2=0", "--requests", "5"],
            "total destination weight = 0",
        ),
        (
            &["run", "--weights", "v1=80;v2=20", "--requests", "5"],
            "v1=80,v2=20",
        ),
        (
            &["run", "--weights", "v1=80", "--requests", "0"],
            "expected a whole number from 1 to 10000000000",
        ),
        (&["run", "good.yaml", "--tolerance", "0"], "above 0"),
        (
            &["run", "good.yaml", "--replications", "0"],
            "expected a whole number from 1 to 10000000",
        ),
    ];
    for (arguments, expected) in cases {
        let folder = Folder::new();
        folder.write(
            "good.yaml",
            "name: good\nweights: {v1: 1, v2: 1}\nrequests: 5\n",
        );
        folder.write(
            "broken.yaml",
            "name: broken\nweights: {v1: 1, v2: 1}\nrequests: -5\n",
        );
        folder.write("file", "in the way");
        let before = folder.files();
        let output = shiftsim(&folder.path, arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
        assert_eq!(
            folder.files(),
            before,
            "{arguments:?} left something behind"
        );
        assert!(
            !folder.path.join("output").exists(),
            "{arguments:?} left a folder behind"
        );
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path.join("out/summary.csv")).unwrap();
    let arguments = [
        "run",
        "--weights",
        "a=1,b=1",
        "--requests",
        "5",
        "--out",
        "out",
    ];
    let output = shiftsim(&folder.path, &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("summary.csv is a folder"),
        "{}",
        text(&output.stderr)
    );
    assert!(folder.files().is_empty());
}

/// A full disk: a file system of 64 kB in memory, where the system lets us mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing() {
    let folder = Folder::new();
    fs::create_dir(folder.path.join("small")).unwrap();
    let small = folder.path.join("small");
    let mount = |arguments: &[&str]| {
        let status = std::process::Command::new(arguments[0])
            .args(&arguments[1..])
            .arg(&small)
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"]) {
        eprintln!("skipped: a file system cannot be mounted here");
        return;
    }
    let arguments = [
        "run",
        "--weights",
        "a=1,b=1",
        "--requests",
        "50000",
        "--out",
        "small/out",
    ];
    let output = shiftsim(&folder.path, &arguments);
    let left = folder.files();
    let unmounted = mount(&["umount"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("cannot write"),
        "{}",
        text(&output.stderr)
    );
    assert!(left.is_empty(), "{left:?}");
    assert!(unmounted);
}

#[test]
fn standard_input_is_a_scenario() {
    let folder = Folder::new();
    folder.write(
        "in.yaml",
        "name: piped\nweights: {v1: 1, v2: 1}\nrequests: 5\n",
    );
    let output = support::command(&folder.path)
        .args(["run", "-", "--no-charts"])
        .stdin(fs::File::open(folder.path.join("in.yaml")).unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(Path::new(&folder.path.join("output/piped/summary.csv")).is_file());
}
