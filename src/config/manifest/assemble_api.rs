//! Routes of Gateway API in the table: by gateway and hostname, or by service inside of the mesh, the
//! most specific match first.

use super::assemble::{Api, Assembly, mesh_domains, serves};
use super::resources::{ApiRoute, Gateway, Parent, Resources, Server};
use crate::routing::{
    Domain, Listener, MESH, Route, TcpMatch, TcpRoute, VirtualHost, sort_by_gateway_api_precedence,
};

/// Adds all routes, oldest first, and puts the matches of each host in the API's order.
pub(super) fn add_api_routes(assembly: &mut Assembly, resources: &Resources) {
    let first = assembly.hosts.len();
    let mut routes: Vec<&ApiRoute> = resources.api_routes.iter().collect();
    routes.sort_by_key(|route| route.meta.age());
    for route in routes {
        let http = assembly.routes(&route.http, &route.meta, Api::GatewayApi);
        let connections = assembly.connections(&route.connections, &route.meta, Api::GatewayApi);
        if route.parents.is_empty() {
            let message = format!("{} names no parent", route.meta.resource());
            let effect = "it is attached to nothing and answers no request";
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        }
        for parent in &route.parents {
            match parent {
                Parent::Service(host, port) => {
                    add_mesh(assembly, host, *port, &http, &connections);
                }
                Parent::Gateway(name, section, port) => {
                    let known = resources
                        .gateways
                        .iter()
                        .find(|known| known.full_name == *name);
                    let servers = servers(known, section.as_deref(), *port);
                    add_gateway(assembly, route, name, servers.as_deref(), &http);
                    add_gateway_connections(assembly, route, name, servers, &connections);
                }
            }
        }
    }
    for host in &mut assembly.hosts[first..] {
        sort_by_gateway_api_precedence(&mut host.routes);
    }
}

/// The listeners that a route is attached to; `None` if the gateway is not known.
fn servers<'a>(
    gateway: Option<&'a Gateway>,
    section: Option<&str>,
    port: Option<u16>,
) -> Option<Vec<&'a Server>> {
    let attached = |server: &&Server| {
        section.is_none_or(|section| server.name == section)
            && port.is_none_or(|port| server.port == port)
    };
    gateway.map(|gateway| gateway.servers.iter().filter(attached).collect())
}

fn add_mesh(
    assembly: &mut Assembly,
    host: &str,
    port: Option<u16>,
    http: &[Route],
    connections: &[TcpRoute],
) {
    if !http.is_empty() {
        let gateways = vec![MESH.to_owned()];
        add_host(assembly, host, mesh_domains(host), gateways, port, http);
    }
    if !connections.is_empty() {
        let known = assembly.inventory.service(host);
        let ports: Vec<u16> = match (port, known) {
            (Some(port), _) => vec![port],
            (None, Some(known)) => known.ports.iter().map(|port| port.number).collect(),
            (None, None) => Vec::new(),
        };
        for port in ports {
            assembly.add_listener(Listener {
                name: format!("{host}:{port}"),
                domains: mesh_domains(host),
                port,
                gateways: vec![MESH.to_owned()],
                routes: connections.to_vec(),
            });
        }
    }
}

fn add_gateway(
    assembly: &mut Assembly,
    route: &ApiRoute,
    gateway: &str,
    servers: Option<&[&Server]>,
    http: &[Route],
) {
    if http.is_empty() {
        return;
    }
    let any = vec!["*".to_owned()];
    let hostnames = match route.hostnames.is_empty() {
        true => &any,
        false => &route.hostnames,
    };
    for hostname in hostnames {
        // Without a hostname of its own a route has that of the listener.
        let places: Vec<(String, Option<u16>)> = match servers {
            None => vec![(hostname.clone(), None)],
            Some(servers) => servers
                .iter()
                .filter(|server| hostname == "*" || serves(&server.hosts, hostname))
                .map(|server| {
                    let own = server.hosts.first().filter(|_| hostname == "*");
                    (own.unwrap_or(hostname).clone(), Some(server.port))
                })
                .collect(),
        };
        if places.is_empty() {
            let message = format!("no listener of gateway {gateway} takes `{hostname}`");
            let effect = "the rules are not used there";
            assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        }
        for (name, port) in places {
            let domains = Domain::parse(&name).into_iter().collect();
            add_host(
                assembly,
                &name,
                domains,
                vec![gateway.to_owned()],
                port,
                http,
            );
        }
    }
}

/// A virtual host, or more routes for the one that is there.
fn add_host(
    assembly: &mut Assembly,
    name: &str,
    domains: Vec<Domain>,
    gateways: Vec<String>,
    port: Option<u16>,
    routes: &[Route],
) {
    let same = assembly
        .hosts
        .iter_mut()
        .find(|known| known.name == name && known.gateways == gateways && known.port == port);
    match same {
        Some(known) => known.routes.extend_from_slice(routes),
        None => assembly.hosts.push(VirtualHost {
            name: name.to_owned(),
            domains,
            gateways,
            port,
            routes: routes.to_vec(),
        }),
    }
}

fn add_gateway_connections(
    assembly: &mut Assembly,
    route: &ApiRoute,
    gateway: &str,
    servers: Option<Vec<&Server>>,
    connections: &[TcpRoute],
) {
    if connections.is_empty() {
        return;
    }
    let names: Vec<Domain> = route
        .hostnames
        .iter()
        .filter_map(|name| Domain::parse(name).ok())
        .collect();
    let routes: Vec<TcpRoute> = connections
        .iter()
        .map(|connection| TcpRoute {
            condition: TcpMatch {
                server_names: names.clone(),
                ..connection.condition.clone()
            },
            ..connection.clone()
        })
        .collect();
    let Some(servers) = servers.filter(|servers| !servers.is_empty()) else {
        let message = format!("the port of gateway {gateway} is not known");
        let effect = "name the Gateway's file too; without it no connection is answered";
        assembly.doubt(&route.meta, route.meta.span.clone(), message, effect);
        return;
    };
    for server in servers {
        assembly.add_listener(Listener {
            name: format!("{gateway}:{}", server.port),
            domains: Vec::new(),
            port: server.port,
            gateways: vec![gateway.to_owned()],
            routes: routes.clone(),
        });
    }
}
