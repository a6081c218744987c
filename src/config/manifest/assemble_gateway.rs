//! VirtualServices at Istio's gateways: which server has their hosts and follows their rules.
//!
//! Source: istio/istio, `pilot/pkg/networking/core/gateway.go`.

use super::assemble::Assembly;
use super::resources::{Action, Gateway, Server, Target, VirtualService};
use crate::routing::{Domain, Listener, MESH, Route, TcpRoute, VirtualHost, catch_alls_last};

/// The gateway of that name. Where Gateways are given and it is not among them, that is said.
fn known<'g>(
    assembly: &mut Assembly,
    service: &VirtualService,
    name: &str,
    gateways: &'g [Gateway],
) -> Option<&'g Gateway> {
    let known = gateways.iter().find(|known| known.full_name == name);
    if known.is_none() && !gateways.is_empty() {
        let message = format!("no Gateway is `{name}`");
        let effect = "it is taken to exist, and to have every host";
        assembly.doubt(&service.meta, service.meta.span.clone(), message, effect);
    }
    known
}

/// At a gateway the routes of one host are merged, those that catch all last.
pub(super) fn add_gateway_hosts(
    assembly: &mut Assembly,
    service: &VirtualService,
    gateway: &str,
    gateways: &[Gateway],
    routes: &[Route],
) {
    if routes.is_empty() {
        return;
    }
    let known = known(assembly, service, gateway, gateways);
    for host in &service.hosts {
        let mut ports: Vec<Option<u16>> = match known {
            None => vec![None],
            Some(known) => {
                let servers = known.servers.iter();
                let serving = servers
                    .filter(|server| server.carries.requests())
                    .filter(|server| server.has(host, &service.meta.namespace));
                serving.map(|server| Some(server.port)).collect()
            }
        };
        ports.sort_unstable();
        ports.dedup();
        if ports.is_empty() {
            let message = format!("gateway {gateway} has no server for the host `{host}`");
            let effect = "the rules are not used there";
            assembly.doubt(&service.meta, service.meta.span.clone(), message, effect);
        }
        for port in ports {
            add_host(&mut assembly.hosts, host, gateway, port, routes);
        }
    }
}

/// Where a rule of a gateway names a service without a subset, and a rule of the sidecars for that
/// service names subsets: a gateway does not follow the latter.
///
/// Source: istio/istio, `pkg/config/analysis/analyzers/virtualservice/destinationhosts.go`.
pub(super) fn warn_of_subsets_without_effect(assembly: &mut Assembly, services: &[VirtualService]) {
    let targets = |service: &VirtualService| -> Vec<Target> {
        let rules = service.http.iter();
        let forwards = rules.filter_map(|rule| match &rule.action {
            Action::Forward(targets) => Some(targets.clone()),
            Action::Redirect(_) | Action::DirectResponse(_) => None,
        });
        forwards.flatten().collect()
    };
    let in_mesh = |service: &&VirtualService| service.gateways.iter().any(|one| one == MESH);
    for service in services.iter().filter(|service| !in_mesh(service)) {
        for target in targets(service).iter().filter(|one| one.subset.is_none()) {
            let mut others = services.iter().filter(in_mesh);
            let other = others.find(|other| {
                let has_subsets = || targets(other).iter().any(|one| one.subset.is_some());
                other.hosts.contains(&target.host) && has_subsets()
            });
            if let Some(other) = other {
                let message = format!(
                    "Subset in virtual service {} has no effect on ingress gateway {} requests",
                    other.meta.full_name(),
                    service.gateways.join(", ")
                );
                let effect = "the gateway follows this rule alone; name a subset here";
                assembly.doubt(&service.meta, target.span.clone(), message, effect);
            }
        }
    }
}

/// A virtual host of a gateway, or more routes for the one that is there.
fn add_host(
    hosts: &mut Vec<VirtualHost>,
    host: &str,
    gateway: &str,
    port: Option<u16>,
    routes: &[Route],
) {
    let ports: Vec<u16> = port.into_iter().collect();
    let merged = hosts
        .iter_mut()
        .find(|known| known.name == *host && known.gateways == [gateway] && known.ports == ports);
    if let Some(merged) = merged {
        merged.routes.extend_from_slice(routes);
        catch_alls_last(&mut merged.routes);
        return;
    }
    hosts.push(VirtualHost {
        name: host.to_owned(),
        domains: Domain::parse(host).into_iter().collect(),
        gateways: vec![gateway.to_owned()],
        ports,
        routes: routes.to_vec(),
    });
}

/// Connections go to servers of TCP, those by server name to servers that let TLS pass.
pub(super) fn add_gateway_listeners(
    assembly: &mut Assembly,
    service: &VirtualService,
    gateway: &str,
    gateways: &[Gateway],
    (by_server_name, routes): (bool, Vec<TcpRoute>),
) {
    if routes.is_empty() {
        return;
    }
    let known = known(assembly, service, gateway, gateways);
    let mut ports: Vec<u16> = match known {
        Some(known) => {
            let servers = known.servers.iter();
            let carrying = servers.filter(|server| server.carries.connections(by_server_name));
            let has_any = |server: &&Server| {
                let mut hosts = service.hosts.iter();
                hosts.any(|host| server.has(host, &service.meta.namespace))
            };
            carrying.filter(has_any).map(|server| server.port).collect()
        }
        None => routes
            .iter()
            .filter_map(|route| route.condition.port)
            .collect(),
    };
    ports.sort_unstable();
    ports.dedup();
    if ports.is_empty() {
        let (message, effect) = match known {
            Some(_) => (
                format!("gateway {gateway} has no server for these connections"),
                "the rules are not used there",
            ),
            None => (
                format!("the port of gateway {gateway} is not known"),
                "name the Gateway's file too, or a port in the match",
            ),
        };
        assembly.doubt(&service.meta, service.meta.span.clone(), message, effect);
    }
    for port in ports {
        assembly.add_listener(Listener {
            name: format!("{gateway}:{port}"),
            domains: Vec::new(),
            port,
            gateways: vec![gateway.to_owned()],
            routes: routes.clone(),
        });
    }
}

impl Server {
    /// Whether rules of a namespace may have a host here.
    fn has(&self, host: &str, namespace: &str) -> bool {
        self.hosts.iter().any(|own| {
            let open = own.namespace.as_ref().is_none_or(|only| only == namespace);
            open && common_name(&own.name, host).is_some()
        })
    }
}

/// What two names that may begin with `*` have in common: the narrower one.
pub(super) fn common_name<'a>(one: &'a str, other: &'a str) -> Option<&'a str> {
    let covers = |wide: &str, narrow: &str| match wide.strip_prefix('*') {
        Some(suffix) => narrow.ends_with(suffix),
        None => wide == narrow,
    };
    match (covers(one, other), covers(other, one)) {
        (true, _) => Some(other),
        (false, true) => Some(one),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_of_two_names_is_what_they_have_in_common() {
        for (one, other, common) in [
            ("*", "shop.example.com", Some("shop.example.com")),
            ("*.example.com", "*", Some("*.example.com")),
            (
                "*.example.com",
                "*.eu.example.com",
                Some("*.eu.example.com"),
            ),
            (
                "shop.example.com",
                "*.example.com",
                Some("shop.example.com"),
            ),
            ("*.example.com", "example.com", None),
            ("shop.example.com", "cart.example.com", None),
        ] {
            assert_eq!(common_name(one, other), common, "{one} {other}");
        }
    }
}
