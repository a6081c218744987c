//! What runs behind services: `versions` of a story.

use std::time::Duration;

use super::{items, texts};
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Entry, Node, Value};
use crate::mesh::{Alias, Running, RunningVersion};
use crate::units::Rational;

/// The keys of a version.
pub(in crate::config) const VERSION_KEYS: [&str; 3] = ["takes", "fails", "status"];

const WHAT: &str = "a list of versions, a mapping of versions to how they answer, or a service and \
                    a version";

/// Versions by service, and services that are another name of one.
pub(super) fn read(fields: &Fields, report: &mut Report) -> Option<(Vec<Running>, Vec<Alias>)> {
    let Some(node) = fields.get("versions") else {
        return Some((Vec::new(), Vec::new()));
    };
    let services = Fields::any(node, "a mapping of services to their versions", report)?;
    let (mut running, mut aliases) = (Vec::new(), Vec::new());
    let mut sound = true;
    for entry in services.entries() {
        match &entry.value.value {
            Value::Plain(_) | Value::Quoted(_) => match alias(entry, report) {
                Some(alias) => aliases.push(alias),
                None => sound = false,
            },
            _ => match versions(&entry.value, report) {
                Some(versions) => running.push(Running {
                    service: entry.key.clone(),
                    versions,
                }),
                None => sound = false,
            },
        }
    }
    sound.then_some((running, aliases))
}

/// `reviews-v2: reviews v2`.
fn alias(entry: &Entry, report: &mut Report) -> Option<Alias> {
    let text = values::text(&entry.value, WHAT, report)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let [service, version] = *words else {
        report.expected(
            &entry.value,
            "a service and a version, such as `reviews v2`",
        );
        return None;
    };
    Some(Alias {
        name: entry.key.clone(),
        service: service.to_owned(),
        version: version.to_owned(),
    })
}

fn versions(node: &Node, report: &mut Report) -> Option<Vec<RunningVersion>> {
    let Value::Mapping(entries) = &node.value else {
        items(node, WHAT, report)?;
        let names = texts(node, WHAT, report)?;
        return Some(
            names
                .iter()
                .map(|name| RunningVersion::sound(name))
                .collect(),
        );
    };
    if entries.is_empty() {
        report.expected(node, WHAT);
        return None;
    }
    let versions: Vec<Option<RunningVersion>> =
        entries.iter().map(|entry| version(entry, report)).collect();
    versions.into_iter().collect()
}

/// `v2: {takes: 200ms, fails: 10%, status: 503}`; with nothing behind the colon, it answers at
/// once.
fn version(entry: &Entry, report: &mut Report) -> Option<RunningVersion> {
    let sound = RunningVersion::sound(&entry.key);
    if entry.value.value == Value::Null {
        return Some(sound);
    }
    let fields = Fields::of(&entry.value, "a version", &VERSION_KEYS, report)?;
    let takes = fields
        .get("takes")
        .map_or(Some(Duration::ZERO), |node| values::duration(node, report));
    let never = Rational::from_integer(0);
    let fails = fields
        .get("fails")
        .map_or(Some(never), |node| values::percent(node, report));
    let status = super::number(
        &fields,
        "status",
        u64::from(sound.status),
        (400, 599),
        report,
    );
    Some(RunningVersion {
        takes: takes?,
        fails: fails?,
        status: u16::try_from(status?).ok()?,
        ..sound
    })
}
