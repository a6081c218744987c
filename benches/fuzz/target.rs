//! The readers, and the form of what they say to a text.

use std::collections::BTreeSet;

use shiftsim::config::{ConfigError, Source, parse_manifests, parse_scenario};

/// A reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// `parse_scenario`.
    Scenario,
    /// `parse_manifests`.
    Manifest,
}

impl Target {
    /// The folders of files to begin with.
    pub(crate) fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Scenario => &["scenarios", "tests/broken", "tests/fuzz_corpus/scenario"],
            Self::Manifest => &[
                "scenarios/manifests",
                "tests/broken_manifests",
                "tests/fuzz_corpus/manifest",
            ],
        }
    }

    /// What the reader says, without the words of the text: a text that adds nothing is read as
    /// another one was.
    pub(crate) fn forms(self, text: &str) -> BTreeSet<String> {
        let source = Source::new("fuzz.yaml", text);
        let said = match self {
            Self::Scenario => parse_scenario(&source).map(|_| Vec::new()),
            Self::Manifest => parse_manifests(&[source]).map(|read| read.warnings),
        };
        match said {
            Ok(warnings) => {
                let lines = warnings.iter().filter_map(|warning| warning.lines().next());
                lines.map(general).chain(["accepted".into()]).collect()
            }
            Err(ConfigError::Mistakes { diagnostics, .. }) => diagnostics
                .iter()
                .map(|one| format!("{} / {}", general(&one.message), general(&one.label)))
                .collect(),
            Err(error) => [general(&error.to_string())].into(),
        }
    }
}

/// A message without quoted words and numbers.
fn general(message: &str) -> String {
    let mut quoted = false;
    let mut general = String::new();
    for character in message.chars().take(200) {
        match character {
            '`' | '"' => quoted = !quoted,
            _ if quoted || character.is_ascii_digit() => {}
            _ => general.push(character),
        }
    }
    general
}
