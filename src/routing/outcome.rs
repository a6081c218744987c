//! What becomes of one request once the random numbers are known.

use std::time::Duration;

use super::{Backend, Forward, Route, RouteAction};

/// The random numbers of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    /// R: picks the destination, and with it the mirrors.
    pub split: u64,
    /// Whether to delay.
    pub delay: u64,
    /// Whether to abort.
    pub abort: u64,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How long it was held back.
    pub delay: Option<Duration>,
    /// Who answers, and what.
    pub reply: Reply,
    /// The mirrors that got a copy, as indices into the route's list.
    pub mirrors: Vec<usize>,
}

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The destination of that index.
    Destination(usize),
    /// The proxy.
    Proxy {
        /// The HTTP status.
        status: u16,
        /// The flag in the access log, if there is one.
        flag: Option<ResponseFlag>,
        /// The destination that had been picked, if one was.
        destination: Option<usize>,
    },
}

/// Why the proxy answered, as the access log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResponseFlag {
    /// No route.
    NoRoute,
    /// The cluster does not exist.
    NoCluster,
    /// No healthy host in the cluster.
    NoHealthyUpstream,
    /// An injected abort.
    FaultInjected,
}

impl ResponseFlag {
    /// The short form: NR, NC, UH, FI.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::NoRoute => "NR",
            Self::NoCluster => "NC",
            Self::NoHealthyUpstream => "UH",
            Self::FaultInjected => "FI",
        }
    }
}

impl Reply {
    /// Without a route: 404, flag NR.
    pub const NO_ROUTE: Self = Self::Proxy {
        status: 404,
        flag: Some(ResponseFlag::NoRoute),
        destination: None,
    };
}

impl Route {
    /// What becomes of a request that this route answers.
    ///
    /// Faults come first; an aborted request is never split, nor mirrored. Neither is one whose
    /// destination is missing or empty.
    #[must_use]
    pub fn outcome(&self, draws: Draws) -> Outcome {
        let delay = self.faults.delay.as_ref();
        let delay = delay.filter(|delay| delay.percentage.covers(draws.delay));
        let reply = self.reply(draws);
        let mirrors = match reply {
            Reply::Destination(_) => self.mirrored(draws.split),
            Reply::Proxy { .. } => Vec::new(),
        };
        Outcome {
            delay: delay.map(|delay| delay.duration),
            reply,
            mirrors,
        }
    }

    fn reply(&self, draws: Draws) -> Reply {
        if let Some(abort) = &self.faults.abort
            && abort.percentage.covers(draws.abort)
        {
            return Reply::Proxy {
                status: abort.status.http(),
                flag: Some(ResponseFlag::FaultInjected),
                destination: None,
            };
        }
        let proxy = |status| Reply::Proxy {
            status,
            flag: None,
            destination: None,
        };
        match &self.action {
            RouteAction::Forward(forward) => forward.reply(draws.split),
            RouteAction::Redirect(redirect) => proxy(redirect.status),
            RouteAction::DirectResponse(response) => proxy(response.status),
        }
    }

    /// The mirrors that a forwarded request with this R is copied to, as indices into the list.
    #[must_use]
    pub fn mirrored(&self, random_value: u64) -> Vec<usize> {
        let covered = |(place, mirror): (usize, &super::Mirror)| {
            mirror.percentage.covers(random_value).then_some(place)
        };
        self.mirrors
            .iter()
            .enumerate()
            .filter_map(covered)
            .collect()
    }
}

impl Forward {
    /// Who answers a request with this R.
    #[must_use]
    pub fn reply(&self, random_value: u64) -> Reply {
        let proxy = |status, flag, destination| Reply::Proxy {
            status,
            flag,
            destination,
        };
        let Some(place) = self.pick(random_value) else {
            return proxy(self.missing_status(), None, None);
        };
        match self.destinations()[place].destination.backend {
            Backend::Ready => Reply::Destination(place),
            Backend::Empty => proxy(503, Some(ResponseFlag::NoHealthyUpstream), Some(place)),
            Backend::Missing => proxy(
                self.missing_status(),
                Some(ResponseFlag::NoCluster),
                Some(place),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Abort, AbortStatus, Delay, Destination, FractionalPercent, Mirror, Origin,
        WeightedDestination,
    };
    use super::*;

    fn destination(backend: Backend) -> Destination {
        Destination {
            host: "reviews".into(),
            subset: None,
            port: None,
            backend,
        }
    }

    fn route(backends: &[(Backend, u32)]) -> Route {
        let one = |&(backend, weight): &(Backend, u32)| WeightedDestination {
            destination: destination(backend),
            weight,
        };
        let forward = Forward::istio(backends.iter().map(one).collect()).unwrap();
        Route::new(Origin::default(), RouteAction::Forward(forward))
    }

    fn draws(split: u64) -> Draws {
        Draws {
            split,
            delay: 0,
            abort: 0,
        }
    }

    #[test]
    fn a_missing_or_empty_destination_keeps_its_share() {
        let route = route(&[
            (Backend::Ready, 1),
            (Backend::Missing, 1),
            (Backend::Empty, 1),
        ]);
        let proxy = |flag, place| Reply::Proxy {
            status: 503,
            flag: Some(flag),
            destination: Some(place),
        };
        assert_eq!(route.outcome(draws(3)).reply, Reply::Destination(0));
        assert_eq!(
            route.outcome(draws(4)).reply,
            proxy(ResponseFlag::NoCluster, 1)
        );
        assert_eq!(
            route.outcome(draws(5)).reply,
            proxy(ResponseFlag::NoHealthyUpstream, 2)
        );
    }

    #[test]
    fn a_mirror_of_ten_percent_of_100_copies_only_requests_of_the_first_of_90_and_10() {
        let mut route = route(&[(Backend::Ready, 90), (Backend::Ready, 10)]);
        route.mirrors = vec![Mirror {
            destination: destination(Backend::Ready),
            percentage: FractionalPercent::percent(10),
        }];
        let mirrored = |range: std::ops::Range<u64>| {
            range
                .filter(|&r| !route.outcome(draws(r)).mirrors.is_empty())
                .count()
        };
        assert_eq!((mirrored(0..90), mirrored(90..100)), (10, 0));
        // Istio's millionths are independent of a split that sums to 100.
        route.mirrors[0].percentage = FractionalPercent::istio(10.0);
        let of_first = |r: &u64| route.outcome(draws(*r)).reply == Reply::Destination(0);
        let copied = |r: &u64| !route.outcome(draws(*r)).mirrors.is_empty();
        let all: Vec<u64> = (0..1_000_000).filter(copied).collect();
        assert_eq!(all.len(), 100_000);
        assert_eq!(all.iter().filter(|r| of_first(r)).count(), 90_000);
    }

    #[test]
    fn an_abort_answers_after_the_delay_and_is_neither_split_nor_mirrored() {
        let mut route = route(&[(Backend::Ready, 1)]);
        route.mirrors = vec![Mirror {
            destination: destination(Backend::Ready),
            percentage: FractionalPercent::ALWAYS,
        }];
        route.faults.delay = Some(Delay {
            percentage: FractionalPercent::percent(50),
            duration: Duration::from_secs(7),
        });
        route.faults.abort = Some(Abort {
            percentage: FractionalPercent::percent(10),
            status: AbortStatus::Http(555),
        });
        let both = route.outcome(Draws {
            split: 0,
            delay: 49,
            abort: 9,
        });
        assert_eq!(both.delay, Some(Duration::from_secs(7)));
        assert!(both.mirrors.is_empty());
        let aborted = Reply::Proxy {
            status: 555,
            flag: Some(ResponseFlag::FaultInjected),
            destination: None,
        };
        assert_eq!(both.reply, aborted);
        let neither = route.outcome(Draws {
            split: 0,
            delay: 50,
            abort: 10,
        });
        assert_eq!(
            (neither.delay, neither.reply),
            (None, Reply::Destination(0))
        );
        assert_eq!(neither.mirrors, [0]);
    }

    #[test]
    fn gateway_api_answers_500_where_nothing_is_to_be_had() {
        let none = Forward::gateway_api(Vec::new()).unwrap();
        let proxy = |flag, destination| Reply::Proxy {
            status: 500,
            flag,
            destination,
        };
        assert_eq!(none.reply(7), proxy(None, None));
        let missing = WeightedDestination {
            destination: destination(Backend::Missing),
            weight: 1,
        };
        let missing = Forward::gateway_api(vec![missing]).unwrap();
        assert_eq!(
            missing.reply(7),
            proxy(Some(ResponseFlag::NoCluster), Some(0))
        );
    }
}
