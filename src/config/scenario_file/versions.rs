//! Versions: declared under `versions`, or collected from where they are used.

use std::ops::Range;

use super::backend;
use super::phases::{self, PhaseDraft};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::values;
use crate::config::yaml::{Entry, Node, Value, shorten};
use crate::scenario::{MAX_VERSIONS, Version, VersionIndex};

/// The keys of a version.
pub(in crate::config) const VERSION_KEYS: [&str; 3] = ["shows", "telemetry", "backend"];

/// A version and where it is declared, if it is.
pub(super) struct NamedVersion {
    pub(super) version: Version,
    /// Where its backend says what it can do, if it has one.
    pub(super) place: Option<Range<usize>>,
    /// Whether its queue may grow, by `queue: unlimited`.
    pub(super) may_grow: bool,
    declared: Option<Range<usize>>,
}

/// The versions under `versions`, if that key is there.
pub(super) fn declared(
    fields: &Fields,
    backend: Option<&Fields>,
    report: &mut Report,
) -> Option<Vec<NamedVersion>> {
    let node = fields.get("versions")?;
    let Value::Mapping(entries) = &node.value else {
        report.expected(node, "a mapping from each version to what it shows");
        return None;
    };
    let mut versions = Vec::with_capacity(entries.len());
    for entry in entries {
        if values::version_name(&entry.key, &entry.key_span, report) {
            versions.push(describe(entry, backend, report));
        }
    }
    Some(versions)
}

fn describe(entry: &Entry, backend: Option<&Fields>, report: &mut Report) -> NamedVersion {
    let mut version = Version::named(&entry.key);
    let fields = match entry.value.value {
        Value::Null => None,
        _ => Fields::of(&entry.value, "a version", &VERSION_KEYS, report),
    };
    let get = |key| fields.as_ref().and_then(|fields| fields.get(key));
    version.shows = get("shows").and_then(|node| values::text(node, "text", report));
    let telemetry = get("telemetry").and_then(|node| values::boolean(node, report));
    version.telemetry = telemetry.unwrap_or(true);
    version.backend = backend::read(get("backend"), backend, report);
    NamedVersion {
        version,
        place: backend::capacity_place(get("backend"), backend),
        may_grow: backend::may_grow(get("backend"), backend),
        declared: Some(entry.key_span.clone()),
    }
}

/// All versions: the declared ones, which must cover every use, or else the used ones in the order
/// in which they appear.
pub(super) fn resolve(
    declared: Option<Vec<NamedVersion>>,
    file: &Fields,
    drafts: &[PhaseDraft],
    backend: Option<&Fields>,
    report: &mut Report,
) -> Vec<NamedVersion> {
    let used = || drafts.iter().flat_map(|draft| draft.used_versions());
    let Some(versions) = declared else {
        let mut versions: Vec<NamedVersion> = Vec::new();
        // Read once, so that a mistake is reported once.
        let place = backend::capacity_place(None, backend);
        let may_grow = backend::may_grow(None, backend);
        let backend = backend::read(None, backend, report);
        for (name, _) in used() {
            if find(&versions, name).is_none() {
                let backend = backend.clone();
                let version = Version {
                    backend,
                    ..Version::named(name)
                };
                versions.push(NamedVersion {
                    version,
                    place: place.clone(),
                    may_grow,
                    declared: None,
                });
            }
        }
        too_many(&versions, drafts, report);
        return versions;
    };
    for (name, span) in used().chain(phases::default_versions(file)) {
        lookup(&versions, name, span, report);
    }
    for version in &versions {
        if let Some(span) = &version.declared
            && !used().any(|(name, _)| name == version.version.name)
            && !drafts.iter().any(PhaseDraft::sends_to_all)
        {
            let message = format!(
                "the version `{}` gets no traffic",
                shorten(&version.version.name)
            );
            report.add(Diagnostic::warning(
                span.clone(),
                message,
                "in no phase's weights",
            ));
        }
    }
    too_many(&versions, drafts, report);
    versions
}

fn too_many(versions: &[NamedVersion], drafts: &[PhaseDraft], report: &mut Report) {
    if versions.len() > MAX_VERSIONS {
        let span = drafts.first().map_or(0..0, |draft| draft.span.clone());
        let message = format!(
            "{} versions; there may be {MAX_VERSIONS} at most",
            versions.len()
        );
        report.add(Diagnostic::error(span, message, "too many versions"));
    }
}

fn find(versions: &[NamedVersion], name: &str) -> Option<VersionIndex> {
    versions
        .iter()
        .position(|known| known.version.name == name)
        .map(VersionIndex)
}

/// The version of a name; reports a name that is not known.
pub(super) fn lookup(
    versions: &[NamedVersion],
    name: &str,
    span: &Range<usize>,
    report: &mut Report,
) -> Option<VersionIndex> {
    let found = find(versions, name);
    if found.is_none() {
        let known: Vec<&str> = versions
            .iter()
            .map(|known| known.version.name.as_str())
            .collect();
        let message = format!("there is no version `{}`", shorten(name));
        let diagnostic = Diagnostic::error(span.clone(), message, "unknown version");
        report.add(diagnostic.help(suggestion(name, &known)));
    }
    found
}

/// The version that a node names.
pub(super) fn named(
    node: &Node,
    versions: &[NamedVersion],
    report: &mut Report,
) -> Option<VersionIndex> {
    let name = values::text(node, "the name of a version", report)?;
    lookup(versions, &name, &node.span, report)
}

/// The version of a name that has been looked up before.
pub(super) fn index(versions: &[NamedVersion], name: &str) -> Option<VersionIndex> {
    find(versions, name)
}
