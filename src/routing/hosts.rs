//! Which virtual host the authority of a request belongs to.

use std::borrow::Cow;

use super::authority::Closeness;
use super::{Domain, Request, VirtualHost};

/// The domains of all virtual hosts, ready to be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hosts {
    /// Exact domains, sorted, with the places of their virtual hosts in order.
    exact: Vec<(String, usize, Names)>,
    /// The others, the closest first.
    wildcards: Vec<(Domain, usize)>,
}

/// Who may call a host by a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Names {
    /// Everybody.
    Everywhere,
    /// The proxies of this namespace: the name of a service alone.
    In(String),
}

impl Names {
    /// Source: istio/istio, `pilot/pkg/networking/core/httproute.go` (`generateAltVirtualHosts`).
    fn of(domain: &str, host: &VirtualHost) -> Self {
        let namespace = host.domains.iter().find_map(|other| match other {
            Domain::Exact(full) => full
                .strip_prefix(domain)?
                .strip_prefix('.')?
                .strip_suffix(".svc.cluster.local"),
            _ => None,
        });
        match namespace.filter(|_| !domain.contains('.')) {
            Some(namespace) => Self::In(namespace.to_owned()),
            None => Self::Everywhere,
        }
    }

    fn hold(&self, request: &Request) -> bool {
        match self {
            Self::Everywhere => true,
            Self::In(namespace) => request.source.namespace == *namespace,
        }
    }
}

impl Hosts {
    pub(super) fn new(virtual_hosts: &[VirtualHost]) -> Self {
        let mut hosts = Self::default();
        for (place, host) in virtual_hosts.iter().enumerate() {
            for domain in &host.domains {
                match domain {
                    Domain::Exact(exact) => {
                        let names = Names::of(exact, host);
                        hosts.exact.push((exact.clone(), place, names));
                    }
                    wildcard => hosts.wildcards.push((wildcard.clone(), place)),
                }
            }
        }
        hosts.exact.sort();
        let reach = |domain: &Domain| match domain {
            Domain::Exact(_) => Closeness::Exact,
            Domain::Suffix(suffix) => Closeness::Suffix(suffix.len()),
            Domain::Prefix(prefix) => Closeness::Prefix(prefix.len()),
            Domain::Any => Closeness::Any,
        };
        // Stable, so that of equals the first virtual host stays first.
        hosts
            .wildcards
            .sort_by_key(|(domain, _)| std::cmp::Reverse(reach(domain)));
        hosts
    }

    /// The place of the virtual host that answers a request.
    pub(super) fn find(&self, virtual_hosts: &[VirtualHost], request: &Request) -> Option<usize> {
        self.find_that(request, |place| virtual_hosts[*place].serves(request))
    }

    /// The place of the virtual host that would answer a request at another port.
    pub(super) fn find_at_any_port(
        &self,
        virtual_hosts: &[VirtualHost],
        request: &Request,
    ) -> Option<usize> {
        self.find_that(request, |place| virtual_hosts[*place].is_at(request))
    }

    /// The namespaces whose proxies know a host by this name, if not all do.
    pub(super) fn namespaces_that_know(&self, host: &str) -> Vec<&str> {
        let host = lower(host);
        let mut namespaces: Vec<&str> = self
            .exact
            .iter()
            .filter(|(domain, _, _)| *domain == *host)
            .filter_map(|(_, _, names)| match names {
                Names::In(namespace) => Some(namespace.as_str()),
                Names::Everywhere => None,
            })
            .collect();
        namespaces.dedup();
        namespaces
    }

    fn find_that(&self, request: &Request, serves: impl Fn(&usize) -> bool) -> Option<usize> {
        let host = lower(request.host());
        let from = self
            .exact
            .partition_point(|(domain, _, _)| **domain < *host);
        let exact = self.exact[from..].iter();
        exact
            .take_while(|(domain, _, _)| *domain == *host)
            .filter(|(_, _, names)| names.hold(request))
            .map(|&(_, place, _)| place)
            .find(&serves)
            .or_else(|| {
                let fits = |(domain, _): &&(Domain, usize)| domain.closeness(&host).is_some();
                let wildcards = self.wildcards.iter().filter(fits);
                wildcards.map(|&(_, place)| place).find(&serves)
            })
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
