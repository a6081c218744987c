//! `shiftsim check`: observations → tally → summary → text, and files if asked for.

use std::path::Path;

use serde::Serialize;

use super::folder::Folder;
use super::manifests::print_warnings;
use super::split::{from_manifests, refuse_without_request};
use super::{Answer, CommandError, output};
use crate::cli::{CheckArgs, InputFormat, OutputFormat};
use crate::config;
use crate::config::observations::{
    self, Doubt, Format, Input, Observation, Question, Reading, Skipped,
};
use crate::report::files::Staging;
use crate::report::{check as report, csv_files, text};
use crate::scenario::{Phase, Scenario};
use crate::summary::Warning;
use crate::summary::check::{
    self, CheckSummary, Observer, Provenance, Settings, SkippedLine, SkippedReason, SkippedSummary,
    Target, Verdict,
};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct CheckOutput<'a> {
    command: &'static str,
    #[serde(flatten)]
    summary: &'a CheckSummary,
    files: &'a [String],
}

/// Checks observations against a target. The answer is no if they contradict it.
pub(super) fn check(arguments: &CheckArgs) -> Result<Answer, CommandError> {
    super::start_threads(&arguments.common)?;
    let input = Input::of(&arguments.observed)?;
    if input == Input::StandardInput && arguments.target == "-" {
        return Err(CommandError::Usage {
            problem: "both the target and the observations are to come from standard input".into(),
            help: "write the target as --target v1=80,v2=20, or name a file".into(),
        });
    }
    let (settings, aliases) = settings(arguments)?;
    let input = match arguments.split.request {
        Some(_) => answered(input, &settings, &aliases)?,
        None => input,
    };
    let question = question(arguments, &settings, aliases);
    let mut observer = Observer::new(&settings)?;
    let reading = observations::read(&input, &question, &mut |observation| match observation {
        Observation::Request { version } => observer.record(version),
        Observation::Requests { version, count } => observer.add(version, count),
    })?;
    let observer = observer.finish()?;
    let summary = check::summarise(&settings, provenance(reading), &observer)?;
    let files = match &arguments.common.out {
        Some(folder) => write(folder, &settings, &observer, &summary)?,
        None => Vec::new(),
    };
    print(arguments, &summary, &files)?;
    Ok(match summary.verdict {
        Verdict::NotConsistent => Answer::No,
        Verdict::Consistent | Verdict::NoContradictionYet => Answer::Yes,
    })
}

/// The target with its tolerance and level; flags go before the scenario. Also what viewers see of
/// the versions of a scenario: (words, place in the target).
fn settings(arguments: &CheckArgs) -> Result<(Settings, Vec<(String, usize)>), CommandError> {
    let text = arguments.target.as_str();
    let usage = |problem: String| CommandError::Usage {
        problem: format!("--target {text}: {problem}"),
        help: "write it as --target v1=80,v2=20, or name a scenario file".into(),
    };
    refuse_without_request(&arguments.split)?;
    let (target, aliases, tolerance, confidence) = if arguments.split.request.is_some() {
        let loaded = from_manifests(&[text.into()], &arguments.split, 1)?;
        print_warnings(&loaded.warnings);
        let target = Target::of_phase(&loaded.scenario, &loaded.scenario.phases()[0]);
        let aliases = target.as_ref().map_or_else(
            |_| Vec::new(),
            |target| statuses(aliases(&loaded.scenario, target)),
        );
        (target, aliases, None, None)
    } else if is_weights(text) {
        let weights = config::parse_weights_list(text).map_err(|error| usage(error.to_string()))?;
        if arguments.phase.is_some() {
            return Err(usage(
                "weights have no phases, so --phase does not apply".into(),
            ));
        }
        (Target::new(&weights), Vec::new(), None, None)
    } else {
        let scenario = config::read_scenario(Path::new(text))?.scenario;
        let phase = phase(&scenario, arguments.phase.as_deref()).map_err(usage)?;
        let target = Target::of_phase(&scenario, phase);
        let aliases = target
            .as_ref()
            .map_or_else(|_| Vec::new(), |target| aliases(&scenario, target));
        (
            target,
            aliases,
            Some(scenario.tolerance()),
            Some(scenario.confidence()),
        )
    };
    let settings = Settings {
        target: target.map_err(|error| usage(error.to_string()))?,
        tolerance: arguments.common.tolerance.or(tolerance).unwrap_or_default(),
        confidence: arguments
            .common
            .confidence
            .or(confidence)
            .unwrap_or_default(),
        concentration: arguments.concentration,
    };
    Ok((settings, aliases))
}

fn is_weights(text: &str) -> bool {
    text.contains('=') && !Path::new(text).exists()
}

/// The phase of that name or, without one, the only phase, else the last that splits traffic.
fn phase<'a>(scenario: &'a Scenario, name: Option<&str>) -> Result<&'a Phase, String> {
    let phases = scenario.phases();
    let splits = |phase: &&Phase| {
        phase
            .target_shares()
            .iter()
            .filter(|s| *s.numer() > 0)
            .count()
            > 1
    };
    let found = match (name, phases) {
        (Some(name), _) => phases.iter().find(|phase| phase.name() == name),
        (None, [only]) => Some(only),
        (None, _) => phases.iter().rfind(splits),
    };
    found.ok_or_else(|| {
        let listed: Vec<&str> = phases.iter().map(Phase::name).collect();
        let listed = listed.join(", ");
        match name {
            Some(name) => format!("there is no phase `{name}`; its phases are {listed}"),
            None => format!("choose one of its phases with --phase: {listed}"),
        }
    })
}

fn aliases(scenario: &Scenario, target: &Target) -> Vec<(String, usize)> {
    let shown = |(place, name): (usize, &str)| {
        let version = scenario
            .versions()
            .iter()
            .find(|version| version.name == name)?;
        Some((version.shows.clone()?, place))
    };
    target.names().enumerate().filter_map(shown).collect()
}

/// The status by which requests to a destination are known where nobody answers: the first word of
/// what a client sees. A status that several destinations share names none.
fn statuses(shown: Vec<(String, usize)>) -> Vec<(String, usize)> {
    let status = |(words, place): &(String, usize)| {
        let status = words.split(' ').next().unwrap_or_default();
        (status.to_owned(), *place)
    };
    let all: Vec<(String, usize)> = shown.iter().map(status).collect();
    let alone = |one: &&(String, usize)| all.iter().filter(|other| other.0 == one.0).count() == 1;
    all.iter().filter(alone).cloned().collect()
}

/// Counts in the words of the target. Nobody can have seen a destination that is not there: its
/// requests are counted by the status of their answer.
fn answered(
    input: Input,
    settings: &Settings,
    statuses: &[(String, usize)],
) -> Result<Input, CommandError> {
    let Input::Counts(counts) = input else {
        return Ok(input);
    };
    let names: Vec<&str> = settings.target.names().collect();
    let told = |text: String| {
        let Some((name, count)) = text.split_once('=') else {
            return Ok(text);
        };
        let unanswered = |(_, place): &&(String, usize)| names.get(*place) == Some(&name);
        if let Some((status, _)) = statuses.iter().find(unanswered) {
            return Err(CommandError::Usage {
                problem: format!(
                    "{text}: nobody answers as `{name}`, which the manifests do not define or run: \
                     its share is answered with {status}"
                ),
                help: format!("count those answers: {status}={count}"),
            });
        }
        let by_status = statuses.iter().find(|(status, _)| status == name);
        let place = by_status.and_then(|(_, place)| names.get(*place));
        Ok(place.map_or(text.clone(), |name| format!("{name}={count}")))
    };
    let told: Result<Vec<String>, CommandError> = counts.into_iter().map(told).collect();
    told.map(Input::Counts)
}

fn question(arguments: &CheckArgs, settings: &Settings, aliases: Vec<(String, usize)>) -> Question {
    Question {
        versions: settings.target.names().map(str::to_owned).collect(),
        aliases,
        format: arguments.input_format.map(|format| match format {
            InputFormat::Csv => Format::Csv,
            InputFormat::Lines => Format::Lines,
            InputFormat::AccessLog => Format::AccessLog,
            InputFormat::JsonLines => Format::JsonLines,
            InputFormat::Prometheus => Format::Prometheus,
        }),
        column: arguments.column.clone(),
        count_column: arguments.count_column.clone(),
        host: arguments.host.clone(),
        patterns: arguments.patterns.clone(),
    }
}

fn provenance(reading: Reading) -> Provenance {
    let warning = |Doubt { what, why, advice }| Warning { what, why, advice };
    Provenance {
        source: reading.source,
        recognised: reading.recognised,
        versions: reading.versions,
        skipped: skipped(reading.skipped),
        warnings: reading.doubts.into_iter().map(warning).collect(),
    }
}

fn skipped(skipped: Skipped) -> SkippedSummary {
    let reason = |(reason, lines)| SkippedReason { reason, lines };
    let line = |example: observations::Example| SkippedLine {
        line: example.line,
        text: example.text,
    };
    SkippedSummary {
        total: skipped.total,
        reasons: skipped.reasons.into_iter().map(reason).collect(),
        examples: skipped.examples.into_iter().map(line).collect(),
    }
}

fn write(
    folder: &Path,
    settings: &Settings,
    observer: &Observer,
    summary: &CheckSummary,
) -> Result<Vec<String>, CommandError> {
    let mut staging = Staging::default();
    let mut folder = Folder::new(folder, &mut staging);
    folder.write("summary.csv", |out| csv_files::check_summary(summary, out))?;
    folder.draw(&check::figures(settings, observer, summary)?)?;
    let files = folder.into_files();
    staging.commit()?;
    Ok(files)
}

fn print(
    arguments: &CheckArgs,
    summary: &CheckSummary,
    files: &[String],
) -> Result<(), CommandError> {
    let common = &arguments.common;
    if common.format == OutputFormat::Json {
        let printed = CheckOutput {
            command: "check",
            summary,
            files,
        };
        return output::print_json(&printed);
    }
    let detail = match (common.quiet, common.verbose) {
        (true, _) => text::Detail::Quiet,
        (_, true) => text::Detail::Verbose,
        _ => text::Detail::Normal,
    };
    output::print_styled(&(report::check(summary, detail) + &text::files(files)))
}
