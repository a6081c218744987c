//! What Kayenta's judge does, as text for a terminal of 80 columns and as CSV.

use std::fmt::Write;
use std::io;

use super::text::{BOLD, paragraph};
use crate::summary::kayenta::{Change, JudgeSummary, MetricKind, MetricSummary, Proportion};
use crate::units::display::{count, short_percent};

/// The whole answer: without its tables if `quiet`.
#[must_use]
pub fn text(summary: &JudgeSummary, quiet: bool) -> String {
    let mut text = String::new();
    heading(&mut text, summary);
    if !quiet {
        for metric in &summary.metrics {
            table(&mut text, metric, summary);
        }
    }
    text.push('\n');
    for sentence in &summary.advice {
        paragraph(&mut text, "  ", sentence);
    }
    for warning in &summary.warnings {
        text.push('\n');
        paragraph(&mut text, "warning: ", &warning.what);
        paragraph(&mut text, "  ", &warning.why);
        paragraph(&mut text, "  ", &warning.advice);
    }
    text
}

/// A table of changes: a row for each metric and change.
///
/// # Errors
/// What `out` returns.
pub fn csv(summary: &JudgeSummary, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "metric",
        "factor",
        "flagged",
        "flagged_standard_error",
        "stopped",
        "stopped_standard_error",
    ])?;
    for metric in &summary.metrics {
        for change in &metric.changes {
            csv.write_record([
                metric.name.clone(),
                change.factor.to_string(),
                change.flagged.value.to_string(),
                change.flagged.standard_error.to_string(),
                change.stopped.value.to_string(),
                change.stopped.standard_error.to_string(),
            ])?;
        }
    }
    csv.flush()
}

fn heading(text: &mut String, summary: &JudgeSummary) {
    let _ = writeln!(text, "{BOLD}What does this judge really catch?{BOLD:#}");
    let rule = format!(
        "{} · Kayenta's {}: a canary passes with a score of {} or more, and is marginal from {}",
        summary.config, summary.judge, summary.pass, summary.marginal
    );
    paragraph(text, "", &rule);
    let traffic = format!(
        "{} requests/s, half to each version: {} of each in a point of a minute; {} points, {}; \
         {} errors on the old version",
        summary.requests_per_second,
        number(summary.requests_per_point),
        summary.points,
        match summary.judgements {
            1 => "judged once at the end".to_owned(),
            many => format!("judged {many} times on the way"),
        },
        rate(summary.stable_error_rate)
    );
    paragraph(text, "", &traffic);
    let method = format!(
        "simulated, {} rollouts for each figure, ± one standard error; seed {}",
        count(summary.trials),
        summary.seed
    );
    paragraph(text, "", &method);
}

fn table(text: &mut String, metric: &MetricSummary, summary: &JudgeSummary) {
    let points = match metric.kind {
        MetricKind::Count => format!("counts, {} in a point", number(metric.mean_per_point)),
        MetricKind::Mean => "means of the requests in a point".to_owned(),
    };
    let groups = match metric.groups.as_slice() {
        [] => "in no group".to_owned(),
        groups => format!("in {}", groups.join(", ")),
    };
    text.push('\n');
    paragraph(
        text,
        "  ",
        &format!("{} ({groups}): {}; {points}", metric.name, metric.rule),
    );
    let _ = writeln!(
        text,
        "  {:<14}{:>20}{:>24}",
        "new version", "judged High or Low", "canary does not pass"
    );
    let certain = |change: &Change| change.flagged.value >= 1.0 && change.stopped.value >= 1.0;
    let shown = metric.changes.iter().position(certain);
    let shown = shown.map_or(metric.changes.len(), |place| place + 1);
    for change in &metric.changes[..shown] {
        let _ = writeln!(
            text,
            "  {:<14}{:>20}{:>24}",
            changed(change, metric, summary),
            share(change.flagged),
            share(change.stopped)
        );
    }
}

/// A change, and what it makes of the error rate if it is one.
fn changed(change: &Change, metric: &MetricSummary, summary: &JudgeSummary) -> String {
    let sign = if metric.falls { '÷' } else { '×' };
    let factor = format!("{sign}{}", change.factor);
    let rate = summary.stable_error_rate * change.factor;
    match metric.kind {
        MetricKind::Count if !metric.falls && rate <= 1.0 => {
            format!("{factor:<7}{}", self::rate(rate))
        }
        _ => factor,
    }
}

/// An error rate with up to three digits.
fn rate(rate: f64) -> String {
    let percent = rate * 100.0;
    let digits = match percent {
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 5,
    };
    let text = format!("{percent:.digits$}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn share(share: Proportion) -> String {
    format!(
        "{} ± {:.1}",
        short_percent(share.value),
        share.standard_error * 100.0
    )
}

/// With three digits, or none above a hundred.
fn number(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
