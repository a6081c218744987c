//! Broken manifests: each is refused with the words that stand beside it, at the right place.
//! `SNAPSHOTS=overwrite` renews the expected texts; read them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};

use shiftsim::config::{Source, parse_manifests};

#[test]
fn every_broken_manifest_gives_its_error() {
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken_manifests");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::new(&name, &fs::read_to_string(path).unwrap());
        let rendered = match parse_manifests(&[source]) {
            Err(error) => format!("{error}\n"),
            Ok(_) => panic!("{name} is accepted"),
        };
        let golden = path.with_extension("stderr");
        if overwrite {
            fs::write(&golden, &rendered).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(rendered, expected.replace("\r\n", "\n"), "{name}");
    }
    assert!(paths.len() >= 14, "{} files", paths.len());
}
