//! Holds the direction between the rooms: who may import whom, and which external crate belongs
//! where. CONTRIBUTING.md shows the same table to people.
//!
//! It reads the source as text: comments are skipped, every path that begins with `crate::` counts
//! (with `shiftsim::` in `main.rs`), unit tests included.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may import. A file directly in `src/` is a room too.
const ROOMS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("random", &[]),
    ("stats", &[]),
    ("quantities", &["random", "stats", "units"]),
    ("rollout", &["units"]),
    ("service_time", &["random", "units"]),
    ("balance", &["random"]),
    ("scenario", &["balance", "rollout", "service_time", "units"]),
    ("split", &["random"]),
    ("routing", &["split", "units"]),
    ("mesh", &["random", "routing", "scenario", "units"]),
    (
        "config",
        &[
            "balance",
            "mesh",
            "rollout",
            "routing",
            "scenario",
            "service_time",
            "units",
        ],
    ),
    ("export", &["routing"]),
    ("tally", &["scenario", "units"]),
    (
        "sim",
        &[
            "balance",
            "random",
            "rollout",
            "scenario",
            "service_time",
            "split",
            "stats",
            "tally",
            "units",
        ],
    ),
    (
        "summary",
        &[
            "mesh", "random", "rollout", "routing", "scenario", "sim", "stats", "tally", "units",
        ],
    ),
    (
        "report",
        &[
            "mesh",
            "quantities",
            "scenario",
            "summary",
            "tally",
            "units",
        ],
    ),
    ("chart", &["summary"]),
    ("cli", &["rollout", "scenario", "units"]),
    (
        "commands",
        &[
            "chart",
            "cli",
            "config",
            "export",
            "mesh",
            "quantities",
            "random",
            "report",
            "rollout",
            "routing",
            "scenario",
            "sim",
            "split",
            "stats",
            "summary",
            "tally",
            "units",
        ],
    ),
    ("main", &["commands"]),
    ("lib", &[]),
];

/// External crates with a layer of their own, and the rooms that it consists of.
const CRATES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["config"]),
    ("clap", &["cli", "commands"]),
    ("clap_complete", &["cli", "commands"]),
    ("clap_mangen", &["cli", "commands"]),
    ("comfy_table", &["report"]),
    ("csv", &["config", "report"]),
    ("hdrhistogram", &["tally"]),
    ("minijinja", &["report"]),
    ("plotters", &["chart"]),
    ("rayon", &["commands", "sim"]),
    ("saphyr_parser", &["config"]),
    ("statrs", &["stats"]),
    ("unicode_width", &["report"]),
];

#[test]
fn every_import_follows_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    let mut files = 0;
    for (room, file) in rust_files(&source) {
        let text = fs::read_to_string(&file).unwrap();
        let shown = file.strip_prefix(&source).unwrap().display();
        for (line, rule) in violations(&room, &text) {
            broken.push(format!("src/{shown}:{line}: {rule}"));
        }
        files += 1;
    }
    assert!(files >= ROOMS.len(), "only {files} files in {source:?}");
    assert!(
        broken.is_empty(),
        "{} imports against the direction:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

/// The Rust files under `folder`, each with the room that it belongs to.
fn rust_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inside = rust_files(&path).into_iter();
            found.extend(inside.map(|(_, file)| (room.clone(), file)));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((room, path));
        }
    }
    found.sort();
    found
}

/// Line number and broken rule of each import in `text` that `room` may not have.
fn violations(room: &str, text: &str) -> Vec<(usize, String)> {
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![(1, format!("the room `{room}` is not in the table"))];
    };
    let code = without_comments(text);
    let own_crate = if room == "main" { "shiftsim" } else { "crate" };
    let mut broken = Vec::new();
    for at in paths_of(&code, own_crate) {
        for target in first_names(&code[at + own_crate.len() + 2..]) {
            let known = ROOMS.iter().any(|(name, _)| *name == target);
            if known && target != room && !allowed.contains(&target) {
                let rule = format!("`{room}` may not import `{target}`, only {allowed:?}");
                broken.push((line_of(&code, at), rule));
            }
        }
    }
    for (name, layer) in CRATES {
        for at in paths_of(&code, name) {
            if !layer.contains(&room) {
                let rule = format!("the crate `{name}` belongs in {layer:?}, not in `{room}`");
                broken.push((line_of(&code, at), rule));
            }
        }
    }
    broken
}

/// The text with every line cut at `//`, so that line numbers stay.
fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Where in `code` a path begins with the crate `name`.
fn paths_of(code: &str, name: &str) -> Vec<usize> {
    code.match_indices(&format!("{name}::"))
        .map(|(at, _)| at)
        .filter(|&at| !code[..at].ends_with(|before| is_in_name(before) || before == ':'))
        .collect()
}

/// The first names of a path after `crate::`: one, or those of a list in braces.
fn first_names(rest: &str) -> Vec<&str> {
    let Some(list) = rest.strip_prefix('{') else {
        return vec![name_at(rest)];
    };
    let (mut depth, mut names, mut expects_name) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            _ if expects_name && !c.is_whitespace() => {
                names.push(name_at(&list[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

/// The name that `text` begins with.
fn name_at(text: &str) -> &str {
    let end = text.find(|c| !is_in_name(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

#[test]
fn the_table_names_only_rooms_and_has_no_circles() {
    // A room stands below all that it imports.
    for (place, (room, allowed)) in ROOMS.iter().enumerate() {
        for target in *allowed {
            let earlier = ROOMS[..place].iter().any(|(name, _)| name == target);
            assert!(
                earlier,
                "`{room}` imports `{target}`, which is not above it"
            );
        }
    }
    for (name, layer) in CRATES {
        let known = |room: &&str| ROOMS.iter().any(|(name, _)| name == room);
        assert!(layer.iter().all(known), "{name}");
    }
}

#[test]
fn the_contributing_guide_shows_the_same_table() {
    let guide = include_str!("../CONTRIBUTING.md");
    for (room, allowed) in ROOMS
        .iter()
        .filter(|(room, _)| !["lib", "main"].contains(room))
    {
        let row = guide
            .lines()
            .find(|line| line.starts_with(&format!("| `{room}` |")));
        let row = row.unwrap_or_else(|| panic!("CONTRIBUTING.md has no row for `{room}`"));
        let mut shown: Vec<&str> = row
            .rsplit('|')
            .nth(1)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        shown.sort_unstable();
        assert_eq!(shown, *allowed, "the row of `{room}` in CONTRIBUTING.md");
    }
}

#[test]
fn a_wrong_import_is_found_wherever_it_hides() {
    let lines = |room: &str, text: &str| -> Vec<usize> {
        violations(room, text)
            .into_iter()
            .map(|(line, _)| line)
            .collect()
    };
    assert_eq!(lines("split", "use crate::random::Stream;"), []);
    assert_eq!(lines("split", "\nuse crate::scenario::Phase;"), [2]);
    assert_eq!(lines("split", "fn f() {\n    crate::stats::f()\n}"), [2]);
    assert_eq!(
        lines("split", "use crate::{random::Stream, sim::{a, b}, units};"),
        [1, 1]
    );
    assert_eq!(
        lines("split", "// crate::sim\n/// [`crate::sim`]\n//! crate::sim"),
        []
    );
    assert_eq!(lines("main", "fn main() { shiftsim::sim::run() }"), [1]);
    assert_eq!(lines("sim", "use statrs::function::erf;"), [1]);
    assert_eq!(
        lines("sim", "let x = statrs::function::erf::erf(1.0);"),
        [1]
    );
    assert_eq!(lines("report", "#[derive(clap::Args)]\nstruct A;"), [1]);
    assert_eq!(lines("report", "use csv::Writer; use self::csv::row;"), []);
    assert_eq!(lines("attic", ""), [1]);
}
