//! The texts that a fuzzer found, read again: whatever they say, the readers answer and do not panic.
//! `benches/fuzz` finds more.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::Path;

use shiftsim::config::{ConfigError, Source, parse_manifests, parse_scenario};

/// The answers to all texts of a folder: how many were accepted, and how many refused.
fn answers(folder: &str, read: impl Fn(&Source) -> Result<(), ConfigError>) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz_corpus")
        .join(folder);
    let (mut accepted, mut refused) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = Source::new("fuzz.yaml", &fs::read_to_string(&path).unwrap());
        match read(&source) {
            Ok(()) => accepted += 1,
            Err(ConfigError::Mistakes {
                diagnostics,
                rendered,
            }) => {
                assert!(!diagnostics.is_empty(), "{}", path.display());
                assert!(rendered.contains("fuzz.yaml:"), "{}", path.display());
                for one in diagnostics {
                    assert!(one.span.start <= one.span.end, "{}", path.display());
                    assert!(one.span.end <= source.text().len(), "{}", path.display());
                }
                refused += 1;
            }
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    (accepted, refused)
}

#[test]
fn the_scenario_reader_answers_every_text() {
    let (accepted, refused) = answers("scenario", |source| parse_scenario(source).map(|_| ()));
    assert!(refused >= 20, "{accepted} accepted, {refused} refused");
}

#[test]
fn the_manifest_reader_answers_every_text() {
    let read = |source: &Source| parse_manifests(std::slice::from_ref(source)).map(|_| ());
    let (accepted, refused) = answers("manifest", read);
    assert!(refused >= 20, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_long_file_of_mistakes_is_answered_in_short() {
    let text = "a: 1\n---\n".repeat(3000);
    let error = parse_manifests(&[Source::new("long.yaml", &text)]).unwrap_err();
    let text = error.to_string();
    // Two in each document: its version and its kind are missing.
    assert!(
        text.ends_with("error: and 5900 more in long.yaml"),
        "{text}"
    );
    assert!(text.contains("long.yaml:99:1"), "{text}");
    assert!(!text.contains("long.yaml:101:1"), "{text}");
}
