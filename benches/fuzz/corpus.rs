//! The texts that are changed, and the words that they are made of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rand::{Rng, RngExt};

use super::target::Target;

/// Texts and their words.
pub(crate) struct Corpus {
    texts: Vec<String>,
    words: Vec<String>,
}

impl Corpus {
    /// The files of the target's folders, in the order of their names.
    pub(crate) fn read(target: Target) -> Self {
        let mut texts = Vec::new();
        for folder in target.folders() {
            add_folder(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
                &mut texts,
            );
        }
        let mut words = BTreeSet::new();
        for text in &texts {
            let found = text.split(|at: char| at.is_whitespace() || "{}[],\"'".contains(at));
            let short = found.filter(|word| (1..=80).contains(&word.len()));
            words.extend(short.map(|word| word.trim_end_matches(':').to_owned()));
        }
        assert!(!texts.is_empty(), "there is nothing to change");
        Self {
            texts,
            words: words.into_iter().collect(),
        }
    }

    /// All texts.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// One more text.
    pub(crate) fn add(&mut self, text: String) {
        if text.len() < 20_000 {
            self.texts.push(text);
        }
    }

    /// Any text.
    pub(crate) fn pick(&self, random: &mut impl Rng) -> &str {
        &self.texts[random.random_range(0..self.texts.len())]
    }

    /// Any word.
    pub(crate) fn word(&self, random: &mut impl Rng) -> &str {
        &self.words[random.random_range(0..self.words.len())]
    }
}

fn add_folder(folder: &Path, texts: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(&path, texts);
        } else if path.extension().is_some_and(|ending| ending == "yaml")
            && let Ok(text) = fs::read_to_string(&path)
            && text.len() < 20_000
        {
            texts.push(text);
        }
    }
}
