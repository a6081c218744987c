//! What `check` is asked.

use clap::{Args, ValueEnum};

use super::{Common, SplitArgs};

/// What `check` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim check --target v1=80,v2=20 v1=16 v2=4
  shiftsim check --target v1=90,v2=10 access.log.gz --host reviews
  shiftsim check --target reviews.yaml --phase 50/50 requests.csv --column version
  shiftsim check --target reviews/ --request http://reviews:9080/ v1=88 v2=12
  shiftsim check --target v1=50,v3=50 pages.txt --match v1='^$' --match v3='red'
  for i in $(seq 100); do (date; sleep 1) | nc $HOST $PORT; done |
    shiftsim check --target one=80,two=20 -

Forms of input, recognised by their content: a table (CSV) with a version per
row, or a version and a count; lines that begin with the name of a version;
Istio's access log, text or JSON, where the version is the subset in
upstream_cluster; the answer of Prometheus' HTTP API, grouped by
destination_version. Gzip and UTF-16 are undone.

The exit status is 1 if the counts are not consistent with the target.")]
pub struct CheckArgs {
    /// The configured split: weights such as v1=80,v2=20, or a scenario file; with --request a
    /// file or a folder of manifests
    #[arg(long, value_name = "WEIGHTS|SCENARIO")]
    pub target: String,

    /// The split of manifests.
    #[command(flatten)]
    pub split: SplitArgs,

    /// The phase of the scenario that was observed
    #[arg(long, value_name = "NAME", conflicts_with = "request")]
    pub phase: Option<String>,

    /// Counts such as v1=16 v2=4, or a file, or `-` for standard input
    #[arg(value_name = "OBSERVED", required = true)]
    pub observed: Vec<String>,

    /// The form of the input [default: recognised by its content]
    #[arg(long, value_name = "FORM")]
    pub input_format: Option<InputFormat>,

    /// The column of a table, key of JSON lines or label of metrics that holds the version
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,

    /// The column of a table that holds counts
    #[arg(long, value_name = "NAME")]
    pub count_column: Option<String>,

    /// Lines that fit the regular expression are of that version; may be repeated
    #[arg(long = "match", value_name = "VERSION=REGEX", value_parser = parse_pattern)]
    pub patterns: Vec<(String, String)>,

    /// Of logs and metrics: the one service that counts
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,

    /// How sharply the prior of the sequential test is centred on the target; choose it before
    /// looking at the data
    #[arg(long, value_name = "K", default_value = "10", value_parser = parse_concentration)]
    pub concentration: f64,

    /// What the commands have in common.
    #[command(flatten)]
    pub common: Common,
}

/// The form of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// A table with a version per row, or a version and a count
    Csv,
    /// A line per request, which begins with the version or fits a --match
    Lines,
    /// Istio's access log as text
    AccessLog,
    /// One JSON object per line, such as Istio's access log as JSON
    JsonLines,
    /// The answer of Prometheus' HTTP API
    Prometheus,
}

fn parse_pattern(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((version, expression)) if !version.is_empty() && !expression.is_empty() => {
            Ok((version.to_owned(), expression.to_owned()))
        }
        _ => Err("expected VERSION=REGEX, such as v2='red stars'".into()),
    }
}

fn parse_concentration(text: &str) -> Result<f64, String> {
    let usable = |value: &f64| *value > 0.0 && *value <= 1e9;
    text.parse().ok().filter(usable).ok_or_else(|| {
        "expected a number above 0, such as 10 for few requests or 100 for many".into()
    })
}
