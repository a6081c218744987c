//! What the backends did, as text.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use super::text::{BOLD, Detail, paragraph, shorten};
use crate::summary::{
    ConnectionSummary, LoadSummary, ReplicatedFigure, ResponseSummary, ServiceSummary,
};
use crate::units::display::{count, counted, percent};

/// What happened, and the tables of responses and of load.
pub(super) fn service(
    text: &mut String,
    service: &ServiceSummary,
    confidence: f64,
    detail: Detail,
) {
    if detail == Detail::Quiet {
        happened(text, service);
        return;
    }
    if !service.findings.is_empty() {
        let _ = writeln!(text, "\n{BOLD}what happened{BOLD:#}");
        happened(text, service);
    }
    responses(text, service, confidence);
    replicated(text, service, confidence);
    theory(text, service);
    notes(text, service);
    load(text, service);
    connections(text, &service.connections);
}

fn happened(text: &mut String, service: &ServiceSummary) {
    for finding in &service.findings {
        paragraph(text, "  ", finding);
    }
}

/// Whether the rows are of more than one phase.
fn several(service: &ServiceSummary) -> bool {
    let mut phases = service.responses.iter().map(|row| &row.phase);
    let first = phases.next();
    phases.any(|phase| Some(phase) != first)
}

fn responses(text: &mut String, service: &ServiceSummary, confidence: f64) {
    let (several, unit) = (several(service), Unit::of(service));
    let _ = writeln!(
        text,
        "\n{BOLD}responses{BOLD:#} · {} · ± is a {confidence}% interval of the mean (batch means)",
        unit.name()
    );
    rows_of(text, &service.responses, "version", several, unit);
    if !service.classes.is_empty() {
        let _ = writeln!(text, "\n{BOLD}traffic{BOLD:#} · the same by class");
        rows_of(text, &service.classes, "class", several, unit);
    }
}

/// The same figures over replications, if there are any.
fn replicated(text: &mut String, service: &ServiceSummary, confidence: f64) {
    let (several, unit) = (several(service), Unit::of(service));
    let runs = service.responses.iter().filter_map(|row| {
        let ok = row.replicated?.ok?;
        Some(ok.runs)
    });
    let Some(runs) = runs.max() else { return };
    let _ = writeln!(
        text,
        "\n{BOLD}over {} runs{BOLD:#} · {} · ± is a {confidence}% interval (Student's t)",
        count(u64::from(runs)),
        unit.name()
    );
    let mut header = if several { vec!["phase"] } else { Vec::new() };
    header.extend(["version", "ok", "mean"]);
    // Beside the phase there is no room for the median.
    if !several {
        header.push("p50");
    }
    header.extend(["p95", "p99"]);
    let rows = service.responses.iter().map(|row| {
        let mut cells = Vec::new();
        if several {
            cells.push(shorten(&row.phase, 12));
        }
        cells.push(shorten(&row.version, 12));
        let figures = row.replicated;
        cells.push(
            figures
                .and_then(|one| one.ok)
                .map_or_else(dash, share_figure),
        );
        let median = figures.and_then(|one| one.p50_seconds);
        let [mean, p95, p99] = figures
            .map(|one| [one.mean_seconds, one.p95_seconds, one.p99_seconds])
            .unwrap_or_default();
        let median = (!several).then_some(median);
        let times = std::iter::once(mean).chain(median).chain([p95, p99]);
        cells.extend(times.map(|time| time.map_or_else(dash, |time| time_figure(time, unit))));
        cells
    });
    table(text, header, if several { 4 } else { 5 }, rows.collect());
}

fn dash() -> String {
    "–".to_owned()
}

fn share_figure(figure: ReplicatedFigure) -> String {
    match figure.interval {
        Some(interval) if interval.high > interval.low => format!(
            "{} ± {}",
            percent(figure.mean),
            percent((interval.high - interval.low) / 2.0).trim_end_matches('%')
        ),
        _ => percent(figure.mean),
    }
}

fn time_figure(figure: ReplicatedFigure, unit: Unit) -> String {
    let half = figure.interval.map(|interval| interval.high - figure.mean);
    match half {
        Some(half) => format!(
            "{} ± {}",
            unit.write(Some(figure.mean)),
            unit.write(Some(half))
        ),
        None => unit.write(Some(figure.mean)),
    }
}

/// A line for each version that theory knows, beside what was simulated.
fn theory(text: &mut String, service: &ServiceSummary) {
    let unit = Unit::of(service);
    for row in &service.responses {
        let Some(theory) = &row.theory else { continue };
        let figures = row.replicated;
        let mean = figures
            .and_then(|one| one.mean_seconds)
            .map(|time| time_figure(time, unit))
            .or_else(|| {
                let interval = row.mean_interval?;
                let half = (interval.high - interval.low) / 2.0;
                Some(format!(
                    "{} ± {}",
                    unit.write(row.mean_seconds),
                    unit.write(Some(half))
                ))
            })
            .unwrap_or_else(|| unit.write(row.mean_seconds));
        let mut sentence = format!(
            "{} is {} in theory: mean {} (here {mean})",
            row.version,
            theory.model,
            unit.write(Some(theory.mean_seconds)),
        );
        if let Some(p99) = theory.p99_seconds {
            let here = figures
                .and_then(|one| one.p99_seconds)
                .map(|time| time_figure(time, unit));
            let here = here.unwrap_or_else(|| unit.write(row.p99_seconds));
            let _ = write!(sentence, ", p99 {} (here {here})", unit.write(Some(p99)));
        }
        if theory.refused > 0.0 {
            let here = figures.and_then(|one| one.refused).map(share_figure);
            let here = here.unwrap_or_else(|| percent(ratio(row.refused, row.requests)));
            let _ = write!(
                sentence,
                ", {} refused (here {here})",
                percent(theory.refused)
            );
        }
        paragraph(text, "  ", &(sentence + "."));
    }
}

/// How exact the figures are.
fn notes(text: &mut String, service: &ServiceSummary) {
    let warm_up = if service.warm_up_seconds > 0.0 {
        format!(
            "the first {} s ({}) are left out as warm-up",
            service.warm_up_seconds,
            counted(service.warm_up_requests, "request")
        )
    } else {
        "no `warm-up` is left out, the run begins empty".to_owned()
    };
    paragraph(
        text,
        "  ",
        &format!(
            "Quantiles are at most {:.1}% too high; {warm_up}.",
            service.quantile_error_percent
        ),
    );
    if let Some(sentence) = &service.no_interval {
        paragraph(text, "  ", sentence);
    }
}

/// Whether the two counts of what is under way agree, as Little's law says.
fn little(text: &mut String, service: &ServiceSummary) {
    let errors = service.load.iter().filter_map(|row| {
        let seen = row.mean_under_way?;
        let law = row.mean_under_way_by_little;
        Some((seen - law).abs() / law.max(1e-12))
    });
    if let Some(worst) = errors.reduce(f64::max) {
        let verdict = if worst < 1e-6 { "holds" } else { "FAILS" };
        let _ = writeln!(
            text,
            "  Little's law, L = λW, {verdict}: in flight as counted and by arrivals × mean time."
        );
    }
}

/// The table of responses, by version or by class.
fn rows_of(
    text: &mut String,
    rows: &[ResponseSummary],
    what: &'static str,
    several: bool,
    unit: Unit,
) {
    let mut header = if several { vec!["phase"] } else { Vec::new() };
    header.extend([
        what, "ok", "500", "503", "504", "mean", "±", "p50", "p95", "p99",
    ]);
    let rows = rows.iter().map(|row| response(row, several, unit));
    table(text, header, 9, rows.collect());
}

/// The table of connections beside the requests that they carry.
fn connections(text: &mut String, rows: &[ConnectionSummary]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n{BOLD}connections{BOLD:#} · weights choose when one opens, its requests follow"
    );
    let header = vec![
        "phase",
        "version",
        "target",
        "opened",
        "open at end",
        "cut",
        "requests",
        "share",
    ];
    let row = |row: &ConnectionSummary| {
        vec![
            shorten(&row.phase, 14),
            shorten(&row.version, 12),
            percent(row.target_share),
            count(row.opened),
            count(row.open_at_end),
            count(row.cut),
            count(row.requests),
            row.request_share.map_or_else(|| "–".to_owned(), percent),
        ]
    };
    table(text, header, 6, rows.iter().map(row).collect());
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

fn response(row: &ResponseSummary, several: bool, unit: Unit) -> Vec<String> {
    let mut cells = Vec::new();
    if several {
        cells.push(shorten(&row.phase, 14));
    }
    let share = |number: u64| {
        if number == 0 {
            return "–".to_owned();
        }
        percent(ratio(number, row.requests))
    };
    let half = row.mean_interval.map(|interval| {
        let width = interval.high - interval.low;
        Some(width / 2.0)
    });
    cells.extend([
        shorten(&row.version, 12),
        percent(ratio(row.ok, row.requests)),
        share(row.errors),
        share(row.refused),
        share(row.timed_out),
        unit.write(row.mean_seconds),
        unit.write(half.flatten()),
        unit.write(row.p50_seconds),
        unit.write(row.p95_seconds),
        unit.write(row.p99_seconds),
    ]);
    cells
}

/// The table of load, and whether Little's law holds.
fn load(text: &mut String, service: &ServiceSummary) {
    let _ = writeln!(text, "\n{BOLD}load{BOLD:#} · over the whole run");
    let header = vec![
        "version",
        "replicas",
        "busy",
        "in flight",
        "by Little",
        "ejected",
    ];
    table(text, header, 5, service.load.iter().map(load_row).collect());
    little(text, service);
}

fn load_row(row: &LoadSummary) -> Vec<String> {
    let replicas = if row.least_replicas == row.most_replicas {
        row.most_replicas.to_string()
    } else {
        format!("{} to {}", row.least_replicas, row.most_replicas)
    };
    let under_way = row.mean_under_way;
    vec![
        shorten(&row.version, 24),
        replicas,
        percent(row.utilisation),
        under_way.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.3}")),
        format!("{:.3}", row.mean_under_way_by_little),
        count(row.ejections),
    ]
}

/// The unit of all times of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Millis,
    Seconds,
}

impl Unit {
    /// Seconds where the slowest responses take minutes.
    fn of(service: &ServiceSummary) -> Self {
        let slow = |row: &ResponseSummary| row.p99_seconds.is_some_and(|time| time >= 100.0);
        if service.responses.iter().any(slow) {
            Self::Seconds
        } else {
            Self::Millis
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Millis => "milliseconds",
            Self::Seconds => "seconds",
        }
    }

    fn write(self, seconds: Option<f64>) -> String {
        match self {
            Self::Millis => millis(seconds),
            Self::Seconds => millis(seconds.map(|time| time / 1e3)),
        }
    }
}

/// Milliseconds with three digits or so.
pub(super) fn millis(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else {
        return "–".to_owned();
    };
    match seconds * 1e3 {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A table whose last `numbers` columns stand at the right.
fn table(text: &mut String, header: Vec<&str>, numbers: usize, rows: Vec<Vec<String>>) {
    let columns = header.len();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in columns - numbers..columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_padding((1, 0));
        }
    }
    for line in table.to_string().lines() {
        let _ = writeln!(text, " {}", line.trim_end());
    }
}
