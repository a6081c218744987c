//! From resources to the route table: which proxy has which hosts, and their routes in order.
//!
//! Source: istio/istio, `pilot/pkg/networking/core/{httproute,gateway,networkfilter,tls}.go` and
//! `route/route.go` (`BuildHTTPRoutesForVirtualService`).

use std::ops::Range;

use super::assemble_api::add_api_routes;
use super::assemble_gateway::{
    add_gateway_hosts, add_gateway_listeners, warn_of_subsets_without_effect,
};
use super::inventory::Inventory;
use super::resources::{
    Action, ConnectionRule, Gateway, HttpRule, Meta, Reference, Resources, RouteRule, Service,
    Target, VirtualService,
};
use crate::routing::{
    Backend, Domain, Forward, FractionalPercent, Listener, MESH, Mirror, Origin, Route,
    RouteAction, RouteMatch, RouteTable, TcpMatch, TcpRoute, UnknownHost, VirtualHost,
    WeightedDestination,
};

/// A doubt about a resource: its file, the place, what is doubtful, and the effect.
pub(super) struct Doubt {
    pub(super) file: usize,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) effect: String,
}

/// How an API reads the weights of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Istio,
    GatewayApi(Parents),
}

/// What routes of Gateway API are attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parents {
    /// Gateways: a service of another namespace has to let itself be referred to.
    Gateways,
    /// Services: it need not.
    Services,
}

/// The table as it is put together.
pub(super) struct Assembly<'a> {
    pub(super) inventory: Inventory<'a>,
    pub(super) hosts: Vec<VirtualHost>,
    pub(super) listeners: Vec<Listener>,
    pub(super) doubts: Vec<Doubt>,
}

/// Puts everything together.
pub(super) fn assemble(resources: &Resources) -> (RouteTable, Vec<Doubt>) {
    let mut assembly = Assembly {
        inventory: Inventory::new(resources),
        hosts: Vec::new(),
        listeners: Vec::new(),
        doubts: Vec::new(),
    };
    let mut services: Vec<&VirtualService> = resources.virtual_services.iter().collect();
    services.sort_by_key(|service| service.meta.istio_age());
    for service in services {
        assembly.add_virtual_service(service, &resources.gateways);
    }
    warn_of_subsets_without_effect(&mut assembly, &resources.virtual_services);
    add_api_routes(&mut assembly, resources);
    assembly.add_route_rules(&resources.route_rules);
    for service in &resources.services {
        assembly.add_plain_service(service);
    }
    let table = RouteTable::new(assembly.hosts, assembly.listeners, UnknownHost::default());
    (table, assembly.doubts)
}

impl Assembly<'_> {
    fn add_virtual_service(&mut self, service: &VirtualService, gateways: &[Gateway]) {
        for gateway in &service.gateways {
            let mut routes = self.routes(&service.http, &service.meta, Api::Istio);
            // Which matches hold at a proxy of that kind is known before any request.
            routes.retain(|route| route.condition.source.is_at(gateway));
            if gateway == MESH {
                let mut connections =
                    self.connections(&service.connections, &service.meta, Api::Istio);
                connections.retain(|route| route.condition.source.is_at(gateway));
                self.add_mesh_hosts(service, &routes);
                self.add_mesh_listeners(service, &connections);
                continue;
            }
            add_gateway_hosts(self, service, gateway, gateways, &routes);
            for by_server_name in [true, false] {
                let rules = service.connections.iter();
                let rules = rules.filter(|rule| rule.is_tls == by_server_name);
                let mut connections = self.connections(rules, &service.meta, Api::Istio);
                connections.retain(|route| route.condition.source.is_at(gateway));
                let connections = (by_server_name, connections);
                add_gateway_listeners(self, service, gateway, gateways, connections);
            }
        }
    }

    /// In sidecars the oldest VirtualService has a host for itself.
    fn add_mesh_hosts(&mut self, service: &VirtualService, routes: &[Route]) {
        if routes.is_empty() {
            return;
        }
        for host in &service.hosts {
            let taken = self.hosts.iter().find(|known| {
                known.name == *host && known.gateways.iter().any(|gateway| gateway == MESH)
            });
            if let Some(taken) = taken {
                let owner = taken
                    .routes
                    .first()
                    .map(|route| route.origin.resource.clone());
                let message = format!(
                    "`{host}` already has rules of {}",
                    owner.unwrap_or_else(|| "another resource".into())
                );
                let effect = "in sidecars the oldest has the host; these rules are not used";
                self.doubt(&service.meta, service.meta.span.clone(), message, effect);
                continue;
            }
            let Some(ports) = self.request_ports(host) else {
                let message = format!("no port of `{host}` carries HTTP");
                let effect = "rules for requests are not used at ports of TCP and TLS";
                self.doubt(&service.meta, service.meta.span.clone(), message, effect);
                continue;
            };
            self.hosts.push(VirtualHost {
                name: host.clone(),
                domains: mesh_domains(host),
                gateways: vec![MESH.to_owned()],
                ports,
                routes: routes.to_vec(),
            });
        }
    }

    /// A service without a rule gets its requests as they come.
    fn add_plain_service(&mut self, service: &Service) {
        let ports = self.ports_without_rules(service);
        if let Some(ports) = ports
            && let Some((origin, forward)) = self.plain(service, None)
        {
            self.hosts.push(VirtualHost {
                name: service.host.clone(),
                domains: mesh_domains(&service.host),
                gateways: vec![MESH.to_owned()],
                ports,
                routes: vec![Route::new(origin, RouteAction::Forward(forward))],
            });
        }
        for port in service.ports.iter().filter(|port| port.is_tcp) {
            let domains = mesh_domains(&service.host);
            let taken = self.listeners.iter().any(|known| {
                known.port == port.number && known.domains.iter().any(|one| domains.contains(one))
            });
            if !taken && let Some((origin, forward)) = self.plain(service, Some(port.number)) {
                self.listeners.push(Listener {
                    name: format!("{}:{}", service.meta.name, port.number),
                    domains,
                    port: port.number,
                    gateways: vec![MESH.to_owned()],
                    routes: vec![TcpRoute {
                        origin,
                        condition: TcpMatch::default(),
                        forward,
                    }],
                });
            }
        }
    }

    /// The ports of a service at which requests follow no rule; empty: all. `None` if there are none.
    fn ports_without_rules(&self, service: &Service) -> Option<Vec<u16>> {
        let mut ports = service.http_ports()?;
        let ruled = |host: &&VirtualHost| {
            host.name == service.host && host.gateways.iter().any(|gateway| gateway == MESH)
        };
        let mut ruled = self.hosts.iter().filter(ruled).peekable();
        if ruled.peek().is_none() {
            return Some(ports);
        }
        let ruled: Vec<&VirtualHost> = ruled.collect();
        ports.retain(|port| !ruled.iter().any(|host| host.has_port(*port)));
        (!ports.is_empty()).then_some(ports)
    }

    /// The ports at which a sidecar knows a host; empty: all, as its service is not known. `None` if
    /// none of its ports carries HTTP.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/route.go`
    /// (`buildSidecarVirtualHostsForVirtualService`).
    pub(super) fn request_ports(&self, host: &str) -> Option<Vec<u16>> {
        self.inventory
            .service(host)
            .map_or(Some(Vec::new()), Service::http_ports)
    }

    /// All of a service, by one of its ports if it is known which.
    fn plain(&mut self, service: &Service, port: Option<u16>) -> Option<(Origin, Forward)> {
        let origin = Origin {
            resource: service.meta.resource(),
            rule: "(no rule)".into(),
            place: None,
        };
        let target = Target {
            host: service.host.clone(),
            subset: None,
            port,
            weight: 1,
            reference: Reference::Free,
            span: service.meta.span.clone(),
        };
        Some((origin, self.forward(&[target], &service.meta, Api::Istio)?))
    }

    /// The highest precedence first; equals by name, which upstream leaves open.
    fn add_route_rules(&mut self, rules: &[RouteRule]) {
        let mut sorted: Vec<&RouteRule> = rules.iter().collect();
        sorted.sort_by(|one, other| {
            let by_name = one.meta.full_name().cmp(&other.meta.full_name());
            other.precedence.cmp(&one.precedence).then(by_name)
        });
        for rule in sorted {
            let routes = self.routes(std::slice::from_ref(&rule.rule), &rule.meta, Api::Istio);
            match self.hosts.iter_mut().find(|known| known.name == rule.host) {
                Some(known) => known.routes.extend(routes),
                None => self.hosts.push(VirtualHost {
                    name: rule.host.clone(),
                    domains: mesh_domains(&rule.host),
                    gateways: vec![MESH.to_owned()],
                    ports: self.request_ports(&rule.host).unwrap_or_default(),
                    routes,
                }),
            }
        }
    }

    /// A route for each match of each rule, in order, up to the first that catches all.
    pub(super) fn routes(&mut self, rules: &[HttpRule], meta: &Meta, api: Api) -> Vec<Route> {
        let mut routes = Vec::new();
        for rule in rules {
            let Some(action) = self.action(&rule.action, meta, api) else {
                continue;
            };
            let mirrors = self.mirrors(&rule.mirrors, meta);
            let every = [(
                rule.origin.clone(),
                RouteMatch::default(),
                rule.span.clone(),
            )];
            let matches = match rule.matches.is_empty() {
                true => &every[..],
                false => &rule.matches[..],
            };
            for (origin, condition, _) in matches {
                routes.push(Route {
                    condition: condition.clone(),
                    faults: rule.faults.clone(),
                    mirrors: mirrors.clone(),
                    timeout: rule.timeout,
                    retries: rule.retries.clone(),
                    ..Route::new(origin.clone(), action.clone())
                });
                if api == Api::Istio && condition.is_catch_all() {
                    return routes;
                }
            }
        }
        routes
    }

    fn action(&mut self, action: &Action, meta: &Meta, api: Api) -> Option<RouteAction> {
        Some(match action {
            Action::Redirect(redirect) => RouteAction::Redirect(redirect.clone()),
            Action::DirectResponse(response) => RouteAction::DirectResponse(response.clone()),
            Action::Forward(targets) => RouteAction::Forward(self.forward(targets, meta, api)?),
        })
    }

    pub(super) fn connections<'r>(
        &mut self,
        rules: impl IntoIterator<Item = &'r ConnectionRule>,
        meta: &Meta,
        api: Api,
    ) -> Vec<TcpRoute> {
        let mut routes = Vec::new();
        for rule in rules {
            let Some(forward) = self.forward(&rule.targets, meta, api) else {
                continue;
            };
            let every = [(rule.origin.clone(), TcpMatch::default())];
            let matches = match rule.matches.is_empty() {
                true => &every[..],
                false => &rule.matches[..],
            };
            for (origin, condition) in matches {
                routes.push(TcpRoute {
                    origin: origin.clone(),
                    condition: condition.clone(),
                    forward: forward.clone(),
                });
            }
        }
        routes
    }

    fn forward(&mut self, targets: &[Target], meta: &Meta, api: Api) -> Option<Forward> {
        let mut destinations = Vec::with_capacity(targets.len());
        for target in targets {
            let mut resolved = self.inventory.resolve(target);
            if let Some((message, effect)) = resolved.doubt {
                self.doubt(meta, target.span.clone(), message, effect);
            }
            let at_gateway = api == Api::GatewayApi(Parents::Gateways);
            if (at_gateway || target.reference == Reference::Unsupported)
                && let Some((is_missing, doubt)) = self.inventory.leave(target, meta)
            {
                if let Some((message, effect)) = doubt {
                    self.doubt(meta, target.span.clone(), message, effect);
                }
                if is_missing {
                    resolved.destination.backend = Backend::Missing;
                }
            }
            destinations.push(WeightedDestination {
                destination: resolved.destination,
                weight: target.weight,
            });
        }
        // What these refuse was refused with its place when it was read.
        match api {
            Api::Istio => Forward::istio(destinations).ok(),
            Api::GatewayApi(_) => Forward::gateway_api(destinations).ok(),
        }
    }

    fn mirrors(&mut self, mirrors: &[(Target, FractionalPercent)], meta: &Meta) -> Vec<Mirror> {
        let mut found = Vec::new();
        for (target, percentage) in mirrors {
            let resolved = self.inventory.resolve(target);
            if let Some((message, effect)) = resolved.doubt {
                self.doubt(meta, target.span.clone(), message, effect);
            }
            // Zero percent removes the mirror.
            if percentage.numerator > 0 {
                found.push(Mirror {
                    destination: resolved.destination,
                    percentage: *percentage,
                });
            }
        }
        found
    }

    /// Connections inside of the mesh arrive at the ports of the service.
    fn add_mesh_listeners(&mut self, service: &VirtualService, routes: &[TcpRoute]) {
        if routes.is_empty() {
            return;
        }
        for host in &service.hosts {
            let known = self.inventory.service(host);
            let of_service = known.map(|known| known.ports.iter().map(|port| port.number));
            let mut ports: Vec<u16> = of_service.map_or_else(Vec::new, Iterator::collect);
            if ports.is_empty() {
                ports.extend(routes.iter().filter_map(|route| route.condition.port));
            }
            if ports.is_empty() {
                let destinations = routes.iter().flat_map(|route| route.forward.destinations());
                ports.extend(destinations.filter_map(|one| one.destination.port));
            }
            ports.sort_unstable();
            ports.dedup();
            for port in ports {
                self.listeners.push(Listener {
                    name: format!("{host}:{port}"),
                    domains: mesh_domains(host),
                    port,
                    gateways: vec![MESH.to_owned()],
                    routes: routes.to_vec(),
                });
            }
        }
    }

    /// A listener, or more rules for the one that is there.
    pub(super) fn add_listener(&mut self, listener: Listener) {
        let same = self.listeners.iter_mut().find(|known| {
            known.port == listener.port
                && known.gateways == listener.gateways
                && known.domains == listener.domains
        });
        match same {
            Some(known) => known.routes.extend(listener.routes),
            None => self.listeners.push(listener),
        }
    }

    pub(super) fn doubt(&mut self, meta: &Meta, span: Range<usize>, message: String, effect: &str) {
        // What is not given is said once, and what is wrong wherever it stands.
        let said_once = effect.starts_with("it is taken to");
        let same = |known: &Doubt| {
            known.file == meta.file && known.message == message && (said_once || known.span == span)
        };
        if !self.doubts.iter().any(same) {
            self.doubts.push(Doubt {
                file: meta.file,
                span,
                message,
                effect: effect.to_owned(),
            });
        }
    }
}

/// The names by which a sidecar knows a host: a service also by its shorter names.
pub(super) fn mesh_domains(host: &str) -> Vec<Domain> {
    let mut names = vec![host.to_owned()];
    if let Some(short) = host.strip_suffix(".svc.cluster.local") {
        let name = short.split('.').next().unwrap_or(short);
        names.extend([name.to_owned(), short.to_owned(), format!("{short}.svc")]);
    }
    names
        .iter()
        .filter_map(|name| Domain::parse(name).ok())
        .collect()
}
