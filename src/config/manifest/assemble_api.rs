//! Routes of Gateway API in the table: by listener and hostname, or by service inside of the mesh, the
//! most specific match first.

use super::assemble::{Api, Assembly, Parents, mesh_domains};
use super::assemble_gateway::common_name;
use super::resources::{ApiRoute, ConnectionRule, Gateway, Parent, Resources, Server};
use crate::routing::{
    Domain, Listener, MESH, Route, TcpMatch, TcpRoute, VirtualHost, sort_by_gateway_api_precedence,
};

/// Adds all routes, oldest first, and puts the matches of each host in the API's order.
pub(super) fn add_api_routes(assembly: &mut Assembly, resources: &Resources) {
    let first = assembly.hosts.len();
    let mut routes: Vec<&ApiRoute> = resources.api_routes.iter().collect();
    routes.sort_by_key(|route| route.meta.age());
    for route in routes {
        if route.parents.is_empty() {
            let message = format!("{} names no parent", route.meta.resource());
            let effect = "it is attached to nothing and answers no request";
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        }
        for parent in &route.parents {
            match parent {
                Parent::Service(host, port) => add_mesh(assembly, route, host, *port),
                Parent::Gateway(name, section, port) => {
                    let attached = Attached::find(
                        assembly,
                        route,
                        resources,
                        (name, section.as_deref(), *port),
                    );
                    add_gateway(assembly, route, name, attached.as_ref());
                    add_gateway_connections(assembly, route, name, attached.as_ref());
                }
            }
        }
    }
    for host in &mut assembly.hosts[first..] {
        sort_by_gateway_api_precedence(&mut host.routes);
    }
}

/// The listeners of a known gateway that take a route.
struct Attached<'a>(Vec<&'a Server>);

impl<'a> Attached<'a> {
    /// `None` if the gateway is not known. Why there is none is said.
    fn find(
        assembly: &mut Assembly,
        route: &ApiRoute,
        resources: &'a Resources,
        (gateway, section, port): (&str, Option<&str>, Option<u16>),
    ) -> Option<Self> {
        let is_gateway = |known: &&Gateway| known.full_name == *gateway;
        let mut doubt = |message: String, effect: &str| {
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        };
        let Some(known) = resources.gateways.iter().find(is_gateway) else {
            if !resources.gateways.is_empty() {
                let effect = "it is taken to exist, and to take every host";
                doubt(format!("no Gateway is `{gateway}`"), effect);
            }
            return None;
        };
        const UNUSED: &str = "the rules are not used there";
        let named = |server: &&Server| {
            section.is_none_or(|section| server.name == section)
                && port.is_none_or(|port| server.port == port)
        };
        let mut servers: Vec<&Server> = known.servers.iter().filter(named).collect();
        if servers.is_empty() {
            let port = port.map(|port| format!("port {port}"));
            let wanted = section.map(|section| format!("`{section}`")).or(port);
            let wanted = wanted.unwrap_or_default();
            doubt(
                format!("gateway {gateway} has no listener {wanted}"),
                UNUSED,
            );
            return Some(Self(servers));
        }
        let kind = &route.meta.kind;
        servers.retain(|server| server.takes(kind));
        if servers.is_empty() {
            let message = format!("no listener of gateway {gateway} takes {kind}s");
            doubt(message, UNUSED);
        }
        let had_some = !servers.is_empty();
        let namespace = &route.meta.namespace;
        servers.retain(|server| {
            let admitted = server
                .admits
                .namespaces
                .admit(namespace, &resources.namespaces);
            if admitted.is_none() {
                let message = format!(
                    "listener `{}` of gateway {gateway} admits namespaces by their labels, and \
                     those of {namespace} are not given",
                    server.name
                );
                doubt(message, "it is taken to be admitted; name its manifest too");
            }
            admitted.unwrap_or(true)
        });
        if had_some && servers.is_empty() {
            let message =
                format!("no listener of gateway {gateway} admits routes of namespace {namespace}");
            doubt(message, UNUSED);
        }
        Some(Self(servers))
    }
}

impl Server {
    /// Whether a listener takes routes of a kind.
    fn takes(&self, kind: &str) -> bool {
        let listed =
            self.admits.kinds.is_empty() || self.admits.kinds.iter().any(|one| one == kind);
        let follows = match kind {
            "TCPRoute" => self.carries.connections(false),
            "TLSRoute" => self.carries.connections(true),
            _ => self.carries.requests(),
        };
        listed && follows
    }
}

/// Inside of the mesh a service is the host; hostnames count for nothing.
fn add_mesh(assembly: &mut Assembly, route: &ApiRoute, host: &str, port: Option<u16>) {
    let api = Api::GatewayApi(Parents::Services);
    let own = host.ends_with(&format!(".{}.svc.cluster.local", route.meta.namespace));
    if !own {
        let message = format!("`{host}` is of another namespace than the route");
        let effect = "only clients of the route's namespace follow it; here all do";
        assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
    }
    let http = assembly.routes(&route.http, &route.meta, api);
    let connections = assembly.connections(&route.connections, &route.meta, api);
    if !http.is_empty() {
        let gateways = vec![MESH.to_owned()];
        let ports = port.map_or_else(
            || assembly.request_ports(host).unwrap_or_default(),
            |port| vec![port],
        );
        add_host(assembly, host, mesh_domains(host), gateways, ports, &http);
    }
    if connections.is_empty() {
        return;
    }
    let known = assembly.inventory.service(host);
    let ports: Vec<u16> = match (port, known) {
        (Some(port), _) => vec![port],
        (None, Some(known)) => known.ports.iter().map(|port| port.number).collect(),
        (None, None) => Vec::new(),
    };
    if ports.is_empty() {
        let message = format!("the ports of `{host}` are not known");
        let effect = "name the Service's file too; without it no connection is answered";
        assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
    }
    for port in ports {
        assembly.add_listener(Listener {
            name: format!("{host}:{port}"),
            domains: mesh_domains(host),
            port,
            gateways: vec![MESH.to_owned()],
            routes: connections.clone(),
        });
    }
}

fn add_gateway(
    assembly: &mut Assembly,
    route: &ApiRoute,
    gateway: &str,
    attached: Option<&Attached>,
) {
    let http = assembly.routes(&route.http, &route.meta, Api::GatewayApi(Parents::Gateways));
    if http.is_empty() {
        return;
    }
    let any = vec!["*".to_owned()];
    let hostnames = match route.hostnames.is_empty() {
        true => &any,
        false => &route.hostnames,
    };
    for hostname in hostnames {
        // The narrower of the route's hostname and the listener's counts.
        let places: Vec<(&str, Option<u16>)> = match attached {
            None => vec![(hostname.as_str(), None)],
            Some(Attached(servers)) => servers
                .iter()
                .filter_map(|server| Some((server.common(hostname)?, Some(server.port))))
                .collect(),
        };
        if places.is_empty() && attached.is_some_and(|Attached(servers)| !servers.is_empty()) {
            let message = format!("no listener of gateway {gateway} takes `{hostname}`");
            let effect = "the rules are not used there";
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        }
        for (name, port) in places {
            let domains = Domain::parse(name).into_iter().collect();
            let gateways = vec![gateway.to_owned()];
            let ports = port.into_iter().collect();
            add_host(assembly, name, domains, gateways, ports, &http);
        }
    }
}

impl Server {
    /// The name that a listener and a route have in common.
    fn common<'a>(&'a self, hostname: &'a str) -> Option<&'a str> {
        let mut hosts = self.hosts.iter();
        hosts.find_map(|own| common_name(&own.name, hostname))
    }
}

/// A virtual host, or more routes for the one that is there.
fn add_host(
    assembly: &mut Assembly,
    name: &str,
    domains: Vec<Domain>,
    gateways: Vec<String>,
    ports: Vec<u16>,
    routes: &[Route],
) {
    let same = assembly
        .hosts
        .iter_mut()
        .find(|known| known.name == name && known.gateways == gateways && known.ports == ports);
    match same {
        Some(known) => {
            // Two listeners of one port may have a hostname in common.
            let new = routes.iter().filter(|route| !known.routes.contains(route));
            let new: Vec<Route> = new.cloned().collect();
            known.routes.extend(new);
        }
        None => assembly.hosts.push(VirtualHost {
            name: name.to_owned(),
            domains,
            gateways,
            ports,
            routes: routes.to_vec(),
        }),
    }
}

fn add_gateway_connections(
    assembly: &mut Assembly,
    route: &ApiRoute,
    gateway: &str,
    attached: Option<&Attached>,
) {
    let rules: &[ConnectionRule] = &route.connections;
    let api = Api::GatewayApi(Parents::Gateways);
    let connections = assembly.connections(rules, &route.meta, api);
    if connections.is_empty() {
        return;
    }
    let Some(Attached(servers)) = attached else {
        let message = format!("the port of gateway {gateway} is not known");
        let effect = "name the Gateway's file too; without it no connection is answered";
        assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        return;
    };
    for server in servers {
        let Some(names) = server.server_names(&route.hostnames) else {
            let message = format!(
                "listener `{}` of gateway {gateway} takes none of the route's hostnames",
                server.name
            );
            let effect = "the rules are not used there";
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
            continue;
        };
        let named = connections.iter().map(|connection| TcpRoute {
            condition: TcpMatch {
                server_names: names.clone(),
                ..connection.condition.clone()
            },
            ..connection.clone()
        });
        assembly.add_listener(Listener {
            name: format!("{gateway}:{}", server.port),
            domains: Vec::new(),
            port: server.port,
            gateways: vec![gateway.to_owned()],
            routes: named.collect(),
        });
    }
}

impl Server {
    /// The server names that a listener and a route have in common, empty for all; `None` if there
    /// is none.
    fn server_names(&self, hostnames: &[String]) -> Option<Vec<Domain>> {
        let any = ["*".to_owned()];
        let wanted = match hostnames.is_empty() {
            true => &any[..],
            false => hostnames,
        };
        let common = wanted.iter().filter_map(|hostname| self.common(hostname));
        let names: Vec<Domain> = common.filter_map(|name| Domain::parse(name).ok()).collect();
        match names.contains(&Domain::Any) {
            true => Some(Vec::new()),
            false => (!names.is_empty()).then_some(names),
        }
    }
}
