//! Manifests as a route table: what `explain`, `diff` and `export` begin with.

use std::path::PathBuf;

use super::CommandError;
use crate::cli::ProxyArgs;
use crate::config;
use crate::routing::{MESH, RouteTable, Source};

/// The table that the manifests make, and what there is to know about them.
pub(super) fn read(paths: &[PathBuf]) -> Result<(RouteTable, Vec<String>), CommandError> {
    let manifests = config::read_manifests(paths)?;
    Ok((manifests.table, manifests.warnings))
}

/// Prints warnings beside an answer for people; they are texts with their place.
pub(super) fn print_warnings(warnings: &[String]) {
    for warning in warnings {
        anstream::eprintln!("{}\n", warning.trim_end());
    }
}

/// The proxy that is asked about.
pub(super) fn source(arguments: &ProxyArgs) -> Source {
    Source {
        gateway: arguments.gateway.clone().unwrap_or_else(|| MESH.into()),
        namespace: arguments.namespace.clone(),
        labels: arguments.labels.iter().cloned().collect(),
    }
}
