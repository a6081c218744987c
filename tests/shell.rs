//! What shells, pagers and editors are given, and what every command says of itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use support::{Folder, shiftsim, text};

fn printed(arguments: &[&str]) -> String {
    let output = shiftsim(&Folder::new().path, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[test]
fn completions_and_the_manual_page_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&["completions", shell]);
        assert!(
            script.contains("converge") && script.contains("replications"),
            "{shell}"
        );
    }
    let page = printed(&["man"]);
    assert!(
        page.contains(".TH shiftsim") && page.contains(".TH shiftsim-run"),
        "{page}"
    );
}

#[test]
fn the_schema_is_json() {
    let schema: serde_json::Value = serde_json::from_str(&printed(&["schema"])).unwrap();
    assert_eq!(schema["title"], "shiftsim scenario");
}

#[test]
fn help_has_an_example_for_every_command_and_fits_80_columns() {
    for command in [
        "run",
        "converge",
        "check",
        "plan",
        "stat",
        "schema",
        "completions",
        "man",
    ] {
        let help = printed(&[command, "--help"]);
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(
            help.contains(&format!("shiftsim {command}")),
            "{command}: {help}"
        );
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let folder = Folder::new();
    for arguments in [
        &["run"][..],
        &["rum"],
        &["run", "--seed", "x", "a.yaml"],
        &["converge"],
        &[],
    ] {
        let output = shiftsim(&folder.path, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
