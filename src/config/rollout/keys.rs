//! Mappings of a tool's manifest: keys that are read, that are not simulated, that say nothing about
//! a gate, and those that the tool does not know.
//!
//! Kubernetes drops a key that it does not know and goes on, so that such a key is a warning here.

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::yaml::{Node, Value, shorten};

/// The keys of a mapping.
pub(super) struct Keys {
    /// Read here.
    pub(super) read: &'static [&'static str],
    /// Known, and not simulated: key and reason.
    pub(super) not_simulated: &'static [(&'static str, &'static str)],
    /// Known, and without a say in what the gate decides.
    pub(super) ignored: &'static [&'static str],
}

/// Reads `node` as a mapping, and warns of keys that are not simulated or not known.
pub(super) fn open<'a>(
    node: &'a Node,
    what: &str,
    keys: &Keys,
    report: &mut Report,
) -> Option<Fields<'a>> {
    let fields = Fields::any(node, what, report)?;
    for entry in fields.entries() {
        let key = entry.key.as_str();
        if keys.read.contains(&key) || keys.ignored.contains(&key) {
            continue;
        }
        if let Some((_, reason)) = keys.not_simulated.iter().find(|(known, _)| *known == key) {
            if !is_off(&entry.value) {
                report.add(not_simulated(entry.key_span.clone(), key, reason));
            }
            continue;
        }
        let known: Vec<&str> = keys
            .read
            .iter()
            .copied()
            .chain(keys.not_simulated.iter().map(|(known, _)| *known))
            .collect();
        let message = format!("{what} has no `{}`: it has no effect", shorten(key));
        report.add(
            Diagnostic::warning(entry.key_span.clone(), message, "unknown key")
                .help(suggestion(key, &known)),
        );
    }
    Some(fields)
}

/// A warning that something is not simulated.
pub(super) fn not_simulated(span: std::ops::Range<usize>, what: &str, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        span,
        format!("`{}` is not simulated", shorten(what)),
        reason,
    )
}

/// Nothing, `false`, or an empty collection.
fn is_off(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Plain(text) => text == "false",
        Value::Quoted(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Mapping(entries) => entries.is_empty(),
    }
}

/// The text of a word, a number or a quoted text.
pub(super) fn scalar(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Plain(text) | Value::Quoted(text) => Some(text),
        _ => None,
    }
}

/// The items of a list; anything else is reported.
pub(super) fn list<'a>(node: &'a Node, what: &str, report: &mut Report) -> &'a [Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Null => &[],
        _ => {
            report.expected(node, what);
            &[]
        }
    }
}
