//! Manifests of Istio and the Gateway API, as they are in the cluster or will be, read into one route
//! table.
//!
//! Files, directories and standard input are split into resources (`kubernetes`); a reader per kind
//! turns each into plain values with their places ([`resources`](self)), and `assemble` puts them
//! together as Istio does. What Istio refuses is refused in its words, with line and column; what it
//! warns of, and what is not simulated, is a warning. All mistakes of all files are reported at once.

mod api_filter;
mod api_gateway;
mod api_match;
mod api_retry;
mod assemble;
mod assemble_api;
mod assemble_gateway;
mod cluster;
mod core;
mod destination_rule;
mod files;
mod gateway_api;
#[cfg(test)]
mod gateway_tests;
mod inventory;
mod istio_answer;
mod istio_connection;
mod istio_fault;
mod istio_gateway;
mod istio_http;
mod istio_match;
mod istio_mirror;
mod istio_names;
mod istio_retry;
mod istio_target;
mod object;
mod resources;
mod route_rule;
mod service_entry;
#[cfg(test)]
mod tests;
mod virtual_service;

use std::path::PathBuf;

pub(super) use self::cluster::Cluster;
pub(super) use self::files::expand;

use self::assemble::assemble;
use self::resources::{Meta, Resources};
use super::diagnostic::render;
use super::kubernetes::{Resource, resources as split};
use super::reader::{Fields, Report};
use super::{ConfigError, Diagnostic, Severity, Source, yaml};
use crate::routing::RouteTable;

/// What manifests say.
#[derive(Debug)]
pub struct Manifests {
    /// The routes of all proxies.
    pub table: RouteTable,
    /// What is accepted and may surprise, and what is not simulated: complete texts with the place.
    pub warnings: Vec<String>,
    /// What was read: kind, namespace and name.
    pub resources: Vec<String>,
    /// What was skipped because it says nothing about routes: kind, namespace and name.
    pub skipped: Vec<String>,
}

/// Reads manifests from files and directories; `-` is standard input.
///
/// # Errors
/// [`ConfigError`]: a file cannot be read, or has mistakes; all of them are listed.
pub fn read_manifests(paths: &[PathBuf]) -> Result<Manifests, ConfigError> {
    let mut sources = Vec::new();
    for path in files::expand(paths)? {
        sources.push(Source::read(&path)?);
    }
    let manifests = parse_manifests(&sources)?;
    match (paths, manifests.resources.len() + manifests.skipped.len()) {
        ([first, ..], 0) => Err(ConfigError::Unreadable {
            path: first.clone(),
            reason: "it holds no manifest".into(),
            help: "if it comes from `kubectl get … -o yaml`, look at what that printed".into(),
        }),
        _ => Ok(manifests),
    }
}

/// Reads manifests from texts.
///
/// # Errors
/// [`ConfigError::Mistakes`]: all mistakes of all texts.
pub fn parse_manifests(sources: &[Source]) -> Result<Manifests, ConfigError> {
    parse_where(sources, |_, _| true)
}

/// Kind, namespace and name of all resources of a text.
fn keys(source: &Source) -> Vec<String> {
    let mut report = Report::default();
    let documents = yaml::parse_documents(source.text(), &mut report.diagnostics);
    let mut found = Vec::new();
    for document in documents.unwrap_or_default() {
        split(document, &mut found, &mut report);
    }
    let key = |resource| meta_of(resource, 0).resource();
    found.iter().map(key).collect()
}

/// Reads the resources of which `keep` says yes: it is given the place of the file, and kind,
/// namespace and name.
fn parse_where(
    sources: &[Source],
    keep: impl Fn(usize, &str) -> bool,
) -> Result<Manifests, ConfigError> {
    let mut all = Resources::default();
    let mut reports: Vec<Report> = Vec::with_capacity(sources.len());
    let (mut names, mut skipped) = (Vec::new(), Vec::new());
    let mut found: Vec<(Meta, Resource)> = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let mut report = Report::default();
        let documents = yaml::parse_documents(source.text(), &mut report.diagnostics);
        let mut of_file = Vec::new();
        for document in documents.unwrap_or_default() {
            split(document, &mut of_file, &mut report);
        }
        let of_file = of_file
            .into_iter()
            .map(|resource| (meta_of(&resource, file), resource))
            .filter(|(meta, _)| keep(file, &meta.resource()));
        found.extend(of_file);
        reports.push(report);
    }
    for (place, (meta, resource)) in found.iter().enumerate() {
        let (source, report) = (&sources[meta.file], &mut reports[meta.file]);
        if is_replaced(meta, resource, &found[place + 1..]) {
            let message = format!("{} comes again later", meta.resource());
            let effect = "the later one replaces it, as applying both in this order does";
            report.add(Diagnostic::warning(meta.span.clone(), message, effect));
            continue;
        }
        match read(resource, meta.clone(), source, &mut all, report) {
            true => names.push(meta.resource()),
            false => skipped.push(meta.resource()),
        }
    }
    let is_error = |one: &Diagnostic| one.severity == Severity::Error;
    let refused = reports
        .iter()
        .any(|report| report.diagnostics.iter().any(is_error));
    if refused {
        return Err(mistakes(sources, reports));
    }
    let (table, doubts) = assemble(&all);
    for doubt in doubts {
        let diagnostic = Diagnostic::warning(doubt.span, doubt.message, doubt.effect);
        reports[doubt.file].add(diagnostic);
    }
    let warnings = sources
        .iter()
        .zip(&mut reports)
        .flat_map(|(source, report)| {
            report.diagnostics.sort_by_key(|one| one.span.start);
            let rendered = report.diagnostics.iter().map(|one| render(source, one));
            rendered.collect::<Vec<String>>()
        });
    Ok(Manifests {
        table,
        warnings: warnings.collect(),
        resources: names,
        skipped,
    })
}

/// Whether the same resource comes again: of one kind, namespace and name there is only one.
fn is_replaced(meta: &Meta, resource: &Resource, later: &[(Meta, Resource)]) -> bool {
    !meta.name.is_empty()
        && later.iter().any(|(other, one)| {
            (one.group(), &other.kind, &other.namespace, &other.name)
                == (resource.group(), &meta.kind, &meta.namespace, &meta.name)
        })
}

/// The mistakes of all files, warnings left out.
fn mistakes(sources: &[Source], reports: Vec<Report>) -> ConfigError {
    let (mut diagnostics, mut rendered) = (Vec::new(), Vec::new());
    for (source, report) in sources.iter().zip(reports) {
        let mut errors = report.diagnostics;
        errors.retain(|one| one.severity == Severity::Error);
        if errors.is_empty() {
            continue;
        }
        if let ConfigError::Mistakes {
            diagnostics: of_file,
            rendered: text,
        } = ConfigError::mistakes(source, errors)
        {
            diagnostics.extend(of_file);
            rendered.push(text);
        }
    }
    ConfigError::Mistakes {
        diagnostics,
        rendered: rendered.join("\n\n"),
    }
}

fn meta_of(resource: &Resource, file: usize) -> Meta {
    Meta {
        kind: resource.kind.clone(),
        namespace: resource
            .namespace
            .clone()
            .unwrap_or_else(|| "default".into()),
        name: resource.name.clone(),
        created: core::metadata_text(&resource.root, "creationTimestamp"),
        file,
        span: resource.kind_span.clone(),
    }
}

/// Whether a resource of Gateway API has the group of its first, incompatible versions.
fn is_outdated(resource: &Resource) -> bool {
    let kind = resource.kind.as_str();
    let is_route = kind == "Gateway" || kind.ends_with("Route");
    is_route
        && matches!(
            resource.group(),
            "networking.x-k8s.io" | "gateway.networking.x-k8s.io"
        )
}

/// Reads a resource if its kind says something about routes; whether it did.
fn read(
    resource: &Resource,
    meta: Meta,
    source: &Source,
    all: &mut Resources,
    report: &mut Report,
) -> bool {
    let line = |byte: usize| format!("{}:{}", source.name(), source.position(byte).0);
    let Some(root) = Fields::any(&resource.root, "a resource", report) else {
        return false;
    };
    let group = resource.group();
    let istio = group == "networking.istio.io";
    let gateway_api = group == "gateway.networking.k8s.io";
    if resource.kind == "Namespace" && group.is_empty() {
        let labels = core::namespace_labels(&resource.root);
        all.namespaces.insert(meta.name, labels);
        return true;
    }
    let known = match resource.kind.as_str() {
        "VirtualService" | "DestinationRule" | "ServiceEntry" => istio,
        "Gateway" => istio || gateway_api,
        "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "ReferenceGrant" => gateway_api,
        "RouteRule" => group == "config.istio.io",
        "Service" => group.is_empty(),
        "Deployment" => group == "apps" || group == "extensions",
        _ => false,
    };
    if !known {
        if is_outdated(resource) {
            let message = format!("`{}` of {group} is not read", resource.kind);
            let effect = "an old form of gateway.networking.k8s.io";
            report.add(Diagnostic::warning(
                resource.kind_span.clone(),
                message,
                effect,
            ));
        }
        return false;
    }
    let Some(spec) = root.required("spec", "{}", report) else {
        return true;
    };
    match resource.kind.as_str() {
        "VirtualService" => {
            let read = virtual_service::virtual_service(spec, meta, &line, report);
            all.virtual_services.extend(read);
        }
        "DestinationRule" => all
            .destination_rules
            .extend(destination_rule::destination_rule(spec, &meta, report)),
        "ServiceEntry" => all
            .services
            .extend(service_entry::service_entry(spec, &meta, report)),
        "Gateway" if istio => all
            .gateways
            .extend(istio_gateway::istio_gateway(spec, &meta, report)),
        "Gateway" => all
            .gateways
            .extend(api_gateway::api_gateway(spec, &meta, report)),
        "ReferenceGrant" => all
            .grants
            .extend(api_gateway::reference_grant(spec, &meta, report)),
        "RouteRule" => all
            .route_rules
            .extend(route_rule::route_rule(spec, meta, &line, report)),
        "Service" => all.services.extend(core::service(spec, meta, report)),
        "Deployment" => all
            .deployments
            .extend(core::deployment(spec, &meta, report)),
        _ => all
            .api_routes
            .extend(gateway_api::api_route(spec, meta, &line, report)),
    }
    true
}
