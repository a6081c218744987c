//! What one rollout did, as text for a terminal of 80 columns and as CSV.

use std::fmt::Write;
use std::io;

use super::gate::minutes;
use super::text::{BOLD, paragraph};
use crate::summary::gate::{Answer, Method};
use crate::summary::rollout::RolloutSummary;
use crate::units::display::{brief_percent, count, percent, rate, short_percent};

/// Ticks that the table shows before it leaves some out.
const MOST_TICKS: usize = 24;

/// The whole summary: without its table if `quiet`.
#[must_use]
pub fn text(summary: &RolloutSummary, quiet: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", summary.title);
    let facts = format!(
        "{} · {} ({}) · errors {} new, {} old · seed {}",
        summary.scenario,
        rate(summary.requests_per_second),
        summary.arrivals,
        short_percent(summary.canary_error_rate),
        short_percent(summary.stable_error_rate),
        summary.seed
    );
    paragraph(&mut text, "", &facts);
    paragraph(
        &mut text,
        "",
        &format!("{}: {}", summary.tool, summary.rule),
    );
    if let Some(retries) = &summary.retries {
        paragraph(&mut text, "", &retries.sentence);
    }
    if let Some(description) = summary.description.as_ref().filter(|_| !quiet) {
        paragraph(&mut text, "", description);
    }
    if !quiet {
        ticks(&mut text, summary);
    }
    let verdict = format!(
        "{} after {}: {}. The new version answered {} requests, {} of which failed.",
        summary.outcome,
        minutes(summary.seconds),
        summary.reason,
        count(summary.requests),
        count(summary.errors)
    );
    text.push('\n');
    paragraph(&mut text, "  ", &verdict);
    in_general(&mut text, summary);
    text
}

fn ticks(text: &mut String, summary: &RolloutSummary) {
    if summary.ticks.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n  {:>7}{:>8}  {:<10}{:>10}{:>8}{:>14}{:>8}",
        "at", "weight", "", "requests", "errors", "value", "failed"
    );
    let left_out = summary.ticks.len().saturating_sub(MOST_TICKS);
    for (place, tick) in summary.ticks.iter().enumerate() {
        if left_out > 0 && place == MOST_TICKS / 2 {
            let _ = writeln!(text, "  … {left_out} ticks …");
        }
        if left_out > 0 && (MOST_TICKS / 2..MOST_TICKS / 2 + left_out).contains(&place) {
            continue;
        }
        let _ = writeln!(
            text,
            "  {:>7}{:>7}%  {:<10}{:>10}{:>8}{:>14}{:>8}",
            minutes(tick.seconds),
            tick.weight,
            tick.result,
            count(tick.requests),
            count(tick.errors),
            tick.value,
            tick.failed_checks
        );
    }
}

/// What such rollouts do in general.
fn in_general(text: &mut String, summary: &RolloutSummary) {
    if let Some(answer) = &summary.expected {
        paragraph(
            text,
            "  ",
            &format!("Of all such rollouts {}.", sentence(answer)),
        );
    }
    if let Some(answer) = &summary.replications {
        let rollouts = match answer.method {
            Method::Simulated { rollouts } => count(rollouts),
            Method::Exact => "all".into(),
        };
        paragraph(
            text,
            "  ",
            &format!("Of {rollouts} replications {}.", sentence(answer)),
        );
    }
    if let (None, None, Some(reason)) =
        (&summary.expected, &summary.replications, summary.not_exact)
    {
        paragraph(
            text,
            "  ",
            &format!(
                "What such rollouts do in general has no exact answer, because {reason}: ask for --replications 10000."
            ),
        );
    }
}

fn sentence(answer: &Answer) -> String {
    let error = answer
        .standard_error
        .map(|error| format!(" ± {} (one standard error)", percent(error)))
        .unwrap_or_default();
    let method = match answer.method {
        Method::Exact => " (exact)",
        Method::Simulated { .. } => "",
    };
    let mut sentence = format!(
        "{}{error} are promoted and {} rolled back",
        brief_percent(answer.promoted),
        brief_percent(answer.rolled_back)
    );
    if answer.rolled_back_without_data > 1e-6 {
        let _ = write!(
            sentence,
            " ({} with an empty window among the failed checks)",
            brief_percent(answer.rolled_back_without_data)
        );
    }
    if answer.undecided > 1e-6 {
        let _ = write!(
            sentence,
            ", {} stay undecided",
            brief_percent(answer.undecided)
        );
    }
    let _ = write!(
        sentence,
        "{method}; the decision takes {} on average, {} in 95% of them, and users see {:.1} errors",
        minutes(answer.mean_seconds),
        minutes(answer.seconds_95),
        answer.errors
    );
    if let Some(hit) = answer.users_hit {
        let _ = write!(sentence, ", which {hit:.1} of them meet");
    }
    sentence
}

/// `ticks.csv`: a row for each tick.
///
/// # Errors
/// What `out` returns.
pub fn csv(summary: &RolloutSummary, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "seconds",
        "weight_percent",
        "result",
        "metric",
        "value",
        "requests",
        "errors",
        "observed_share",
        "failed_checks",
    ])?;
    for tick in &summary.ticks {
        csv.write_record([
            tick.seconds.to_string(),
            tick.weight.to_string(),
            tick.result.to_owned(),
            tick.metric.clone().unwrap_or_default(),
            tick.value.clone(),
            tick.requests.to_string(),
            tick.errors.to_string(),
            tick.observed_share
                .map(|share| share.to_string())
                .unwrap_or_default(),
            tick.failed_checks.to_string(),
        ])?;
    }
    csv.flush()
}
