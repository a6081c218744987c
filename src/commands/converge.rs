//! `shiftsim converge`: after how many requests is a split settled?

use std::path::Path;

use serde::Serialize;

use super::folder::Folder;
use super::manifests::print_warnings;
use super::split::{from_manifests, refuse_without_request};
use super::{Answer, CommandError, output, scenarios};
use crate::cli::{ConvergeArgs, OutputFormat};
use crate::config;
use crate::report;
use crate::report::files::Staging;
use crate::scenario::{Phase, Scenario};
use crate::summary::converge::{ConvergeSummary, Question, converge as answer, curve, figures};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct Output {
    command: &'static str,
    #[serde(flatten)]
    summary: ConvergeSummary,
    files: Vec<String>,
}

/// Answers for the weights of the command line, or of one phase of a scenario.
pub(super) fn converge(arguments: &ConvergeArgs) -> Result<Answer, CommandError> {
    super::start_threads(&arguments.common)?;
    let scenario = load(arguments)?;
    let question = Question {
        phase: phase(&scenario, arguments.phase.as_deref())?,
        requests: arguments.requests,
        replications: arguments.replications,
    };
    let summary = answer(&scenario, question)?;
    let files = match &arguments.common.out {
        Some(out) => write(out, &scenario, question, &summary)?,
        None => Vec::new(),
    };
    match arguments.common.format {
        OutputFormat::Text => {
            let common = &arguments.common;
            let text = report::converge::text(&summary, common.quiet, common.verbose);
            let files = report::text::files(&files);
            output::print_styled(&format!("{text}{files}"))?;
        }
        OutputFormat::Json => output::print_json(&Output {
            command: "converge",
            summary,
            files,
        })?,
    }
    Ok(Answer::Yes)
}

/// Writes converge.csv and the charts; returns their paths.
fn write(
    out: &Path,
    scenario: &Scenario,
    question: Question,
    summary: &ConvergeSummary,
) -> Result<Vec<String>, CommandError> {
    let curve = curve(scenario, question)?;
    let figures = figures(scenario, question, summary, &curve)?;
    let mut staging = Staging::default();
    let mut folder = Folder::new(out, &mut staging);
    folder.write("converge.csv", |file| report::converge::csv(&curve, file))?;
    folder.draw(&figures)?;
    let files = folder.into_files();
    staging.commit()?;
    Ok(files)
}

fn load(arguments: &ConvergeArgs) -> Result<Scenario, CommandError> {
    refuse_without_request(&arguments.split)?;
    let requests = arguments.requests.unwrap_or(1);
    let scenario = match (
        &arguments.weights,
        &arguments.split.request,
        &*arguments.scenarios,
    ) {
        (Some(weights), ..) => scenarios::from_weights(weights, requests)?,
        (None, Some(_), paths) => {
            let loaded = from_manifests(paths, &arguments.split, requests)?;
            print_warnings(&loaded.warnings);
            loaded.scenario
        }
        (None, None, [path]) => config::read_scenario(path)?.scenario,
        (None, None, _) => {
            return Err(CommandError::Usage {
                problem: "converge answers for one scenario".into(),
                help: "name one scenario file, or give --weights v1=50,v2=50".into(),
            });
        }
    };
    scenarios::with_common(scenario, &arguments.common, arguments.seed)
}

/// The phase of that name or, without one, the last phase that splits traffic.
fn phase(scenario: &Scenario, name: Option<&str>) -> Result<usize, CommandError> {
    let phases = scenario.phases();
    let splits = |weights: Vec<u32>| weights.iter().filter(|&&weight| weight > 0).count() > 1;
    let follows = |phase: &Phase| phase.algorithm().follows_replicas();
    let found = match name {
        Some(name) => phases.iter().position(|phase| phase.name() == name),
        None => phases
            .iter()
            .rposition(|phase| splits(phase.effective_weights())),
    };
    if let Some(phase) = found.map(|place| &phases[place]).filter(|one| follows(one)) {
        return Err(CommandError::Usage {
            problem: format!(
                "the split of `{}` follows the ready replicas: no number of requests settles it",
                phase.name()
            ),
            help: "give versions replicas that do not change, or --weights v1=3,v2=1".into(),
        });
    }
    found.ok_or_else(|| {
        let names: Vec<String> = phases
            .iter()
            .map(|phase| format!("`{}`", phase.name()))
            .collect();
        CommandError::Usage {
            problem: match name {
                Some(name) => format!("there is no phase `{name}`"),
                None => "no phase splits traffic: one version gets everything".into(),
            },
            help: format!("the phases are {}", names.join(", ")),
        }
    })
}
