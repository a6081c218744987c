//! Several files at once: the gates in them, with the templates that may stand in another file.

use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;

use regex::Regex;

use super::argo_analysis::Templates;
use super::{argo, argo_analysis, codedeploy, flagger, flagger_metric, kayenta, openkruise};
use crate::config::Diagnostic;
use crate::config::diagnostic::{Severity, render};
use crate::config::file_kind::FileKind;
use crate::config::kubernetes::{Resource, not_read, resources};
use crate::config::reader::Report;
use crate::config::rollout_file;
use crate::config::source::{ConfigError, Source};
use crate::config::yaml::{self, Node, Value};
use crate::rollout::{KayentaConfig, Rollout};
use crate::scenario::RolloutScenario;

/// A gate that a file describes.
#[derive(Debug, Clone)]
pub enum GateFile {
    /// A scenario of ours with a rollout, and the traffic that goes with it.
    Scenario(Box<RolloutScenario>),
    /// A rollout with its gate.
    Rollout(Rollout),
    /// A judge that compares two rows of points.
    Kayenta(KayentaConfig),
}

/// The gates of some files, and what their authors should know.
#[derive(Debug, Clone)]
pub struct LoadedGates {
    /// The gates, in the order of the files.
    pub gates: Vec<GateFile>,
    /// Warnings, rendered with the lines of their files.
    pub warnings: Vec<String>,
}

/// Reads the gates of files, of standard input (`-`), or of AWS CodeDeploy's predefined names.
///
/// # Errors
/// [`ConfigError`]: a file cannot be read, has mistakes (all of all files are listed), or no file
/// has a gate.
pub fn read_gates(paths: &[PathBuf]) -> Result<LoadedGates, ConfigError> {
    let mut sources = Vec::new();
    let mut named = Vec::new();
    for path in paths {
        let name = path.to_string_lossy();
        if name.starts_with(codedeploy::PREFIX) && !path.exists() {
            let rollout = codedeploy::named(&name).map_err(|help| ConfigError::Unreadable {
                path: path.clone(),
                reason: "AWS CodeDeploy has no such configuration with weights".into(),
                help,
            })?;
            named.push(GateFile::Rollout(rollout));
        } else {
            sources.push(Source::read(path)?);
        }
    }
    if sources.is_empty() {
        return Ok(LoadedGates {
            gates: named,
            warnings: Vec::new(),
        });
    }
    let mut loaded = parse_gates(&sources)?;
    loaded.gates.extend(named);
    Ok(loaded)
}

/// Reads the gates of texts: scenarios of ours, and files of the tools, which may belong together.
///
/// # Errors
/// [`ConfigError::Mistakes`] with every mistake, or if no text has a gate.
pub fn parse_gates(sources: &[Source]) -> Result<LoadedGates, ConfigError> {
    let (ours, theirs): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .partition(|source| FileKind::of(source) == FileKind::Rollout);
    let mut loaded = LoadedGates {
        gates: Vec::new(),
        warnings: Vec::new(),
    };
    let mut errors = Vec::new();
    for source in ours {
        match rollout_file::parse_rollout_scenario(source) {
            Ok(read) => {
                loaded
                    .gates
                    .push(GateFile::Scenario(Box::new(read.scenario)));
                loaded.warnings.extend(read.warnings);
            }
            Err(error) => errors.push(error),
        }
    }
    if !theirs.is_empty() {
        match of_tools(&theirs) {
            Ok(read) => {
                loaded.gates.extend(read.gates);
                loaded.warnings.extend(read.warnings);
            }
            Err(error) => errors.push(error),
        }
    }
    match joined(errors) {
        Some(error) => Err(error),
        None => Ok(loaded),
    }
}

/// Reads the gates of the tools' files.
fn of_tools(sources: &[&Source]) -> Result<LoadedGates, ConfigError> {
    let mut report = Report::default();
    let mut gates = Vec::new();
    let all = everything(sources, &mut report);
    let first = all.resources.first().map(|one| one.kind_span.clone());
    for document in &all.kayenta {
        gates.extend(kayenta::read(document, &mut report).map(GateFile::Kayenta));
    }
    gates.extend(rollouts(all.resources, &mut report).map(GateFile::Rollout));
    report.diagnostics.sort_by_key(|one| one.span.start);
    report.diagnostics.dedup();
    let broken = |one: &Diagnostic| one.severity == Severity::Error;
    let nothing = gates.is_empty() && !report.diagnostics.iter().any(broken);
    if nothing {
        report.diagnostics.insert(0, no_gate(first));
    }
    let placed = placed(sources, report.diagnostics);
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for (source, diagnostics) in placed {
        // Without any gate, the warnings are the reasons.
        let (mistakes, others): (Vec<_>, Vec<_>) = diagnostics
            .into_iter()
            .partition(|one| nothing || broken(one));
        warnings.extend(others.iter().map(|one| render(source, one)));
        if !mistakes.is_empty() {
            errors.push(ConfigError::mistakes(source, mistakes));
        }
    }
    match joined(errors) {
        Some(error) => Err(error),
        None => Ok(LoadedGates { gates, warnings }),
    }
}

/// The mistake of files without a gate.
fn no_gate(first: Option<Range<usize>>) -> Diagnostic {
    let (message, label) = match first {
        None => ("there is no gate in this file", "nothing to compute"),
        Some(_) => (
            "there is no gate in this file that can be simulated",
            "nothing to compute",
        ),
    };
    Diagnostic::error(first.unwrap_or(0..0), message, label).help(
        "a gate is a Canary of Flagger, a Rollout or AnalysisTemplate of Argo Rollouts, a \
         Rollout of OpenKruise, or a canary configuration of Kayenta",
    )
}

/// What stands in the files, with places counted over all of them.
struct Everything {
    resources: Vec<Resource>,
    kayenta: Vec<Node>,
}

fn everything(sources: &[&Source], report: &mut Report) -> Everything {
    let mut all = Everything {
        resources: Vec::new(),
        kayenta: Vec::new(),
    };
    let mut base = 0;
    for source in sources {
        let mut own = Report::default();
        let text = without_omissions(source.text(), &mut own);
        for mut document in yaml::parse_documents(&text, &mut own.diagnostics).unwrap_or_default() {
            document.shift(base);
            if kayenta::is_config(&document) {
                all.kayenta.push(document);
            } else if is_scenario(&document) {
                report.add(
                    Diagnostic::error(
                        document.span.start..document.span.start,
                        "this scenario has no `rollout`",
                        "so there is no gate in it",
                    )
                    .help(
                        "describe a gate under `rollout`, such as \
                         `rollout: {flagger: {weights: 10..50/10, success: 99}}`",
                    ),
                );
            } else {
                resources(document, &mut all.resources, report);
            }
        }
        for mut diagnostic in own.diagnostics {
            diagnostic.span = diagnostic.span.start + base..diagnostic.span.end + base;
            report.add(diagnostic);
        }
        base += source.text().len() + 1;
    }
    all
}

/// Whether a document is a scenario of ours, without a rollout.
fn is_scenario(document: &Node) -> bool {
    let Value::Mapping(entries) = &document.value else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    !has("apiVersion") && (has("weights") || has("phases"))
}

/// The text without lines of three dots that stand for something left out, as documentation writes
/// them. To YAML they end a document; but what follows is indented, and so belongs to what was
/// before. All other bytes stay where they are.
fn without_omissions<'a>(text: &'a str, report: &mut Report) -> Cow<'a, str> {
    let Ok(omission) = Regex::new(r"(?m)^\.\.\.[ \t]*\r?\n[ \t]+\S") else {
        return text.into();
    };
    let mut changed = Cow::Borrowed(text);
    for found in omission.find_iter(text) {
        let dots = found.start()..found.start() + 3;
        changed.to_mut().replace_range(dots.clone(), "   ");
        report.add(Diagnostic::warning(
            dots,
            "something is left out here",
            "what it stands for is not known",
        ));
    }
    changed
}

/// The rollouts among the resources; templates that none of them uses stand alone.
fn rollouts(found: Vec<Resource>, report: &mut Report) -> impl Iterator<Item = Rollout> {
    let mut canaries = Vec::new();
    let mut metric_templates = Vec::new();
    let mut analysis_templates = Vec::new();
    let mut others = Vec::new();
    for resource in found {
        match (resource.group(), resource.kind.as_str()) {
            ("flagger.app", "Canary") => canaries.push(resource),
            ("flagger.app", "MetricTemplate") => metric_templates.push(resource),
            ("argoproj.io", "AnalysisTemplate" | "ClusterAnalysisTemplate") => {
                analysis_templates.push(resource);
            }
            ("argoproj.io" | "rollouts.kruise.io", "Rollout") => others.push(resource),
            _ => report.add(not_read(&resource)),
        }
    }
    let metric_templates: Vec<_> = metric_templates
        .iter()
        .filter_map(|resource| flagger_metric::template(resource, report))
        .collect();
    let mut read: Vec<Option<Rollout>> = canaries
        .iter()
        .map(|canary| flagger::read(canary, &metric_templates, report))
        .collect();
    let alone = others.iter().all(|one| one.group() != "argoproj.io");
    let templates = Templates::new(analysis_templates);
    for resource in &others {
        read.push(match resource.group() {
            "argoproj.io" => argo::read(resource, &templates, report),
            _ => openkruise::read(resource, report),
        });
    }
    if alone {
        for template in templates.all() {
            let analysis = argo_analysis::alone(template, &templates, report);
            read.extend(analysis.map(|analysis| argo::template_alone(analysis, template, report)));
        }
    }
    read.into_iter().flatten()
}

/// The diagnostics of each file, with places counted in it.
fn placed<'a>(
    sources: &[&'a Source],
    diagnostics: Vec<Diagnostic>,
) -> Vec<(&'a Source, Vec<Diagnostic>)> {
    let mut ends = Vec::new();
    let mut base = 0;
    for &source in sources {
        ends.push((source, base));
        base += source.text().len() + 1;
    }
    let mut placed: Vec<(&'a Source, Vec<Diagnostic>)> = Vec::new();
    for mut diagnostic in diagnostics {
        let file = ends.partition_point(|&(_, base)| base <= diagnostic.span.start);
        let Some(&(source, base)) = ends.get(file.saturating_sub(1)) else {
            continue;
        };
        diagnostic.span = diagnostic.span.start - base..diagnostic.span.end - base;
        match placed.last_mut() {
            Some((last, found)) if std::ptr::eq(*last, source) => found.push(diagnostic),
            _ => placed.push((source, vec![diagnostic])),
        }
    }
    placed
}

/// The mistakes of all files as one.
fn joined(errors: Vec<ConfigError>) -> Option<ConfigError> {
    errors
        .into_iter()
        .reduce(|first, second| match (first, second) {
            (
                ConfigError::Mistakes {
                    mut diagnostics,
                    rendered,
                },
                ConfigError::Mistakes {
                    diagnostics: more,
                    rendered: text,
                },
            ) => {
                diagnostics.extend(more);
                ConfigError::Mistakes {
                    diagnostics,
                    rendered: format!("{rendered}\n\n{text}"),
                }
            }
            (first, _) => first,
        })
}
