//! The answers of `plan` as text for a terminal of 80 columns, and as CSV.

use std::io;

use super::table::Table;
use super::text::{BOLD, paragraph};
use crate::summary::plan::duration;
use crate::summary::plan::errors::ErrorsPlan;
use crate::summary::plan::gate::GatePlan;
use crate::summary::plan::split::SplitPlan;
use crate::units::display::{count, counted, percent, short_percent};

/// The plan for error rates: what to do, and a row for each way to count.
#[must_use]
pub fn errors(plan: &ErrorsPlan, quiet: bool) -> String {
    let mut text = format!(
        "{BOLD}canary {} errors, stable {}, canary weight {}{BOLD:#}\n",
        short_percent(plan.canary_error_rate),
        short_percent(plan.stable_error_rate),
        short_percent(plan.canary_weight)
    );
    let terms = format!(
        "level {} {}, power {}",
        short_percent(plan.alpha),
        plan.sides,
        short_percent(plan.power)
    );
    paragraph(&mut text, "", &terms);
    if !quiet {
        text.push('\n');
        errors_table(&mut text, plan);
        let note = "power and false alarms are exact, of the pooled z test at that number of \
            requests; Fisher is the exact power of Fisher's test there.";
        paragraph(&mut text, "  ", note);
    }
    sentences(&mut text, &plan.advice);
    text
}

fn errors_table(text: &mut String, plan: &ErrorsPlan) {
    let timed = plan.requests_per_second.is_some();
    let mut header = vec!["method", "canary", "in all"];
    if timed {
        header.push("time");
    }
    header.extend(["power", "false", "Fisher"]);
    let mut table = Table::new(header);
    for method in &plan.methods {
        let effort = method.effort;
        let mut row = vec![
            method.name.to_owned(),
            count(effort.canary_requests),
            count(effort.total_requests),
        ];
        row.extend(effort.minutes.map(duration));
        row.extend([
            percent(method.exact_power),
            percent(method.exact_size),
            method.fisher_power.map_or("–".into(), percent),
        ]);
        table.row(row);
    }
    table.write(text);
}

/// The plan for a split.
#[must_use]
pub fn split(plan: &SplitPlan, quiet: bool) -> String {
    let mut text = format!(
        "{BOLD}{}: {} configured, {} to be noticed{BOLD:#}\n",
        plan.version,
        short_percent(plan.target_share),
        short_percent(plan.actual_share)
    );
    let terms = format!(
        "exact two-sided binomial test at level {}, both tails at most {}; power {}",
        short_percent(plan.alpha),
        short_percent(plan.alpha / 2.0),
        short_percent(plan.power)
    );
    paragraph(&mut text, "", &terms);
    if !quiet {
        text.push('\n');
        let mut table = Table::new(vec!["requests", ""]);
        table.row(vec![
            "power reached for good from".to_owned(),
            count(plan.stable),
        ]);
        table.row(vec!["reached first at".to_owned(), count(plan.first)]);
        if let Some(anytime) = plan.anytime {
            let name = "anytime-valid test, looked at after each".to_owned();
            table.row(vec![name, count(anytime)]);
        }
        table.write(&mut text);
    }
    sentences(&mut text, &plan.advice);
    text
}

/// What a gate promotes.
#[must_use]
pub fn gate(plan: &GatePlan, quiet: bool) -> String {
    let time = plan
        .minutes
        .map_or(String::new(), |minutes| format!(" ({})", duration(minutes)));
    let mut text = format!(
        "{BOLD}gate: at least {} of {} succeed{time}{BOLD:#}\n",
        short_percent(plan.success),
        counted(plan.requests, "request")
    );
    let terms = format!(
        "promotes with at most {}; exact: binomial",
        counted(plan.allowed_errors, "error")
    );
    paragraph(&mut text, "", &terms);
    if !quiet {
        text.push('\n');
        let mut table = Table::new(vec!["true error rate", "promoted", "stopped", ""]);
        for outcome in &plan.outcomes {
            table.row(vec![
                short_percent(outcome.error_rate),
                percent(outcome.promoted),
                percent(1.0 - outcome.promoted),
                if outcome.good { "good" } else { "bad" }.to_owned(),
            ]);
        }
        table.write(&mut text);
    }
    sentences(&mut text, &plan.advice);
    text
}

/// Every method with its figures.
///
/// # Errors
/// What the writer gives.
pub fn errors_csv(plan: &ErrorsPlan, file: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record([
        "method",
        "canary_requests",
        "total_requests",
        "minutes",
        "exact_power",
        "exact_size",
        "fisher_power",
    ])?;
    let optional = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for method in &plan.methods {
        csv.write_record([
            method.name.to_owned(),
            method.effort.canary_requests.to_string(),
            method.effort.total_requests.to_string(),
            optional(method.effort.minutes),
            method.exact_power.to_string(),
            method.exact_size.to_string(),
            optional(method.fisher_power),
        ])?;
    }
    csv.flush()
}

/// The numbers of requests.
///
/// # Errors
/// What the writer gives.
pub fn split_csv(plan: &SplitPlan, file: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["quantity", "requests"])?;
    csv.write_record(["stable", &plan.stable.to_string()])?;
    csv.write_record(["first", &plan.first.to_string()])?;
    if let Some(anytime) = plan.anytime {
        csv.write_record(["anytime", &anytime.to_string()])?;
    }
    csv.flush()
}

/// What the gate does with each true error rate.
///
/// # Errors
/// What the writer gives.
pub fn gate_csv(plan: &GatePlan, file: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["error_rate", "promoted"])?;
    for outcome in &plan.outcomes {
        csv.write_record([outcome.error_rate.to_string(), outcome.promoted.to_string()])?;
    }
    csv.flush()
}

fn sentences(text: &mut String, advice: &[String]) {
    for sentence in advice {
        text.push('\n');
        paragraph(text, "  ", sentence);
    }
}
