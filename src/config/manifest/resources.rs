//! What manifests say, one type per kind, before it is put together: names are fully qualified, and
//! rules are routes already.

use std::collections::BTreeMap;

use crate::routing::{DirectResponse, Origin, Redirect};
use crate::routing::{Faults, FractionalPercent, Retries, RouteMatch, SourceMatch, TcpMatch};
use std::ops::Range;
use std::time::Duration;

/// Whose resource it is, and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Meta {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// As written; text in this form sorts by time.
    pub(super) created: Option<String>,
    /// The file, by its place among those that were read.
    pub(super) file: usize,
    /// Where its name or kind stands.
    pub(super) span: Range<usize>,
}

impl Meta {
    /// `namespace/name`.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// `VirtualService default/reviews`.
    pub(super) fn resource(&self) -> String {
        format!("{} {}", self.kind, self.full_name())
    }

    /// Oldest first, those without a time last; then by namespace and name: Gateway API's order.
    pub(super) fn age(&self) -> (bool, Option<&str>, &str, &str) {
        let created = self.created.as_deref();
        (created.is_none(), created, &self.namespace, &self.name)
    }

    /// Oldest first, those without a time last; then by name and namespace: Istio's order.
    ///
    /// Source: istio/istio, `pilot/pkg/model/config.go` (`sortConfigByCreationTime`).
    pub(super) fn istio_age(&self) -> (bool, Option<&str>, &str, &str) {
        let (no_time, created, namespace, name) = self.age();
        (no_time, created, name, namespace)
    }
}

/// Where a request is to go, before it is known what stands there.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The host, fully qualified.
    pub(super) host: String,
    pub(super) subset: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) weight: u32,
    pub(super) reference: Reference,
    pub(super) span: Range<usize>,
}

/// Whether a route may name its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// It may.
    Free,
    /// A service of another namespace than the route of Gateway API: that namespace has to let it.
    Across { namespace: String, name: String },
    /// Istio has no such kind of backend.
    Unsupported,
}

/// What a rule does with a request.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Forward(Vec<Target>),
    Redirect(Redirect),
    DirectResponse(DirectResponse),
}

/// A rule for requests.
#[derive(Debug, Clone)]
pub(super) struct HttpRule {
    /// Its matches with their names; none: every request.
    pub(super) matches: Vec<(Origin, RouteMatch, Range<usize>)>,
    pub(super) origin: Origin,
    pub(super) action: Action,
    pub(super) faults: Faults,
    pub(super) mirrors: Vec<(Target, FractionalPercent)>,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: Retries,
    pub(super) span: Range<usize>,
}

/// A rule for connections.
#[derive(Debug, Clone)]
pub(super) struct ConnectionRule {
    /// Whether it routes by the server name of the handshake.
    pub(super) is_tls: bool,
    pub(super) matches: Vec<(Origin, TcpMatch)>,
    pub(super) origin: Origin,
    pub(super) targets: Vec<Target>,
    pub(super) span: Range<usize>,
}

/// Istio's VirtualService.
#[derive(Debug, Clone)]
pub(super) struct VirtualService {
    pub(super) meta: Meta,
    /// As written, short names qualified.
    pub(super) hosts: Vec<String>,
    /// `mesh`, or `namespace/name`.
    pub(super) gateways: Vec<String>,
    pub(super) http: Vec<HttpRule>,
    pub(super) connections: Vec<ConnectionRule>,
}

/// Istio's DestinationRule: the subsets of a host.
#[derive(Debug, Clone)]
pub(super) struct DestinationRule {
    pub(super) host: String,
    pub(super) subsets: Vec<(String, BTreeMap<String, String>)>,
}

/// A Kubernetes Service, or a host of a ServiceEntry.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) meta: Meta,
    pub(super) host: String,
    pub(super) ports: Vec<ServicePort>,
    pub(super) selector: BTreeMap<String, String>,
}

impl Service {
    /// The ports that carry HTTP; empty: no port is known. `None`: there are ports, all of others.
    pub(super) fn http_ports(&self) -> Option<Vec<u16>> {
        let carry_http = self.ports.iter().filter(|port| !port.is_tcp);
        let ports: Vec<u16> = carry_http.map(|port| port.number).collect();
        (self.ports.is_empty() || !ports.is_empty()).then_some(ports)
    }
}

/// A port of a service.
#[derive(Debug, Clone)]
pub(super) struct ServicePort {
    pub(super) number: u16,
    /// Whether its name or protocol says that it is plain TCP or TLS.
    pub(super) is_tcp: bool,
}

/// A Kubernetes Deployment.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) namespace: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) replicas: u32,
}

/// A gateway of either API.
#[derive(Debug, Clone)]
pub(super) struct Gateway {
    pub(super) full_name: String,
    pub(super) servers: Vec<Server>,
}

/// A port that a gateway listens on.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) carries: Carries,
    pub(super) hosts: Vec<ServerHost>,
    pub(super) admits: Admits,
}

/// A host of a server, as far as it is open to the routes of other namespaces.
#[derive(Debug, Clone)]
pub(super) struct ServerHost {
    /// The only namespace whose routes may have it; `None`: every one.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl ServerHost {
    /// Open to every namespace.
    pub(super) fn open(name: String) -> Self {
        Self {
            namespace: None,
            name,
        }
    }
}

/// What a server sees of what it carries, which decides whose rules it can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// Requests: HTTP, and HTTPS that ends here.
    Requests,
    /// Connections: TCP, and TLS that ends here.
    Connections,
    /// Handshakes: TLS that passes through.
    Handshakes,
    /// Nothing that is routed here, such as UDP.
    Other,
    /// Nothing is said.
    Unknown,
}

impl Carries {
    /// Whether rules for requests hold.
    pub(super) fn requests(self) -> bool {
        matches!(self, Self::Requests | Self::Unknown)
    }

    /// Whether rules for connections hold: by server name, or for all.
    pub(super) fn connections(self, by_server_name: bool) -> bool {
        match self {
            Self::Handshakes => by_server_name,
            Self::Connections => !by_server_name,
            Self::Unknown => true,
            Self::Requests | Self::Other => false,
        }
    }
}

/// Whose routes a listener of Gateway API admits.
#[derive(Debug, Clone)]
pub(super) struct Admits {
    pub(super) namespaces: Namespaces,
    /// The kinds of routes; empty: all that its protocol can follow.
    pub(super) kinds: Vec<String>,
}

/// Namespaces of routes.
#[derive(Debug, Clone)]
pub(super) enum Namespaces {
    All,
    None,
    /// That of the gateway.
    Same(String),
    /// Those with such labels.
    Selected(Vec<Requirement>),
}

/// A condition on the labels of a namespace.
#[derive(Debug, Clone)]
pub(super) struct Requirement {
    pub(super) key: String,
    pub(super) operator: Operator,
}

/// What the value of a label has to be.
#[derive(Debug, Clone)]
pub(super) enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

/// Gateway API's ReferenceGrant: routes of other namespaces that may name services of this one.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) namespace: String,
    /// Kind and namespace of the routes.
    pub(super) from: Vec<(String, String)>,
    /// Kind, and name if it is one only.
    pub(super) to: Vec<(String, Option<String>)>,
}

/// Gateway API's routes.
#[derive(Debug, Clone)]
pub(super) struct ApiRoute {
    pub(super) meta: Meta,
    pub(super) parents: Vec<Parent>,
    pub(super) hostnames: Vec<String>,
    pub(super) http: Vec<HttpRule>,
    pub(super) connections: Vec<ConnectionRule>,
}

/// What a route of Gateway API is attached to.
#[derive(Debug, Clone)]
pub(super) enum Parent {
    /// `namespace/name` of a gateway, a listener of it by name, a port.
    Gateway(String, Option<String>, Option<u16>),
    /// A service, with the port.
    Service(String, Option<u16>),
}

/// Istio's old RouteRule.
#[derive(Debug, Clone)]
pub(super) struct RouteRule {
    pub(super) meta: Meta,
    pub(super) host: String,
    pub(super) precedence: i64,
    pub(super) rule: HttpRule,
}

/// All that was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Resources {
    pub(super) virtual_services: Vec<VirtualService>,
    pub(super) destination_rules: Vec<DestinationRule>,
    pub(super) services: Vec<Service>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) api_routes: Vec<ApiRoute>,
    pub(super) route_rules: Vec<RouteRule>,
    pub(super) grants: Vec<Grant>,
    /// Namespaces by name, with their labels.
    pub(super) namespaces: BTreeMap<String, BTreeMap<String, String>>,
}

/// The full name of a host, as Istio resolves it: a name without a dot is a service beside the
/// resource that says it.
pub(super) fn qualified(host: &str, namespace: &str) -> String {
    if host.contains('.') || host.starts_with('*') || host.is_empty() {
        host.to_owned()
    } else {
        service_host(host, namespace)
    }
}

/// The host of a service.
pub(super) fn service_host(name: &str, namespace: &str) -> String {
    format!("{name}.{namespace}.svc.cluster.local")
}

/// Conditions on the proxy, as they are put together from a match.
pub(super) fn source_match(
    gateways: Vec<String>,
    labels: Vec<(String, String)>,
    namespace: Option<String>,
) -> SourceMatch {
    SourceMatch {
        gateways,
        labels: labels.into_iter().collect(),
        namespace,
    }
}
