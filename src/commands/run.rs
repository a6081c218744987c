//! `shiftsim run`: scenario → run → summary → files and text.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::{Folder, left_from_before};
use super::progress::Progress;
use super::run_rollout::{self, RolloutResult};
use super::run_story::{self, StoryResult};
use super::scenarios::ToRun;
use super::{Answer, CommandError, output, scenarios};
use crate::cli::{Common, OutputFormat, RequestsCsv, RunArgs};
use crate::report::files::Staging;
use crate::report::{self, csv_files, metrics, page, responses_csv, series, text};
use crate::scenario::Scenario;
use crate::sim::{self, Replications, RunTally};
use crate::summary::figures::Figure;
use crate::summary::{self, Summary};

/// Up to so many requests, `requests.csv` is written without being asked for.
const REQUESTS_CSV_LIMIT: u64 = 100_000;

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct RunOutput<'a> {
    command: &'static str,
    runs: &'a [AnyResult],
}

/// What was run: phases, a rollout, or a story of a mesh.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum AnyResult {
    Phases(Box<RunResult>),
    Rollout(Box<RolloutResult>),
    Story(Box<StoryResult>),
}

/// A summary and the files that were written for it.
#[derive(Debug, Serialize)]
struct RunResult {
    #[serde(flatten)]
    summary: Summary,
    files: Vec<String>,
    /// Charts and tables of an earlier run that stand beside them.
    left_from_before: Vec<String>,
}

/// Runs every scenario; writes nothing unless all of them succeed.
pub(super) fn run(arguments: &RunArgs) -> Result<Answer, CommandError> {
    super::start_threads(&arguments.common)?;
    let loaded = scenarios::load(arguments)?;
    let mut staging = Staging::default();
    let mut results = Vec::with_capacity(loaded.len());
    for one in &loaded {
        one.warnings()
            .iter()
            .for_each(|warning| anstream::eprintln!("{warning}"));
        let folder = folder(&arguments.common, one.name(), loaded.len() > 1);
        results.push(match one {
            ToRun::Phases(loaded) => {
                let result = run_one(&loaded.scenario, arguments, &folder, &mut staging)?;
                AnyResult::Phases(Box::new(result))
            }
            ToRun::Rollout(loaded) => {
                let scenario = &loaded.scenario;
                let result = run_rollout::run(scenario, arguments, &folder, &mut staging)?;
                AnyResult::Rollout(Box::new(result))
            }
            ToRun::Story(loaded) => {
                let result = run_story::run(&loaded.story, arguments, &folder, &mut staging)?;
                AnyResult::Story(Box::new(result))
            }
        });
    }
    staging.commit()?;
    print(&results, &arguments.common)?;
    let fails = |result: &AnyResult| match result {
        AnyResult::Phases(result) => result.summary.claims.iter().any(|claim| !claim.passes),
        AnyResult::Rollout(_) | AnyResult::Story(_) => false,
    };
    Ok(if results.iter().any(fails) {
        Answer::No
    } else {
        Answer::Yes
    })
}

/// `--out DIR` is the folder of a single scenario, and the parent of the folders of several.
fn folder(common: &Common, name: &str, several: bool) -> PathBuf {
    match &common.out {
        Some(out) if !several => out.clone(),
        Some(out) => out.join(name),
        None => Path::new("output").join(name),
    }
}

fn run_one(
    scenario: &Scenario,
    arguments: &RunArgs,
    folder: &Path,
    staging: &mut Staging,
) -> Result<RunResult, CommandError> {
    let (tally, replications) = simulate(scenario, arguments.sampled)?;
    let summary = summary::summarise(scenario, &tally, replications.as_ref())?;
    let path = folder;
    let mut folder = Folder::new(path, staging);
    folder.write("summary.csv", |out| csv_files::summary(&summary, out))?;
    folder.write("running.csv", |out| {
        csv_files::running(scenario, &tally.phases, out)
    })?;
    if let Some(service) = &tally.service {
        let phases = &tally.phases;
        folder.write("series.csv", |out| {
            series::csv(scenario, phases, service, out)
        })?;
        folder.write("metrics.prom", |out| {
            metrics::openmetrics(scenario, service, out)
        })?;
    }
    if let Some(service) = &summary.service {
        folder.write("responses.csv", |out| responses_csv::csv(service, out))?;
    }
    if writes_requests(arguments.requests_csv, summary.requests) {
        folder.write("requests.csv", |out| write_requests(scenario, out))?;
    }
    if !arguments.no_charts {
        let figures = summary::figures(scenario, &tally, replications.as_ref(), &summary)?;
        write_charts(&summary, &figures, &mut folder)?;
    }
    let files = folder.into_files();
    let left_from_before = left_from_before(path, &files);
    Ok(RunResult {
        summary,
        files,
        left_from_before,
    })
}

type Simulated = (RunTally, Option<Replications>);

fn simulate(scenario: &Scenario, sampled: bool) -> Result<Simulated, CommandError> {
    let expected: u64 = scenario
        .phases()
        .iter()
        .map(|phase| phase.expected_requests())
        .sum();
    let progress = Progress::new(expected, "requests");
    let tally = sim::run(scenario, 0, &|requests| progress.advance(requests));
    drop(progress);
    if scenario.replications() == 1 {
        if sampled {
            return Err(CommandError::Usage {
                problem: "--sampled has nothing to sample: there are no replications".into(),
                help: "ask for some, such as --replications 10000".into(),
            });
        }
        return Ok((tally, None));
    }
    let shapes = summary::shapes(scenario);
    if sampled {
        let sampled = summary::sample(scenario, &shapes);
        let sampled = sampled.map_err(|error| CommandError::Usage {
            problem: format!("--sampled: {error}"),
            help: "leave --sampled out: replications then go through the picker".into(),
        })?;
        return Ok((tally, Some(sampled)));
    }
    let progress = Progress::new(u64::from(scenario.replications()), "replications");
    let replications = sim::replicate(scenario, &shapes, &|runs| progress.advance(runs));
    Ok((tally, Some(replications)))
}

/// Whether `requests.csv` is written.
pub(super) fn writes_requests(when: RequestsCsv, requests: u64) -> bool {
    match when {
        RequestsCsv::Auto => requests <= REQUESTS_CSV_LIMIT,
        RequestsCsv::Always => true,
        RequestsCsv::Never => false,
    }
}

/// Runs once more, request by request: the streams are the same, and so are the picks.
fn write_requests(scenario: &Scenario, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut file = csv_files::RequestsFile::new(scenario, out)?;
    sim::observe(scenario, 0, |index, time, phase, destination| {
        file.add(index, time, phase, destination)
    })?;
    file.finish()
}

fn write_charts(
    summary: &Summary,
    figures: &[Figure],
    folder: &mut Folder,
) -> Result<(), CommandError> {
    let drawn = folder.draw(figures)?;
    let page =
        page::page(summary, &drawn).map_err(|error| CommandError::Drawing(error.to_string()))?;
    folder.write("report.html", |out| out.write_all(page.as_bytes()))
}

fn print(results: &[AnyResult], common: &Common) -> Result<(), CommandError> {
    if common.format == OutputFormat::Json {
        let output = RunOutput {
            command: "run",
            runs: results,
        };
        return output::print_json(&output);
    }
    let detail = match (common.quiet, common.verbose) {
        (true, _) => text::Detail::Quiet,
        (_, true) => text::Detail::Verbose,
        _ => text::Detail::Normal,
    };
    let texts: Vec<String> = results
        .iter()
        .map(|result| match result {
            AnyResult::Phases(result) => {
                text::summary(&result.summary, detail)
                    + &text::files(&result.files)
                    + &text::left_from_before(&result.left_from_before)
            }
            AnyResult::Rollout(result) => {
                report::rollout::text(&result.summary, common.quiet) + &text::files(&result.files)
            }
            AnyResult::Story(result) => {
                report::story::text(&result.summary, detail)
                    + &text::files(&result.files)
                    + &text::left_from_before(&result.left_from_before)
            }
        })
        .collect();
    output::print_styled(&texts.join("\n"))
}
