//! YAML as a tree in which every node knows its place in the file.
//!
//! The events come from saphyr-parser; mappings keep their order, scalars keep their raw text, and
//! a key that stands twice is a mistake.

mod anchors;
mod tree;

pub(super) use tree::{parse, parse_documents};

use std::ops::Range;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// The bytes of the file.
    pub(super) span: Range<usize>,
    /// The value.
    pub(super) value: Value,
}

/// A YAML value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing: an empty value, `null` or `~`.
    Null,
    /// Text without quotes: a number, a word, a sentence.
    Plain(String),
    /// Text in quotes, or a block of text.
    Quoted(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in order.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// The bytes of the key.
    pub(super) key_span: Range<usize>,
    /// The value.
    pub(super) value: Node,
}

impl Node {
    /// Moves its place, and those of all in it, by so many bytes.
    pub(super) fn shift(&mut self, by: usize) {
        self.span = self.span.start + by..self.span.end + by;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Mapping(entries) => {
                for entry in entries {
                    entry.key_span = entry.key_span.start + by..entry.key_span.end + by;
                    entry.value.shift(by);
                }
            }
            Value::Null | Value::Plain(_) | Value::Quoted(_) => {}
        }
    }

    /// What kind of value it is, for a message.
    pub(super) fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Plain(text) => format!("`{}`", shorten(text)),
            Value::Quoted(text) if text.trim().is_empty() => "an empty text".to_owned(),
            Value::Quoted(text) => format!("the text `{}`", shorten(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// A text that fits a message: cut to 40 characters, what would steer a terminal escaped.
pub(super) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (place, character) in text.chars().enumerate() {
        if place == 40 {
            short.push('…');
            break;
        }
        if steers(character) {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// Whether a character steers a terminal instead of being shown: control characters, separators of
/// lines, and those that turn the direction of writing.
pub(super) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
