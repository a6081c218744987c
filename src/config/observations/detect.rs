//! Recognises the form of an input by its beginning.

use super::access_log::upstream_cluster;
use super::table_layout::{Delimiter, Header};
use super::{Format, Question};

/// So many lines are looked at.
const LINES: usize = 50;

/// The form of a text that begins with `head`; `whole` if that is all of it.
pub(super) fn detect(head: &[u8], whole: bool, question: &Question) -> Format {
    let trimmed = head.trim_ascii_start();
    if trimmed.starts_with(b"{") && !holds_objects_per_line(trimmed) {
        return Format::Prometheus;
    }
    let lines = complete_lines(head, whole);
    if lines.iter().any(|line| is_json_entry(line)) {
        return Format::JsonLines;
    }
    if !question.patterns.is_empty() {
        return Format::Lines;
    }
    if lines
        .iter()
        .any(|line| upstream_cluster(line).is_some_and(is_cluster))
    {
        return Format::AccessLog;
    }
    let named = question.column.is_some() || question.count_column.is_some();
    if named || looks_like_table(&lines, question) {
        return Format::Csv;
    }
    Format::Lines
}

/// The first lines that are not blank; the last one may be cut, unless the text ends there.
fn complete_lines(head: &[u8], whole: bool) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    if !whole && lines.len() > 1 {
        lines.pop();
    }
    let trimmed = lines
        .into_iter()
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    trimmed
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES)
        .collect()
}

fn is_cluster(name: &[u8]) -> bool {
    name.contains(&b'|')
}

/// An object that is complete on its line and is not the answer of Prometheus.
fn is_json_entry(line: &[u8]) -> bool {
    let object = memchr::memchr(b'{', line).map(|at| line[at..].trim_ascii_end());
    let whole = |object: &[u8]| object.ends_with(b"}") && object.contains(&b'"');
    object.is_some_and(whole)
}

/// Whether a text that begins with an object goes on with an object per line. The answer of
/// Prometheus is one object, on one line or on many.
fn holds_objects_per_line(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or(text);
    let is_answer = memchr::memmem::find(text, b"\"resultType\"").is_some()
        || memchr::memmem::find(first, b"\"errorType\"").is_some();
    first.trim_ascii() != b"{" && !is_answer
}

/// A table has a header that we know, or a column that holds versions of the target, and fields
/// that a delimiter separates.
fn looks_like_table(lines: &[&[u8]], question: &Question) -> bool {
    let mut rows = lines.iter().filter(|line| !line.starts_with(b"#"));
    let Some(first) = rows.next() else {
        return false;
    };
    let delimiter = Delimiter::of(first);
    let fields = |line: &[u8]| delimiter.fields(line);
    let header = Header::of(&fields(first), &question.versions);
    if header.names_a_version() {
        return true;
    }
    let width = fields(first).len();
    let same_width = rows.clone().all(|row| fields(row).len() == width);
    let is_target = |field: &String| question.versions.contains(field);
    let names_target = lines.iter().any(|line| fields(line).iter().any(is_target));
    width > 1 && same_width && names_target
}
