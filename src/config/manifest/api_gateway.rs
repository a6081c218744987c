//! Gateway API's Gateway, its listeners and whose routes they admit; and what lets routes refer to
//! services of other namespaces.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/gateway_types.go`,
//! `apis/v1beta1/referencegrant_types.go`.

use std::collections::BTreeMap;

use super::object::{Keys, doubt, items, labels, number, object, text, texts};
use super::resources::{
    Admits, Carries, Gateway, Grant, Meta, Namespaces, Operator, Requirement, Server, ServerHost,
};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;

/// Reads the `spec` of Gateway API's Gateway: its listeners.
pub(super) fn api_gateway(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Gateway> {
    let fields = Fields::any(spec, "a Gateway", report)?;
    let listeners = items(&fields, "listeners", report).iter();
    let servers = listeners.filter_map(|node| listener(node, meta, report));
    Some(Gateway {
        servers: servers.collect(),
        full_name: meta.full_name(),
    })
}

fn listener(node: &Node, meta: &Meta, report: &mut Report) -> Option<Server> {
    const LISTENER: Keys = Keys {
        read: &[
            "name",
            "hostname",
            "port",
            "protocol",
            "tls",
            "allowedRoutes",
        ],
        not_simulated: &[],
    };
    let listener = object(node, "a listener", &LISTENER, report)?;
    let hostname = text(&listener, "hostname", report).filter(|name| !name.is_empty());
    Some(Server {
        name: text(&listener, "name", report).unwrap_or_default(),
        port: number(&listener, "port", 1, 65535, report)?,
        carries: carries(&listener, report),
        hosts: vec![ServerHost::open(hostname.unwrap_or_else(|| "*".into()))],
        admits: admits(&listener, meta, report),
    })
}

fn carries(listener: &Fields, report: &mut Report) -> Carries {
    let mode = listener.get("tls").and_then(|node| {
        let tls = Fields::any(node, "TLS settings", report)?;
        text(&tls, "mode", report)
    });
    match text(listener, "protocol", report).as_deref() {
        Some("HTTP" | "HTTPS") => Carries::Requests,
        Some("TCP") => Carries::Connections,
        Some("TLS") if mode.as_deref() == Some("Passthrough") => Carries::Handshakes,
        // What ends here is routed by its server name, or as it comes.
        Some("TLS") | None => Carries::Unknown,
        Some(_) => Carries::Other,
    }
}

fn admits(listener: &Fields, meta: &Meta, report: &mut Report) -> Admits {
    const ALLOWED: Keys = Keys {
        read: &["namespaces", "kinds"],
        not_simulated: &[],
    };
    let mut admits = Admits {
        namespaces: Namespaces::Same(meta.namespace.clone()),
        kinds: Vec::new(),
    };
    let allowed = listener.get("allowedRoutes");
    let Some(allowed) = allowed.and_then(|node| object(node, "allowed routes", &ALLOWED, report))
    else {
        return admits;
    };
    for node in items(&allowed, "kinds", report) {
        let kind = Fields::any(node, "a kind of route", report);
        admits
            .kinds
            .extend(kind.and_then(|kind| text(&kind, "kind", report)));
    }
    let namespaces = allowed.get("namespaces");
    if let Some(node) = namespaces
        && let Some(found) = namespaces_of(node, meta, report)
    {
        admits.namespaces = found;
    }
    admits
}

fn namespaces_of(node: &Node, meta: &Meta, report: &mut Report) -> Option<Namespaces> {
    const NAMESPACES: Keys = Keys {
        read: &["from", "selector"],
        not_simulated: &[],
    };
    let fields = object(node, "namespaces", &NAMESPACES, report)?;
    Some(match text(&fields, "from", report)?.as_str() {
        "All" => Namespaces::All,
        "None" => Namespaces::None,
        "Selector" => {
            let selector = fields.get("selector");
            let selector = selector.and_then(|node| Fields::any(node, "a selector", report));
            Namespaces::Selected(
                selector.map_or_else(Vec::new, |selector| requirements(&selector, report)),
            )
        }
        _ => Namespaces::Same(meta.namespace.clone()),
    })
}

/// `matchLabels` and `matchExpressions`; all have to hold.
fn requirements(selector: &Fields, report: &mut Report) -> Vec<Requirement> {
    let exact = labels(selector, "matchLabels", report).into_iter();
    let mut found: Vec<Requirement> = exact
        .map(|(key, value)| Requirement {
            key,
            operator: Operator::In(vec![value]),
        })
        .collect();
    for node in items(selector, "matchExpressions", report) {
        let Some(expression) = Fields::any(node, "an expression", report) else {
            continue;
        };
        let values = texts(&expression, "values", report);
        let operator = match text(&expression, "operator", report).as_deref() {
            Some("In") => Operator::In(values),
            Some("NotIn") => Operator::NotIn(values),
            Some("Exists") => Operator::Exists,
            Some("DoesNotExist") => Operator::DoesNotExist,
            other => {
                let message = format!("`{}` is not an operator", other.unwrap_or_default());
                doubt(report, node.span.clone(), message, "it is left out");
                continue;
            }
        };
        let key = text(&expression, "key", report).unwrap_or_default();
        found.push(Requirement { key, operator });
    }
    found
}

/// Reads the `spec` of a ReferenceGrant.
pub(super) fn reference_grant(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Grant> {
    let fields = Fields::any(spec, "a ReferenceGrant", report)?;
    let mut grant = Grant {
        namespace: meta.namespace.clone(),
        from: Vec::new(),
        to: Vec::new(),
    };
    for node in items(&fields, "from", report) {
        if let Some(from) = Fields::any(node, "the origin of a reference", report) {
            let kind = text(&from, "kind", report).unwrap_or_default();
            let namespace = text(&from, "namespace", report).unwrap_or_default();
            grant.from.push((kind, namespace));
        }
    }
    for node in items(&fields, "to", report) {
        if let Some(to) = Fields::any(node, "the end of a reference", report) {
            let kind = text(&to, "kind", report).unwrap_or_default();
            let name = text(&to, "name", report).filter(|name| !name.is_empty());
            grant.to.push((kind, name));
        }
    }
    Some(grant)
}

impl Grant {
    /// Whether routes of that kind and namespace may name a service.
    pub(super) fn lets(&self, route: &Meta, namespace: &str, service: &str) -> bool {
        let from = |(kind, namespace): &(String, String)| {
            *kind == route.kind && *namespace == route.namespace
        };
        let to = |(kind, name): &(String, Option<String>)| {
            kind == "Service" && name.as_ref().is_none_or(|name| name == service)
        };
        self.namespace == namespace && self.from.iter().any(from) && self.to.iter().any(to)
    }
}

impl Namespaces {
    /// Whether routes of a namespace are admitted; `None` if its labels are not known.
    pub(super) fn admit(
        &self,
        namespace: &str,
        known: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::None => Some(false),
            Self::Same(own) => Some(own == namespace),
            Self::Selected(requirements) => {
                let labels = known.get(namespace);
                let met = requirements
                    .iter()
                    .map(|one| one.holds(namespace, labels))
                    .collect::<Vec<_>>();
                match met.contains(&Some(false)) {
                    true => Some(false),
                    false => met.into_iter().collect::<Option<Vec<bool>>>().map(|_| true),
                }
            }
        }
    }
}

/// The label that Kubernetes gives each namespace: its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Requirement {
    /// `None` if the label is not known.
    fn holds(&self, namespace: &str, labels: Option<&BTreeMap<String, String>>) -> Option<bool> {
        let value = match self.key == NAME_LABEL {
            true => Some(namespace),
            false => labels?.get(&self.key).map(String::as_str),
        };
        let is_in =
            |values: &[String]| value.is_some_and(|value| values.iter().any(|one| one == value));
        Some(match &self.operator {
            Operator::In(values) => is_in(values),
            Operator::NotIn(values) => !is_in(values),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        })
    }
}
