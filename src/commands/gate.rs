//! `shiftsim gate`: a rollout and its traffic → operating characteristic → text, JSON, files.

use serde::Serialize;

use super::folder::Folder;
use super::{Answer, CommandError, output, scenarios};
use crate::cli::{ArrivalLaw, GateArgs, OutputFormat};
use crate::config::{self, AnyScenario, GateKind};
use crate::report;
use crate::report::files::Staging;
use crate::rollout::{GateTraffic, Rollout, WindowArrivals};
use crate::summary::gate::{self as answers, GateSummary, Question};
use crate::units::{Rate, Rational};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct Output {
    command: &'static str,
    #[serde(flatten)]
    summary: GateSummary,
    files: Vec<String>,
}

/// A rollout, and what its source says of traffic and objective.
struct Source {
    rollout: Rollout,
    traffic: Option<GateTraffic>,
    objective: Option<Rational>,
    seed: u64,
}

/// Answers for the gate of a file, or of the command line.
pub(super) fn gate(arguments: &GateArgs) -> Result<Answer, CommandError> {
    super::start_so_many_threads(arguments.threads)?;
    let question = question(arguments)?;
    let summary = answers::gate(&question)?;
    let mut files = Vec::new();
    if let Some(out) = &arguments.out {
        let curves = answers::curves(&question)?;
        let alternatives = answers::alternative_curves(&question)?;
        let mut staging = Staging::default();
        let mut folder = Folder::new(out, &mut staging);
        folder.write("characteristic.csv", |file| {
            report::gate::csv(&curves, file)
        })?;
        folder.write("alternatives.csv", |file| {
            report::gate::csv(&alternatives, file)
        })?;
        folder.draw(&answers::figures(&summary, &curves, &alternatives))?;
        files = folder.into_files();
        staging.commit()?;
    }
    match arguments.format {
        OutputFormat::Text => {
            let text = report::gate::text(&summary, arguments.quiet, arguments.verbose);
            output::print_styled(&text)?;
            if !files.is_empty() && !arguments.quiet {
                output::print_styled(&format!("\n  wrote {}\n", files.join(", ")))?;
            }
        }
        OutputFormat::Json => output::print_json(&Output {
            command: "gate",
            summary,
            files,
        })?,
    }
    Ok(Answer::Yes)
}

/// The rollout that is meant: the one place where a further kind of file is read.
fn source(arguments: &GateArgs) -> Result<Source, CommandError> {
    let flags = [
        (GateKind::Flagger, &arguments.flagger),
        (GateKind::Argo, &arguments.argo),
        (GateKind::Staged, &arguments.staged),
        (GateKind::Schedule, &arguments.schedule),
    ];
    for (kind, settings) in flags {
        if let Some(settings) = settings {
            return Ok(Source {
                rollout: config::parse_gate_settings(kind, settings)?,
                traffic: None,
                objective: None,
                seed: 1,
            });
        }
    }
    let Some(path) = &arguments.rollout else {
        return Err(CommandError::Usage {
            problem: "no rollout is given".into(),
            help: "name a scenario with a rollout, or give --flagger, --argo or --staged".into(),
        });
    };
    match config::read_any_scenario(path)? {
        AnyScenario::Rollout(loaded) => {
            for warning in &loaded.warnings {
                anstream::eprintln!("{warning}");
            }
            let scenario = loaded.scenario;
            Ok(Source {
                rollout: scenario.rollout,
                traffic: Some(scenario.traffic),
                objective: scenario.objective,
                seed: scenario.seed,
            })
        }
        AnyScenario::Phases(_) => Err(CommandError::Usage {
            problem: format!("{} has no `rollout`", path.display()),
            help: "a gate is described under the key `rollout`, such as \
                   `rollout: {flagger: {weights: 10..50/10, success: 99}}`"
                .into(),
        }),
    }
}

fn question(arguments: &GateArgs) -> Result<Question, CommandError> {
    let Source {
        rollout,
        traffic,
        objective,
        seed,
    } = source(arguments)?;
    let objective = arguments.slo.or(objective);
    let largest = answers::objective(&rollout, objective).error_rate;
    let mut traffic = traffic.unwrap_or(GateTraffic {
        rate: Rate::one_per_second(),
        arrivals: WindowArrivals::Poisson,
        canary_error_rate: largest,
        stable_error_rate: largest / 2.0,
        latency: None,
        load_test: None,
        scrape_interval: None,
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
    if traffic.load_test.is_some() && traffic.arrivals != WindowArrivals::Poisson {
        return Err(CommandError::Usage {
            problem: "a load test needs random arrivals".into(),
            help: "leave --arrivals out, or the load test".into(),
        });
    }
    Ok(Question {
        rollout,
        traffic,
        objective,
        error_rates: arguments.error_rate.clone(),
        other_rates: arguments.rps.iter().skip(1).copied().collect(),
        seed: scenarios::chosen_seed(arguments.seed, seed),
        replications: arguments.replications,
    })
}
