//! The result of a Prometheus query, as `/api/v1/query` or `/api/v1/query_range` give it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::Deserialize;

use super::collector::Collector;
use super::{MAX_COUNT, ObservationError, Question};

/// Larger answers are refused: a count per version takes a few hundred bytes.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Labels that hold the version, most telling first.
const VERSION_LABELS: [&str; 5] = [
    "destination_version",
    "destination_canonical_revision",
    "version",
    "destination_workload",
    "envoy_cluster_name",
];

/// Labels that hold the service.
const SERVICE_LABELS: [&str; 2] = ["destination_service", "destination_service_name"];

/// Who reports a request, in the order in which one is chosen: each request may be reported by
/// both of its ends.
const REPORTERS: [&str; 3] = ["source", "waypoint", "destination"];

/// The answer of the HTTP API.
#[derive(Debug, Deserialize)]
struct Answer {
    status: Option<String>,
    data: Option<Data>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    result_type: String,
    result: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: Option<Sample>,
    #[serde(default)]
    values: Vec<Sample>,
}

/// A time in seconds and a value, which Prometheus writes as text.
#[derive(Debug, Clone, Deserialize)]
struct Sample(
    #[expect(dead_code, reason = "only the value is read")] f64,
    String,
);

impl Series {
    fn label(&self, name: &str) -> Option<&str> {
        self.metric
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a vector, or the last value of a matrix.
    fn last(&self) -> Option<&str> {
        self.value
            .as_ref()
            .or(self.values.last())
            .map(|sample| sample.1.as_str())
    }
}

/// Reads an answer, and says what was read.
pub(super) fn read(
    text: impl Read,
    source: &str,
    question: &Question,
    collector: &mut Collector,
) -> Result<String, ObservationError> {
    let (result_type, mut series) = parse(text, source)?;
    let reporter = keep_one_reporter(&mut series);
    let label = version_label(&series, question)?;
    let mut fractions = false;
    for (number, series) in (1..).zip(&series) {
        match take(series, &label, collector) {
            Ok(fraction) => fractions |= fraction,
            Err(reason) => {
                let shown = serde_json::to_string(&series.metric).unwrap_or_default();
                collector.skip(number, shown.as_bytes(), reason);
            }
        }
    }
    let name = series.iter().find_map(|series| series.label("__name__"));
    doubts(name, fractions, collector);
    if let Some(reporter) = reporter {
        collector.doubt(
            "the query counts requests at both ends (label `reporter`)",
            "a request would be counted twice",
            format!("only reporter=\"{reporter}\" was counted; put it into the query"),
        );
    }
    let what = match name {
        Some(name) => format!("totals of the counter {name}"),
        None => "increments".to_owned(),
    };
    let form = match result_type.as_str() {
        "matrix" => "a Prometheus matrix, the last value of each series",
        _ => "a Prometheus vector",
    };
    Ok(format!("{form}, read as {what} by `{label}`"))
}

fn parse(text: impl Read, source: &str) -> Result<(String, Vec<Series>), ObservationError> {
    let malformed = |problem: String| {
        ObservationError::malformed(
            format!("{source} is no result of a Prometheus query: {problem}"),
            "save the answer of /api/v1/query, or name the form with --input-format",
        )
    };
    let mut bytes = Vec::new();
    text.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ObservationError::unreadable(source, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(malformed("it is larger than 256 MiB".into()));
    }
    let answer: Answer =
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    if answer.status.as_deref() == Some("error") {
        let kind = answer.error_type.unwrap_or_default();
        return Err(ObservationError::malformed(
            format!(
                "the query failed ({kind}): {}",
                answer.error.unwrap_or_default()
            ),
            "correct the query and save its answer again",
        ));
    }
    let data = answer
        .data
        .ok_or_else(|| malformed("it has no `data`".into()))?;
    if !["vector", "matrix"].contains(&data.result_type.as_str()) {
        return Err(malformed(format!(
            "its resultType is `{}`, not vector or matrix",
            data.result_type
        )));
    }
    let series: Vec<Series> =
        serde_json::from_value(data.result).map_err(|error| malformed(error.to_string()))?;
    if series.is_empty() {
        return Err(ObservationError::malformed(
            "the query matched nothing: its result is empty",
            "try: sum by (destination_version) (increase(istio_requests_total[10m]))",
        ));
    }
    Ok((data.result_type, series))
}

/// Where several ends report, keeps the series of one and returns its name.
fn keep_one_reporter(series: &mut Vec<Series>) -> Option<&'static str> {
    let found: BTreeSet<&str> = series
        .iter()
        .filter_map(|series| series.label("reporter"))
        .collect();
    let chosen = REPORTERS
        .into_iter()
        .find(|reporter| found.contains(reporter))?;
    if found.len() < 2 {
        return None;
    }
    series.retain(|series| series.label("reporter") == Some(chosen));
    Some(chosen)
}

/// The label that holds the version: the one asked for, or the first that distinguishes.
fn version_label(series: &[Series], question: &Question) -> Result<String, ObservationError> {
    let present = |label: &str| series.iter().any(|series| series.label(label).is_some());
    let labels: BTreeSet<&String> = series
        .iter()
        .flat_map(|series| series.metric.keys())
        .collect();
    let listed: Vec<&str> = labels.into_iter().map(String::as_str).collect();
    let missing = |problem: String| {
        let help = match listed.is_empty() {
            true => "group the query: sum by (destination_version) (…)".to_owned(),
            false => format!(
                "name it with --column; the labels are {}",
                listed.join(", ")
            ),
        };
        ObservationError::malformed(problem, help)
    };
    match &question.column {
        Some(label) if present(label) => Ok(label.clone()),
        Some(label) => Err(missing(format!("no series has the label `{label}`"))),
        None => VERSION_LABELS
            .into_iter()
            .find(|label| present(label))
            .map(str::to_owned)
            .ok_or_else(|| missing("no series has a label that holds the version".into())),
    }
}

/// Takes the value of a series; returns whether it had to be rounded.
fn take(series: &Series, label: &str, collector: &mut Collector) -> Result<bool, &'static str> {
    let name = series.label(label).ok_or("a series without that label")?;
    if name == "unknown" {
        return Err("requests that reached no version (\"unknown\")");
    }
    let service = SERVICE_LABELS
        .into_iter()
        .find_map(|label| series.label(label));
    if let Some(service) = service
        && !collector.accepts_host(service.as_bytes())
    {
        return Err("a series of another service");
    }
    let value: f64 = series
        .last()
        .and_then(|text| text.parse().ok())
        .ok_or("a series without a value")?;
    #[expect(clippy::cast_precision_loss, reason = "a bound")]
    let in_range = (0.0..=MAX_COUNT as f64).contains(&value);
    if !in_range {
        return Err("a value that is no count");
    }
    let version = collector.version(name.as_bytes());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    collector.requests(version, value.round() as u64);
    Ok(value.fract() != 0.0)
}

fn doubts(counter: Option<&str>, fractions: bool, collector: &mut Collector) {
    if counter.is_some() {
        collector.doubt(
            "the values are totals since the proxies started",
            "requests from before the last change of the weights count as well",
            "query what came since: sum by (destination_version) (increase(istio_requests_total[10m]))",
        );
    }
    if fractions {
        collector.doubt(
            "the values are not whole; they were rounded",
            "increase() extrapolates to the ends of its window; rate() gives requests per second, \
             which are no counts at all",
            "use increase(…) over a window that is long against the scrape interval",
        );
    }
}
