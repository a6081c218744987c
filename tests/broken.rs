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
