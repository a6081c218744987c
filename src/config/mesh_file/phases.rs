//! The phases of a story: what is applied and deleted, and how many requests follow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{items, paths};
use crate::config::manifest::{Cluster, expand};
use crate::config::reader::{Fields, Report};
use crate::config::source::{ConfigError, Source};
use crate::config::yaml::{Node, Value};
use crate::config::{Diagnostic, values};
use crate::mesh::{Between, Stretch};
use crate::units::Rate;

/// The keys of a phase.
pub(in crate::config) const KEYS: [&str; 6] =
    ["name", "apply", "delete", "requests", "rate", "propagation"];

/// The most requests of a phase: every hop of each is routed.
const MOST_REQUESTS: u64 = 10_000_000;

/// A phase whose manifests are not read yet.
pub(super) struct Draft {
    name: String,
    apply: Vec<PathBuf>,
    delete: Vec<PathBuf>,
    requests: u64,
    rate: Rate,
    propagation: Between,
}

/// All phases. Rate, requests and propagation may stand at the top, for all of them.
pub(super) fn read(fields: &Fields, report: &mut Report) -> Option<Vec<Draft>> {
    let node = fields.required("phases", "[{name: all v1, apply: all-v1.yaml}]", report)?;
    let items = items(node, "a list of at least one phase", report)?;
    let drafts: Vec<Option<Draft>> = items
        .iter()
        .map(|item| phase(item, fields, report))
        .collect();
    drafts.into_iter().collect()
}

fn phase(node: &Node, whole: &Fields, report: &mut Report) -> Option<Draft> {
    let fields = Fields::of(node, "a phase", &KEYS, report)?;
    let name = fields.required("name", "all v1", report)?;
    let name = values::text(name, "a name", report);
    let apply = paths(fields.get("apply"), report);
    let delete = paths(fields.get("delete"), report);
    let get = |key| fields.get(key).or_else(|| whole.get(key));
    let requests = match get("requests") {
        Some(node) => values::whole(node, 1, MOST_REQUESTS, report),
        None => fields.required("requests", "100", report).and(None),
    };
    let rate = get("rate").map_or(Some(Rate::one_per_second()), |node| {
        values::rate(node, report)
    });
    let propagation =
        get("propagation").map_or(Some(Between::default()), |node| between(node, report));
    Some(Draft {
        name: name?,
        apply: apply?,
        delete: delete?,
        requests: requests?,
        rate: rate?,
        propagation: propagation?,
    })
}

/// `2s`: that time; `[1s, 4s]`: a time between the two.
pub(super) fn between(node: &Node, report: &mut Report) -> Option<Between> {
    let (least, most) = match &node.value {
        Value::List(ends) if ends.len() == 2 => (&ends[0], &ends[1]),
        _ => (node, node),
    };
    let mut moment = |node: &Node| match &node.value {
        Value::Plain(text) if text == "0" || text == "0s" => Some(Duration::ZERO),
        _ => values::duration(node, report),
    };
    let (least, most) = (moment(least)?, moment(most)?);
    if least > most {
        let message = "the first time is longer than the second";
        report.add(
            Diagnostic::error(node.span.clone(), message, "shortest first")
                .help("write the shortest time first, such as [1s, 4s]"),
        );
        return None;
    }
    Some(Between { least, most })
}

/// Applies and deletes in order, and reads what the cluster says after each phase's change.
pub(super) fn build(
    manifests: &[PathBuf],
    drafts: Vec<Draft>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Result<Vec<Stretch>, ConfigError> {
    let mut cluster = Cluster::default();
    for source in sources(manifests, folder)? {
        cluster.apply(source);
    }
    let mut stretches = Vec::with_capacity(drafts.len());
    for draft in drafts {
        for source in sources(&draft.delete, folder)? {
            for absent in cluster.delete(&source) {
                let phase = &draft.name;
                warnings.push(format!(
                    "warning: phase `{phase}` deletes {absent}, which is not there"
                ));
            }
        }
        for source in sources(&draft.apply, folder)? {
            cluster.apply(source);
        }
        let read = cluster.manifests()?;
        warnings.extend(read.warnings);
        stretches.push(Stretch {
            change: change(&draft),
            name: draft.name,
            table: read.table,
            propagation: draft.propagation,
            requests: draft.requests,
            rate: draft.rate,
        });
    }
    Ok(stretches)
}

fn sources(paths: &[PathBuf], folder: &Path) -> Result<Vec<Source>, ConfigError> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| folder.join(path)).collect();
    let files = expand(&paths)?;
    files.iter().map(|path| Source::read(path)).collect()
}

/// The change in words: `delete a.yaml, apply b.yaml`.
fn change(draft: &Draft) -> String {
    let named = |word: &str, paths: &[PathBuf]| {
        let names: Vec<String> = paths
            .iter()
            .map(|path| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    let parts = [named("delete", &draft.delete), named("apply", &draft.apply)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}
