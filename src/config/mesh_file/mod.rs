//! Stories of a mesh: a scenario file with the key `request` or `connection`, whose phases apply and
//! delete manifests.

mod calls;
mod doubts;
mod phases;
mod traffic;
mod versions;

use std::path::{Path, PathBuf};

use super::diagnostic::{Severity, render};
use super::reader::{Fields, Report};
use super::source::{ConfigError, Source};
use super::yaml::{Node, Value};
use super::{Diagnostic, values, yaml};
use crate::mesh::Story;

#[cfg(test)]
pub(super) use self::calls::KEYS as CALL_KEYS;
#[cfg(test)]
pub(super) use self::phases::KEYS as PHASE_KEYS;
#[cfg(test)]
pub(super) use self::traffic::VIEWER_KEYS;
#[cfg(test)]
pub(super) use self::versions::VERSION_KEYS;

/// The keys of a story.
pub(super) const KEYS: [&str; 19] = [
    "name",
    "title",
    "description",
    "request",
    "connection",
    "gateway",
    "lasts",
    "drain",
    "viewers",
    "proxies",
    "manifests",
    "calls",
    "versions",
    "phases",
    "rate",
    "requests",
    "propagation",
    "seed",
    "$schema",
];

/// A story and what its author should know about its files.
#[derive(Debug, Clone)]
pub struct LoadedStory {
    /// The story.
    pub story: Story,
    /// Warnings, rendered with the lines of the files.
    pub warnings: Vec<String>,
}

/// Reads the text of a story. Manifests are looked for beside the file, in `folder`.
///
/// # Errors
/// [`ConfigError`]: mistakes of the file, all of them; or those of its manifests.
pub fn parse_story(source: &Source, folder: &Path) -> Result<LoadedStory, ConfigError> {
    let mut report = Report::default();
    let draft = read(source, &mut report);
    let (errors, warnings): (Vec<Diagnostic>, Vec<Diagnostic>) = report
        .diagnostics
        .into_iter()
        .partition(|found| found.severity == Severity::Error);
    let draft = match draft {
        Some(draft) if errors.is_empty() => draft,
        _ => return Err(ConfigError::mistakes(source, errors)),
    };
    let mut warnings: Vec<String> = warnings.iter().map(|one| render(source, one)).collect();
    let stretches = phases::build(&draft.manifests, draft.phases, folder, &mut warnings)?;
    let story = Story {
        stretches,
        ..draft.story
    };
    warnings.extend(doubts::doubts(&story));
    warnings.sort();
    warnings.dedup();
    Ok(LoadedStory { story, warnings })
}

/// A story whose manifests are not read yet.
struct Draft {
    story: Story,
    manifests: Vec<PathBuf>,
    phases: Vec<phases::Draft>,
}

fn read(source: &Source, report: &mut Report) -> Option<Draft> {
    let root = yaml::parse(source.text(), &mut report.diagnostics)?;
    let fields = Fields::of(&root, "a story of a mesh", &KEYS, report)?;
    let name = values::scenario_name(&fields, "request-routing", report);
    let title = fields
        .get("title")
        .and_then(|node| values::text(node, "a title", report));
    let description = fields
        .get("description")
        .and_then(|node| values::paragraph(node, report));
    let seed = number(&fields, "seed", 1, (0, u64::MAX), report);
    let proxies = number(&fields, "proxies", 1, (1, 10_000), report);
    let traffic = traffic::read(&fields, report);
    let versions = versions::read(&fields, report);
    let manifests = paths(fields.get("manifests"), report);
    let phases = phases::read(&fields, report);
    let name = name?;
    let (running, aliases) = versions?;
    Some(Draft {
        story: Story {
            title: title.unwrap_or_else(|| name.as_str().to_owned()),
            name,
            description,
            seed: seed?,
            proxies: proxies?,
            traffic: traffic?,
            running,
            aliases,
            stretches: Vec::new(),
        },
        manifests: manifests?,
        phases: phases?,
    })
}

/// A number, or what it is when it is left out.
fn number(
    fields: &Fields,
    key: &str,
    default: u64,
    (least, most): (u64, u64),
    report: &mut Report,
) -> Option<u64> {
    match fields.get(key) {
        Some(node) => values::whole(node, least, most, report),
        None => Some(default),
    }
}

/// A list of words.
fn texts(node: &Node, what: &str, report: &mut Report) -> Option<Vec<String>> {
    let items = items(node, what, report)?.iter();
    let texts: Vec<Option<String>> = items
        .map(|item| values::text(item, "a name", report))
        .collect();
    texts.into_iter().collect()
}

/// The items of a list that has some.
fn items<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(items) if !items.is_empty() => Some(items),
        _ => {
            report.expected(node, what);
            None
        }
    }
}

/// Files and folders of manifests: one, or a list of them.
fn paths(node: Option<&Node>, report: &mut Report) -> Option<Vec<PathBuf>> {
    let what = "a file or folder of manifests";
    let Some(node) = node else {
        return Some(Vec::new());
    };
    let nodes = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let path = |node| values::text(node, what, report).map(PathBuf::from);
    let paths: Vec<Option<PathBuf>> = nodes.iter().map(path).collect();
    paths.into_iter().collect()
}
