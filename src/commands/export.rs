//! `shiftsim export`: routes as configuration for other programs.

use super::manifests::{known_gateway, print_warnings, read, source};
use super::{Answer, CommandError, output};
use crate::cli::{EnvoyArgs, ExportArgs, ExportTarget};
use crate::export::envoy::{self, Entry, Export, Settings};
use crate::export::to_yaml;

/// Exports for the program that is asked for.
pub(super) fn export(arguments: &ExportArgs) -> Result<Answer, CommandError> {
    match &arguments.target {
        ExportTarget::Envoy(arguments) => envoy(arguments),
    }
}

fn envoy(arguments: &EnvoyArgs) -> Result<Answer, CommandError> {
    let (table, warnings) = read(&arguments.manifests)?;
    known_gateway(&table, &arguments.proxy)?;
    let settings = Settings {
        proxy: source(&arguments.proxy),
        access_log: Some(arguments.access_log.clone()),
        upstream_log: None,
    };
    let ports = arguments.first_port..=u16::MAX;
    let export = envoy::export(&table, &settings, ports).map_err(|error| CommandError::Usage {
        problem: error.to_string(),
        help: match error {
            envoy::ExportError::Ports => "choose a lower --first-port".into(),
            envoy::ExportError::Nothing(_) => "name the proxy with --gateway, --namespace or \
                                               --label; `shiftsim explain` lists all routes"
                .into(),
        },
    })?;
    print_warnings(&warnings);
    for what in &export.left_out {
        anstream::eprintln!("warning: not exported: {what}");
    }
    if arguments.json {
        output::print_json(&export.bootstrap)?;
    } else {
        output::print_bytes((heading(&export) + &to_yaml(&export.bootstrap)).as_bytes())?;
    }
    Ok(Answer::Yes)
}

/// Which port is what, as comments.
fn heading(export: &Export) -> String {
    let mut text = format!(
        "# Written by shiftsim {}.\n# administration: http://127.0.0.1:{}\n",
        env!("CARGO_PKG_VERSION"),
        export.admin_port
    );
    for entry in &export.entries {
        text.push_str(&line(entry));
    }
    text
}

fn line(entry: &Entry) -> String {
    let Entry {
        protocol,
        port,
        stands_for,
        names,
    } = entry;
    let stands_for = stands_for.map_or_else(String::new, |port| format!(" (port {port})"));
    let names = names.join(", ");
    format!("# {protocol}://127.0.0.1:{port}{stands_for}: {names}\n")
}
