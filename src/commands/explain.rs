//! `shiftsim explain`: where a request goes, and why; or the whole route table.

use serde::Serialize;

use super::manifests::{
    Routed, known_gateway, print_warnings, print_warnings_briefly, read, routed,
};
use super::{Answer, CommandError, output};
use crate::cli::{ExplainArgs, OutputFormat, PrintArgs};
use crate::report;
use crate::report::text::Detail;
use crate::summary::explain::{self, Explanation, TableSummary};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    command: &'static str,
    shiftsim: &'static str,
    #[serde(flatten)]
    said: Said<'a>,
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Request(&'a Explanation),
    Table(&'a TableSummary),
}

/// Explains a request, a connection or the whole table.
pub(super) fn explain(arguments: &ExplainArgs) -> Result<Answer, CommandError> {
    let routed = arguments
        .request
        .as_deref()
        .map(|text| routed(text, &arguments.headers, &arguments.proxy))
        .transpose()?;
    let (table, warnings) = read(&arguments.manifests)?;
    known_gateway(&table, &arguments.proxy)?;
    let detail = detail(&arguments.print);
    let how = (arguments.print.format, detail);
    let random_value = arguments.random_value;
    let explanation = routed.map(|routed| match routed {
        Routed::Request(request) => explain::request(&table, &request, random_value),
        Routed::Connection(connection) => explain::connection(&table, &connection, random_value),
    });
    match explanation {
        Some(explained) => {
            let text = || report::explain::explanation(&explained, detail);
            print(how, Said::Request(&explained), &warnings, text)?;
        }
        None => {
            let table = explain::table(&table);
            let text = || report::explain::table(&table, detail);
            print(how, Said::Table(&table), &warnings, text)?;
        }
    }
    Ok(Answer::Yes)
}

fn print(
    (format, detail): (OutputFormat, Detail),
    said: Said<'_>,
    warnings: &[String],
    text: impl Fn() -> String,
) -> Result<(), CommandError> {
    match format {
        OutputFormat::Text => {
            match detail {
                Detail::Quiet => print_warnings_briefly(warnings),
                Detail::Normal | Detail::Verbose => print_warnings(warnings),
            }
            output::print_styled(&text())
        }
        OutputFormat::Json => output::print_json(&Output {
            command: "explain",
            shiftsim: env!("CARGO_PKG_VERSION"),
            said,
            warnings,
        }),
    }
}

pub(super) fn detail(print: &PrintArgs) -> Detail {
    match (print.quiet, print.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    }
}
