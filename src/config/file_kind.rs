//! What kind of file it is that somebody wants to run, by its keys at the top.

use super::Source;
use super::yaml::{self, Entry, Value};

/// The kind of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Phases with weights of their own, or nothing that is known.
    Phases,
    /// A rollout: it has the key `rollout`.
    Rollout,
    /// A story of a mesh: it has the key `request` or `connection`.
    Story,
    /// No scenario: a manifest of this kind.
    Manifest(String),
}

impl FileKind {
    /// The kind of a text, of whose documents the first counts.
    pub(super) fn of(source: &Source) -> Self {
        let documents = yaml::parse_documents(source.text(), &mut Vec::new());
        match documents
            .into_iter()
            .flatten()
            .next()
            .map(|node| node.value)
        {
            Some(Value::Mapping(entries)) => Self::of_entries(&entries),
            _ => Self::Phases,
        }
    }

    fn of_entries(entries: &[Entry]) -> Self {
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        if find("rollout").is_some() {
            return Self::Rollout;
        }
        if find("request").or(find("connection")).is_some() {
            return Self::Story;
        }
        match (
            find("apiVersion"),
            find("kind").map(|entry| &entry.value.value),
        ) {
            (Some(_), Some(Value::Plain(kind) | Value::Quoted(kind))) => {
                Self::Manifest(kind.clone())
            }
            _ => Self::Phases,
        }
    }
}
