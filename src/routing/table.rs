//! The table: virtual hosts by domain, and in each of them routes in order, the first match wins.

use super::answer::{Answer, PassedOver, Resolution};
use super::hosts::Hosts;
use super::lookup::Lookup;
use super::{Domain, Listener, MESH, Request, Route, Source};

/// All that the mesh says, for all of its proxies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteTable {
    virtual_hosts: Vec<VirtualHost>,
    hosts: Hosts,
    /// For each virtual host.
    lookups: Vec<Lookup>,
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
    /// The ports that it is asked at; empty: all.
    pub ports: Vec<u16>,
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
            hosts: Hosts::new(&virtual_hosts),
            lookups: virtual_hosts
                .iter()
                .map(|host| Lookup::new(&host.routes))
                .collect(),
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

    /// What a sidecar does with a host that no virtual host has.
    #[must_use]
    pub fn unknown_host(&self) -> UnknownHost {
        self.unknown_host
    }

    /// The route that answers a request.
    #[must_use]
    pub fn find(&self, request: &Request) -> Option<&Route> {
        let (host, place) = self.find_place(request)?;
        self.virtual_hosts[host].routes.get(place?)
    }

    /// What is found for a request; [`RouteTable::answer`] also says what was passed over.
    #[must_use]
    pub fn resolve(&self, request: &Request) -> Resolution<'_> {
        let Some((host, place)) = self.find_place(request) else {
            return self.unknown(request);
        };
        place.map_or(Resolution::NoRoute, |place| Resolution::Route {
            place,
            route: &self.virtual_hosts[host].routes[place],
        })
    }

    /// The ports at which a proxy knows a host, for requests and connections, ascending.
    #[must_use]
    pub fn ports_of(&self, host: &str, source: &Source) -> Vec<u16> {
        let mut ports = self.request_ports_of(host, source);
        let named = |domains: &[Domain]| domains.iter().any(|one| one.closeness(host).is_some());
        let here = |gateways: &[String]| gateways.is_empty() || gateways.contains(&source.gateway);
        let listeners = self.listeners.iter();
        let listeners = listeners.filter(|one| here(&one.gateways) && named(&one.domains));
        ports.extend(listeners.map(|listener| listener.port));
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The ports at which a proxy knows a host for requests, ascending.
    #[must_use]
    pub fn request_ports_of(&self, host: &str, source: &Source) -> Vec<u16> {
        let named = |domains: &[Domain]| domains.iter().any(|one| one.closeness(host).is_some());
        let here = |gateways: &[String]| gateways.is_empty() || gateways.contains(&source.gateway);
        let hosts = self.virtual_hosts.iter();
        let hosts = hosts.filter(|one| here(&one.gateways) && named(&one.domains));
        let mut ports: Vec<u16> = hosts.flat_map(|host| host.ports.iter().copied()).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The namespaces that know a host by a name that says none, where the proxy of a request is of
    /// another.
    #[must_use]
    pub fn namespaces_that_know(&self, request: &Request) -> Vec<&str> {
        self.hosts.namespaces_that_know(request.host())
    }

    /// The place of the virtual host of a request, and in it the place of the route that answers.
    fn find_place(&self, request: &Request) -> Option<(usize, Option<usize>)> {
        let host = self.hosts.find(&self.virtual_hosts, request)?;
        let routes = &self.virtual_hosts[host].routes;
        Some((host, self.lookups[host].first(routes, request)))
    }

    /// The route that answers a request, and the ones passed over with the reason.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Answer<'_> {
        let Some((host, place)) = self.find_place(request) else {
            return Answer {
                virtual_host: None,
                passed_over: Vec::new(),
                resolution: self.unknown(request),
            };
        };
        let host = &self.virtual_hosts[host];
        let routes = &host.routes;
        let before = &routes[..place.unwrap_or(routes.len())];
        let passed_over = before.iter().enumerate().filter_map(|(place, route)| {
            let mismatch = route.condition.mismatch(request)?;
            Some(PassedOver {
                place,
                route,
                mismatch,
            })
        });
        Answer {
            virtual_host: Some(host),
            passed_over: passed_over.collect(),
            resolution: place.map_or(Resolution::NoRoute, |place| Resolution::Route {
                place,
                route: &routes[place],
            }),
        }
    }

    /// What becomes of a request that no virtual host takes. A gateway listens at its ports alone; a
    /// sidecar takes requests to every port, and knows hosts at the ports of their services.
    fn unknown(&self, request: &Request) -> Resolution<'_> {
        let at_mesh = request.source.gateway == MESH;
        let listens = |host: &VirtualHost| host.is_at(request) && host.has_port(request.port);
        if (at_mesh || !self.virtual_hosts.iter().any(listens))
            && let Some(place) = self.hosts.find_at_any_port(&self.virtual_hosts, request)
        {
            return Resolution::UnknownPort(&self.virtual_hosts[place]);
        }
        Resolution::UnknownHost(match at_mesh {
            true => self.unknown_host,
            false => UnknownHost::NotFound,
        })
    }
}

impl VirtualHost {
    /// Whether the proxy of a request has it, on the port of the request.
    pub(super) fn serves(&self, request: &Request) -> bool {
        self.is_at(request) && self.has_port(request.port)
    }

    /// Whether the proxy of a request has it, at whatever port.
    pub(super) fn is_at(&self, request: &Request) -> bool {
        self.gateways.is_empty() || self.gateways.contains(&request.source.gateway)
    }

    /// Whether it is asked at a port.
    #[must_use]
    pub fn has_port(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DirectResponse, Origin};
    use super::super::{HeaderMatch, RouteAction, StringMatch};
    use super::*;

    fn route(name: &str) -> Route {
        let answer = RouteAction::DirectResponse(DirectResponse {
            status: 200,
            body: name.into(),
        });
        let origin = Origin {
            rule: name.into(),
            ..Origin::default()
        };
        Route::new(origin, answer)
    }

    fn host(name: &str, domains: &[&str]) -> VirtualHost {
        VirtualHost {
            name: name.into(),
            domains: domains
                .iter()
                .map(|text| Domain::parse(text).unwrap())
                .collect(),
            gateways: Vec::new(),
            ports: Vec::new(),
            routes: vec![route(name)],
        }
    }

    fn rule<'t>(table: &'t RouteTable, request: &str) -> Option<&'t str> {
        let request = Request::parse(request).unwrap();
        table.find(&request).map(|route| &*route.origin.rule)
    }

    #[test]
    fn the_closest_domain_answers_and_ports_in_authorities_count_for_nothing() {
        let table = RouteTable::new(
            vec![
                host("any", &["*"]),
                host("prefix", &["reviews.*"]),
                host("wide", &["*.example.com"]),
                host("narrow", &["*.shop.example.com"]),
                host("exact", &["reviews.shop.example.com", "reviews"]),
                host("late", &["reviews"]),
            ],
            Vec::new(),
            UnknownHost::default(),
        );
        assert_eq!(rule(&table, "http://Reviews:9080/"), Some("exact"));
        assert_eq!(rule(&table, "http://a.shop.example.com/"), Some("narrow"));
        assert_eq!(rule(&table, "http://reviews.example.com/"), Some("wide"));
        assert_eq!(rule(&table, "http://reviews.org/"), Some("prefix"));
        assert_eq!(rule(&table, "http://ratings/"), Some("any"));
    }

    #[test]
    fn a_virtual_host_is_seen_by_its_gateways_on_its_port_only() {
        let mut bound = host("bound", &["reviews"]);
        bound.gateways = vec!["default/edge".into()];
        bound.ports = vec![80];
        let table = RouteTable::new(
            vec![bound, host("wild", &["rev*"])],
            Vec::new(),
            UnknownHost::Refuse,
        );
        assert_eq!(rule(&table, "http://reviews/"), Some("wild"));
        let mut request = Request::parse("http://reviews/").unwrap();
        request.source = Source {
            gateway: "default/edge".into(),
            ..Source::default()
        };
        assert_eq!(table.find(&request).unwrap().origin.rule, "bound");
        request.port = 81;
        assert_eq!(table.find(&request).unwrap().origin.rule, "wild");
        request.authority = "ratings".into();
        let unknown = |request: &Request| format!("{:?}", table.answer(request).resolution);
        assert_eq!(unknown(&request), "UnknownHost(NotFound)");
        request.source = Source::default();
        assert_eq!(unknown(&request), "UnknownHost(Refuse)");
    }

    #[test]
    fn the_first_match_answers_and_those_before_say_why_not() {
        let mut reviews = host("reviews", &["reviews"]);
        let mut jason = route("jason");
        let is_jason = StringMatch::Exact("jason".into());
        jason.condition.headers = vec![HeaderMatch::new("end-user", is_jason)];
        reviews.routes.insert(0, jason);
        let table = RouteTable::new(vec![reviews], Vec::new(), UnknownHost::default());
        let request = Request::parse("GET http://reviews:9080/reviews/0").unwrap();
        let answer = table.answer(&request);
        assert_eq!(answer.route().unwrap().origin.rule, "reviews");
        let reasons: Vec<String> = answer
            .passed_over
            .iter()
            .map(|passed| format!("{}: {}", passed.route.origin.rule, passed.mismatch))
            .collect();
        assert_eq!(
            reasons,
            ["jason: header end-user = jason; the request has none"]
        );
        let jason = request.with_header("end-user", "jason");
        let answer = table.answer(&jason);
        assert_eq!(
            (
                answer.passed_over.len(),
                answer.route().unwrap().origin.rule.as_str()
            ),
            (0, "jason")
        );
    }

    #[test]
    fn a_host_without_a_fitting_route_has_none() {
        let mut reviews = host("reviews", &["reviews"]);
        reviews.routes[0].condition.method = Some(StringMatch::Exact("POST".into()));
        let table = RouteTable::new(vec![reviews], Vec::new(), UnknownHost::default());
        let answer = table
            .answer(&Request::parse("http://reviews/").unwrap())
            .resolution;
        assert_eq!(answer, Resolution::NoRoute);
    }
}
