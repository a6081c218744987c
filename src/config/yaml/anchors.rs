//! Values that stand for others: anchors and aliases (`&a`, `*a`), and merge keys (`<<`).
//!
//! An alias is a copy of what its anchor names, with the places of the original.

use std::collections::BTreeMap;

use super::tree::MOST_LEVELS;
use super::{Entry, Node, Value};
use crate::config::Diagnostic;

/// So many values may be copied into a file.
const MOST_COPIES: usize = 100_000;

/// What has a name, by the number that the parser gives it.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    named: BTreeMap<usize, Node>,
    copied: usize,
}

impl Anchors {
    /// Names a value; 0 is no name.
    pub(super) fn name(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.named.insert(anchor, node.clone());
        }
    }

    /// What an alias stands for, so many levels deep in the file.
    ///
    /// # Errors
    /// It stands in itself, or the file would become too large or too deep.
    pub(super) fn copy(&mut self, anchor: usize, level: usize) -> Result<Node, String> {
        let Some(node) = self.named.get(&anchor) else {
            return Err("this alias stands for something that it is a part of".into());
        };
        let (count, levels) = size(node);
        self.copied = self.copied.saturating_add(count);
        if self.copied > MOST_COPIES {
            return Err(format!("aliases stand for more than {MOST_COPIES} values"));
        }
        if level + levels > MOST_LEVELS {
            return Err(format!("nested more than {MOST_LEVELS} levels deep"));
        }
        Ok(node.clone())
    }
}

/// How many values a value consists of, and how many levels.
fn size(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Mapping(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Value::Null | Value::Plain(_) | Value::Quoted(_) => return (1, 0),
    };
    let sizes = children.into_iter().map(size);
    let (count, levels) = sizes.fold((1, 0), |(count, levels), (own, deep)| {
        (count + own, levels.max(deep))
    });
    (count, levels + 1)
}

/// Entries with what a merge key adds: the keys that are not there. Of several mappings the first
/// that has a key counts.
pub(super) fn merged(mut entries: Vec<Entry>, mistakes: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let Some(place) = entries.iter().position(|entry| entry.key == "<<") else {
        return entries;
    };
    let merge = entries.remove(place);
    let sources = match merge.value.value {
        Value::List(items) => items,
        other => vec![Node {
            span: merge.value.span,
            value: other,
        }],
    };
    for source in sources {
        let Value::Mapping(added) = source.value else {
            let message = "a merge key needs a mapping, or a list of mappings";
            let diagnostic = Diagnostic::error(merge.key_span.clone(), message, "here");
            mistakes.push(diagnostic.help("write the keys out"));
            return entries;
        };
        for entry in added {
            if entries.iter().all(|own| own.key != entry.key) {
                entries.push(entry);
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::super::parse_documents;
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        let mut mistakes = Vec::new();
        let documents = parse_documents(text, &mut mistakes).unwrap_or_default();
        match mistakes.first() {
            Some(mistake) => Err(mistake.message.clone()),
            None => Ok(documents.iter().map(shown).collect::<Vec<_>>().join(" ")),
        }
    }

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".into(),
            Value::Plain(text) | Value::Quoted(text) => text.clone(),
            Value::List(items) => {
                format!(
                    "[{}]",
                    items.iter().map(shown).collect::<Vec<_>>().join(", ")
                )
            }
            Value::Mapping(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|one| format!("{}: {}", one.key, shown(&one.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn an_alias_is_what_its_anchor_names() {
        let text = "a: &one {x: 1, y: [2]}\nb: *one\nc: &word text\nd: [*word, *one]\n";
        let expected = "{a: {x: 1, y: [2]}, b: {x: 1, y: [2]}, c: text, d: [text, {x: 1, y: [2]}]}";
        assert_eq!(parsed(text).as_deref(), Ok(expected));
    }

    #[test]
    fn a_merge_key_adds_what_is_not_there() {
        let text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 9\n";
        let expected = "{a: {x: 1, y: 2}, b: {y: 3, z: 4}, c: {x: 9, y: 2, z: 4}}";
        assert_eq!(parsed(text).as_deref(), Ok(expected));
        assert!(parsed("a: {<<: text}").is_err_and(|text| text.contains("merge key")));
    }

    #[test]
    fn what_would_never_end_or_be_too_large_is_refused() {
        assert!(parsed("a: &a [*a]").is_err_and(|text| text.contains("part of")));
        let mut bomb = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
        for level in 1..9 {
            let before = format!("*a{}", level - 1);
            let nine = vec![before; 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{nine}]\n"));
        }
        assert!(parsed(&bomb).is_err_and(|text| text.contains("more than 100000 values")));
        let mut deep = String::from("a0: &a0 [1]\n");
        for level in 1..80 {
            deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parsed(&deep).is_err_and(|text| text.contains("levels deep")));
    }
}
