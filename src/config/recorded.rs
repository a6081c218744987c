//! Recorded moments and times from a file beside the scenario: a column of a CSV, or an access log
//! of Istio and Envoy (text, or one JSON object per line).

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::Diagnostic;
use super::reader::{Fields, Report};
use super::values::{self, parse_duration};
use super::yaml::Node;

/// The settings of a recording.
pub(super) const RECORDING_KEYS: [&str; 3] = ["file", "column", "unit"];

/// The most lines that are read: they stay in memory.
const MOST_LINES: usize = 5_000_000;

/// From here on a number of seconds is a Unix time, and counts from the first one.
const UNIX_SECONDS: u64 = 100_000_000;

/// What a recording tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// When requests arrived.
    Moments,
    /// How long they took.
    Times,
}

impl Kind {
    /// The key of a JSON access log that tells it, and its unit.
    fn json_key(self) -> (&'static str, Option<u64>) {
        match self {
            Self::Moments => ("start_time", None),
            Self::Times => ("duration", Some(1_000_000)),
        }
    }
}

/// A value and the line that it stands in.
#[derive(Debug, Clone, Copy)]
struct Recorded {
    line: usize,
    nanos: u64,
}

/// Reads moments in ascending order: from the start of the phase or, if they are dates or Unix
/// times, from the first of them.
pub(super) fn moments(node: &Node, report: &mut Report) -> Option<Vec<Duration>> {
    let (name, recorded) = read(node, Kind::Moments, report)?;
    let origin = recorded.first().map_or(0, |first| first.nanos);
    let absolute = origin >= UNIX_SECONDS * 1_000_000_000;
    let origin = if absolute { origin } else { 0 };
    for pair in recorded.windows(2) {
        if pair[1].nanos < pair[0].nanos {
            let message = format!(
                "{name}:{}: the recorded arrivals go back in time, by {:?}",
                pair[1].line,
                Duration::from_nanos(pair[0].nanos - pair[1].nanos)
            );
            report.add(
                Diagnostic::error(node.span.clone(), message, "recorded here").help(
                    "sort the file by time; an access log is written as responses end, and \
                     `sort FILE` puts its lines in the order of their beginning",
                ),
            );
            return None;
        }
    }
    let after = |one: &Recorded| Duration::from_nanos(one.nanos - origin);
    Some(recorded.iter().map(after).collect())
}

/// Reads times above zero, in seconds.
pub(super) fn times(node: &Node, report: &mut Report) -> Option<Vec<f64>> {
    let (name, recorded) = read(node, Kind::Times, report)?;
    if let Some(zero) = recorded.iter().find(|one| one.nanos == 0) {
        let message = format!("{name}:{}: a time of zero", zero.line);
        report.add(Diagnostic::error(
            node.span.clone(),
            message,
            "recorded here",
        ));
        return None;
    }
    let seconds = |one: &Recorded| Duration::from_nanos(one.nanos).as_secs_f64();
    Some(recorded.iter().map(seconds).collect())
}

/// The name of the file as it is written, and its values.
fn read(node: &Node, kind: Kind, report: &mut Report) -> Option<(String, Vec<Recorded>)> {
    let fields = Fields::of(node, "a recording", &RECORDING_KEYS, report)?;
    let file = fields.required("file", "arrivals.csv", report)?;
    let name = values::text(file, "a file name", report)?;
    let column = match fields.get("column") {
        Some(node) => Some(values::text(node, "the name of a column", report)?),
        None => None,
    };
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
    let unit = match fields.get("unit") {
        Some(node) => Some(values::one_of(node, "a unit", &units, report)?),
        None => None,
    };
    let path = report.folder.join(&name);
    let format = Format {
        kind,
        column: column.as_deref(),
        unit,
    };
    let found = format.read(&path);
    let mistake = match found {
        Ok(recorded) if recorded.is_empty() => format!("{name}: nothing is recorded there"),
        Ok(recorded) => return Some((name, recorded)),
        Err((0, reason)) => format!("cannot read {name}: {reason}"),
        Err((line, reason)) => format!("{name}:{line}: {reason}"),
    };
    let help = match kind {
        Kind::Moments => {
            "a CSV with seconds, durations or dates such as 2026-08-01T12:00:00.5Z, or an access \
             log of Istio; the path is relative to the scenario"
        }
        Kind::Times => {
            "a CSV with seconds (or `unit: ms`) or durations such as 20ms, or an access log of \
             Istio as JSON; the path is relative to the scenario"
        }
    };
    report.add(Diagnostic::error(file.span.clone(), mistake, "this file").help(help));
    None
}

/// How to understand the lines of a file.
struct Format<'a> {
    kind: Kind,
    column: Option<&'a str>,
    unit: Option<u64>,
}

/// A line number, or zero for the whole file, and what is the matter.
type Mistake = (usize, String);

impl Format<'_> {
    fn read(&self, path: &Path) -> Result<Vec<Recorded>, Mistake> {
        let whole = |error: std::io::Error| (0, error.to_string());
        let mut lines = BufReader::new(File::open(path).map_err(whole)?).lines();
        let mut number = 0;
        let mut recorded = Vec::new();
        // The place of the column, once a header or the first line has told.
        let mut column = None;
        while let Some(line) = lines.next().transpose().map_err(whole)? {
            number += 1;
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let nanos = if line.starts_with('{') {
                self.json(line)
            } else if line.starts_with('[') {
                self.log(line)
            } else {
                let cells = cells(line);
                let place = match column {
                    Some(place) => place,
                    None => {
                        let (place, is_header) = self.place(&cells).map_err(|why| (number, why))?;
                        column = Some(place);
                        if is_header {
                            continue;
                        }
                        place
                    }
                };
                self.cell(cells.get(place).map_or("", String::as_str), self.unit)
            };
            let nanos = nanos.map_err(|why| (number, why))?;
            recorded.push(Recorded {
                line: number,
                nanos,
            });
            if recorded.len() > MOST_LINES {
                let message = format!("more than {MOST_LINES} lines would not fit in memory");
                return Err((number, message));
            }
        }
        Ok(recorded)
    }

    /// The place of the column, and whether the line is a header.
    fn place(&self, cells: &[String]) -> Result<(usize, bool), String> {
        if let Some(name) = self.column {
            let place = cells.iter().position(|cell| cell == name);
            return place
                .map(|place| (place, true))
                .ok_or_else(|| format!("there is no column `{name}`, only {}", cells.join(", ")));
        }
        if cells.len() > 1 {
            let example = cells.first().map_or("", String::as_str);
            return Err(format!(
                "{} columns: say which one, such as `column: {example}`",
                cells.len()
            ));
        }
        let first = cells.first().map_or("", String::as_str);
        Ok((0, self.cell(first, self.unit).is_err()))
    }

    fn json(&self, line: &str) -> Result<u64, String> {
        let (usual, unit) = self.kind.json_key();
        let key = self.column.unwrap_or(usual);
        let object: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
        let text = match object.get(key) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Number(number)) => number.to_string(),
            _ => return Err(format!("no `{key}`")),
        };
        let unit = self.unit.or(unit.filter(|_| key == usual));
        self.cell(&text, unit)
    }

    /// The time in brackets with which a line of Istio's text log begins.
    fn log(&self, line: &str) -> Result<u64, String> {
        if self.kind == Kind::Times {
            return Err("an access log as text: its times are read from JSON alone".into());
        }
        let time = line[1..].split_once(']').map_or("", |(time, _)| time);
        self.cell(time, None)
    }

    /// Nanoseconds of a number, a duration or, for a moment, a date.
    fn cell(&self, text: &str, unit: Option<u64>) -> Result<u64, String> {
        let text = text.trim();
        let number = decimal_nanos(text, unit.unwrap_or(1_000_000_000));
        let duration = || {
            let span = parse_duration(text)?;
            u64::try_from(span.as_nanos()).ok()
        };
        let date = || {
            let moment = humantime::parse_rfc3339_weak(text).ok()?;
            let span = moment.duration_since(UNIX_EPOCH).ok()?;
            u64::try_from(span.as_nanos()).ok()
        };
        let found = number.or_else(duration);
        let found = match self.kind {
            Kind::Moments => found.or_else(date),
            Kind::Times => found,
        };
        let what = match self.kind {
            Kind::Moments => "a moment",
            Kind::Times => "a time",
        };
        found.ok_or_else(|| format!("`{}` is not {what}", super::yaml::shorten(text)))
    }
}

/// A decimal times `unit` nanoseconds, rounded down.
fn decimal_nanos(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<u64>().ok()?.checked_mul(unit)? / scale;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)?
        .checked_add(part)
}

/// The cells of a line of CSV.
fn cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok);
    record.map_or_else(Vec::new, |record| {
        record.iter().map(ToOwned::to_owned).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_every_spelling() {
        let format = Format {
            kind: Kind::Moments,
            column: None,
            unit: None,
        };
        let cell = |text| format.cell(text, None).ok();
        assert_eq!(cell("1.5"), Some(1_500_000_000));
        assert_eq!(cell("250ms"), Some(250_000_000));
        assert_eq!(cell("1700000000.25"), Some(1_700_000_000_250_000_000));
        // date -u -d 2026-08-01T12:00:00Z +%s
        assert_eq!(
            cell("2026-08-01T12:00:00.123Z"),
            Some(1_785_585_600_123_000_000)
        );
        assert_eq!(cell("-1"), None);
        assert_eq!(cell("noon"), None);
        assert_eq!(format.cell("20.5", Some(1_000_000)), Ok(20_500_000));
        let log = r#"[2026-08-01T12:00:00.123Z] "GET / HTTP/1.1" 200 - via_upstream"#;
        assert_eq!(format.log(log), Ok(1_785_585_600_123_000_000));
        let json = r#"{"start_time":"2026-08-01T12:00:00.123Z","duration":12}"#;
        assert_eq!(format.json(json), Ok(1_785_585_600_123_000_000));
        let times = Format {
            kind: Kind::Times,
            ..format
        };
        assert_eq!(times.json(json), Ok(12_000_000));
        assert!(times.log(log).is_err());
    }
}
