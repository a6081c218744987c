//! Objects of a manifest: known keys are read, keys that the simulator does not model are named with
//! their effect, and unknown ones with the nearest known key.

use std::ops::Range;
use std::time::Duration;

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, nearest};
use crate::config::values::parse_duration;
use crate::config::yaml::{Entry, Node, Value};

/// What an object may hold.
pub(super) struct Keys {
    /// What is read.
    pub(super) read: &'static [&'static str],
    /// What is not simulated, and what it would do.
    pub(super) not_simulated: &'static [(&'static str, &'static str)],
}

/// A mapping whose keys have been looked at.
pub(super) fn object<'a>(
    node: &'a Node,
    what: &str,
    keys: &Keys,
    report: &mut Report,
) -> Option<Fields<'a>> {
    let fields = Fields::any(node, what, report)?;
    for entry in fields.entries() {
        look_at(entry, what, keys, report);
    }
    Some(fields)
}

fn look_at(entry: &Entry, what: &str, keys: &Keys, report: &mut Report) {
    let key = entry.key.as_str();
    if keys.read.contains(&key) || entry.value.value == Value::Null {
        return;
    }
    let span = entry.key_span.clone();
    if let Some((_, effect)) = keys.not_simulated.iter().find(|(name, _)| *name == key) {
        let message = format!("`{key}` is not simulated");
        report.add(Diagnostic::warning(span, message, *effect));
        return;
    }
    let known: Vec<&str> = keys
        .read
        .iter()
        .copied()
        .chain(keys.not_simulated.iter().map(|(name, _)| *name))
        .collect();
    let message = format!("unknown field `{key}` in {what}");
    let camel = camel_case(key);
    if camel != key && known.contains(&&*camel) {
        // The API server refuses it, or drops it without validation; the resource's schema knows the
        // JSON names alone.
        let help = format!("write `{camel}`: the API server knows no other name of it");
        report.add(Diagnostic::error(span, message, "a name of the protobuf file").help(help));
        return;
    }
    report.add(match nearest(key, &known) {
        Some(nearest) => Diagnostic::error(span, message, "unknown field")
            .help(format!("did you mean `{nearest}`?")),
        None => Diagnostic::warning(span, message, "ignored"),
    });
}

/// `source_labels` as `sourceLabels`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &head.to_ascii_uppercase() + tail
    })
}

/// The items of a list; nothing if the key is absent.
pub(super) fn items<'a>(fields: &Fields<'a>, key: &str, report: &mut Report) -> &'a [Node] {
    match fields.get(key) {
        Some(Node {
            value: Value::List(items),
            ..
        }) => items,
        Some(node) => {
            report.expected(node, "a list");
            &[]
        }
        None => &[],
    }
}

/// A text of any kind: names, numbers and booleans as they are written.
pub(super) fn scalar(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Plain(text) | Value::Quoted(text) => Some(text),
        _ => None,
    }
}

/// A text under a key.
pub(super) fn text(fields: &Fields, key: &str, report: &mut Report) -> Option<String> {
    let node = fields.get(key)?;
    let found = scalar(node).map(str::to_owned);
    if found.is_none() {
        report.expected(node, "text");
    }
    found
}

/// A list of texts under a key.
pub(super) fn texts(fields: &Fields, key: &str, report: &mut Report) -> Vec<String> {
    let mut found = Vec::new();
    for node in items(fields, key, report) {
        match scalar(node) {
            Some(text) => found.push(text.to_owned()),
            None => report.expected(node, "text"),
        }
    }
    found
}

/// A mapping from text to text under a key, such as labels.
pub(super) fn labels(fields: &Fields, key: &str, report: &mut Report) -> Vec<(String, String)> {
    let Some(node) = fields.get(key) else {
        return Vec::new();
    };
    let Some(fields) = Fields::any(node, "labels", report) else {
        return Vec::new();
    };
    let entries = fields.entries().iter();
    entries
        .filter_map(|entry| Some((entry.key.clone(), scalar(&entry.value)?.to_owned())))
        .collect()
}

/// A number under a key, in a range with its ends.
pub(super) fn number<T>(
    fields: &Fields,
    key: &str,
    least: i64,
    most: i64,
    report: &mut Report,
) -> Option<T>
where
    T: TryFrom<i64>,
{
    let node = fields.get(key)?;
    let value = scalar(node).and_then(|text| text.parse::<i64>().ok());
    let found = value.filter(|value| (least..=most).contains(value));
    if found.is_none() {
        report.expected(node, &format!("a whole number from {least} to {most}"));
    }
    found.and_then(|value| T::try_from(value).ok())
}

/// A decimal under a key, as a double: percentages are doubles upstream.
pub(super) fn decimal(fields: &Fields, key: &str, report: &mut Report) -> Option<f64> {
    let node = fields.get(key)?;
    let value = scalar(node).and_then(|text| text.parse::<f64>().ok());
    let found = value.filter(|value| value.is_finite());
    if found.is_none() {
        report.expected(node, "a number");
    }
    found
}

/// `true` or `false` under a key; false if absent.
pub(super) fn boolean(fields: &Fields, key: &str, report: &mut Report) -> bool {
    let Some(node) = fields.get(key) else {
        return false;
    };
    match scalar(node) {
        Some("true") => true,
        Some("false") => false,
        _ => {
            report.expected(node, "`true` or `false`");
            false
        }
    }
}

/// A duration such as `7s` or `1.5h` under a key; it may be zero.
pub(super) fn duration(fields: &Fields, key: &str, report: &mut Report) -> Option<Duration> {
    let node = fields.get(key)?;
    let found = scalar(node).and_then(parse_duration);
    if found.is_none() {
        report.expected(node, "a duration such as 7s or 500ms");
    }
    found
}

/// A mistake in the words of the project that reads such files.
pub(super) fn refuse(report: &mut Report, span: Range<usize>, message: impl Into<String>) {
    report.add(Diagnostic::error(span, message, "refused"));
}

/// A doubt: the manifest is accepted, and does something that its author may not expect.
pub(super) fn doubt(
    report: &mut Report,
    span: Range<usize>,
    message: impl Into<String>,
    effect: impl Into<String>,
) {
    report.add(Diagnostic::warning(span, message, effect));
}
