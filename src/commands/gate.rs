//! `shiftsim gate`: rollouts and their traffic → operating characteristics → text, JSON, files.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::Folder;
use super::{Answer, CommandError, output, scenarios};
use crate::cli::{ArrivalLaw, CountedSide, GateArgs, OutputFormat};
use crate::config::{self, GateFile, GateKind};
use crate::report;
use crate::report::files::Staging;
use crate::rollout::{CountedAt, GateTraffic, KayentaConfig, Retries, Rollout, WindowArrivals};
use crate::summary::gate::{self as answers, Question};
use crate::summary::kayenta;
use crate::units::{Rate, Rational};

/// The object that `--format json` prints for a gate.
#[derive(Debug, Serialize)]
struct Output<S> {
    command: &'static str,
    #[serde(flatten)]
    summary: S,
    files: Vec<String>,
}

/// The object that `--format json` prints for several gates.
#[derive(Debug, Serialize)]
struct Outputs {
    command: &'static str,
    gates: Vec<serde_json::Value>,
}

/// A rollout, and what its source says of traffic and objective.
struct Source {
    rollout: Rollout,
    traffic: Option<GateTraffic>,
    objective: Option<Rational>,
    seed: u64,
}

impl Source {
    fn of(rollout: Rollout) -> Self {
        Self {
            rollout,
            traffic: None,
            objective: None,
            seed: 1,
        }
    }
}

/// What is said of a gate, in both formats; only the one that is asked for is there.
struct Page {
    text: String,
    json: Option<serde_json::Value>,
}

/// Answers for the gates of files, or for that of the command line.
pub(super) fn gate(arguments: &GateArgs) -> Result<Answer, CommandError> {
    super::start_so_many_threads(arguments.threads)?;
    let (gates, notes) = gates(arguments)?;
    let mut staging = Staging::default();
    let mut pages = Vec::with_capacity(gates.len());
    for (place, gate) in gates.iter().enumerate() {
        let out = arguments.out.as_deref().map(|out| match gates.len() {
            1 => out.to_path_buf(),
            _ => out.join(folder_name(gate, place)),
        });
        pages.push(page(gate, &notes, arguments, out.as_deref(), &mut staging)?);
    }
    staging.commit()?;
    match arguments.format {
        OutputFormat::Text => {
            let texts: Vec<String> = pages.into_iter().map(|page| page.text).collect();
            output::print_styled(&texts.join("\n\n"))?;
        }
        OutputFormat::Json => {
            let mut objects: Vec<_> = pages.into_iter().filter_map(|page| page.json).collect();
            match (objects.len(), objects.pop()) {
                (1, Some(object)) => output::print_json(&object)?,
                (_, last) => {
                    objects.extend(last);
                    output::print_json(&Outputs {
                        command: "gate",
                        gates: objects,
                    })?;
                }
            }
        }
    }
    Ok(Answer::Yes)
}

/// A folder of its own for one of several gates: its name, as far as a folder may have it.
fn folder_name(gate: &GateFile, place: usize) -> PathBuf {
    let name = match gate {
        GateFile::Scenario(scenario) => scenario.rollout.name.as_str(),
        GateFile::Rollout(rollout) => rollout.name.as_str(),
        GateFile::Kayenta(config) => config.name.as_str(),
    };
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    PathBuf::from(format!("{}-{safe}", place + 1))
}

fn page(
    gate: &GateFile,
    notes: &[String],
    arguments: &GateArgs,
    out: Option<&Path>,
    staging: &mut Staging,
) -> Result<Page, CommandError> {
    match gate {
        GateFile::Rollout(rollout) => {
            let source = Source::of(rollout.clone());
            rollout_page(source, notes, arguments, out, staging)
        }
        GateFile::Scenario(scenario) => {
            let source = Source {
                rollout: scenario.rollout.clone(),
                traffic: Some(scenario.traffic),
                objective: scenario.objective,
                seed: scenario.seed,
            };
            rollout_page(source, notes, arguments, out, staging)
        }
        GateFile::Kayenta(config) => kayenta_page(config, arguments, out, staging),
    }
}

fn rollout_page(
    source: Source,
    notes: &[String],
    arguments: &GateArgs,
    out: Option<&Path>,
    staging: &mut Staging,
) -> Result<Page, CommandError> {
    let question = question(source, arguments)?;
    let mut summary = answers::gate(&question)?;
    summary.notes = notes.to_vec();
    let mut files = Vec::new();
    if let Some(out) = out {
        let curves = answers::curves(&question)?;
        let alternatives = answers::alternative_curves(&question)?;
        let mut folder = Folder::new(out, staging);
        folder.write("characteristic.csv", |file| {
            report::gate::csv(&curves, file)
        })?;
        folder.write("alternatives.csv", |file| {
            report::gate::csv(&alternatives, file)
        })?;
        let drawn = folder.draw(&answers::figures(&summary, &curves, &alternatives))?;
        let page = report::page::gate(&summary, &drawn)
            .map_err(|error| CommandError::Drawing(error.to_string()))?;
        folder.write("report.html", |file| file.write_all(page.as_bytes()))?;
        files = folder.into_files();
    }
    let text = report::gate::text(&summary, arguments.quiet, arguments.verbose);
    finished(text, summary, files, arguments)
}

fn kayenta_page(
    config: &KayentaConfig,
    arguments: &GateArgs,
    out: Option<&Path>,
    staging: &mut Staging,
) -> Result<Page, CommandError> {
    let summary = kayenta::judge(&kayenta::Question {
        config: config.clone(),
        rate: arguments
            .rps
            .first()
            .copied()
            .unwrap_or_else(Rate::one_per_second),
        points: arguments.points,
        judgements: arguments.judgements.min(arguments.points),
        stable_error_rate: arguments.stable_error_rate.unwrap_or(USUAL_ERROR_RATE),
        seed: scenarios::chosen_seed(arguments.seed, 1),
        trials: arguments.replications.unwrap_or(2_000),
    });
    let mut files = Vec::new();
    if let Some(out) = out {
        let mut folder = Folder::new(out, staging);
        folder.write("changes.csv", |file| report::kayenta::csv(&summary, file))?;
        let drawn = folder.draw(&kayenta::figures(&summary))?;
        let page = report::page::judge(&summary, &drawn)
            .map_err(|error| CommandError::Drawing(error.to_string()))?;
        folder.write("report.html", |file| file.write_all(page.as_bytes()))?;
        files = folder.into_files();
    }
    let text = report::kayenta::text(&summary, arguments.quiet);
    finished(text, summary, files, arguments)
}

/// The old version's error rate where none is given: 0.5%.
const USUAL_ERROR_RATE: f64 = 0.005;

/// The page of a summary: its text with the files that were written, or its object.
fn finished(
    mut text: String,
    summary: impl Serialize,
    files: Vec<String>,
    arguments: &GateArgs,
) -> Result<Page, CommandError> {
    if !files.is_empty() && !arguments.quiet {
        text.push_str(&report::text::files(&files));
    }
    let json = match arguments.format {
        OutputFormat::Text => None,
        OutputFormat::Json => {
            let object = Output {
                command: "gate",
                summary,
                files,
            };
            let value = serde_json::to_value(object);
            Some(value.map_err(|error| CommandError::Output(error.into()))?)
        }
    };
    Ok(Page { text, json })
}

/// The gates that are meant, of files or of the command line, and what was noticed in the files.
fn gates(arguments: &GateArgs) -> Result<(Vec<GateFile>, Vec<String>), CommandError> {
    let flags = [
        (GateKind::Flagger, &arguments.flagger),
        (GateKind::Argo, &arguments.argo),
        (GateKind::Staged, &arguments.staged),
        (GateKind::Schedule, &arguments.schedule),
    ];
    for (kind, settings) in flags {
        if let Some(settings) = settings {
            let rollout = config::parse_gate_settings(kind, settings)?;
            return Ok((vec![GateFile::Rollout(rollout)], Vec::new()));
        }
    }
    let loaded = config::read_gates(&arguments.rollout)?;
    for warning in &loaded.warnings {
        anstream::eprintln!("{warning}\n");
    }
    Ok((loaded.gates, loaded.warnings))
}

/// The rollout with a probability for a metric that is not simulated.
fn with_given(rollout: &Rollout, name: &str, share: Rational) -> Result<Rollout, CommandError> {
    let known: Vec<String> = rollout
        .not_simulated()
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !known.contains(&format!("`{name}`")) {
        return Err(CommandError::Usage {
            problem: format!(
                "`{}` has no metric `{name}` that is not simulated",
                rollout.name
            ),
            help: match known.is_empty() {
                true => "all of its metrics are simulated: leave --metric out".into(),
                false => format!("use one of {}", known.join(", ")),
            },
        });
    }
    rollout
        .with_given(name, share)
        .map_err(|error| CommandError::Usage {
            problem: error.to_string(),
            help: "give a percentage from 0 to 100".into(),
        })
}

fn question(source: Source, arguments: &GateArgs) -> Result<Question, CommandError> {
    let Source {
        mut rollout,
        traffic,
        objective,
        seed,
    } = source;
    for (name, successful) in &arguments.metric {
        rollout = with_given(&rollout, name, *successful)?;
    }
    let objective = arguments.slo.or(objective);
    let largest = answers::objective(&rollout, objective).error_rate;
    let rate_is_assumed = traffic.is_none() && arguments.rps.is_empty();
    let mut traffic = traffic.unwrap_or(GateTraffic {
        canary_error_rate: largest,
        stable_error_rate: largest / 2.0,
        ..GateTraffic::of(Rate::one_per_second())
    });
    if let Some(&rate) = arguments.rps.first() {
        traffic.rate = rate;
    }
    if let Some(law) = arguments.arrivals {
        traffic.arrivals = match law {
            ArrivalLaw::Poisson => WindowArrivals::Poisson,
            ArrivalLaw::Constant => WindowArrivals::Constant,
            ArrivalLaw::Fixed => WindowArrivals::Fixed,
        };
    }
    traffic.stable_error_rate = arguments
        .stable_error_rate
        .unwrap_or(traffic.stable_error_rate);
    traffic.latency = arguments.latency.or(traffic.latency);
    traffic.load_test = arguments.load_test.or(traffic.load_test);
    traffic.scrape_interval = arguments.scrape.or(traffic.scrape_interval);
    traffic.users = arguments.users.and_then(NonZeroU64::new).or(traffic.users);
    if let Some(most) = arguments.retries {
        let counted = match arguments.counted {
            Some(CountedSide::Client) => CountedAt::Client,
            Some(CountedSide::Server) => CountedAt::Server,
            None => traffic
                .retries
                .map_or_else(CountedAt::default, |retries| retries.counted),
        };
        traffic.retries = Retries::new(most, counted);
    }
    if traffic.load_test.is_some() && traffic.arrivals != WindowArrivals::Poisson {
        return Err(CommandError::Usage {
            problem: "a load test needs random arrivals".into(),
            help: "leave --arrivals out, or the load test".into(),
        });
    }
    Ok(Question {
        rollout,
        traffic,
        rate_is_assumed,
        objective,
        error_rates: arguments.error_rate.clone(),
        other_rates: arguments.rps.iter().skip(1).copied().collect(),
        seed: scenarios::chosen_seed(arguments.seed, seed),
        replications: arguments.replications,
    })
}
