//! `shiftsim explain`: where a request goes, and why; or the whole route table.

use serde::Serialize;

use super::manifests::{print_warnings, read, source};
use super::{Answer, CommandError, output};
use crate::cli::{ExplainArgs, OutputFormat, PrintArgs};
use crate::report;
use crate::report::text::Detail;
use crate::routing::{Connection, Request, Source};
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

/// What is routed.
enum Routed {
    Request(Request),
    Connection(Connection),
}

/// Explains a request, a connection or the whole table.
pub(super) fn explain(arguments: &ExplainArgs) -> Result<Answer, CommandError> {
    let routed = arguments
        .request
        .as_deref()
        .map(|text| routed(text, arguments))
        .transpose()?;
    let (table, warnings) = read(&arguments.manifests)?;
    let detail = detail(&arguments.print);
    let format = arguments.print.format;
    let random_value = arguments.random_value;
    let explanation = routed.map(|routed| match routed {
        Routed::Request(request) => explain::request(&table, &request, random_value),
        Routed::Connection(connection) => explain::connection(&table, &connection, random_value),
    });
    match explanation {
        Some(explained) => {
            let text = || report::explain::explanation(&explained, detail);
            print(format, Said::Request(&explained), &warnings, text)?;
        }
        None => {
            let table = explain::table(&table);
            let text = || report::explain::table(&table, detail);
            print(format, Said::Table(&table), &warnings, text)?;
        }
    }
    Ok(Answer::Yes)
}

fn print(
    format: OutputFormat,
    said: Said<'_>,
    warnings: &[String],
    text: impl Fn() -> String,
) -> Result<(), CommandError> {
    match format {
        OutputFormat::Text => {
            print_warnings(warnings);
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

/// Reads `--request`: a request, or with tcp:// and tls:// a connection.
fn routed(text: &str, arguments: &ExplainArgs) -> Result<Routed, CommandError> {
    let usage = |problem: String, help: &str| CommandError::Usage {
        problem: format!("--request {text}: {problem}"),
        help: help.into(),
    };
    let source = source(&arguments.proxy);
    let schemes = ["tcp://", "tls://"].into_iter();
    let address = |scheme: &'static str| Some((scheme, text.strip_prefix(scheme)?));
    if let Some((scheme, address)) = schemes.filter_map(address).next() {
        if !arguments.headers.is_empty() {
            let help = "leave out the headers, or ask for http://";
            return Err(usage("a connection has no headers".into(), help));
        }
        let connection = connection(scheme == "tls://", address, source);
        let help = "write host and port, such as tcp://tcp-echo:9000";
        return connection
            .map(Routed::Connection)
            .ok_or_else(|| usage("it names no port".into(), help));
    }
    let mut request = Request::parse(text).map_err(|error| {
        let help = "for example --request 'GET http://reviews:9080/reviews/0'";
        usage(error.to_string(), help)
    })?;
    for (name, value) in &arguments.headers {
        request.add_header(name, value);
    }
    request.source = source;
    Ok(Routed::Request(request))
}

/// `None` if there is no port.
fn connection(is_tls: bool, address: &str, source: Source) -> Option<Connection> {
    let (host, port) = address.trim_end_matches('/').rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    let ip = host.parse().ok();
    let name = (ip.is_none() && !host.is_empty()).then(|| host.to_owned());
    Some(Connection {
        server_name: name.clone().filter(|_| is_tls),
        host: name,
        port: port.parse().ok().filter(|&port| port > 0)?,
        address: ip,
        source,
    })
}
