//! What the backends did, as text.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use super::text::{BOLD, shorten};
use crate::summary::{ConnectionSummary, LoadSummary, ResponseSummary, ServiceSummary};
use crate::units::display::{count, percent};

/// The tables of responses and of load.
pub(super) fn service(text: &mut String, service: &ServiceSummary, confidence: f64) {
    let several = service
        .responses
        .iter()
        .any(|row| Some(&row.phase) != service.responses.first().map(|first| &first.phase));
    let _ = writeln!(
        text,
        "\n{BOLD}responses{BOLD:#} · milliseconds · ± {confidence}% from batch means"
    );
    rows_of(text, &service.responses, "version", several);
    if !service.classes.is_empty() {
        let _ = writeln!(text, "\n{BOLD}traffic{BOLD:#} · the same by class");
        rows_of(text, &service.classes, "class", several);
    }
    for row in &service.responses {
        if row.attempts != row.requests {
            let _ = writeln!(
                text,
                "  {}, {}: {} attempts for {} requests, × {:.2}",
                row.phase,
                row.version,
                count(row.attempts),
                count(row.requests),
                ratio(row.attempts, row.requests)
            );
        }
    }
    connections(text, &service.connections);
    let _ = writeln!(text, "\n{BOLD}load{BOLD:#} · over the whole run");
    let header = vec![
        "version",
        "replicas",
        "busy",
        "under way",
        "by Little",
        "ejected",
    ];
    table(text, header, service.load.iter().map(load).collect());
    if service.warm_up_seconds > 0.0 {
        let _ = writeln!(
            text,
            "  times leave out the first {} s (warm-up)",
            service.warm_up_seconds
        );
    }
}

/// The table of responses, by version or by class.
fn rows_of(text: &mut String, rows: &[ResponseSummary], what: &'static str, several: bool) {
    let mut header = if several { vec!["phase"] } else { Vec::new() };
    header.extend([
        what, "ok", "500", "503", "504", "mean", "±", "p50", "p95", "p99",
    ]);
    let rows = rows.iter().map(|row| response(row, several));
    table(text, header, rows.collect());
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
    aligned(text, header, rows.iter().map(row).collect(), 2);
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

fn response(row: &ResponseSummary, several: bool) -> Vec<String> {
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
        millis(row.mean_seconds),
        millis(half.flatten()),
        millis(row.p50_seconds),
        millis(row.p95_seconds),
        millis(row.p99_seconds),
    ]);
    cells
}

fn load(row: &LoadSummary) -> Vec<String> {
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

/// Milliseconds with three digits or so.
fn millis(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else {
        return "–".to_owned();
    };
    match seconds * 1e3 {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn table(text: &mut String, header: Vec<&str>, rows: Vec<Vec<String>>) {
    let columns = header.len();
    let words = columns - usize::from(columns > 8) * 9 - usize::from(columns <= 8) * 5;
    aligned(text, header, rows, words);
}

/// A table whose first columns are words, and the others numbers.
fn aligned(text: &mut String, header: Vec<&str>, rows: Vec<Vec<String>>, words: usize) {
    let columns = header.len();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in words..columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_padding((1, 0));
        }
    }
    for line in table.to_string().lines() {
        let _ = writeln!(text, " {}", line.trim_end());
    }
}
