//! `claims`: statements that a run judges.

use super::phases::PhaseDraft;
use super::versions::{self, NamedVersion};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, list, suggestion};
use crate::config::values;
use crate::config::yaml::{Node, Value, shorten};
use crate::scenario::{Claim, MAX_REQUESTS, Needed, Phase, Statement, VersionIndex};
use crate::units::{ConfidenceLevel, Tolerance};

/// The keys of a claim that are not its statement.
pub(in crate::config) const CLAIM_KEYS: [&str; 3] = ["claim", "phase", "expected"];
/// The statements; a claim has exactly one.
pub(in crate::config) const STATEMENTS: [&str; 5] = [
    "all-seen",
    "share-within",
    "stays-within",
    "needed",
    "observed-share",
];

/// Reads the claims. Leaves out what has mistakes; they are reported.
pub(super) fn read(
    file: &Fields,
    drafts: &[PhaseDraft],
    phases: &[Phase],
    versions: &[NamedVersion],
    report: &mut Report,
) -> Vec<Claim> {
    let Some(node) = file.get("claims") else {
        return Vec::new();
    };
    let Value::List(items) = &node.value else {
        report.expected(node, "a list of claims");
        return Vec::new();
    };
    let known: Vec<&str> = CLAIM_KEYS.into_iter().chain(STATEMENTS).collect();
    let reader = Reader {
        drafts,
        phases,
        versions,
    };
    items
        .iter()
        .filter_map(|item| {
            let fields = Fields::of(item, "a claim", &known, report)?;
            reader.claim(&fields, report)
        })
        .collect()
}

struct Reader<'a> {
    drafts: &'a [PhaseDraft],
    phases: &'a [Phase],
    versions: &'a [NamedVersion],
}

impl Reader<'_> {
    fn claim(&self, fields: &Fields, report: &mut Report) -> Option<Claim> {
        let phase = self.phase(fields, report);
        let statement = self.statement(fields, report);
        self.reached(phase, fields, report);
        self.judgeable(phase, statement.as_ref(), fields, report);
        Some(Claim {
            text: fields
                .get("claim")
                .and_then(|node| values::paragraph(node, report)),
            expected: fields
                .get("expected")
                .and_then(|node| values::boolean(node, report))
                .unwrap_or(true),
            phase: phase?,
            statement: statement?,
        })
    }

    fn phase(&self, fields: &Fields, report: &mut Report) -> Option<usize> {
        let names: Vec<&str> = self
            .drafts
            .iter()
            .map(|draft| draft.name.as_str())
            .collect();
        let Some(node) = fields.get("phase") else {
            if names.len() > 1 {
                report.add(
                    Diagnostic::error(fields.start(), "which phase is meant?", "needs `phase`")
                        .help(format!("add `phase:` and one of {}", list(&names))),
                );
                return None;
            }
            return Some(0);
        };
        let name = values::text(node, "the name of a phase", report)?;
        let found = names.iter().position(|&known| known == name);
        if found.is_none() {
            let message = format!("there is no phase `{}`", shorten(&name));
            let diagnostic = Diagnostic::error(node.span.clone(), message, "unknown phase");
            report.add(diagnostic.help(suggestion(&name, &names)));
        }
        found
    }

    /// Reports a version that the phase never sends a request to: nothing could be said of it.
    fn reached(&self, phase: Option<usize>, fields: &Fields, report: &mut Report) {
        let Some(draft) = phase.and_then(|phase| self.drafts.get(phase)) else {
            return;
        };
        let bodies = STATEMENTS.iter().filter_map(|key| fields.get(key));
        for body in bodies {
            let Value::Mapping(entries) = &body.value else {
                continue;
            };
            for entry in entries.iter().filter(|entry| entry.key == "version") {
                let (Value::Plain(name) | Value::Quoted(name)) = &entry.value.value else {
                    continue;
                };
                let known = versions::index(self.versions, name).is_some();
                if known && !draft.sends_to(name) {
                    let phase = shorten(&draft.name);
                    let message = format!("`{}` is not in phase `{phase}`", shorten(name));
                    let mistake = Diagnostic::error(
                        entry.value.span.clone(),
                        message,
                        "not among its weights",
                    );
                    report.add(mistake.help("name a version of that phase, or another `phase`"));
                }
            }
        }
    }

    /// Reports a claim about what a split gives in general, where the run alone knows the split.
    fn judgeable(
        &self,
        phase: Option<usize>,
        statement: Option<&Statement>,
        fields: &Fields,
        report: &mut Report,
    ) {
        let draft = phase.and_then(|phase| self.drafts.get(phase));
        let named = |phase: &&Phase| draft.is_some_and(|draft| draft.name == phase.name());
        let follows = |phase: &Phase| phase.algorithm().follows_replicas();
        let followed = self.phases.iter().find(named).is_some_and(follows);
        let seen_in_the_run = matches!(statement, Some(Statement::ObservedShare { .. }));
        if followed && statement.is_some() && !seen_in_the_run {
            let message = "nothing can be claimed of a split that follows the ready replicas";
            report.add(
                Diagnostic::error(fields.start(), message, "only the run knows the shares").help(
                    "claim an `observed-share`, or give versions replicas that do not change",
                ),
            );
        }
    }

    fn statement(&self, fields: &Fields, report: &mut Report) -> Option<Statement> {
        let stated: Vec<&str> = STATEMENTS
            .into_iter()
            .filter(|key| fields.entry(key).is_some())
            .collect();
        let [key] = stated.as_slice() else {
            let message = match stated.as_slice() {
                [] => "a claim that states nothing".to_owned(),
                several => format!("a claim that states {}", list(several)),
            };
            report.add(
                Diagnostic::error(fields.start(), message, "needs exactly one statement")
                    .help(format!("use one of {}", list(&STATEMENTS))),
            );
            return None;
        };
        let node = &fields.entry(key)?.value;
        match *key {
            "all-seen" => self.all_seen(node, report),
            "share-within" => self.within(node, "requests", report).map(|within| {
                let Within {
                    version,
                    tolerance,
                    requests,
                    probability,
                } = within;
                Statement::ShareWithin {
                    version,
                    tolerance,
                    requests,
                    probability,
                }
            }),
            "stays-within" => self.within(node, "from", report).map(|within| {
                let Within {
                    version,
                    tolerance,
                    requests,
                    probability,
                } = within;
                Statement::StaysWithin {
                    version,
                    tolerance,
                    requests,
                    probability,
                }
            }),
            "needed" => self.needed(node, report),
            _ => self.observed_share(node, report),
        }
    }

    fn all_seen(&self, node: &Node, report: &mut Report) -> Option<Statement> {
        let fields = Fields::of(node, "`all-seen`", &["requests", "probability"], report)?;
        let requests = requests(&fields, "requests", report);
        let probability = probability(&fields, report);
        Some(Statement::AllSeen {
            requests: requests?,
            probability: probability?,
        })
    }

    fn within(&self, node: &Node, count: &str, report: &mut Report) -> Option<Within> {
        let what = if count == "from" {
            "`stays-within`"
        } else {
            "`share-within`"
        };
        let known = ["version", "tolerance", count, "probability"];
        let fields = Fields::of(node, what, &known, report)?;
        let version = self.version(&fields, report);
        let tolerance = tolerance(&fields, report);
        let requests = requests(&fields, count, report);
        let probability = probability(&fields, report);
        Some(Within {
            version: version?,
            tolerance: tolerance?,
            requests: requests?,
            probability: probability?,
        })
    }

    fn needed(&self, node: &Node, report: &mut Report) -> Option<Statement> {
        let known = ["for", "version", "tolerance", "at-least", "probability"];
        let fields = Fields::of(node, "`needed`", &known, report)?;
        let goals = [("all-seen", 0), ("share-within", 1), ("stays-within", 2)];
        let goal = fields
            .required("for", "share-within", report)
            .and_then(|node| values::one_of(node, "a goal", &goals, report));
        let at_least = requests(&fields, "at-least", report);
        let probability = probability(&fields, report);
        let version = self.version(&fields, report);
        if goal == Some(0) {
            for entry in ["version", "tolerance"]
                .iter()
                .filter_map(|key| fields.entry(key))
            {
                let message = format!("`all-seen` has no `{}`", entry.key);
                let mistake = Diagnostic::error(entry.key_span.clone(), message, "not used");
                report.add(mistake.help("remove it, or ask for `share-within`"));
            }
        }
        let goal = match goal? {
            0 => Needed::AllSeen,
            1 => Needed::ShareWithin {
                version: version?,
                tolerance: tolerance(&fields, report)?,
            },
            _ => Needed::StaysWithin {
                version: version?,
                tolerance: tolerance(&fields, report)?,
            },
        };
        Some(Statement::Needed {
            goal,
            at_least: at_least?,
            probability: probability?,
        })
    }

    fn observed_share(&self, node: &Node, report: &mut Report) -> Option<Statement> {
        let fields = Fields::of(node, "`observed-share`", &["version", "between"], report)?;
        let version = fields
            .required("version", "v2", report)
            .and_then(|node| versions::named(node, self.versions, report));
        let between = fields.required("between", "[10, 30]", report)?;
        let ends = match &between.value {
            Value::List(items) => match items.as_slice() {
                [low, high] => Some((
                    values::percent(low, report)?,
                    values::percent(high, report)?,
                )),
                _ => None,
            },
            _ => None,
        };
        let Some((low, high)) = ends.filter(|(low, high)| low <= high) else {
            report.expected(
                between,
                "two percentages, the lower first, such as [10, 30]",
            );
            return None;
        };
        Some(Statement::ObservedShare {
            version: version?,
            low,
            high,
        })
    }

    /// The version named, if any; the outer option is `None` for one that does not exist.
    fn version(&self, fields: &Fields, report: &mut Report) -> Option<Option<VersionIndex>> {
        match fields.get("version") {
            Some(node) => versions::named(node, self.versions, report).map(Some),
            None => Some(None),
        }
    }
}

/// What `share-within` and `stays-within` have in common.
struct Within {
    version: Option<VersionIndex>,
    tolerance: Tolerance,
    requests: u64,
    probability: ConfidenceLevel,
}

fn requests(fields: &Fields, key: &str, report: &mut Report) -> Option<u64> {
    let node = fields.required(key, "15", report)?;
    values::whole(node, 1, MAX_REQUESTS, report)
}

fn probability(fields: &Fields, report: &mut Report) -> Option<ConfidenceLevel> {
    let node = fields.required("probability", "95", report)?;
    values::level(node, report)
}

fn tolerance(fields: &Fields, report: &mut Report) -> Option<Tolerance> {
    let node = fields.required("tolerance", "5", report)?;
    values::tolerance(node, report)
}
