//! What stands behind a destination, as far as the manifests say.
//!
//! Nobody has all manifests at hand. A kind that is not there at all says nothing: what it would
//! define is taken to exist. Where it is there, it is taken to be complete.

use std::collections::BTreeMap;

use super::resources::{Meta, Reference, Resources, Service, Target};
use crate::routing::{Backend, Destination};

/// What is known of hosts, subsets and pods.
pub(super) struct Inventory<'a> {
    resources: &'a Resources,
}

/// A destination, and what is doubtful about it.
pub(super) struct Resolved {
    pub(super) destination: Destination,
    /// The doubt and its effect.
    pub(super) doubt: Option<(String, &'static str)>,
}

impl<'a> Inventory<'a> {
    pub(super) fn new(resources: &'a Resources) -> Self {
        Self { resources }
    }

    /// The service of a host, if it was among the manifests.
    pub(super) fn service(&self, host: &str) -> Option<&'a Service> {
        self.resources
            .services
            .iter()
            .find(|service| service.host == host)
    }

    /// What stands behind a target.
    pub(super) fn resolve(&self, target: &Target) -> Resolved {
        let service = self.service(&target.host);
        let only_port = match service.map(|service| service.ports.as_slice()) {
            Some([port]) => Some(port.number),
            _ => None,
        };
        let (backend, doubt) = self.backend(target, service);
        Resolved {
            destination: Destination {
                host: target.host.clone(),
                subset: target.subset.clone(),
                port: target.port.or(only_port),
                backend,
            },
            doubt,
        }
    }

    /// What is to say of a destination that a route may not name just so: whether it is refused, the
    /// doubt and its effect. `None` if it may.
    pub(super) fn leave(
        &self,
        target: &Target,
        route: &Meta,
    ) -> Option<(bool, Option<(String, &'static str)>)> {
        let (namespace, name) = match &target.reference {
            Reference::Free => return None,
            // Said where it was read.
            Reference::Unsupported => return Some((true, None)),
            Reference::Across { namespace, name } => (namespace, name),
        };
        let grants = &self.resources.grants;
        let mut letting = grants.iter();
        if letting.any(|grant| grant.lets(route, namespace, name)) {
            return None;
        }
        let message = format!(
            "no ReferenceGrant of namespace {namespace} lets {}s of namespace {} name the Service {name}",
            route.kind, route.namespace
        );
        Some(match grants.is_empty() {
            true => {
                let effect = "it is taken to be there; name its file too";
                (false, Some((message, effect)))
            }
            false => (true, Some((message, "its share is answered with 500"))),
        })
    }

    fn backend(
        &self,
        target: &Target,
        service: Option<&Service>,
    ) -> (Backend, Option<(String, &'static str)>) {
        const MISSING: &str = "its share is answered with an error: nothing is renormalised";
        let host = &target.host;
        let cluster_host = host.ends_with(".svc.cluster.local");
        let mut services = self.resources.services.iter();
        let services_given = services.any(|service| service.meta.kind == "Service");
        if service.is_none() && cluster_host && services_given {
            let doubt = format!("no Service is `{host}`");
            return (Backend::Missing, Some((doubt, MISSING)));
        }
        let labels = match &target.subset {
            None => BTreeMap::new(),
            Some(subset) => match self.subset(host, subset) {
                Subset::Labels(labels) => labels.clone(),
                Subset::Undefined => {
                    let doubt = format!("no DestinationRule defines subset `{subset}` of `{host}`");
                    return (Backend::Missing, Some((doubt, MISSING)));
                }
                Subset::Unknown => {
                    let doubt =
                        format!("subset `{subset}` of `{host}`: no DestinationRule is given");
                    let effect = "it is taken to exist; name its file too";
                    return (Backend::Ready, Some((doubt, effect)));
                }
            },
        };
        match service.and_then(|service| self.replicas(service, &labels)) {
            Some(0) => {
                let doubt = match &target.subset {
                    Some(subset) => format!("subset `{subset}` of `{host}` has no replica"),
                    None => format!("`{host}` has no replica"),
                };
                (
                    Backend::Empty,
                    Some((doubt, "its share is answered with 503 UH")),
                )
            }
            _ => (Backend::Ready, None),
        }
    }

    fn subset(&self, host: &str, subset: &str) -> Subset<'a> {
        let rules = || {
            let rules = self.resources.destination_rules.iter();
            rules.filter(|rule| rule.host == host)
        };
        if rules().next().is_none() {
            return match self.resources.route_rules.is_empty() {
                true => Subset::Unknown,
                // The old rules name versions by labels; there is nothing to define.
                false => Subset::Labels(&NO_LABELS),
            };
        }
        let mut subsets = rules().flat_map(|rule| &rule.subsets);
        match subsets.find(|(name, _)| name == subset) {
            Some((_, labels)) => Subset::Labels(labels),
            None => Subset::Undefined,
        }
    }

    /// Replicas of a service with those labels; `None` if no Deployment of it is known.
    fn replicas(&self, service: &Service, labels: &BTreeMap<String, String>) -> Option<u64> {
        let has = |all: &BTreeMap<String, String>, some: &BTreeMap<String, String>| {
            some.iter().all(|(key, value)| all.get(key) == Some(value))
        };
        let mut own = self
            .resources
            .deployments
            .iter()
            .filter(|one| one.namespace == service.meta.namespace)
            .filter(|one| !service.selector.is_empty() && has(&one.labels, &service.selector))
            .peekable();
        own.peek()?;
        let matching = own.filter(|one| has(&one.labels, labels));
        Some(matching.map(|one| u64::from(one.replicas)).sum())
    }
}

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

/// What is known of a subset.
enum Subset<'a> {
    Labels(&'a BTreeMap<String, String>),
    /// The host has rules, and none defines it.
    Undefined,
    /// No rule of the host is there.
    Unknown,
}
