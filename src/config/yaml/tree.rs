//! From parser events to a tree.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::anchors::{Anchors, merged};
use super::{Entry, Node, Value, shorten};
use crate::config::Diagnostic;

/// Deeper nesting is refused; a scenario needs five levels.
pub(super) const MOST_LEVELS: usize = 64;

/// Parses a file that holds one document. What can be read is returned even if there are mistakes,
/// so that they are all reported together; an empty file has no node and no mistake.
pub(in crate::config) fn parse(text: &str, mistakes: &mut Vec<Diagnostic>) -> Option<Node> {
    let root = build(text, false, mistakes)?.pop();
    root.filter(|root| root.value != Value::Null)
}

/// Parses a file that holds any number of documents, in their order; those that hold nothing are
/// left out. `None` if the file cannot be understood.
pub(in crate::config) fn parse_documents(
    text: &str,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Vec<Node>> {
    let mut documents = build(text, true, mistakes)?;
    documents.retain(|document| document.value != Value::Null);
    Some(documents)
}

fn build(text: &str, several: bool, mistakes: &mut Vec<Diagnostic>) -> Option<Vec<Node>> {
    let mut builder = Builder {
        offsets: byte_offsets(text),
        text,
        several,
        mistakes,
        open: Vec::new(),
        anchors: Anchors::default(),
        roots: Vec::new(),
        incomplete: false,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if builder.take(event, span).is_err() {
                    return None;
                }
            }
            Err(error) => {
                builder.syntax_error(&error);
                return None;
            }
        }
    }
    // What an alias or a merge key stands for is not there; its absence is no second mistake.
    match builder.incomplete {
        true => None,
        false => Some(builder.roots),
    }
}

/// The byte at which each character begins, and the end; empty when characters are bytes.
fn byte_offsets(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    text.char_indices()
        .map(|(byte, _)| byte)
        .chain([text.len()])
        .collect()
}

struct Builder<'a> {
    text: &'a str,
    offsets: Vec<usize>,
    mistakes: &'a mut Vec<Diagnostic>,
    /// Whether there may be several documents; these may also have anchors, aliases and merge keys,
    /// which other programs' files do.
    several: bool,
    open: Vec<Open>,
    anchors: Anchors,
    roots: Vec<Node>,
    /// Whether something was left out that has been reported.
    incomplete: bool,
}

/// A collection whose end has not come yet.
struct Open {
    start: usize,
    /// What names it; 0: nothing.
    anchor: usize,
    inner: Inner,
}

enum Inner {
    List(Vec<Node>),
    Mapping(Vec<Entry>, Option<(String, Range<usize>)>),
}

/// The rest of the file makes no sense any more.
struct Stop;

impl Builder<'_> {
    fn take(&mut self, event: Event, span: Span) -> Result<(), Stop> {
        let bytes = self.bytes(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.undecorated(anchor, tag.is_some(), &bytes);
                let value = match style {
                    ScalarStyle::Plain if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") => {
                        Value::Null
                    }
                    ScalarStyle::Plain => Value::Plain(text.into_owned()),
                    _ => Value::Quoted(text.into_owned()),
                };
                let node = Node { span: bytes, value };
                self.anchors.name(anchor, &node);
                self.add(node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.undecorated(anchor, tag.is_some(), &bytes);
                return self.enter(anchor, Inner::List(Vec::new()), bytes);
            }
            Event::MappingStart(anchor, tag) => {
                self.undecorated(anchor, tag.is_some(), &bytes);
                return self.enter(anchor, Inner::Mapping(Vec::new(), None), bytes);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(bytes.end),
            Event::Alias(anchor) if self.several => {
                match self.anchors.copy(anchor, self.open.len()) {
                    Ok(node) => self.add(node),
                    Err(problem) => {
                        let diagnostic = Diagnostic::error(bytes, problem, "here");
                        self.mistakes.push(diagnostic.help("write the value out"));
                        return Err(Stop);
                    }
                }
            }
            Event::Alias(_) => {
                self.refuse(bytes.clone(), "aliases");
                self.incomplete = true;
                self.add(Node {
                    span: bytes,
                    value: Value::Null,
                });
            }
            Event::DocumentStart(_) if !self.several && !self.roots.is_empty() => {
                self.mistakes.push(
                    Diagnostic::error(
                        bytes,
                        "a scenario file holds one document",
                        "a second one begins here",
                    )
                    .help("put each scenario into a file of its own"),
                );
                return Err(Stop);
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, anchor: usize, inner: Inner, bytes: Range<usize>) -> Result<(), Stop> {
        if self.open.len() >= MOST_LEVELS {
            let message = format!("nested more than {MOST_LEVELS} levels deep");
            self.mistakes
                .push(Diagnostic::error(bytes, message, "too deep"));
            return Err(Stop);
        }
        self.open.push(Open {
            start: bytes.start,
            anchor,
            inner,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let Some(Open {
            start,
            anchor,
            inner,
        }) = self.open.pop()
        else {
            return;
        };
        let node = match inner {
            Inner::List(items) => Node {
                span: start..self.trimmed(start, end),
                value: Value::List(items),
            },
            Inner::Mapping(entries, _) => {
                let start = entries
                    .first()
                    .map_or(start, |entry| entry.key_span.start.min(start));
                let value = merged(entries, self.mistakes);
                Node {
                    span: start..self.trimmed(start, end),
                    value: Value::Mapping(value),
                }
            }
        };
        self.anchors.name(anchor, &node);
        self.add(node);
    }

    /// Block collections end where the next thing begins; the blank between is not theirs.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let text = self.text.get(start..end).unwrap_or_default();
        start + text.trim_end().len()
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.inner) {
            None => self.roots.push(node),
            Some(Inner::List(items)) => items.push(node),
            Some(Inner::Mapping(entries, key)) => match key.take() {
                None => {
                    let text = match &node.value {
                        Value::Plain(text) | Value::Quoted(text) => text.clone(),
                        Value::Null => {
                            self.incomplete = true;
                            self.mistakes.push(
                                Diagnostic::error(
                                    node.span.clone(),
                                    "a key must be a word",
                                    "this is nothing",
                                )
                                .help("put it in quotes if it is a name"),
                            );
                            String::new()
                        }
                        Value::List(_) | Value::Mapping(_) => {
                            self.mistakes.push(
                                Diagnostic::error(
                                    node.span.clone(),
                                    "a key must be a word",
                                    "this is a collection",
                                )
                                .help(
                                    "to YAML, and so to Kubernetes, `{{…}}` is a mapping: put a \
                                     placeholder in quotes, \"{{…}}\"",
                                ),
                            );
                            String::new()
                        }
                    };
                    *key = Some((text, node.span));
                }
                Some((key, key_span)) => {
                    if key == "<<" && !self.several {
                        self.incomplete = true;
                        self.refuse(key_span, "merge keys");
                    } else if entries.iter().any(|entry| entry.key == key) {
                        let message = format!("`{}` stands twice", shorten(&key));
                        let again = Diagnostic::error(key_span, message, "for the second time")
                            .help("remove one of the two");
                        self.mistakes.push(again);
                    } else {
                        entries.push(Entry {
                            key,
                            key_span,
                            value: node,
                        });
                    }
                }
            },
        }
    }

    fn undecorated(&mut self, anchor: usize, tagged: bool, span: &Range<usize>) {
        if tagged || (anchor != 0 && !self.several) {
            let what = match self.several {
                true => "tags",
                false => "anchors and tags",
            };
            self.refuse(span.clone(), what);
        }
    }

    fn refuse(&mut self, span: Range<usize>, what: &str) {
        self.mistakes.push(
            Diagnostic::error(span, format!("{what} are not supported"), "here")
                .help("write the value out"),
        );
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let start = self.byte(error.marker().index());
        let end = self.text[start..]
            .find(['\n', '\r'])
            .map_or(self.text.len(), |line| start + line);
        let message = format!("this is not valid YAML: {}", error.info());
        let mut diagnostic = Diagnostic::error(start..end.max(start), message, "here");
        let before = &self.text[..end];
        let line = before
            .rfind('\n')
            .map_or(before, |newline| &before[newline + 1..]);
        let indent = &line[..line.len() - line.trim_start().len()];
        if indent.contains('\t') {
            diagnostic = diagnostic.help("indent with spaces; YAML does not allow tabs");
        }
        self.mistakes.push(diagnostic);
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }

    fn byte(&self, character: usize) -> usize {
        match self.offsets.last() {
            None => character.min(self.text.len()),
            Some(&end) => self.offsets.get(character).copied().unwrap_or(end),
        }
    }
}
