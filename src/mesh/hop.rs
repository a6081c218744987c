//! One hop: a proxy routes a request, a version answers it and calls others for that.

use std::time::Duration;

use rand::Rng;

use super::proxies::{Proxies, Proxy};
use super::story::{Call, Story};
use super::tally::{Failure, StretchTally};
use crate::random::Stream;
use crate::routing::{
    Destination, Draws, Reply, Request, Resolution, Route, RouteAction, Source, UnknownHost,
};

/// Calls that call others in turn are followed so deep; beyond, 508 is answered.
const DEEPEST: usize = 16;

/// What a stretch needs to route hops.
pub(super) struct Hops<'s, 't> {
    pub(super) story: &'s Story,
    pub(super) proxies: &'t Proxies<'s>,
    pub(super) stretch: usize,
    pub(super) random: &'t mut Stream,
    pub(super) tally: &'t mut StretchTally,
}

/// The answer to a hop.
#[derive(Debug, Clone, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Nanoseconds until it came.
    pub(super) nanos: u64,
    /// `reviews v2`; `None`: a proxy.
    pub(super) by: Option<String>,
    /// All that answered the calls behind it.
    pub(super) made_from: Vec<String>,
    /// The services that it had to do without.
    pub(super) without: Vec<String>,
}

impl Response {
    fn of_proxy(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }
}

impl Hops<'_, '_> {
    /// Sends a request through a proxy at a moment, in nanoseconds.
    pub(super) fn send(
        &mut self,
        request: &Request,
        proxy: Proxy<'_>,
        now: u64,
        depth: usize,
    ) -> Response {
        if depth > DEEPEST {
            return Response::of_proxy(508);
        }
        let (table, newest) = self.proxies.table(proxy, self.stretch, now);
        if !newest {
            self.tally.routed_by_old_rules += 1;
            let since = now.saturating_sub(self.proxies.begin(self.stretch));
            self.tally.last_old_nanos = self.tally.last_old_nanos.max(Some(since));
        }
        let service = service_of(request);
        let resolution = table.answer(request).resolution;
        let rule = match resolution {
            Resolution::Route { route, .. } => route.origin.to_string(),
            Resolution::NoRoute => "no rule".to_owned(),
            Resolution::UnknownHost(_) => "unknown host".to_owned(),
        };
        *self.tally.rules.entry((service.clone(), rule)).or_default() += 1;
        match resolution {
            Resolution::Route { route, .. } => self.follow(request, route, now, depth),
            Resolution::NoRoute => Response::of_proxy(404),
            Resolution::UnknownHost(UnknownHost::Refuse) => Response::of_proxy(502),
            Resolution::UnknownHost(UnknownHost::NotFound) => Response::of_proxy(404),
            Resolution::UnknownHost(UnknownHost::PassThrough) => Response {
                by: Some(service),
                ..Response::of_proxy(200)
            },
        }
    }

    fn follow(&mut self, request: &Request, route: &Route, now: u64, depth: usize) -> Response {
        let [split, delay, abort] = std::array::from_fn(|_| self.random.next_u64());
        let outcome = route.outcome(Draws {
            split,
            delay,
            abort,
        });
        let delay = outcome.delay.map_or(0, nanos);
        for &mirror in &outcome.mirrors {
            self.receive(&route.mirrors[mirror].destination);
        }
        let mut response = match (outcome.reply, &route.action) {
            (Reply::Destination(place), RouteAction::Forward(forward)) => {
                let destination = &forward.destinations()[place].destination;
                self.receive(destination);
                self.answer(request, destination, now.saturating_add(delay), depth)
            }
            (Reply::Proxy { status, .. }, _) => Response::of_proxy(status),
            // Only a route that forwards has destinations.
            (Reply::Destination(_), _) => Response::of_proxy(500),
        };
        let limit = route.timeout.map_or(u64::MAX, nanos);
        if response.nanos > limit {
            response = Response {
                nanos: limit,
                ..Response::of_proxy(504)
            };
        }
        response.nanos = response.nanos.saturating_add(delay);
        response
    }

    fn receive(&mut self, destination: &Destination) {
        let key = (destination.short_host().to_owned(), version(destination));
        *self.tally.received.entry(key).or_default() += 1;
    }

    /// A version answers, after its calls.
    fn answer(
        &mut self,
        request: &Request,
        destination: &Destination,
        now: u64,
        depth: usize,
    ) -> Response {
        let name = named(destination);
        let mut response = Response {
            by: Some(name.clone()),
            ..Response::of_proxy(200)
        };
        let story = self.story;
        let calls = story.calls.iter();
        for call in calls.filter(|call| call.is_made_by(destination)) {
            let begin = now.saturating_add(response.nanos);
            let (answer, waited) = self.call(call, request, destination, begin, depth);
            response.nanos = response.nanos.saturating_add(waited);
            match answer {
                Ok(answer) => {
                    response.made_from.extend(answer.by);
                    response.made_from.extend(answer.made_from);
                    response.without.extend(answer.without);
                }
                Err(status) => {
                    let to = service_of(&call.request);
                    let failure = Failure {
                        from: name.clone(),
                        to: to.clone(),
                        status,
                    };
                    *self.tally.failures.entry(failure).or_default() += 1;
                    response.without.push(to);
                    if call.required {
                        response.status = 500;
                        return response;
                    }
                }
            }
        }
        response
    }

    /// All tries of a call: the answer, or the status of the last try (`None`: it timed out); and
    /// how long the caller waited.
    fn call(
        &mut self,
        call: &Call,
        inbound: &Request,
        from: &Destination,
        begin: u64,
        depth: usize,
    ) -> (Result<Response, Option<u16>>, u64) {
        let mut request = call.request.clone();
        for (name, value) in inbound.headers() {
            request.add_header(name, value);
        }
        request.source = sidecar(from);
        let limit = call.timeout.map_or(u64::MAX, nanos);
        let proxy = Proxy::Service(from.short_host());
        let (mut waited, mut last) = (0_u64, None);
        for _ in 0..=call.retries {
            let answer = self.send(&request, proxy, begin.saturating_add(waited), depth + 1);
            waited = waited.saturating_add(answer.nanos.min(limit));
            if answer.nanos > limit {
                last = None;
            } else if answer.status >= 500 {
                last = Some(answer.status);
            } else {
                return (Ok(answer), waited);
            }
        }
        (Err(last), waited)
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The sidecar of a version, labelled as the samples of Istio label their workloads.
fn sidecar(destination: &Destination) -> Source {
    let mut source = Source::default();
    let labels = [
        ("app", destination.short_host().to_owned()),
        ("version", destination.version().to_owned()),
    ];
    source
        .labels
        .extend(labels.map(|(key, value)| (key.to_owned(), value)));
    source
}

/// The subset; none is a dash.
fn version(destination: &Destination) -> String {
    destination.subset.clone().unwrap_or_else(|| "–".into())
}

fn named(destination: &Destination) -> String {
    match &destination.subset {
        Some(subset) => format!("{} {subset}", destination.short_host()),
        None => destination.short_host().to_owned(),
    }
}

/// The first label of the host that is asked.
pub(super) fn service_of(request: &Request) -> String {
    let host = request.host();
    host.split_once('.')
        .map_or(host, |(first, _)| first)
        .to_owned()
}
