//! A check as text for a terminal of 80 columns, good in black and white.

use std::fmt::Write;

use super::table::Table;
use super::text::{BOLD, Detail, WIDTH, paragraph, shorten};
use crate::summary::check::{CheckSummary, CheckedVersion, SkippedSummary, Verdict};
use crate::units::display::{count, p_value, percent};

/// Names are cut to so many characters.
const LONGEST_NAME: usize = 20;
/// And to no fewer than these.
const SHORTEST_NAME: usize = 6;

/// The whole summary.
#[must_use]
pub fn check(summary: &CheckSummary, detail: Detail) -> String {
    let mut text = String::new();
    heading(&mut text, summary);
    if detail == Detail::Quiet {
        summary
            .findings
            .iter()
            .take(1)
            .for_each(|finding| paragraph(&mut text, "  ", finding));
    } else {
        text.push('\n');
        table(&mut text, summary);
        text.push('\n');
        for finding in &summary.findings {
            paragraph(&mut text, "  ", finding);
        }
    }
    let _ = writeln!(text, "\n{BOLD}What to do{BOLD:#}");
    paragraph(&mut text, "  ", &summary.what_to_do);
    skipped(&mut text, &summary.skipped, summary.requests);
    for warning in &summary.warnings {
        text.push('\n');
        paragraph(&mut text, "warning: ", &warning.what);
        paragraph(&mut text, "  ", &warning.why);
        paragraph(&mut text, "  ", &warning.advice);
    }
    if detail == Detail::Verbose {
        methods(&mut text, summary);
    }
    text
}

fn heading(text: &mut String, summary: &CheckSummary) {
    let target = shorten(&summary.target, 54);
    let verdict = match summary.verdict {
        Verdict::NotConsistent => format!("Not consistent with {target}"),
        Verdict::Consistent => format!("Consistent with {target}"),
        Verdict::NoContradictionYet => format!("No contradiction to {target} yet"),
    };
    let _ = writeln!(text, "{BOLD}{verdict}{BOLD:#}");
    let noun = if summary.requests == 1 {
        "request"
    } else {
        "requests"
    };
    let source = &summary.source;
    paragraph(
        text,
        "",
        &format!(
            "{} {noun} from {source} · read as {}",
            count(summary.requests),
            summary.recognised
        ),
    );
}

/// Names give way where large numbers need the room.
fn table(text: &mut String, summary: &CheckSummary) {
    let widest = |lines: &[String]| lines.iter().map(|line| line.chars().count()).max();
    let mut lines = table_lines(summary, LONGEST_NAME);
    let excess = widest(&lines).unwrap_or(0).saturating_sub(WIDTH - 1);
    if excess > 0 {
        lines = table_lines(
            summary,
            LONGEST_NAME.saturating_sub(excess).max(SHORTEST_NAME),
        );
    }
    for line in lines {
        let _ = writeln!(text, " {line}");
    }
}

fn table_lines(summary: &CheckSummary, longest_name: usize) -> Vec<String> {
    let interval = format!("{}% Goodman", summary.confidence_percent);
    let mut table = Table::new(vec![
        "version", "weight", "target", "observed", "share", &interval, "p exact",
    ]);
    for version in &summary.versions {
        table.row(row(version, longest_name).to_vec());
    }
    table.lines()
}

fn row(version: &CheckedVersion, longest_name: usize) -> [String; 7] {
    let weight = version
        .weight
        .map_or_else(|| "–".to_owned(), |weight| count(weight.into()));
    [
        shorten(&version.version, longest_name),
        weight,
        percent(version.target_share),
        count(version.observed_count),
        percent(version.observed_share),
        format!(
            "{} to {}",
            percent(version.interval.low),
            percent(version.interval.high)
        ),
        p_value(version.p_value.value),
    ]
}

fn skipped(text: &mut String, skipped: &SkippedSummary, requests: u64) {
    if skipped.total == 0 {
        return;
    }
    let lines = if skipped.total == 1 {
        "1 line was".to_owned()
    } else {
        format!("{} lines were", count(skipped.total))
    };
    text.push('\n');
    paragraph(
        text,
        "warning: ",
        &format!("{lines} left out, beside {} counted", count(requests)),
    );
    for reason in &skipped.reasons {
        paragraph(
            text,
            "  ",
            &format!("{}: {}", count(reason.lines), reason.reason),
        );
    }
    for example in &skipped.examples {
        let _ = writeln!(
            text,
            "  line {}: {}",
            example.line,
            shorten(&example.text, 60)
        );
    }
    paragraph(
        text,
        "  ",
        "If these are requests too, the counts above lack them: tell them apart with --match or \
         --column, and add versions that get no traffic to the target with weight 0.",
    );
}

fn methods(text: &mut String, summary: &CheckSummary) {
    let _ = writeln!(text, "\n{BOLD}How the figures were computed{BOLD:#}");
    let confidence = summary.confidence_percent;
    let sequential = &summary.sequential;
    let lines = [
        format!(
            "Intervals: {}; those of all versions hold together at {confidence}%.",
            summary.interval_method
        ),
        "p exact: exact binomial, two-sided, minimum likelihood; each version against all others, \
         under independent picks."
            .to_owned(),
        format!(
            "Verdict: {}; all versions together.",
            summary.p_value.convention
        ),
        format!(
            "If you look again and again: {}; Dirichlet prior {}·w, looked at {}.",
            sequential.convention, sequential.concentration, sequential.looked
        ),
        format!(
            "Rule: not consistent if p < {:.4}; else consistent if every interval lies within ±{} \
             points of its target; else no contradiction yet.",
            1.0 - confidence / 100.0,
            summary.tolerance_points
        ),
    ];
    lines.iter().for_each(|line| paragraph(text, "  ", line));
    if let Some(p) = summary.order.as_ref().and_then(|order| order.p_value) {
        paragraph(text, "  ", &format!("Order: {}.", p.convention));
    }
}
