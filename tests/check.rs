//! `shiftsim check`, as a user runs it: the real binary on good and on damaged observations.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use support::{Folder, golden, root, shiftsim, text};

const SPLIT: [&str; 3] = ["check", "--target", "v1=80,v2=20"];

fn check(folder: &Folder, more: &[&str]) -> Output {
    shiftsim(&folder.path, &[&SPLIT[..], more].concat())
}

/// Runs a check that must succeed with that exit status.
fn json(folder: &Folder, arguments: &[&str], status: i32) -> Value {
    let output = shiftsim(&folder.path, &[arguments, &["--format", "json"]].concat());
    assert_eq!(
        output.status.code(),
        Some(status),
        "{}",
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let folder = Folder::new();
    let mut child = support::command(&folder.path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments may close the pipe first.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!(
        (value - expected).abs() <= 1e-9 * expected.abs(),
        "{value} is not {expected}"
    );
}

fn case(name: &str) -> String {
    root()
        .join("scenarios/cases")
        .join(name)
        .display()
        .to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// knative/serving#5061: 14 and 15 of 29 with 15 runs. P(R ≤ 15) = 1/2, so that doubling gives 1.
#[test]
fn the_order_of_knative_5061_is_random() {
    let file = case("knative-serving-5061.txt");
    let found = json(
        &Folder::new(),
        &["check", "--target", "v1=50,v2=50", &file],
        0,
    );
    assert_eq!(found["verdict"], "no-contradiction-yet");
    assert_eq!(
        (&found["requests"], &found["versions"][0]["observed_count"]),
        (&29.into(), &14.into())
    );
    near(&found["p_value"]["value"], 1.0);
    let order = &found["order"];
    assert_eq!(
        (&order["looks"], &order["runs"]),
        (&"random".into(), &15.into())
    );
    near(&order["expected_runs"], 2.0 * 14.0 * 15.0 / 29.0 + 1.0);
    near(&order["p_value"]["value"], 1.0);
}

/// istio/istio#9268: P(exactly as unlikely as 5 of 10 at 10%) = 0.0016349374, and 10 runs come up
/// in 2 of C(10, 5) = 252 orders; doubled.
#[test]
fn the_rule_of_istio_9268_was_not_applied() {
    let file = case("istio-9268.txt");
    let found = json(
        &Folder::new(),
        &["check", "--target", "v1=90,v2=10", &file],
        1,
    );
    assert_eq!(found["verdict"], "not-consistent");
    near(&found["p_value"]["value"], 0.001_634_937_4);
    assert_eq!(found["order"]["looks"], "alternating");
    near(&found["order"]["p_value"]["value"], 4.0 / 252.0);
    assert!(
        found["what_to_do"]
            .as_str()
            .unwrap()
            .contains("not applied")
    );
}

/// volcano-sh/kthena#1180: the p-value is a sum of exact rational masses.
#[test]
fn the_bias_of_kthena_1180_is_likely_real() {
    let file = case("kthena-1180.csv");
    let found = json(
        &Folder::new(),
        &["check", "--target", "v1=70,v2=30", &file],
        1,
    );
    assert_eq!(found["verdict"], "not-consistent");
    near(&found["p_value"]["value"], 2.956_251_774_929_729e-4);
    assert_eq!(found["order"], Value::Null);
    let e = found["sequential"]["log10_e_value"].as_f64().unwrap();
    let weighted = json(
        &Folder::new(),
        &[
            "check",
            "--target",
            "v1=70,v2=30",
            "--concentration",
            "100",
            &file,
        ],
        1,
    );
    // ln e = 4.58179789589070 with the prior 100·w (log-gamma functions at 50 digits).
    near(
        &weighted["sequential"]["log10_e_value"],
        4.581_797_895_890_705 / std::f64::consts::LN_10,
    );
    assert!(e > 1.5);
}

#[test]
fn texts_for_people() {
    let folder = Folder::new();
    let cases: [(&str, &[&str]); 6] = [
        ("check-few.txt", &["v1=80,v2=20", "v1=16", "v2=4"]),
        (
            "check-consistent.txt",
            &["v1=80,v2=20", "v1=8050", "v2=1950", "--verbose"],
        ),
        (
            "check-stray.txt",
            &["v1=80,v2=20,v3=0", "v1=80", "v2=20", "v3=1", "v9=2"],
        ),
        (
            "check-small.txt",
            &["a=34,b=33,c=33", "a=34000", "b=33500", "c=32100"],
        ),
        (
            "check-quiet.txt",
            &["v1=70,v2=30", "v1=312", "v2=188", "--quiet"],
        ),
        ("check-never-seen.txt", &["v1=80,v2=20", "v1=20"]),
    ];
    for (name, arguments) in cases {
        let output = shiftsim(&folder.path, &[&["check", "--target"], arguments].concat());
        golden(name, &text(&output.stdout));
    }
    for name in ["knative-serving-5061.txt", "istio-9268.txt"] {
        let target = if name.starts_with('k') {
            "v1=50,v2=50"
        } else {
            "v1=90,v2=10"
        };
        let cases = root().join("scenarios/cases");
        let output = shiftsim(&cases, &["check", "--target", target, name]);
        golden(&format!("check-{name}"), &text(&output.stdout));
    }
    assert!(folder.files().is_empty(), "only --out writes files");
}

/// Long names, long sources and huge counts stay within 80 columns; lines of the input are cut.
#[test]
fn text_fits_80_columns() {
    let folder = Folder::new();
    let name = "a-version-with-a-name-that-goes-on-and-on-and-on-for-ever".repeat(2);
    let target = format!("{name}=80,v2=20");
    let log = format!("{name}\nv2\n{}\n", "something else ".repeat(30));
    folder.write("log.txt", &log);
    let huge = format!("{name}=800000000000");
    let runs: [&[&str]; 3] = [
        &["check", "--target", &target, "log.txt", "--verbose"],
        &["check", "--target", &target, &huge, "v2=200000000000"],
        &[
            "check",
            "--target",
            "v1=80,v2=20",
            "v1=16",
            "v2=4",
            "v3=9",
            "--verbose",
        ],
    ];
    for arguments in runs {
        let output = shiftsim(&folder.path, arguments);
        for line in text(&output.stdout)
            .lines()
            .filter(|line| !line.contains(&name[..60]))
        {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
        assert!(!output.stdout.is_empty());
    }
}

/// The loop of the TCP task, piped in: by names, by what a scenario's versions show, by patterns.
#[test]
fn lines_of_the_tcp_task() {
    let lines: String = (0..20)
        .map(|n| {
            format!(
                "{} Tue Nov  6 18:08:{n:02} UTC 2018\n",
                if n % 7 == 3 { "two" } else { "one" }
            )
        })
        .collect();
    let scenario = root()
        .join("scenarios/tcp-echo-20-v2.yaml")
        .display()
        .to_string();
    let runs: [&[&str]; 3] = [
        &["--target", "one=80,two=20", "-"],
        &["--target", &scenario, "-"],
        &[
            "--target",
            "v1=80,v2=20",
            "--match",
            "v1=^one",
            "--match",
            "v2=^two",
            "-",
        ],
    ];
    for arguments in runs {
        let arguments = [&["check", "--format", "json"], arguments].concat();
        let output = piped(&arguments, lines.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let counts: Vec<u64> = found["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version["observed_count"].as_u64().unwrap())
            .collect();
        assert_eq!(counts, [17, 3], "{arguments:?}");
        assert!(found["order"]["looks"].is_string());
    }
}

/// The same observations, however they are wrapped.
#[test]
fn wrapping_changes_nothing() {
    let plain: String = (0..100)
        .map(|n| format!("v{}\n", if n % 5 == 2 { 2 } else { 1 }))
        .collect();
    let table: String = plain.lines().map(|line| format!("x,{line}\n")).collect();
    let table = format!("who,version\n{table}");
    let utf16 = |text: &str| -> Vec<u8> {
        [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let json_lines: String = plain
        .lines()
        .map(|line| format!("{{\"upstream_cluster\":\"outbound|80|{line}|a.b\"}}\n"))
        .collect();
    let inputs: [(&str, Vec<u8>); 8] = [
        ("lines.txt", plain.clone().into_bytes()),
        ("crlf.txt", plain.replace('\n', "\r\n").into_bytes()),
        ("utf16.txt", utf16(&plain)),
        ("utf16.csv", utf16(&table)),
        ("table.csv", table.replace('\n', "\r\n").into_bytes()),
        ("lines.txt.gz", gzip(plain.as_bytes())),
        ("table.gz", gzip(&utf16(&table))),
        ("log.json", json_lines.into_bytes()),
    ];
    let folder = Folder::new();
    let mut first: Option<Value> = None;
    for (name, bytes) in inputs {
        fs::write(folder.path.join(name), &bytes).unwrap();
        let mut found = json(&folder, &["check", "--target", "v1=80,v2=20", name], 0);
        for varying in ["source", "recognised"] {
            found.as_object_mut().unwrap().remove(varying);
        }
        assert_eq!(found["versions"][1]["observed_count"], 20, "{name}");
        assert_eq!(found["order"]["looks"], "alternating", "{name}");
        assert_eq!(first.get_or_insert_with(|| found.clone()), &found, "{name}");
    }
}

#[test]
fn what_was_left_out_is_said() {
    let folder = Folder::new();
    folder.write(
        "mixed.txt",
        "v1\nv1\ncurl: (52) Empty reply from server\nv2\nv1\n\nv",
    );
    let output = check(&folder, &["mixed.txt"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for expected in [
        "4 requests from mixed.txt",
        "warning: 2 lines were left out",
        "line 3: curl: (52) Empty reply from server",
        "line 7: v",
        "may be cut off",
    ] {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
    let found = json(
        &folder,
        &["check", "--target", "v1=80,v2=20", "mixed.txt"],
        0,
    );
    assert_eq!(found["skipped"]["total"], 2);
    assert_eq!(found["skipped"]["examples"][0]["line"], 3);
    let whole: String = (0..5000_u32)
        .map(|n| format!("v{} {}\n", 1 + n % 2, n.wrapping_mul(40_503)))
        .collect();
    let cut = gzip(whole.as_bytes());
    fs::write(folder.path.join("cut.gz"), &cut[..cut.len() / 2]).unwrap();
    let output = check(&folder, &["cut.gz"]);
    assert!(
        text(&output.stdout).contains("ends too early"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn failures_say_the_way_out_and_leave_nothing() {
    let folder = Folder::new();
    folder.write("empty.txt", "");
    folder.write("blank.txt", "\n\n  \n");
    folder.write("other.txt", "alpha\nbeta\n");
    folder.write("table.csv", "time,version\n1,v1\n2,v2\n");
    folder.write(
        "nothing.json",
        r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
    );
    fs::write(
        folder.path.join("image.png"),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01",
    )
    .unwrap();
    fs::write(folder.path.join("empty.gz"), gzip(b"")).unwrap();
    let mut damaged = gzip("v1\nv2\n".repeat(3000).as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    fs::write(folder.path.join("damaged.gz"), &damaged).unwrap();
    let cases: [(&[&str], &str); 22] = [
        (&["missing.log"], "cannot read missing.log"),
        (&["."], ". is a folder"),
        (&["empty.txt"], "empty.txt is empty"),
        (&["blank.txt"], "blank.txt is empty"),
        (&["empty.gz"], "empty.gz is empty"),
        (&["image.png"], "binary data, not text"),
        (&["damaged.gz"], "cannot read damaged.gz"),
        (
            &["other.txt"],
            "line 1: begins with no version of the target: alpha",
        ),
        (&["other.txt", "--match", "v1=("], "unclosed group"),
        (&["other.txt", "--match", "v1"], "VERSION=REGEX"),
        (
            &["table.csv", "--column", "pod"],
            "there is no column `pod`",
        ),
        (
            &["table.csv", "--count-column", "n"],
            "the columns are time, version",
        ),
        (&["nothing.json"], "matched nothing"),
        (
            &["table.csv", "--input-format", "prometheus"],
            "no result of a Prometheus query",
        ),
        (&["table.csv", "other.txt"], "one file"),
        (&["v1=16", "v1=4"], "counted twice"),
        (&["v1=0", "v2=0"], "nothing was observed"),
        (&["v1=many"], "not a whole number"),
        (&["v1=3", "--concentration", "0"], "above 0"),
        (&["v1=3", "--phase", "x"], "weights have no phases"),
        (&["v1=3", "--out", "empty.txt"], "not a folder"),
        (&[], "<OBSERVED>"),
    ];
    let before = folder.files();
    for (arguments, expected) in cases {
        let output = check(&folder, arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(
            folder.files(),
            before,
            "{arguments:?} left something behind"
        );
    }
    for (target, expected) in [
        ("v1=0,v2=0", "all weights are 0"),
        ("v1=80;v2=20", "v1=80,v2=20"),
        ("v1=80,v1=20", "v1"),
        ("missing.yaml", "missing.yaml"),
    ] {
        let output = shiftsim(&folder.path, &["check", "--target", target, "v1=3"]);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert!(
            text(&output.stderr).contains(expected),
            "{target}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn out_writes_a_table_and_charts() {
    let folder = Folder::new();
    let lines: String = (0..300)
        .map(|n| format!("v{}\n", if n % 3 == 0 { 2 } else { 1 }))
        .collect();
    folder.write("log.txt", &lines);
    let output = check(&folder, &["log.txt", "--out", "out"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let stems = ["bars", "evidence", "running-share", "strips"];
    let mut expected = vec!["log.txt".to_owned()];
    for stem in stems {
        expected.extend([format!("out/{stem}.png"), format!("out/{stem}.svg")]);
    }
    expected.push("out/summary.csv".into());
    assert_eq!(folder.files(), expected);
    let table = text(&folder.read("out/summary.csv"));
    assert!(
        table
            .lines()
            .nth(2)
            .unwrap()
            .starts_with("v2,20,0.2,300,100,0.3333333333333333,"),
        "{table}"
    );
    let counts = check(&folder, &["v1=16", "v2=4", "--out", "counts"]);
    assert_eq!(counts.status.code(), Some(0));
    assert!(folder.path.join("counts/bars.svg").is_file());
    assert!(
        !folder.path.join("counts/strips.svg").exists(),
        "the order of counts is not known"
    );
}

#[test]
fn a_scenario_gives_tolerance_and_level_and_flags_go_first() {
    let folder = Folder::new();
    folder.write(
        "split.yaml",
        "name: split\nweights: {v1: 80, v2: 20}\nrequests: 20\ntolerance: 10\nconfidence: 99\n",
    );
    let found = json(
        &folder,
        &["check", "--target", "split.yaml", "v1=16", "v2=4"],
        0,
    );
    assert_eq!(
        (&found["tolerance_points"], &found["confidence_percent"]),
        (&10.0.into(), &99.0.into())
    );
    let found = json(
        &folder,
        &[
            "check",
            "--target",
            "split.yaml",
            "v1=16",
            "v2=4",
            "--tolerance",
            "2.5",
        ],
        0,
    );
    assert_eq!(
        (&found["tolerance_points"], &found["confidence_percent"]),
        (&2.5.into(), &99.0.into())
    );
    let both = piped(&["check", "--target", "-", "-"], b"v1\n");
    assert_eq!(both.status.code(), Some(2));
    assert!(text(&both.stderr).contains("both the target and the observations"));
}
