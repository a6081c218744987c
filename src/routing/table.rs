//! The table: virtual hosts by domain, and in each of them routes in order, the first match wins.

use super::answer::{Answer, PassedOver, Resolution};
use super::authority::{Closeness, Domain};
use super::{Listener, MESH, Request, Route};

/// All that the mesh says, for all of its proxies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteTable {
    virtual_hosts: Vec<VirtualHost>,
    listeners: Vec<Listener>,
    unknown_host: UnknownHost,
}

/// Domains, and the routes for requests to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualHost {
    /// What people call it, such as `reviews.default.svc.cluster.local`.
    pub name: String,
    /// Its domains, without ports: a port in an authority is ignored, as Istio configures it.
    pub domains: Vec<Domain>,
    /// The proxies that have it: [`MESH`], or `namespace/name` of gateways; empty: all.
    pub gateways: Vec<String>,
    /// The port that it listens on; `None`: all.
    pub port: Option<u16>,
    /// The routes in order.
    pub routes: Vec<Route>,
}

/// What a sidecar does with a host that the mesh does not know. A gateway answers 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownHost {
    /// Lets it pass unchanged: `ALLOW_ANY`.
    #[default]
    PassThrough,
    /// Answers 502: `REGISTRY_ONLY`.
    Refuse,
    /// Answers 404, flag NR: gateways.
    NotFound,
}

impl RouteTable {
    /// A table. Of virtual hosts that fit a request equally closely the first one counts.
    #[must_use]
    pub fn new(
        virtual_hosts: Vec<VirtualHost>,
        listeners: Vec<Listener>,
        unknown_host: UnknownHost,
    ) -> Self {
        Self {
            virtual_hosts,
            listeners,
            unknown_host,
        }
    }

    /// The virtual hosts.
    #[must_use]
    pub fn virtual_hosts(&self) -> &[VirtualHost] {
        &self.virtual_hosts
    }

    /// The TCP and TLS listeners.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// The route that answers a request.
    #[must_use]
    pub fn find(&self, request: &Request) -> Option<&Route> {
        let host = self.virtual_host(request)?;
        host.routes
            .iter()
            .find(|route| route.condition.holds(request))
    }

    /// The route that answers a request, and the ones passed over with the reason.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Answer<'_> {
        let virtual_host = self.virtual_host(request);
        let mut passed_over = Vec::new();
        let routes = virtual_host.map_or(&[][..], |host| &host.routes);
        let mut resolution = match virtual_host {
            Some(_) => Resolution::NoRoute,
            None => Resolution::UnknownHost(self.unknown_host_for(request)),
        };
        for (place, route) in routes.iter().enumerate() {
            match route.condition.mismatch(request) {
                Some(mismatch) => passed_over.push(PassedOver {
                    place,
                    route,
                    mismatch,
                }),
                None => {
                    resolution = Resolution::Route { place, route };
                    break;
                }
            }
        }
        Answer {
            virtual_host,
            passed_over,
            resolution,
        }
    }

    /// The virtual host that a request's authority belongs to.
    fn virtual_host(&self, request: &Request) -> Option<&VirtualHost> {
        let host = request.host().to_ascii_lowercase();
        let mut best: Option<(Closeness, &VirtualHost)> = None;
        for candidate in &self.virtual_hosts {
            let closeness = candidate.closeness(request, &host);
            if closeness > best.map(|(closeness, _)| closeness) {
                best = closeness.map(|closeness| (closeness, candidate));
            }
        }
        best.map(|(_, host)| host)
    }

    fn unknown_host_for(&self, request: &Request) -> UnknownHost {
        if request.source.gateway == MESH {
            self.unknown_host
        } else {
            UnknownHost::NotFound
        }
    }
}

impl VirtualHost {
    /// How closely it fits a request; `None` if it does not.
    fn closeness(&self, request: &Request, host: &str) -> Option<Closeness> {
        let here = self.gateways.is_empty() || self.gateways.contains(&request.source.gateway);
        if !here || self.port.is_some_and(|port| port != request.port) {
            return None;
        }
        let closeness = |domain: &Domain| domain.closeness(host);
        self.domains.iter().filter_map(closeness).max()
    }
}
