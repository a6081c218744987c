//! What a gate does, as text for a terminal of 80 columns and as CSV.

use std::fmt::Write;
use std::io;

use super::text::{BOLD, paragraph, shorten};
use crate::summary::gate::{Curve, GateSummary, GatedVersion, Method, StepSummary};
use crate::units::display::{brief_percent, rate, short_percent};

/// Steps that the table shows before it leaves some out.
const MOST_STEPS: usize = 12;

/// The whole answer: without its tables if `quiet`, and with how it was found if `verbose`.
#[must_use]
pub fn text(summary: &GateSummary, quiet: bool, verbose: bool) -> String {
    let mut text = String::new();
    heading(&mut text, summary);
    if !quiet {
        steps(&mut text, summary);
        versions(&mut text, summary);
        alternatives(&mut text, summary);
    }
    text.push('\n');
    for sentence in &summary.advice {
        paragraph(&mut text, "  ", sentence);
    }
    if let Some(settings) = summary.settings.as_ref().filter(|_| !quiet) {
        paragraph(&mut text, "  ", &settings.sentence);
        for line in &settings.lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    for warning in &summary.warnings {
        text.push('\n');
        paragraph(&mut text, "warning: ", &warning.what);
        paragraph(&mut text, "  ", &warning.why);
        paragraph(&mut text, "  ", &warning.advice);
    }
    if verbose {
        methods(&mut text);
    }
    text
}

/// A table of characteristics: a row for each curve and error rate.
///
/// # Errors
/// What `out` returns.
pub fn csv(curves: &[Curve], out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "curve",
        "error_rate",
        "promoted",
        "rolled_back",
        "rolled_back_without_data",
        "undecided",
        "standard_error",
        "mean_seconds",
        "seconds_95",
        "requests",
        "errors",
        "users_hit",
        "method",
    ])?;
    for curve in curves {
        for point in &curve.points {
            let numbers = [
                point.error_rate,
                point.promoted,
                point.rolled_back,
                point.rolled_back_without_data,
                point.undecided,
            ];
            let mut record = vec![curve.name.clone()];
            record.extend(numbers.iter().map(f64::to_string));
            record.push(
                point
                    .standard_error
                    .map(|error| error.to_string())
                    .unwrap_or_default(),
            );
            let rest = [
                point.mean_seconds,
                point.seconds_95,
                point.requests,
                point.errors,
            ];
            record.extend(rest.iter().map(f64::to_string));
            record.push(
                point
                    .users_hit
                    .map(|hit| hit.to_string())
                    .unwrap_or_default(),
            );
            record.push(
                match point.method {
                    Method::Exact => "exact",
                    Method::Simulated { .. } => "simulated",
                }
                .to_owned(),
            );
            csv.write_record(&record)?;
        }
    }
    csv.flush()
}

fn heading(text: &mut String, summary: &GateSummary) {
    let _ = writeln!(text, "{BOLD}What does this gate really catch?{BOLD:#}");
    paragraph(
        text,
        "",
        &format!("{} · {}: {}", summary.rollout, summary.tool, summary.rule),
    );
    let arrivals = match summary.arrivals {
        "fixed" => "a fixed number of them for each version in each window",
        "constant" => "evenly spaced, each sent to a version at random",
        _ => "arriving at random",
    };
    paragraph(
        text,
        "",
        &format!(
            "{}{}, {arrivals} · at most {} errors are acceptable ({})",
            rate(summary.requests_per_second),
            if summary.rate_is_assumed {
                " (assumed: give yours with --rps)"
            } else {
                ""
            },
            short_percent(summary.objective.error_rate),
            summary.objective.source
        ),
    );
    if let Some(retries) = &summary.retries {
        paragraph(text, "", &retries.sentence);
    }
    paragraph(text, "", &summary.method);
}

fn steps(text: &mut String, summary: &GateSummary) {
    if summary.steps.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n  {:<10}{:>10}{:>9}{:>10}   one check passes with errors of",
        "step", "requests", "allowed", "no data"
    );
    let mut head = format!("  {:<10}{:>10}{:>9}{:>10}", "", "in window", "errors", "");
    for version in summary.versions.iter().skip(1).take(3) {
        let _ = write!(head, "{:>11}", short_percent(version.answer.error_rate));
    }
    let _ = writeln!(text, "{head}");
    let shown = |place: usize| {
        summary.steps.len() <= MOST_STEPS
            || place < MOST_STEPS / 2
            || place + MOST_STEPS / 2 > summary.steps.len()
    };
    let mut left_out = false;
    for (place, step) in summary.steps.iter().enumerate() {
        if shown(place) {
            step_row(text, step);
        } else if !left_out {
            let _ = writeln!(text, "  …");
            left_out = true;
        }
    }
}

fn step_row(text: &mut String, step: &StepSummary) {
    let mut line = format!(
        "  {:<10}{:>10}{:>9}{:>10}",
        step.step,
        number(step.requests),
        step.errors_allowed
            .map_or_else(|| "–".to_owned(), |errors| errors.to_string()),
        brief_percent(step.no_data)
    );
    for passes in step.passes.iter().skip(1).take(3) {
        let passes = passes.map_or_else(|| "–".to_owned(), brief_percent);
        let _ = write!(line, "{passes:>11}");
    }
    let _ = writeln!(text, "{line}");
}

fn versions(text: &mut String, summary: &GateSummary) {
    let undecided = summary
        .versions
        .iter()
        .any(|version| version.answer.undecided > 5e-7);
    let last = if undecided { "undecided" } else { "no data" };
    let _ = writeln!(
        text,
        "\n  {:<24}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "a version with", "promoted", "back", last, "takes", "users see"
    );
    let errors = match summary.users {
        Some(_) => "errors/hit",
        None => "errors",
    };
    let _ = writeln!(
        text,
        "  {:<24}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "", "", "", "", "mean/95%", errors
    );
    for version in &summary.versions {
        version_row(text, version, undecided);
    }
    if let Some(users) = summary.users {
        let note = format!(
            "hit: of {} users, those who meet at least one error before the decision; each request is \
             any user's with the same chance",
            crate::units::display::count(users)
        );
        paragraph(text, "  ", &note);
    }
}

fn version_row(text: &mut String, version: &GatedVersion, undecided: bool) {
    let answer = &version.answer;
    let name = format!("{} {}", short_percent(answer.error_rate), version.name);
    let fifth = if undecided {
        answer.undecided
    } else {
        answer.rolled_back_without_data
    };
    let mut errors = number(answer.errors);
    if let Some(hit) = answer.users_hit {
        errors.push_str(&format!("/{}", number(hit)));
    }
    let takes = format!(
        "{}/{}",
        minutes(answer.mean_seconds),
        minutes(answer.seconds_95)
    );
    let _ = writeln!(
        text,
        "  {:<24}{:>10}{:>10}{:>10}{:>12}{:>12}",
        shorten(&name, 24),
        brief_percent(answer.promoted),
        brief_percent(answer.rolled_back),
        brief_percent(fifth),
        takes,
        errors
    );
}

fn alternatives(text: &mut String, summary: &GateSummary) {
    if summary.alternatives.len() < 2 {
        return;
    }
    let of_version = |place: usize| {
        summary
            .versions
            .get(place)
            .map(|version| short_percent(version.answer.error_rate))
            .unwrap_or_default()
    };
    let _ = writeln!(
        text,
        "\n  {:<45}{:>8}{:>8}{:>8}{:>8}",
        "the same steps under other rules: promoted at",
        of_version(1),
        of_version(2),
        of_version(3),
        "takes"
    );
    for row in &summary.alternatives {
        let simulated = if row.method == "simulated" { " ~" } else { "" };
        let _ = writeln!(
            text,
            "  {:<45}{:>8}{:>8}{:>8}{:>8}",
            format!("{}{simulated}", shorten(&row.name, 43)),
            brief_percent(row.good_promoted),
            brief_percent(row.objective_promoted),
            brief_percent(row.bad_promoted),
            minutes(row.good_seconds),
        );
    }
    if summary
        .alternatives
        .iter()
        .any(|row| row.method == "simulated")
    {
        let _ = writeln!(text, "  ~ simulated");
    }
}

fn methods(text: &mut String) {
    let _ = writeln!(text, "\n{BOLD}How the figures were computed{BOLD:#}");
    for sentence in [
        "A request fails with the same probability whenever it comes, independently of all others.",
        "Exact figures: a recursion over the step and the failed checks so far; the number of errors \
         in a window is binomial if its requests are fixed, and errors and successes are two \
         independent Poisson numbers if they are not. Shares are compared as exact fractions.",
        "\"no data\": rolled back, and at least one of the failed checks had an empty window.",
        "Tests at the end and at each step: errors counted against exact bounds, so that a version \
         at the objective is rolled back with at most 5%; bounds at each step spend that as O'Brien \
         and Fleming's (Lan and DeMets 1983).",
        "Anytime-valid test: errors' shares against the weights (Lindon and Malek 2022), looked at \
         after each step, level 5%, prior 10 · weights.",
    ] {
        paragraph(text, "  ", sentence);
    }
}

/// Minutes with as many decimals as they need: 5m, 7.4m; hours from two on.
pub(super) fn minutes(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.0}s");
    }
    let (value, unit) = match seconds / 60.0 {
        minutes if minutes < 120.0 => (minutes, "m"),
        minutes if minutes < 48.0 * 60.0 => (minutes / 60.0, "h"),
        minutes => (minutes / 1440.0, "d"),
    };
    match (value * 10.0).round() / 10.0 {
        round if round.fract() == 0.0 || round >= 100.0 => format!("{round:.0}{unit}"),
        round => format!("{round:.1}{unit}"),
    }
}

/// A mean number of requests.
pub(super) fn number(value: f64) -> String {
    match value {
        ..0.005 => "0".into(),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => crate::units::display::count(value.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let written = [45.0, 300.0, 444.0, 7200.0, 90_000.0, 864_000.0].map(minutes);
        assert_eq!(written, ["45s", "5m", "7.4m", "2h", "25h", "10d"]);
    }
}
