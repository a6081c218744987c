//! Routes and shares of the manifests under `scenarios/manifests/`, as the tasks of Istio's
//! documentation have them; and what Istio refuses, in its words.

mod doubtful;
mod refused;
mod samples;

use std::path::Path;

use super::*;
use crate::routing::{Connection, Faults, Forward, Request, Resolution, RouteAction};
use crate::units::to_f64;

fn manifests(names: &[&str]) -> Manifests {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/manifests");
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    read_manifests(&paths).unwrap_or_else(|error| panic!("{error}"))
}

/// The shares of a request by version, in percent.
pub(super) fn shares(manifests: &Manifests, request: &Request) -> Vec<(String, f64)> {
    match manifests.table.answer(request).resolution {
        Resolution::Route { route, .. } => match &route.action {
            RouteAction::Forward(forward) => of_forward(forward),
            other => vec![(format!("{other:?}"), 100.0)],
        },
        other => vec![(format!("{other:?}"), 100.0)],
    }
}

pub(super) fn of_forward(forward: &Forward) -> Vec<(String, f64)> {
    let shares = forward.shares().unwrap_or_default();
    let named = forward.destinations().iter().zip(shares);
    named
        .map(|(one, share)| (one.destination.version().to_owned(), 100.0 * to_f64(share)))
        .collect()
}

fn reviews() -> Request {
    Request::parse("GET http://reviews:9080/reviews/0").unwrap()
}

pub(super) fn of(versions: &[(&str, f64)]) -> Vec<(String, f64)> {
    versions
        .iter()
        .map(|(name, share)| ((*name).to_owned(), *share))
        .collect()
}

fn service(http: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: {{name: reviews}}\n\
         spec:\n  hosts: [reviews]\n  http:\n{http}\n"
    )
}

pub(super) fn virtual_service(spec: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {spec}\n"
    )
}

pub(super) fn parsed(text: &str) -> Result<Manifests, ConfigError> {
    parse_manifests(&[Source::new("test.yaml", text)])
}
