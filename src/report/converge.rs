//! The answer of `converge` as text for a terminal of 80 columns.

use std::fmt::Write;
use std::io;

use super::text::{BOLD, paragraph, shorten};
use crate::summary::Comparison;
use crate::summary::converge::{ConvergeSummary, Curve, Meaning, Needed};
use crate::units::display::{count, counted, percent, short_percent};

/// The whole answer: without its tables if `quiet`, and with how they were computed if `verbose`.
#[must_use]
pub fn text(summary: &ConvergeSummary, quiet: bool, verbose: bool) -> String {
    let mut text = String::new();
    heading(&mut text, summary);
    if !quiet {
        table(&mut text, summary);
        counters(&mut text, summary);
    }
    if let (Some(deviation), Some(requests)) = (summary.expected_deviation_points, summary.requests)
    {
        let sentence = format!(
            "After {} the share that is farthest off misses its target by {} points on average.",
            counted(requests, "request"),
            points(deviation)
        );
        text.push('\n');
        paragraph(&mut text, "  ", &sentence);
    } else {
        text.push('\n');
    }
    for sentence in &summary.advice {
        paragraph(&mut text, "  ", sentence);
    }
    let bounded = |meaning: &Meaning| matches!(meaning.needed, Needed::AtMost(_));
    if summary.meanings.iter().any(bounded) {
        let sentence = "What stands behind ≤ and ≥ are bounds (Doob's inequality for staying \
            within): exact figures would take too long.";
        paragraph(&mut text, "  ", sentence);
    }
    if summary.replications > 0 {
        paragraph(
            &mut text,
            "  ",
            "± is one standard error of the simulated figure.",
        );
    }
    if verbose {
        let _ = writeln!(text, "\n{BOLD}How the figures were computed{BOLD:#}");
        for meaning in &summary.meanings {
            paragraph(
                &mut text,
                "  ",
                &format!("{}: {}", meaning.name, meaning.method),
            );
        }
        paragraph(
            &mut text,
            "  ",
            "Requests are independent picks. The band is compared as exact fractions, its edges \
             included. \"From N on\" is one more than the last number of requests that falls short.",
        );
    }
    text
}

/// Points with one decimal, or with two digits where there are fewer.
fn points(points: f64) -> String {
    let decimals = if points >= 0.95 {
        1.0
    } else {
        1.0 - points.max(1e-9).log10().floor()
    };
    format!("{points:.0$}", decimals as usize)
}

/// `converge.csv`: every probability by the number of requests; empty where none is exact.
///
/// # Errors
/// What `out` returns.
pub fn csv(curve: &Curve, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "requests",
        "every_version_seen",
        "within_tolerance",
        if curve.stays_is_bound {
            "stays_within_at_least"
        } else {
            "stays_within"
        },
    ])?;
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for point in &curve.points {
        csv.write_record([
            point.requests.to_string(),
            text(point.every_version_seen),
            text(point.within_tolerance),
            point.stays_within.to_string(),
        ])?;
    }
    csv.flush()
}

fn heading(text: &mut String, summary: &ConvergeSummary) {
    let targets: Vec<String> = summary
        .targets
        .iter()
        .map(|target| format!("{} {}", target.version, short_percent(target.target_share)))
        .collect();
    let _ = writeln!(
        text,
        "{BOLD}How many requests until this is settled?{BOLD:#}"
    );
    let facts = format!(
        "{} · ±{} points · {}% of tries",
        targets.join(", "),
        summary.tolerance_points,
        summary.confidence_percent
    );
    paragraph(text, "", &facts);
}

fn table(text: &mut String, summary: &ConvergeSummary) {
    let asked = summary
        .requests
        .map(|requests| format!("at {}", count(requests)));
    let asked = asked.unwrap_or_default();
    let simulated = if summary.replications > 0 {
        "simulated"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "\n{}",
        format!(
            "  {:<30}{:>9}{:>9}{:>13}  {simulated}",
            "what is meant", "first at", "from on", asked
        )
        .trim_end()
    );
    for meaning in &summary.meanings {
        row(text, meaning);
    }
}

fn row(text: &mut String, meaning: &Meaning) {
    let needed = match meaning.needed {
        Needed::Requests(requests) => count(requests),
        Needed::AtMost(requests) => format!("≤ {}", count(requests)),
        Needed::TooCostly => "–".to_owned(),
    };
    let line = format!(
        "  {:<30}{:>9}{:>9}{:>13}  {}",
        shorten(&meaning.name, 30),
        meaning.first.map(count).unwrap_or_default(),
        needed,
        at_requests(meaning),
        meaning.simulated.map(error).unwrap_or_default()
    );
    let _ = writeln!(text, "{}", line.trim_end());
}

/// The probability at the number of requests asked about; a bound says so.
fn at_requests(meaning: &Meaning) -> String {
    match meaning.at_requests {
        Some(value) if meaning.at_least => format!("≥ {}", percent(value)),
        Some(value) => percent(value),
        None => String::new(),
    }
}

fn error(comparison: Comparison) -> String {
    format!(
        "{} ±{}",
        percent(comparison.simulated),
        percent(comparison.standard_error)
    )
}

fn counters(text: &mut String, summary: &ConvergeSummary) {
    if summary.counter_of_2017.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n  Envoy's picker until October 2017 (a counter; blocks in a row):"
    );
    for answer in &summary.counter_of_2017 {
        let streams = if answer.stride == 1 {
            "stream"
        } else {
            "streams"
        };
        let name = format!("all seen, {} {streams} a request", answer.stride);
        let certain = answer.certain.map_or_else(|| "never".to_owned(), count);
        let seen = answer.seen.map(percent).unwrap_or_default();
        let line = format!("  {name:<30}{:>9}{certain:>9}{seen:>13}", "");
        let _ = writeln!(text, "{}", line.trim_end());
        if let Some(within) = answer.within {
            let name = format!("within ±{} points", summary.tolerance_points);
            let _ = writeln!(
                text,
                "  {name:<30}{:>9}{:>9}{:>13}",
                "",
                "",
                percent(within)
            );
        }
    }
}
