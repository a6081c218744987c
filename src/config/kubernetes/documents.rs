//! A file, split into its resources.

use std::ops::Range;

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};

/// One resource: an object with `apiVersion` and `kind`.
#[derive(Debug, Clone)]
pub(in crate::config) struct Resource {
    /// `apiVersion`, such as `flagger.app/v1beta1`.
    pub(in crate::config) api_version: String,
    /// `kind`, such as `Canary`.
    pub(in crate::config) kind: String,
    /// Where the kind stands.
    pub(in crate::config) kind_span: Range<usize>,
    /// `metadata.name`; empty if there is none.
    pub(in crate::config) name: String,
    /// `metadata.namespace`, if there is one.
    pub(in crate::config) namespace: Option<String>,
    /// The whole object.
    pub(in crate::config) root: Node,
}

impl Resource {
    /// The group of the API: `flagger.app`.
    pub(in crate::config) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

/// Adds the resource of a document to those that were found; a list (`kind: List`) is opened.
pub(in crate::config) fn resources(document: Node, found: &mut Vec<Resource>, report: &mut Report) {
    let Some((api_version, kind, kind_span)) = type_of(&document, report) else {
        return;
    };
    if kind.ends_with("List")
        && let Value::Mapping(entries) = document.value
    {
        let items = entries.into_iter().find(|entry| entry.key == "items");
        if let Some(Value::List(items)) = items.map(|entry| entry.value.value) {
            for item in items {
                resources(item, found, report);
            }
        }
        return;
    }
    let metadata = |key: &str| -> Option<String> {
        let Value::Mapping(entries) = &document.value else {
            return None;
        };
        let metadata = entries.iter().find(|entry| entry.key == "metadata")?;
        let Value::Mapping(entries) = &metadata.value.value else {
            return None;
        };
        match &entries.iter().find(|entry| entry.key == key)?.value.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text.clone()),
            _ => None,
        }
    };
    found.push(Resource {
        name: metadata("name").unwrap_or_default(),
        namespace: metadata("namespace"),
        api_version,
        kind,
        kind_span,
        root: document,
    });
}

fn type_of(document: &Node, report: &mut Report) -> Option<(String, String, Range<usize>)> {
    let fields = Fields::any(document, "a Kubernetes resource", report)?;
    let mut word = |key: &str, example: &str| {
        let node = fields.required(key, example, report)?;
        let text = values::text(node, "a word", report)?;
        Some((text, node.span.clone()))
    };
    let api_version = word("apiVersion", "apps/v1");
    let kind = word("kind", "Deployment");
    let ((api_version, _), (kind, kind_span)) = (api_version?, kind?);
    Some((api_version, kind, kind_span))
}

/// A warning about a resource that was not read.
pub(in crate::config) fn not_read(resource: &Resource) -> Diagnostic {
    Diagnostic::warning(
        resource.kind_span.clone(),
        format!("`{}` is not read", resource.kind),
        "it says nothing about a gate",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml;

    fn read(text: &str, report: &mut Report) -> Vec<Resource> {
        let documents = yaml::parse_documents(text, &mut report.diagnostics).unwrap();
        let mut found = Vec::new();
        for document in documents {
            resources(document, &mut found, report);
        }
        found
    }

    #[test]
    fn documents_and_lists_are_opened() {
        let text = "# comment\n---\napiVersion: a/v1\nkind: Canary\nmetadata: {name: one}\n---\n---\n\
                    apiVersion: v1\nkind: List\nitems:\n- apiVersion: b/v2\n  kind: Rollout\n  \
                    metadata:\n    name: two\n    namespace: test\n...\n";
        let mut report = Report::default();
        let found = read(text, &mut report);
        assert_eq!(report.diagnostics, []);
        let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
        assert_eq!(found[1].group(), "b");
        assert_eq!(found[1].namespace.as_deref(), Some("test"));
        assert!(text[found[1].root.span.clone()].starts_with("apiVersion: b/v2"));
    }

    #[test]
    fn json_is_yaml_and_a_missing_kind_is_reported_with_its_place() {
        let text = "{\n  \"apiVersion\": \"a/v1\",\n  \"spec\": {}\n}\n";
        let mut report = Report::default();
        assert!(read(text, &mut report).is_empty());
        assert_eq!(report.diagnostics.len(), 1);
        assert!(report.diagnostics[0].message.contains("`kind` is missing"));
    }
}
