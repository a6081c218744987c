//! `shiftsim run`: scenario → run → summary → files and text.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::progress::Progress;
use super::{Answer, CommandError, output, scenarios};
use crate::chart;
use crate::cli::{Common, OutputFormat, RequestsCsv, RunArgs};
use crate::config::Loaded;
use crate::report::files::Staging;
use crate::report::{csv_files, page, text};
use crate::scenario::Scenario;
use crate::sim::{self, Replications, RunTally, Step};
use crate::summary::figures::{Figure, Labels};
use crate::summary::{self, Summary};

/// Up to so many requests, `requests.csv` is written without being asked for.
const REQUESTS_CSV_LIMIT: u64 = 100_000;

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct RunOutput<'a> {
    command: &'static str,
    runs: &'a [RunResult],
}

/// A summary and the files that were written for it.
#[derive(Debug, Serialize)]
struct RunResult {
    #[serde(flatten)]
    summary: Summary,
    files: Vec<String>,
}

/// Runs every scenario; writes nothing unless all of them succeed.
pub(super) fn run(arguments: &RunArgs) -> Result<Answer, CommandError> {
    super::start_threads(&arguments.common)?;
    let loaded = scenarios::load(arguments)?;
    let mut staging = Staging::default();
    let mut results = Vec::with_capacity(loaded.len());
    for Loaded { scenario, warnings } in &loaded {
        warnings
            .iter()
            .for_each(|warning| anstream::eprintln!("{warning}"));
        let folder = folder(&arguments.common, scenario, loaded.len() > 1);
        results.push(run_one(scenario, arguments, &folder, &mut staging)?);
    }
    staging.commit()?;
    print(&results, &arguments.common)?;
    let fails = |result: &RunResult| result.summary.claims.iter().any(|claim| !claim.passes);
    Ok(if results.iter().any(fails) {
        Answer::No
    } else {
        Answer::Yes
    })
}

/// `--out DIR` is the folder of a single scenario, and the parent of the folders of several.
fn folder(common: &Common, scenario: &Scenario, several: bool) -> PathBuf {
    match &common.out {
        Some(out) if !several => out.clone(),
        Some(out) => out.join(scenario.name().as_str()),
        None => Path::new("output").join(scenario.name().as_str()),
    }
}

fn run_one(
    scenario: &Scenario,
    arguments: &RunArgs,
    folder: &Path,
    staging: &mut Staging,
) -> Result<RunResult, CommandError> {
    let (tally, replications) = simulate(scenario);
    let summary = summary::summarise(scenario, &tally, replications.as_ref())?;
    let mut folder = Folder {
        path: folder,
        staging,
        files: Vec::new(),
    };
    folder.write("summary.csv", |out| csv_files::summary(&summary, out))?;
    folder.write("running.csv", |out| {
        csv_files::running(scenario, &tally.phases, out)
    })?;
    if writes_requests(arguments.requests_csv, summary.requests) {
        folder.write("requests.csv", |out| write_requests(scenario, out))?;
    }
    if !arguments.no_charts {
        let figures = summary::figures(scenario, &tally, replications.as_ref(), &summary)?;
        write_charts(&summary, &figures, &mut folder)?;
    }
    let files = folder.files;
    Ok(RunResult { summary, files })
}

fn simulate(scenario: &Scenario) -> (RunTally, Option<Replications>) {
    let expected: u64 = scenario
        .phases()
        .iter()
        .map(|phase| phase.expected_requests())
        .sum();
    let progress = Progress::new(expected, "requests");
    let tally = sim::run(scenario, 0, &|requests| progress.advance(requests));
    drop(progress);
    if scenario.replications() == 1 {
        return (tally, None);
    }
    let progress = Progress::new(u64::from(scenario.replications()), "replications");
    let shapes = summary::shapes(scenario);
    let replications = sim::replicate(scenario, &shapes, &|runs| progress.advance(runs));
    (tally, Some(replications))
}

fn writes_requests(when: RequestsCsv, requests: u64) -> bool {
    match when {
        RequestsCsv::Auto => requests <= REQUESTS_CSV_LIMIT,
        RequestsCsv::Always => true,
        RequestsCsv::Never => false,
    }
}

/// Replays the run once more, request by request: the streams are the same, and so are the picks.
fn write_requests(scenario: &Scenario, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut file = csv_files::RequestsFile::new(scenario, out)?;
    sim::replay(scenario, 0, |step| match step {
        Step::Request(request) => file.add(
            request.index,
            request.time,
            request.phase,
            request.destination,
        ),
        Step::PhaseBegins { .. } | Step::PhaseEnds { .. } => Ok(()),
    })?;
    file.finish()
}

fn write_charts(
    summary: &Summary,
    figures: &[Figure],
    folder: &mut Folder,
) -> Result<(), CommandError> {
    let drawn = figures
        .par_iter()
        .map(draw)
        .collect::<Result<Vec<Drawn>, CommandError>>()?;
    let mut shown: Vec<(Labels, String)> = Vec::with_capacity(figures.len());
    for (figure, Drawn { svg, png }) in figures.iter().zip(drawn) {
        let stem = figure.file_stem();
        folder.write(&format!("{stem}.svg"), |out| out.write_all(&svg))?;
        folder.write(&format!("{stem}.png"), |out| out.write_all(&png))?;
        shown.push((
            figure.labels().clone(),
            String::from_utf8_lossy(&svg).into_owned(),
        ));
    }
    let page =
        page::page(summary, &shown).map_err(|error| CommandError::Drawing(error.to_string()))?;
    folder.write("report.html", |out| out.write_all(page.as_bytes()))
}

/// A figure in both formats.
struct Drawn {
    svg: Vec<u8>,
    png: Vec<u8>,
}

fn draw(figure: &Figure) -> Result<Drawn, CommandError> {
    let render = |format| {
        chart::render(figure, format).map_err(|error| CommandError::Drawing(error.to_string()))
    };
    Ok(Drawn {
        svg: render(chart::Format::Svg)?,
        png: render(chart::Format::Png)?,
    })
}

/// The folder of one scenario, and what is to be written there.
struct Folder<'a> {
    path: &'a Path,
    staging: &'a mut Staging,
    files: Vec<String>,
}

impl Folder<'_> {
    fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<(), CommandError> {
        let path = self.path.join(name);
        self.staging.write(&path, write)?;
        self.files.push(path.display().to_string());
        Ok(())
    }
}

fn print(results: &[RunResult], common: &Common) -> Result<(), CommandError> {
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
        .map(|result| text::summary(&result.summary, detail) + &text::files(&result.files))
        .collect();
    output::print_styled(&texts.join("\n"))
}
