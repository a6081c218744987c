//! `shiftsim plan`: how many requests a canary needs, and what a gate lets pass.

use std::path::Path;

use serde::Serialize;

use super::folder::Folder;
use super::{Answer, CommandError, output};
use crate::cli::{
    OutputFormat, PlanArgs, PlanCommon, PlanErrors, PlanGate, PlanQuestion, PlanSplit,
};
use crate::config;
use crate::report;
use crate::report::files::Staging;
use crate::summary::figures::Figure;
use crate::summary::plan::{Terms, errors, gate, split};
use crate::units::display::four_digits;
use crate::units::{Rational, to_f64};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct Output<'a, Plan> {
    command: &'static str,
    #[serde(flatten)]
    plan: &'a Plan,
    files: Vec<String>,
}

/// Answers one of the three questions.
pub(super) fn plan(arguments: &PlanArgs) -> Result<Answer, CommandError> {
    match &arguments.question {
        PlanQuestion::Errors(arguments) => plan_errors(arguments)?,
        PlanQuestion::Split(arguments) => plan_split(arguments)?,
        PlanQuestion::Gate(arguments) => plan_gate(arguments)?,
    }
    Ok(Answer::Yes)
}

fn plan_errors(arguments: &PlanErrors) -> Result<(), CommandError> {
    let (stable, canary) = (arguments.stable, arguments.canary);
    if stable == canary {
        return Err(usage(
            "--stable and --canary are the same error rate",
            "a difference is needed, such as --stable 1 --canary 2",
        ));
    }
    if arguments.one_sided && canary < stable {
        return Err(usage(
            "with --one-sided the canary has to be the worse one",
            "leave --one-sided out, or give --canary above --stable",
        ));
    }
    if *arguments.weight.numer() == 0 || arguments.weight == Rational::from_integer(1) {
        return Err(usage(
            "--weight leaves one version without requests",
            "give a percentage above 0 and below 100, such as --weight 10",
        ));
    }
    let question = errors::Question {
        terms: terms(&arguments.common),
        stable: to_f64(stable),
        canary: to_f64(canary),
        weight: to_f64(arguments.weight),
        one_sided: arguments.one_sided,
        requests: arguments.requests,
    };
    let plan = errors::plan(&question)?;
    let common = &arguments.common;
    let files = write(
        common.out.as_deref(),
        || Ok(errors::figures(&question, &plan)?),
        |file| report::plan::errors_csv(&plan, file),
    )?;
    let text = report::plan::errors(&plan, common.quiet);
    print(common, "plan errors", &plan, &text, files)
}

fn plan_split(arguments: &PlanSplit) -> Result<(), CommandError> {
    let common = &arguments.common;
    let mut soonest: Option<(split::Question, split::SplitPlan)> = None;
    for (version, target, actual) in shares(arguments)? {
        let question = split::Question {
            terms: terms(common),
            version,
            target,
            actual,
            requests: arguments.requests,
        };
        let plan = split::plan(&question)?;
        if soonest
            .as_ref()
            .is_none_or(|(_, known)| plan.stable < known.stable)
        {
            soonest = Some((question, plan));
        }
    }
    let Some((question, plan)) = soonest else {
        return Err(usage(
            "--weights and --actual are the same split",
            "a difference is needed, such as --weights v1=50,v2=50 --actual v1=40,v2=60",
        ));
    };
    let files = write(
        common.out.as_deref(),
        || Ok(split::figures(&question, &plan)?),
        |file| report::plan::split_csv(&plan, file),
    )?;
    let text = report::plan::split(&plan, common.quiet);
    print(common, "plan split", &plan, &text, files)
}

/// Every version whose share differs, its configured share and the other one; of two versions, which
/// differ alike, the last.
fn shares(arguments: &PlanSplit) -> Result<Vec<(String, Rational, Rational)>, CommandError> {
    let read = |flag: &str, text: &str| {
        let list = config::parse_weights_list(text)
            .map_err(|error| usage(&format!("{flag} {text}: {error}"), "write v1=50,v2=50"))?;
        let total: u64 = list.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total == 0 {
            let help = "at least one weight has to be above 0, such as v1=50,v2=50";
            return Err(usage(&format!("{flag} {text}: all weights are 0"), help));
        }
        let share = |weight: u32| Rational::new(u64::from(weight), total);
        let shares = list.into_iter().map(|(name, weight)| (name, share(weight)));
        Ok(shares.collect::<Vec<(String, Rational)>>())
    };
    let configured = read("--weights", &arguments.weights)?;
    let actual = read("--actual", &arguments.actual)?;
    let mut differing = Vec::new();
    for (name, share) in &configured {
        let Some((_, other)) = actual.iter().find(|(other, _)| other == name) else {
            return Err(usage(
                &format!("--actual does not name `{name}`"),
                "name the same versions as --weights",
            ));
        };
        if share != other {
            differing.push((name.clone(), *share, *other));
        }
    }
    if let Some((name, _)) = actual
        .iter()
        .find(|(name, _)| configured.iter().all(|(known, _)| known != name))
    {
        return Err(usage(
            &format!("--actual names `{name}`, which --weights does not"),
            "name the same versions as --weights",
        ));
    }
    let is_certain = |share: Rational| *share.numer() == 0 || share == Rational::from_integer(1);
    if let Some((name, ..)) = differing.iter().find(|(_, share, _)| is_certain(*share)) {
        return Err(usage(
            &format!("`{name}` is configured with all of the traffic, or none of it"),
            "then a single request elsewhere contradicts it; there is nothing to plan",
        ));
    }
    if configured.len() == 2 {
        differing.drain(..differing.len().saturating_sub(1));
    }
    Ok(differing)
}

fn plan_gate(arguments: &PlanGate) -> Result<(), CommandError> {
    let common = &arguments.common;
    if arguments.success <= Rational::new(1, 100) {
        let percent = four_digits(to_f64(arguments.success));
        return Err(usage(
            &format!("--success is read as {percent}, which nearly everything reaches"),
            "give the percentage that has to succeed, such as --success 99",
        ));
    }
    let question = gate::Question {
        terms: terms(common),
        success: arguments.success,
        requests: arguments.requests,
    };
    let plan = gate::plan(&question)?;
    let files = write(
        common.out.as_deref(),
        || Ok(gate::figures(&question, &plan)?),
        |file| report::plan::gate_csv(&plan, file),
    )?;
    let text = report::plan::gate(&plan, common.quiet);
    print(common, "plan gate", &plan, &text, files)
}

fn terms(common: &PlanCommon) -> Terms {
    Terms {
        confidence: common.confidence.probability(),
        power: common.power.probability(),
        rate: common.rps,
    }
}

fn usage(problem: &str, help: &str) -> CommandError {
    CommandError::Usage {
        problem: problem.to_owned(),
        help: help.to_owned(),
    }
}

/// Writes plan.csv and the charts, if a folder was named; returns their paths.
fn write(
    out: Option<&Path>,
    figures: impl FnOnce() -> Result<Vec<Figure>, CommandError>,
    csv: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<Vec<String>, CommandError> {
    let Some(out) = out else {
        return Ok(Vec::new());
    };
    let mut staging = Staging::default();
    let mut folder = Folder::new(out, &mut staging);
    folder.write("plan.csv", csv)?;
    folder.draw(&figures()?)?;
    let files = folder.into_files();
    staging.commit()?;
    Ok(files)
}

fn print<Plan: Serialize>(
    common: &PlanCommon,
    command: &'static str,
    plan: &Plan,
    text: &str,
    files: Vec<String>,
) -> Result<(), CommandError> {
    match common.format {
        OutputFormat::Text => {
            let files = report::text::files(&files);
            output::print_styled(&format!("{text}{files}"))
        }
        OutputFormat::Json => output::print_json(&Output {
            command,
            plan,
            files,
        }),
    }
}
