//! A static configuration for Envoy with the same routes, and an embedded upstream for each
//! destination that answers with its name. Everything listens on loopback.
//!
//! Checked against Envoy 1.40 by `tests/envoy_conformance`.

mod matches;
mod routes;
mod upstreams;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::routing::{
    Domain, Listener, MESH, Request, RouteTable, Source, UnknownHost, VirtualHost,
};
use upstreams::Upstreams;

/// The address of everything.
const LOOPBACK: &str = "127.0.0.1";

/// The default format of Istio's access log, so that `check` reads the log.
///
/// Source: istio/istio, `pilot/pkg/model/telemetry_logging.go`.
const LOG_FORMAT: &str = "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% \
    %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% \
    %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% \
    %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \
    \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" \
    %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% \
    %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

/// What the configuration should be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The proxy whose routes are exported.
    pub proxy: Source,
    /// Where requests are logged, in Istio's format, such as `/dev/stdout`; `None`: nowhere.
    pub access_log: Option<String>,
    /// Where the upstreams log what reaches them, mirrored requests included.
    pub upstream_log: Option<String>,
}

/// The configuration, and what to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The configuration.
    pub bootstrap: Value,
    /// The port of Envoy's administration.
    pub admin_port: u16,
    /// The ports to send requests and connections to.
    pub entries: Vec<Entry>,
    /// What of the table is not in it, in words.
    pub left_out: Vec<String>,
}

/// A port to send requests or connections to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `http` or `tcp`.
    pub protocol: &'static str,
    /// The port in the manifests that it stands for; `None`: any.
    pub stands_for: Option<u16>,
    /// The port on loopback.
    pub port: u16,
    /// The virtual hosts or the listener.
    pub names: Vec<String>,
}

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// More listeners and upstreams than ports.
    #[error("there are not enough ports for all listeners and upstreams")]
    Ports,
    /// The proxy has no route.
    #[error("{0} has no route that could be exported")]
    Nothing(String),
}

/// Exports a table as that proxy sees it. Ports are taken from `ports` in order: the
/// administration, the entries, the upstreams.
///
/// # Errors
/// [`ExportError`]: there are too few ports, or the proxy has no routes.
pub fn export(
    table: &RouteTable,
    settings: &Settings,
    ports: impl IntoIterator<Item = u16>,
) -> Result<Export, ExportError> {
    let mut ports = ports.into_iter();
    let admin_port = ports.next().ok_or(ExportError::Ports)?;
    let mut exporter = Exporter {
        settings,
        unknown_host: table.unknown_host(),
        upstreams: Upstreams::default(),
        listeners: Vec::new(),
        entries: Vec::new(),
        left_out: Vec::new(),
    };
    let hosts: Vec<&VirtualHost> = table.virtual_hosts().iter().collect();
    for port in http_ports(&hosts, settings) {
        let own = ports.next().ok_or(ExportError::Ports)?;
        exporter.http_listener(&hosts, port, own);
    }
    for listener in table.listeners() {
        if is_at(&listener.gateways, settings) {
            let own = ports.next().ok_or(ExportError::Ports)?;
            exporter.tcp_listener(listener, own);
        }
    }
    if exporter.entries.is_empty() {
        return Err(ExportError::Nothing(settings.proxy.to_string()));
    }
    let (clusters, upstreams) = exporter
        .upstreams
        .build(&mut ports, settings.upstream_log.as_deref())
        .ok_or(ExportError::Ports)?;
    exporter.listeners.extend(upstreams);
    let bootstrap = json!({
        "admin": {"address": address(admin_port)},
        "static_resources": {"listeners": exporter.listeners, "clusters": clusters},
    });
    Ok(Export {
        bootstrap,
        admin_port,
        entries: exporter.entries,
        left_out: exporter.left_out,
    })
}

/// The ports that the proxy's virtual hosts listen on; those for all ports join every one.
fn http_ports(hosts: &[&VirtualHost], settings: &Settings) -> Vec<Option<u16>> {
    let here = hosts.iter().filter(|host| is_at(&host.gateways, settings));
    let mut here = here.peekable();
    let some = here.peek().is_some();
    let ports: BTreeSet<u16> = here.flat_map(|host| host.ports.iter().copied()).collect();
    match (some, ports.is_empty()) {
        (true, true) => vec![None],
        _ => ports.into_iter().map(Some).collect(),
    }
}

fn is_at(gateways: &[String], settings: &Settings) -> bool {
    gateways.is_empty() || gateways.contains(&settings.proxy.gateway)
}

fn address(port: u16) -> Value {
    json!({"socket_address": {"address": LOOPBACK, "port_value": port}})
}

fn access_log(path: Option<&str>) -> Value {
    let log = |path: &str| {
        json!({
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": path,
                "log_format": {"text_format_source": {"inline_string": LOG_FORMAT}},
            },
        })
    };
    path.map(log).into_iter().collect()
}

/// A connection manager with these routes.
fn connection_manager(name: &str, routes: Value, log: Option<&str>) -> Value {
    let filter = |name: &str, kind: &str| {
        let kind = format!("type.googleapis.com/envoy.extensions.filters.http.{kind}");
        json!({"name": name, "typed_config": {"@type": kind}})
    };
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.\
                http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": name,
            "preserve_external_request_id": true,
            "route_config": routes,
            "http_filters": [
                filter("envoy.filters.http.fault", "fault.v3.HTTPFault"),
                filter("envoy.filters.http.router", "router.v3.Router"),
            ],
            "access_log": access_log(log),
        },
    })
}

fn listener(name: &str, port: u16, filter: Value) -> Value {
    json!({
        "name": name,
        "address": address(port),
        "filter_chains": [{"filters": [filter]}],
    })
}

struct Exporter<'s> {
    settings: &'s Settings,
    unknown_host: UnknownHost,
    upstreams: Upstreams,
    listeners: Vec<Value>,
    entries: Vec<Entry>,
    left_out: Vec<String>,
}

impl Exporter<'_> {
    /// The virtual hosts of one port behind a port on loopback.
    fn http_listener(&mut self, hosts: &[&VirtualHost], stands_for: Option<u16>, port: u16) {
        let here = |host: &&&VirtualHost| {
            let port = stands_for.is_none_or(|port| host.has_port(port));
            port && is_at(&host.gateways, self.settings)
        };
        let hosts: Vec<&VirtualHost> = hosts.iter().filter(here).copied().collect();
        let mut taken = BTreeSet::new();
        let mut virtual_hosts = Vec::new();
        for host in &hosts {
            // Of equal domains the first counts; Envoy refuses them.
            let own = host.domains.iter();
            let domains: Vec<String> = own
                .filter(|&domain| taken.insert(domain.clone()))
                .map(Domain::to_string)
                .collect();
            if domains.is_empty() {
                self.left_out
                    .push(format!("{}: all of its domains are taken", host.name));
                continue;
            }
            // Names have to differ, and virtual hosts of one name may stand for several ports.
            let name = format!("{} {}", virtual_hosts.len(), host.name);
            let routes = self.routes(host, stands_for);
            virtual_hosts.push(json!({"name": name, "domains": domains, "routes": routes}));
        }
        if !taken.contains(&Domain::Any) {
            virtual_hosts.extend(self.for_unknown_hosts());
        }
        let name = stands_for.map_or_else(|| "http".to_owned(), |port| format!("http {port}"));
        let routes = json!({
            "name": name,
            "virtual_hosts": virtual_hosts,
            "validate_clusters": false,
            "ignore_port_in_host_matching": true,
        });
        let manager = connection_manager(&name, routes, self.settings.access_log.as_deref());
        self.listeners.push(listener(&name, port, manager));
        self.entries.push(Entry {
            protocol: "http",
            stands_for,
            port,
            names: hosts.iter().map(|host| host.name.clone()).collect(),
        });
    }

    fn routes(&mut self, host: &VirtualHost, port: Option<u16>) -> Vec<Value> {
        let mut routes = Vec::new();
        for route in &host.routes {
            let condition = &route.condition;
            let port_holds = condition
                .port
                .is_none_or(|own| port.is_none_or(|p| p == own));
            let source = &condition.source;
            if !port_holds || !source.holds_for_http(&self.settings.proxy) {
                // Another proxy's route: Istio would not send it to this one either.
                continue;
            }
            routes.push(routes::route(route, &mut self.upstreams));
        }
        routes
    }

    fn for_unknown_hosts(&mut self) -> Option<Value> {
        if self.settings.proxy.gateway != MESH {
            return None;
        }
        match self.unknown_host {
            UnknownHost::NotFound => None,
            UnknownHost::PassThrough => {
                let note = "that unknown hosts pass; they get 404";
                self.left_out.push(note.into());
                None
            }
            UnknownHost::Refuse => Some(json!({
                "name": "block_all",
                "domains": ["*"],
                "routes": [{
                    "name": "block_all",
                    "match": {"prefix": "/"},
                    "direct_response": {"status": 502},
                }],
            })),
        }
    }

    /// The first rule of a TCP listener that takes every connection.
    fn tcp_listener(&mut self, listener: &Listener, port: u16) {
        let proxy = &self.settings.proxy;
        let takes_all = |condition: &crate::routing::TcpMatch| {
            let plain =
                condition.server_names.is_empty() && condition.destination_subnets.is_empty();
            let port_holds = condition.port.is_none_or(|port| port == listener.port);
            plain && port_holds && condition.source.holds_for_tcp(proxy)
        };
        for route in &listener.routes {
            if !route.condition.server_names.is_empty()
                || !route.condition.destination_subnets.is_empty()
            {
                let why = "rules for server names and subnets are not exported";
                self.left_out.push(format!("{}: {why}", route.origin));
            }
        }
        let route = listener
            .routes
            .iter()
            .find(|route| takes_all(&route.condition));
        let Some(route) = route else {
            self.left_out
                .push(format!("{}: no rule takes every connection", listener.name));
            return;
        };
        let log = self.settings.access_log.as_deref();
        let filter = routes::tcp_proxy(&listener.name, route, &mut self.upstreams, access_log(log));
        let name = format!("tcp {}", listener.name);
        self.listeners.push(self::listener(&name, port, filter));
        self.entries.push(Entry {
            protocol: "tcp",
            stands_for: Some(listener.port),
            port,
            names: vec![listener.name.clone()],
        });
    }
}

/// The request as it is to be sent to the exported Envoy: the same, to the entry of its port.
#[must_use]
pub fn entry_for<'e>(export: &'e Export, request: &Request) -> Option<&'e Entry> {
    let fits = |entry: &&Entry| {
        entry.protocol == "http" && entry.stands_for.is_none_or(|port| port == request.port)
    };
    export.entries.iter().find(fits)
}
