//! Reads a mapping by its known keys, and keeps every mistake.

use std::ops::Range;
use std::path::PathBuf;

use super::Diagnostic;
use super::yaml::{Entry, Node, Value, shorten};

/// The mistakes and warnings found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Where files are looked for that the source names.
    pub(super) folder: PathBuf,
}

impl Report {
    /// Adds a mistake, once: what stands at the top of a file is read again by every phase that
    /// inherits it.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Gives the last mistake a way out, if it has none.
    pub(super) fn add_help(&mut self, help: &str) {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help.get_or_insert_with(|| help.to_owned());
        }
    }

    /// Adds "expected …, found …" at a node.
    pub(super) fn expected(&mut self, node: &Node, expected: &str) {
        self.expected_with(node, expected, None);
    }

    /// Adds "expected …, found …" at a node, with a way out.
    pub(super) fn expected_with(&mut self, node: &Node, expected: &str, help: Option<String>) {
        let message = format!("expected {expected}, found {}", node.kind());
        let mut diagnostic =
            Diagnostic::error(node.span.clone(), message, format!("not {expected}"));
        diagnostic.help = without_quotes(node).or(help);
        self.add(diagnostic);
    }
}

/// The way out for a number, or for `true` and `false`, in quotes.
fn without_quotes(node: &Node) -> Option<String> {
    let Value::Quoted(text) = &node.value else {
        return None;
    };
    let number = text.bytes().any(|byte| byte.is_ascii_digit());
    let bare = number || matches!(text.as_str(), "true" | "false");
    bare.then(|| "in quotes it is text: remove the quotes".to_owned())
}

/// A mapping whose keys are known.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    entries: &'a [Entry],
    /// The bytes of the whole mapping, for what is missing.
    pub(super) span: Range<usize>,
}

impl<'a> Fields<'a> {
    /// Reads `node` as a mapping that may have the keys `known`; reports anything else. `what`
    /// says what the mapping is, such as "a phase".
    pub(super) fn of(
        node: &'a Node,
        what: &str,
        known: &[&str],
        report: &mut Report,
    ) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            let message = format!("expected {what}, found {}", node.kind());
            let label = format!("not {what}: that is a mapping");
            report.add(
                Diagnostic::error(node.span.clone(), message, label)
                    .help(format!("it has the keys {}", list(known))),
            );
            return None;
        };
        for entry in entries
            .iter()
            .filter(|entry| !known.contains(&entry.key.as_str()))
        {
            let message = format!("{what} has no `{}`", shorten(&entry.key));
            let diagnostic = Diagnostic::error(entry.key_span.clone(), message, "unknown key");
            report.add(diagnostic.help(suggestion(&entry.key, known)));
        }
        Some(Self {
            entries,
            span: node.span.clone(),
        })
    }

    /// Reads `node` as a mapping of any keys; reports anything else. What its keys mean, and which of
    /// them are not known, is left to the caller.
    pub(super) fn any(node: &'a Node, what: &str, report: &mut Report) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            report.expected(node, what);
            return None;
        };
        Some(Self {
            entries,
            span: node.span.clone(),
        })
    }

    /// All entries, in order.
    pub(super) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// The value of a key, unless it is absent or nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key)
            .map(|entry| &entry.value)
            .filter(|node| node.value != Value::Null)
    }

    /// The entry of a key, even if its value is nothing.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that must be there.
    pub(super) fn required(
        &self,
        key: &str,
        example: &str,
        report: &mut Report,
    ) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            let span = self
                .entry(key)
                .map_or_else(|| self.start(), |entry| entry.key_span.clone());
            report.add(
                Diagnostic::error(
                    span,
                    format!("`{key}` is missing"),
                    format!("needs `{key}`"),
                )
                .help(format!("add a line such as `{key}: {example}`")),
            );
        }
        found
    }

    /// Where the mapping begins: its first key.
    pub(super) fn start(&self) -> Range<usize> {
        self.entries
            .first()
            .map_or_else(|| self.span.clone(), |entry| entry.key_span.clone())
    }
}

/// The most words that a message lists.
const MOST_LISTED: usize = 24;

/// "did you mean `requests`?", or the list of what is possible.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(nearest) => format!("did you mean `{}`?", shorten(nearest)),
        None if known.len() == 1 => format!("use {}", list(known)),
        None => format!("use one of {}", list(known)),
    }
}

/// The known word nearest to `word`, if one is near.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let far = |candidate: &str| 1 + candidate.chars().count() / 3;
    known
        .iter()
        // The distance is at least the difference of the lengths, which costs nothing.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= far(candidate))
        .map(|&candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, candidate)| distance <= far(candidate))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// "`a`, `b` and `c`"; of more than [`MOST_LISTED`], how many are left out.
pub(super) fn list(words: &[&str]) -> String {
    let shown = words.iter().take(MOST_LISTED);
    let mut quoted: Vec<String> = shown.map(|word| format!("`{}`", shorten(word))).collect();
    if words.len() > MOST_LISTED {
        quoted.push(format!("{} more", words.len() - MOST_LISTED));
    }
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
