//! TCP and TLS: a connection is routed once, by what is known before its first byte.

use std::fmt;
use std::net::IpAddr;

use super::authority::Closeness;
use super::{Connection, Domain, Forward, Origin, RouteTable, SourceMatch};

/// A port with its rules in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// What people call it, such as `tcp-echo:9000`.
    pub name: String,
    /// The hosts whose address it listens on; empty: every address.
    pub domains: Vec<Domain>,
    /// The port.
    pub port: u16,
    /// The proxies that have it: [`super::MESH`], or `namespace/name` of gateways; empty: all.
    pub gateways: Vec<String>,
    /// The rules in order.
    pub routes: Vec<TcpRoute>,
}

/// A rule for connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpRoute {
    /// Where it is written.
    pub origin: Origin,
    /// When it answers.
    pub condition: TcpMatch,
    /// Where connections go.
    pub forward: Forward,
}

/// The conditions of a rule for connections; all have to hold. The default holds for every one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TcpMatch {
    /// The server name of the TLS handshake is one of these; empty: whatever.
    pub server_names: Vec<Domain>,
    /// The address that the client connects to is in one of these; empty: whatever.
    pub destination_subnets: Vec<Subnet>,
    /// The port that the client connects to.
    pub port: Option<u16>,
    /// The proxy that routes.
    pub source: SourceMatch,
}

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    address: IpAddr,
    bits: u8,
}

impl Subnet {
    /// Reads `10.0.0.0/8`, or a single address. `None` if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            "" if !text.contains('/') => all,
            bits => bits.parse().ok().filter(|&bits| bits <= all)?,
        };
        Some(Self { address, bits })
    }

    /// The address that it was written with.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let (own, other, all) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        (own ^ other)
            .checked_shr(all - u32::from(self.bits))
            .unwrap_or(0)
            == 0
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

/// The answer of a table to one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpAnswer<'t> {
    /// The listener that takes it; without one it passes through unchanged.
    pub listener: Option<&'t Listener>,
    /// The rule that answers, with its place; without one the connection is closed.
    pub route: Option<(usize, &'t TcpRoute)>,
}

impl TcpMatch {
    /// Whether every connection that reaches the rule meets it.
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        self.server_names.is_empty()
            && self.destination_subnets.is_empty()
            && self.port.is_none()
            && self.source.is_empty()
    }

    /// Every condition in words; empty if there is none.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let names: Vec<String> = self.server_names.iter().map(Domain::to_string).collect();
        let subnets: Vec<String> = self
            .destination_subnets
            .iter()
            .map(Subnet::to_string)
            .collect();
        let conditions = [
            (!names.is_empty()).then(|| format!("server name = {}", names.join(" or "))),
            (!subnets.is_empty()).then(|| format!("to {}", subnets.join(" or "))),
            self.port.map(|port| format!("port = {port}")),
            (!self.source.is_empty()).then(|| self.source.to_string()),
        ];
        conditions.into_iter().flatten().collect()
    }

    /// How closely it fits a connection, the closest greatest; `None` if it does not.
    ///
    /// Envoy compares filter chains by address first (the longest subnet), then by server name.
    fn closeness(&self, connection: &Connection) -> Option<(Option<u8>, Option<Closeness>)> {
        let port = self.port.is_none_or(|port| port == connection.port);
        if !port || !self.source.holds_for_tcp(&connection.source) {
            return None;
        }
        let subnet = if self.destination_subnets.is_empty() {
            None
        } else {
            let address = connection.address?;
            let inside = self.destination_subnets.iter();
            let inside = inside.filter(|subnet| subnet.contains(address));
            Some(inside.map(|subnet| subnet.bits).max()?)
        };
        let name = if self.server_names.is_empty() {
            None
        } else {
            let name = connection.server_name.as_ref()?.to_ascii_lowercase();
            let closeness = |domain: &Domain| domain.closeness(&name);
            Some(self.server_names.iter().filter_map(closeness).max()?)
        };
        Some((subnet, name))
    }
}

impl Listener {
    /// How closely it fits a connection; `None` if it does not.
    fn closeness(&self, connection: &Connection) -> Option<Closeness> {
        let here = self.gateways.is_empty() || self.gateways.contains(&connection.source.gateway);
        if !here || self.port != connection.port {
            return None;
        }
        if self.domains.is_empty() {
            return Some(Closeness::Any);
        }
        let host = connection.host.as_ref()?.to_ascii_lowercase();
        let closeness = |domain: &Domain| domain.closeness(&host);
        self.domains.iter().filter_map(closeness).max()
    }
}

impl RouteTable {
    /// The rule that answers a connection.
    #[must_use]
    pub fn answer_connection(&self, connection: &Connection) -> TcpAnswer<'_> {
        // `max_by_key` takes the last of equals, and the first listener counts.
        let listeners = self.listeners().iter().rev();
        let fits = listeners.filter_map(|one| Some((one.closeness(connection)?, one)));
        let listener = fits.max_by_key(|&(closeness, _)| closeness);
        let listener = listener.map(|(_, listener)| listener);
        let routes = listener.map_or(&[][..], |listener| &listener.routes);
        let mut best = None;
        for (place, route) in routes.iter().enumerate() {
            let closeness = route.condition.closeness(connection);
            if closeness > best.map(|(closeness, _)| closeness) {
                best = closeness.map(|closeness| (closeness, (place, route)));
            }
        }
        TcpAnswer {
            listener,
            route: best.map(|(_, route)| route),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Backend, Destination, UnknownHost, WeightedDestination};
    use super::*;

    fn route(name: &str, condition: TcpMatch) -> TcpRoute {
        let destination = Destination {
            host: name.into(),
            subset: None,
            port: Some(9000),
            backend: Backend::Ready,
        };
        let forward = Forward::istio(vec![WeightedDestination {
            destination,
            weight: 0,
        }]);
        TcpRoute {
            origin: Origin::default(),
            condition,
            forward: forward.unwrap(),
        }
    }

    #[test]
    fn subnets_hold_addresses_of_their_family() {
        let holds = |subnet: &str, address: &str| {
            Subnet::parse(subnet)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(holds("10.1.0.0/16", "10.1.255.3"));
        assert!(!holds("10.1.0.0/16", "10.2.0.1"));
        assert!(holds("10.1.2.3", "10.1.2.3"));
        assert!(!holds("10.1.2.3", "10.1.2.2"));
        assert!(holds("0.0.0.0/0", "9.9.9.9"));
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "fe80::1"));
        for text in ["", "10.0.0.0/", "10.0.0.0/33", "a/8"] {
            assert_eq!(Subnet::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_closest_subnet_then_the_closest_name_then_the_first_rule() {
        let subnets = |texts: &[&str]| TcpMatch {
            destination_subnets: texts
                .iter()
                .map(|text| Subnet::parse(text).unwrap())
                .collect(),
            ..TcpMatch::default()
        };
        let names = |text: &str| TcpMatch {
            server_names: vec![Domain::parse(text).unwrap()],
            ..TcpMatch::default()
        };
        let listener = Listener {
            name: "tcp".into(),
            domains: Vec::new(),
            port: 9000,
            gateways: Vec::new(),
            routes: vec![
                route("first", TcpMatch::default()),
                route("second", TcpMatch::default()),
                route("wide", subnets(&["10.0.0.0/8"])),
                route("narrow", subnets(&["10.1.0.0/16"])),
                route("wild", names("*.example.com")),
                route("exact", names("a.example.com")),
            ],
        };
        let table = RouteTable::new(Vec::new(), vec![listener], UnknownHost::default());
        let goes = |address: Option<&str>, name: Option<&str>| {
            let connection = Connection {
                port: 9000,
                address: address.map(|address| address.parse().unwrap()),
                server_name: name.map(str::to_owned),
                ..Connection::default()
            };
            let answer = table.answer_connection(&connection);
            let (_, route) = answer.route.unwrap();
            route.forward.destinations()[0].destination.host.clone()
        };
        assert_eq!(goes(None, None), "first");
        assert_eq!(goes(Some("10.9.0.1"), None), "wide");
        assert_eq!(goes(Some("10.1.0.1"), None), "narrow");
        assert_eq!(goes(None, Some("b.example.com")), "wild");
        assert_eq!(goes(None, Some("A.example.com")), "exact");
        let elsewhere = Connection {
            port: 9001,
            ..Connection::default()
        };
        assert_eq!(table.answer_connection(&elsewhere).listener, None);
    }
}
