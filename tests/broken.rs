//! Broken scenario files: each gives the error that stands beside it, points at the right place, and
//! says the way out. `SNAPSHOTS=overwrite` renews the expected texts; read them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use shiftsim::config::{ConfigError, Source, parse_scenario, read_scenario};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

#[test]
fn every_broken_file_gives_its_error() {
    let mut seen = 0;
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
    {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        let error = match parse_scenario(&Source::new(&name, &text).in_folder(&folder())) {
            Err(error) => error,
            Ok(_) => panic!("{name} is accepted"),
        };
        let ConfigError::Mistakes { diagnostics, .. } = &error else {
            panic!("{name}: {error}")
        };
        assert!(!diagnostics.is_empty(), "{name}");
        let golden = path.with_extension("stderr");
        let rendered = format!("{error}\n");
        if overwrite {
            fs::write(&golden, &rendered).unwrap();
        }
        let expected = fs::read_to_string(&golden)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert_eq!(rendered, expected, "{name}");
        seen += 1;
    }
    assert!(seen >= 60, "{seen} files");
}

#[test]
fn all_mistakes_of_a_file_are_reported_together() {
    let text = fs::read_to_string(folder().join("many-mistakes.yaml")).unwrap();
    let error = parse_scenario(&Source::new("many-mistakes.yaml", &text)).unwrap_err();
    let ConfigError::Mistakes { diagnostics, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(diagnostics.len(), 9, "{diagnostics:#?}");
    assert!(diagnostics.is_sorted_by_key(|diagnostic| diagnostic.span.start));
}

fn unreadable(path: &Path) -> String {
    match read_scenario(path) {
        Err(error @ ConfigError::Unreadable { .. }) => error.to_string(),
        other => panic!("{}: {other:?}", path.display()),
    }
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(unreadable(&path("missing.yaml")).contains("there is no such file"));
    assert!(unreadable(folder.path()).contains("it is a folder"));
    fs::write(path("binary"), [0x7f, b'E', b'L', b'F', 0xff, 0xfe]).unwrap();
    assert!(unreadable(&path("binary")).contains("byte 5 is not UTF-8 text"));
    let large = fs::File::create(path("large")).unwrap();
    large.set_len(100 * 1024 * 1024).unwrap();
    assert!(unreadable(&path("large")).contains("larger than 16 MiB"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    let text = "\u{feff}name: a\r\nweights: {v1: 80, v2: 20}\r\nrequests: 20\r\n";
    assert!(parse_scenario(&Source::new("a.yaml", text)).is_ok());
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("name: {}1{}", open.repeat(50_000), close.repeat(50_000));
        let error = parse_scenario(&Source::new("deep.yaml", &text))
            .unwrap_err()
            .to_string();
        assert!(error.contains("nested more than 64 levels") || error.contains("not valid YAML"));
        assert!(error.len() < 10_000, "{} bytes", error.len());
    }
}

const GOOD: &str = "name: good\nversions: {v1: {shows: one}, v2: {telemetry: false}}\nphases:\n  - \
    name: a\n    weights: {v1: 80, v2: 20}\n    duration: 1h30m\n    rate: 10/s\n    algorithm: \
    {sticky: {users: 3}}\nclaims:\n  - share-within: {tolerance: 5, requests: 20, probability: 95}\n";

proptest! {
    #[test]
    fn the_reader_never_panics_on_text(text in "\\PC{0,200}") {
        let _ = parse_scenario(&Source::new("any.yaml", &text));
    }

    #[test]
    fn the_reader_never_panics_on_yaml_like_text(text in "[a-z0-9:{}\\[\\],\"'#&*!|>%@`\\- \\n\\t]{0,120}") {
        let _ = parse_scenario(&Source::new("any.yaml", &text));
    }

    #[test]
    fn the_reader_never_panics_on_a_changed_scenario(
        place in 0_usize..GOOD.len(), length in 0_usize..12, insert in "\\PC{0,8}",
    ) {
        let mut text = GOOD.to_owned();
        let end = (place + length).min(text.len());
        text.replace_range(place..end, &insert);
        let _ = parse_scenario(&Source::new("any.yaml", &text));
    }
}

#[test]
fn the_scenario_that_is_changed_is_good() {
    assert!(parse_scenario(&Source::new("good.yaml", GOOD)).is_ok());
}

/// The warnings of a file that is accepted.
fn warnings(text: &str) -> Vec<String> {
    let loaded = parse_scenario(&Source::new("a.yaml", text)).unwrap();
    loaded.warnings
}

#[test]
fn a_queue_may_grow_if_that_is_written_and_the_numbers_are_told() {
    let text = "name: a\nweights: {v1: 1}\nduration: 60s\nrate: 50/s\n\
                backend: {replicas: 4, service-time: 100ms, queue: unlimited}\n";
    let [warning] = &warnings(text)[..] else {
        panic!("one warning")
    };
    // 50 a second arrive and 40 leave: 600 after a minute, of 160 bytes each.
    for part in [
        "50.0",
        "40.0",
        "grows by 10.0 a second, to 600",
        "96 kB",
        "a.yaml:5",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[test]
fn a_queue_drains_before_a_later_phase_adds_to_it() {
    let phase = |name: &str, rate: u32| {
        format!("  - {{name: {name}, rate: {rate}/s, duration: 60s, weights: {{v1: 1}}}}\n")
    };
    let text = format!(
        "name: a\nbackend: {{replicas: 4, service-time: 100ms, queue: unlimited}}\nphases:\n{}{}{}",
        phase("up", 50),
        phase("down", 35),
        phase("again", 45)
    );
    let warnings = warnings(&text);
    // 600 after the first, 300 less after the second, 300 more after the third.
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("to 600 when"), "{}", warnings[0]);
    assert!(warnings[1].contains("to 600 when"), "{}", warnings[1]);
}

#[test]
fn a_warm_up_that_covers_a_phase_is_told() {
    let text = "name: a\nrate: 100/s\nwarm-up: 60s\nbackend: {service-time: 1ms}\nphases:\n\
                - {name: first, weights: {v1: 1}, duration: 10s}\n\
                - {name: second, weights: {v1: 1}, duration: 100s}\n";
    let [warning] = &warnings(text)[..] else {
        panic!("one warning")
    };
    assert!(warning.contains("covers the phase `first`, which ends after 10 s"));
}

#[test]
fn durations_may_be_microseconds() {
    for unit in ["us", "\u{b5}s", "\u{3bc}s"] {
        let text = format!(
            "name: a\nweights: {{v1: 1}}\nrequests: 3\nbackend: {{service-time: 250{unit}}}\n"
        );
        let scenario = parse_scenario(&Source::new("a.yaml", &text))
            .unwrap()
            .scenario;
        let backend = scenario.versions()[0].backend.as_ref().unwrap();
        assert!((backend.service_time.mean() - 250e-6).abs() < 1e-12);
    }
}
