//! The split that a request or a connection meets, if its route splits at all.

use super::{
    Connection, Destination, Faults, Forward, Mirror, Origin, Request, Resolution, Route,
    RouteAction, RouteTable,
};
use crate::units::Rational;

/// Weighted destinations, and the rule that chose them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetSplit<'t> {
    /// The rule.
    pub origin: &'t Origin,
    /// Its destinations; at least one of them gets something.
    pub forward: &'t Forward,
    /// What is injected before the split; nothing into connections.
    pub faults: Option<&'t Faults>,
    /// Who gets copies.
    pub mirrors: &'t [Mirror],
}

/// Why nothing is split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSplit {
    /// The host has rules, and none of them answers.
    #[error("no rule answers it: 404, flag NR")]
    NoRoute,
    /// The manifests say nothing of its host.
    #[error("the manifests have no rule and no service for its host")]
    UnknownHost,
    /// Its host is not asked at its port.
    #[error("its host has no port {asked} for requests; it has {}", listed(ports))]
    UnknownPort {
        /// The port of the request.
        asked: u16,
        /// The ports of the host.
        ports: Vec<u16>,
    },
    /// Nobody listens, or no rule of the listener takes it.
    #[error("the manifests have no rule for such a connection")]
    NoListener,
    /// The proxy answers itself.
    #[error("{origin} answers it with status {status}: it goes nowhere")]
    Answered {
        /// The rule.
        origin: String,
        /// The status of a redirect, a direct response, or a rule without a weight above zero.
        status: u16,
    },
    /// A fault meets every request.
    #[error("{origin} aborts every request with status {status}: it goes nowhere")]
    Aborted {
        /// The rule.
        origin: String,
        /// The status.
        status: u16,
    },
}

fn listed(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    ports.join(", ")
}

impl RouteTable {
    /// The split that a request meets.
    ///
    /// # Errors
    /// [`NoSplit`]: no such request reaches a destination.
    pub fn split(&self, request: &Request) -> Result<MetSplit<'_>, NoSplit> {
        match self.answer(request).resolution {
            Resolution::Route { route, .. } => of_route(route),
            Resolution::NoRoute => Err(NoSplit::NoRoute),
            Resolution::UnknownPort(_) => Err(NoSplit::UnknownPort {
                asked: request.port,
                ports: self.request_ports_of(request.host(), &request.source),
            }),
            Resolution::UnknownHost(_) => Err(NoSplit::UnknownHost),
        }
    }

    /// The split that a connection meets.
    ///
    /// # Errors
    /// [`NoSplit`]: no such connection reaches a destination.
    pub fn connection_split(&self, connection: &Connection) -> Result<MetSplit<'_>, NoSplit> {
        let (_, route) = self
            .answer_connection(connection)
            .route
            .ok_or(NoSplit::NoListener)?;
        let met = MetSplit {
            origin: &route.origin,
            forward: &route.forward,
            faults: None,
            mirrors: &[],
        };
        met.reached()
    }
}

fn of_route(route: &Route) -> Result<MetSplit<'_>, NoSplit> {
    let answered = |status| NoSplit::Answered {
        origin: route.origin.to_string(),
        status,
    };
    let forward = match &route.action {
        RouteAction::Forward(forward) => forward,
        RouteAction::Redirect(redirect) => return Err(answered(redirect.status)),
        RouteAction::DirectResponse(response) => return Err(answered(response.status)),
    };
    if let Some(abort) = &route.faults.abort
        && abort.percentage.share() >= Rational::from_integer(1)
    {
        return Err(NoSplit::Aborted {
            origin: route.origin.to_string(),
            status: abort.status.http(),
        });
    }
    let met = MetSplit {
        origin: &route.origin,
        forward,
        faults: Some(&route.faults),
        mirrors: &route.mirrors,
    };
    met.reached()
}

impl MetSplit<'_> {
    fn reached(self) -> Result<Self, NoSplit> {
        match self.forward.shares() {
            Some(_) => Ok(self),
            None => Err(NoSplit::Answered {
                origin: self.origin.to_string(),
                status: self.forward.missing_status(),
            }),
        }
    }

    /// A name for each destination: the version alone where that is clear, else with host and port.
    /// The same destination has the same name wherever it stands.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let all = self.forward.destinations();
        let name = |one: &Destination| -> String {
            let clear = |form: &dyn Fn(&Destination) -> String| {
                let mut others = all.iter().map(|other| &other.destination);
                others.all(|other| other == one || form(other) != form(one))
            };
            let version = |one: &Destination| one.version().to_owned();
            let place = |one: &Destination| one.to_string();
            match (clear(&version), clear(&place)) {
                (true, _) => version(one),
                (false, true) => place(one),
                (false, false) => one.cluster(),
            }
        };
        all.iter().map(|one| name(&one.destination)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{Backend, WeightedDestination};

    fn destination(host: &str, subset: &str, weight: u32) -> WeightedDestination {
        WeightedDestination {
            destination: Destination {
                host: host.into(),
                subset: Some(subset.into()),
                port: Some(80),
                backend: Backend::Ready,
            },
            weight,
        }
    }

    #[test]
    fn names_are_as_short_as_they_can_be() {
        let origin = Origin::default();
        let names = |destinations: Vec<WeightedDestination>| {
            let forward = Forward::istio(destinations).unwrap();
            let met = MetSplit {
                origin: &origin,
                forward: &forward,
                faults: None,
                mirrors: &[],
            };
            met.names()
        };
        let (a, b) = ("a.default.svc.cluster.local", "b.default.svc.cluster.local");
        let twice = vec![
            destination(a, "v1", 1),
            destination(a, "v2", 1),
            destination(a, "v1", 2),
        ];
        assert_eq!(names(twice), ["v1", "v2", "v1"]);
        let hosts = vec![destination(a, "v1", 1), destination(b, "v1", 1)];
        assert_eq!(names(hosts), ["a v1 :80", "b v1 :80"]);
        let other = "a.other.svc.cluster.local";
        let namespaces = vec![destination(a, "v1", 1), destination(other, "v1", 1)];
        assert_eq!(names(namespaces), ["a v1 :80", "a.other v1 :80"]);
    }
}
