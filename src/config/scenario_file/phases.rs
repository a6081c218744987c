//! Phases: each with its own keys, and those of the file as defaults.

mod mistakes;
mod ready;

use std::ops::Range;

use mistakes::{all_zero, explain, no_weights};

use super::algorithm::{self, AlgorithmDraft};
use super::arrivals;
use super::versions::{self, NamedVersion};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value, shorten};
use crate::scenario::{
    Algorithm, ArrivalProcess, Arrivals, Destination, Length, MAX_REQUESTS, Phase, ScenarioName,
    VersionIndex,
};

/// The keys of a phase.
pub(in crate::config) const PHASE_KEYS: [&str; 8] = [
    "name",
    "weights",
    "replicas",
    "requests",
    "duration",
    "rate",
    "arrivals",
    "algorithm",
];

/// A phase whose versions are still names.
pub(super) struct PhaseDraft {
    pub(super) name: String,
    /// The bytes of the phase, or of what its mistakes are about.
    pub(super) span: Range<usize>,
    weights: Vec<Named>,
    weights_span: Range<usize>,
    replicas: Vec<Named>,
    /// Where those numbers stand.
    replicas_span: Range<usize>,
    length: Option<Length>,
    arrivals: Arrivals,
    algorithm: Option<AlgorithmDraft>,
}

/// A number that belongs to a version.
struct Named {
    version: String,
    span: Range<usize>,
    number: u32,
}

impl PhaseDraft {
    /// The versions that the phase speaks of, and where.
    pub(super) fn used_versions(&self) -> impl Iterator<Item = (&str, &Range<usize>)> {
        let named = self.weights.iter().chain(&self.replicas);
        named.map(|named| (named.version.as_str(), &named.span))
    }

    /// Under `replicas`, weights may be left out: the replica counts are the weights.
    fn destinations(&self) -> &[Named] {
        match self.weights.as_slice() {
            [] => &self.replicas,
            weights => weights,
        }
    }

    /// Whether replicas decide, and their numbers are left to the backends.
    fn asks_backends(&self) -> bool {
        let by_replicas = self.algorithm.as_ref().is_some_and(|one| one.is_replicas());
        by_replicas && self.replicas.is_empty()
    }

    /// Whether all versions get requests, because none is named.
    pub(super) fn sends_to_all(&self) -> bool {
        self.destinations().is_empty() && self.asks_backends()
    }

    /// Whether requests may go to a version; true if that cannot be told.
    pub(super) fn sends_to(&self, version: &str) -> bool {
        let destinations = self.destinations();
        destinations.is_empty() || destinations.iter().any(|named| named.version == version)
    }
}

/// Reads the phases or, in the short form, the one phase that the file itself is.
pub(super) fn read(
    file: &Fields,
    name: Option<&ScenarioName>,
    report: &mut Report,
) -> Vec<PhaseDraft> {
    let Some(node) = file.get("phases") else {
        if let Some(entry) = file.entry("phases") {
            report.expected(&entry.value, "a list of phases");
            return Vec::new();
        }
        let name = name.map_or_else(|| "phase 1".to_owned(), ToString::to_string);
        let keys = Keys { own: None, file };
        return vec![keys.draft(name, file.start(), report)];
    };
    let Value::List(items) = &node.value else {
        report.expected(node, "a list of phases");
        return Vec::new();
    };
    if items.is_empty() {
        report.add(Diagnostic::error(
            node.span.clone(),
            "there are no phases",
            "an empty list",
        ));
    }
    defaults(file, items, report);
    let mut drafts: Vec<PhaseDraft> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let Some(own) = Fields::of(item, "a phase", &PHASE_KEYS, report) else {
            continue;
        };
        let named = own.get("name").and_then(|node| {
            values::text(node, "a name", report).map(|text| (text, node.span.clone()))
        });
        let (name, span) = named.unwrap_or_else(|| (format!("phase {}", place + 1), own.start()));
        if drafts.iter().any(|draft| draft.name == name) {
            let message = format!("two phases are named `{}`", shorten(&name));
            report.add(Diagnostic::error(
                span,
                message,
                "give each phase its own name",
            ));
        }
        let start = own.start();
        let keys = Keys {
            own: Some(&own),
            file,
        };
        drafts.push(keys.draft(name, start, report));
    }
    drafts
}

/// Checks the defaults of a file with phases, which may all have their own values instead.
fn defaults(file: &Fields, phases: &[Node], report: &mut Report) {
    let keys = Keys { own: None, file };
    keys.get("algorithm")
        .and_then(|node| algorithm::read(node, report));
    keys.arrivals(report);
    keys.numbers("replicas", report);
    let weights = keys.numbers("weights", report);
    if let Some(node) = keys.get("weights")
        && weights.len() > 1
        && weights.iter().all(|named| named.number == 0)
    {
        report.add(all_zero(node.span.clone()));
    }
    if let both @ ((Some(_), _) | (_, Some(_))) = lengths(file) {
        measured(both, report);
    }
    for entry in PHASE_KEYS[1..].iter().filter_map(|key| file.entry(key)) {
        let own = |phase: &Node| match &phase.value {
            Value::Mapping(entries) => entries.iter().any(|own| replaces(&own.key, &entry.key)),
            _ => false,
        };
        if !phases.is_empty() && phases.iter().all(own) {
            let message = format!("the default `{}` is not used", entry.key);
            let warning =
                Diagnostic::warning(entry.key_span.clone(), message, "every phase has its own");
            report.add(warning);
        }
    }
}

/// Whether a key of a phase takes the place of a default.
fn replaces(own: &str, default: &str) -> bool {
    let length = |key: &str| matches!(key, "requests" | "duration");
    own == default || (length(own) && length(default))
}

/// The versions that the defaults of a file speak of, and where.
pub(super) fn default_versions<'a>(
    file: &Fields<'a>,
) -> impl Iterator<Item = (&'a str, &'a Range<usize>)> {
    ["weights", "replicas"]
        .into_iter()
        .filter_map(|key| match &file.get(key)?.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        })
        .flatten()
        .map(|entry| (entry.key.as_str(), &entry.key_span))
}

/// `requests` and `duration`.
fn lengths<'a>(fields: &Fields<'a>) -> (Option<&'a Node>, Option<&'a Node>) {
    (fields.get("requests"), fields.get("duration"))
}

/// The length that `requests` or `duration` gives; one of them is there.
fn measured(lengths: (Option<&Node>, Option<&Node>), report: &mut Report) -> Option<Length> {
    match lengths {
        (Some(_), Some(duration)) => {
            report.add(
                Diagnostic::error(
                    duration.span.clone(),
                    "both `requests` and `duration`",
                    "a phase ends after one or the other",
                )
                .help("remove one of the two"),
            );
            None
        }
        (Some(node), None) => values::whole(node, 1, MAX_REQUESTS, report).map(Length::Requests),
        (None, Some(node)) => values::duration(node, report).map(Length::Duration),
        (None, None) => None,
    }
}

/// The keys of a phase, then those of the file.
struct Keys<'a, 'b> {
    own: Option<&'b Fields<'a>>,
    file: &'b Fields<'a>,
}

impl<'a> Keys<'a, '_> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        self.own
            .and_then(|own| own.get(key))
            .or_else(|| self.file.get(key))
    }

    fn draft(&self, name: String, span: Range<usize>, report: &mut Report) -> PhaseDraft {
        let algorithm = match self.get("algorithm") {
            Some(node) => algorithm::read(node, report),
            None => Some(AlgorithmDraft::default()),
        };
        let weights = self.numbers("weights", report);
        let replicas = self.numbers("replicas", report);
        let by_replicas = algorithm.as_ref().is_some_and(|a| a.is_replicas());
        if self.get("weights").is_none() && !by_replicas {
            report.add(no_weights(span.clone()));
        }
        let arrivals = self.arrivals(report);
        let span_of = |key| {
            let node = self.get(key);
            node.map_or_else(|| span.clone(), |node: &Node| node.span.clone())
        };
        PhaseDraft {
            name,
            weights_span: span_of("weights"),
            replicas_span: span_of("replicas"),
            length: self.length(&span, &arrivals, report),
            arrivals,
            span,
            weights,
            replicas,
            algorithm,
        }
    }

    /// A mapping from versions to whole numbers.
    fn numbers(&self, key: &str, report: &mut Report) -> Vec<Named> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        let Value::Mapping(entries) = &node.value else {
            report.expected(
                node,
                &format!("a mapping such as `{key}: {{v1: 8, v2: 2}}`"),
            );
            return Vec::new();
        };
        if entries.is_empty() {
            report.expected(node, "at least one version");
        }
        let mut numbers = Vec::with_capacity(entries.len());
        for entry in entries {
            if !values::version_name(&entry.key, &entry.key_span, report) {
                continue;
            }
            let help = "they are relative: 80 and 20, or 4 and 1, for 80% and 20%";
            let help = (key == "weights").then_some(help);
            let number = values::whole_or(&entry.value, 0, u32::MAX.into(), help, report);
            numbers.push(Named {
                version: entry.key.clone(),
                span: entry.key_span.clone(),
                // A number that is wrong has been reported; 1 keeps it from being reported again.
                number: number
                    .and_then(|number| u32::try_from(number).ok())
                    .unwrap_or(1),
            });
        }
        numbers
    }

    /// The phase's own `requests` or `duration` goes before those of the file.
    /// A replay without either ends with its last request.
    fn length(
        &self,
        span: &Range<usize>,
        arrivals: &Arrivals,
        report: &mut Report,
    ) -> Option<Length> {
        let own = self.own.map_or((None, None), lengths);
        let chosen = match own {
            (None, None) => lengths(self.file),
            own => own,
        };
        if let (None, None) = chosen {
            if let ArrivalProcess::Replay(moments) = &arrivals.process {
                return Some(Length::Requests(moments.len() as u64));
            }
            let help = match self.paces_itself(arrivals) {
                true => "add `requests: 20`, or `duration: 60s`; without, it would never end",
                false => "add `requests: 20`, or `duration: 60s` and `rate: 10/s`",
            };
            report.add(
                Diagnostic::error(span.clone(), "`requests` is missing", "how long is it?")
                    .help(help),
            );
        }
        let length = measured(chosen, report);
        if let (Some(Length::Duration(_)), Some(duration)) = (length, chosen.1)
            && self.get("rate").is_none()
            && !self.paces_itself(arrivals)
        {
            let message = "a `duration` without a `rate`";
            report.add(
                Diagnostic::error(
                    duration.span.clone(),
                    message,
                    "how many requests are that?",
                )
                .help("add `rate: 1/s`, or another rate"),
            );
        }
        length
    }

    /// Whether `rate` has no say, even where the settings have a mistake and are unknown.
    fn paces_itself(&self, arrivals: &Arrivals) -> bool {
        let named = |node: &Node| match &node.value {
            Value::Mapping(entries) => entries
                .iter()
                .any(|entry| matches!(&*entry.key, "closed-loop" | "replay" | "classes")),
            _ => false,
        };
        arrivals.set_their_own_pace() || self.get("arrivals").is_some_and(named)
    }

    fn arrivals(&self, report: &mut Report) -> Arrivals {
        arrivals::read(self.get("arrivals"), self.get("rate"), report)
    }
}

/// The phases, once versions are known. Leaves out what has mistakes; they are reported.
pub(super) fn build(
    drafts: &[PhaseDraft],
    versions: &[NamedVersion],
    report: &mut Report,
) -> Vec<Phase> {
    drafts
        .iter()
        .filter_map(|draft| build_one(draft, versions, report))
        .collect()
}

fn build_one(draft: &PhaseDraft, versions: &[NamedVersion], report: &mut Report) -> Option<Phase> {
    let (destinations, source) = if draft.sends_to_all() {
        let all = (0..versions.len()).map(|place| Destination {
            version: VersionIndex(place),
            weight: 1,
            replicas: 1,
        });
        ready::numbers(draft, all.collect(), versions, report)?
    } else {
        let listed = listed(draft, versions, report)?;
        ready::numbers(draft, listed, versions, report)?
    };
    if destinations.is_empty() {
        // Reported where the weights are missing, or are not a mapping.
        return None;
    }
    let algorithm: Algorithm =
        algorithm::resolve(draft.algorithm.as_ref()?, &destinations, versions, report)?;
    let algorithm = match source {
        ready::Source::Following => Algorithm::ReadyReplicas,
        ready::Source::Fixed => algorithm,
    };
    let phase = Phase::new(
        draft.name.clone(),
        destinations,
        draft.length?,
        draft.arrivals.clone(),
        algorithm,
    );
    phase
        .map_err(|error| report.add(explain(&error, draft)))
        .ok()
}

/// The destinations that the phase names.
fn listed(
    draft: &PhaseDraft,
    versions: &[NamedVersion],
    report: &mut Report,
) -> Option<Vec<Destination>> {
    let listed = draft.destinations();
    let mut destinations = Vec::with_capacity(listed.len());
    for named in listed {
        let replicas = draft
            .replicas
            .iter()
            .find(|other| other.version == named.version);
        destinations.push(Destination {
            version: versions::index(versions, &named.version)?,
            weight: named.number,
            replicas: replicas.map_or(1, |named| named.number),
        });
    }
    for stray in draft
        .replicas
        .iter()
        .filter(|named| !listed.iter().any(|l| l.version == named.version))
    {
        let message = format!("replicas of `{}`, which has no weight here", stray.version);
        report.add(
            Diagnostic::error(
                stray.span.clone(),
                message,
                "not among the weights of this phase",
            )
            .help(format!(
                "add `{}: 0` to the weights, or remove it here",
                stray.version
            )),
        );
    }
    Some(destinations)
}
