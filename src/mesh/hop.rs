//! One hop: a proxy routes a request, a version answers it and calls others for that.

use super::chance::Chance;
use super::landed::Landed;
use super::proxies::{Known, Proxy, Timeline};
use super::retry::{retries_status, retries_timeout, wait_limit};
use super::story::{Call, Story, nanos};
use super::tally::{Failure, Series, StretchTally};
use crate::routing::{
    Forward, Outcome, Reply, Request, Resolution, Route, RouteAction, UnknownHost,
};

/// Calls that call others in turn are followed so deep; beyond, 508 is answered.
const DEEPEST: usize = 16;

/// What is needed to route hops of a stretch.
pub(super) struct Hops<'s, 't> {
    pub(super) story: &'s Story,
    /// The calls of its services.
    pub(super) calls: &'s [Call],
    pub(super) timeline: &'t Timeline,
    pub(super) chance: &'t mut dyn Chance,
    /// One for each stretch, or only that of `own`.
    pub(super) tallies: &'t mut [StretchTally],
    /// The place of the stretch among them.
    pub(super) own: usize,
    pub(super) series: Option<&'t mut Series>,
}

/// A request on its way: when it is sent, in nanoseconds, and after how many calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) now: u64,
    pub(super) depth: usize,
}

impl Sent {
    fn later(self, nanos: u64) -> Self {
        Self {
            now: self.now.saturating_add(nanos),
            ..self
        }
    }
}

/// The answer to a hop.
#[derive(Debug, Clone, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Nanoseconds until it came.
    pub(super) nanos: u64,
    /// Who answered; `None`: a proxy.
    pub(super) by: Option<Landed>,
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

    /// A timeout of a proxy.
    fn too_late(nanos: u64) -> Self {
        Self {
            nanos,
            ..Self::of_proxy(504)
        }
    }
}

impl Hops<'_, '_> {
    fn tally(&mut self) -> &mut StretchTally {
        &mut self.tallies[self.own]
    }

    /// The rules that a proxy goes by; counted if they are not the newest.
    pub(super) fn known(&mut self, proxy: Proxy<'_>, now: u64) -> Known {
        let known = self.timeline.known(proxy, now, self.chance);
        if known.change < known.newest {
            let since = now.saturating_sub(self.timeline.begin(known.newest));
            let tally = self.tally();
            tally.routed_by_old_rules += 1;
            tally.last_old_nanos = tally.last_old_nanos.max(Some(since));
        }
        known
    }

    /// Counts a rule that routed to a service.
    pub(super) fn count_rule(&mut self, service: &str, rule: String) {
        let key = (service.to_owned(), rule);
        *self.tally().rules.entry(key).or_default() += 1;
    }

    /// Sends a request through a proxy.
    pub(super) fn send(&mut self, request: &Request, proxy: Proxy<'_>, sent: Sent) -> Response {
        if sent.depth > DEEPEST {
            return Response::of_proxy(508);
        }
        let known = self.known(proxy, sent.now);
        let story = self.story;
        let resolution = story.stretches[known.change].table.resolve(request);
        let service = service_of(request);
        let rule = match resolution {
            Resolution::Route { route, .. } => route.origin.to_string(),
            Resolution::NoRoute => "no rule".to_owned(),
            Resolution::UnknownPort(_) => "unknown port".to_owned(),
            Resolution::UnknownHost(_) => "unknown host".to_owned(),
        };
        self.count_rule(&service, rule);
        let response = match resolution {
            Resolution::Route { route, .. } => self.follow(request, route, sent),
            Resolution::NoRoute => Response::of_proxy(404),
            // It passes to an address where nobody answers.
            Resolution::UnknownPort(_) => Response::of_proxy(503),
            Resolution::UnknownHost(UnknownHost::Refuse) => Response::of_proxy(502),
            Resolution::UnknownHost(UnknownHost::NotFound) => Response::of_proxy(404),
            Resolution::UnknownHost(UnknownHost::PassThrough) => Response {
                by: Some(Landed {
                    service,
                    version: None,
                }),
                ..Response::of_proxy(200)
            },
        };
        self.note_under_way(proxy, known, sent.now, &response);
        response
    }

    /// A request that is being answered while changes reach its proxy finishes on the rules that
    /// it began with.
    fn note_under_way(&mut self, proxy: Proxy<'_>, known: Known, now: u64, response: &Response) {
        let (Some(by), true) = (&response.by, response.nanos > 0) else {
            return;
        };
        let end = now.saturating_add(response.nanos);
        let while_open = (now, end.saturating_sub(1));
        let reaching = self
            .timeline
            .reaching(proxy, known.change, while_open, self.chance);
        if let Some(&(_, change)) = reaching.first() {
            let since = end - self.timeline.begin(change);
            self.tallies[change].under_way.add(by.key(), false, since);
        }
    }

    /// What a route makes of a request: faults first, then the destination, with the timeout and
    /// the retries of the route. The fault filter stands before the router, so an injected delay is
    /// no part of the timeout, and an abort is not tried again.
    fn follow(&mut self, request: &Request, route: &Route, sent: Sent) -> Response {
        let outcome = self.chance.outcome(route);
        let delay = outcome.delay.map_or(0, nanos);
        let routed = sent.later(delay);
        let mut response = match (outcome.reply, &route.action) {
            (Reply::Destination(place), RouteAction::Forward(forward)) => {
                self.mirror(request, route, &outcome, routed);
                self.forward(request, route, (forward, place), routed)
            }
            (Reply::Proxy { status, .. }, _) => Response::of_proxy(status),
            // Only a route that forwards has destinations.
            (Reply::Destination(_), _) => Response::of_proxy(500),
        };
        response.nanos = response.nanos.saturating_add(delay);
        response
    }

    /// Copies to mirrors: versions answer them, and nobody waits for that.
    fn mirror(&mut self, request: &Request, route: &Route, outcome: &Outcome, sent: Sent) {
        for &mirror in &outcome.mirrors {
            let destination = &route.mirrors[mirror].destination;
            let landed = Landed::at(destination, self.story, &[], self.chance);
            self.receive(&landed, sent.now);
            *self.tally().copies.entry(landed.key()).or_default() += 1;
            self.answer(request, &landed, sent);
        }
    }

    /// Tries until an answer is good enough, the retries are used up, or the time is.
    fn forward(
        &mut self,
        request: &Request,
        route: &Route,
        (forward, place): (&Forward, usize),
        sent: Sent,
    ) -> Response {
        let destination = &forward.destinations()[place].destination;
        let limit = route.timeout.map_or(u64::MAX, nanos);
        let try_limit = route.retries.per_try_timeout.map_or(u64::MAX, nanos);
        let (mut waited, mut retry, mut tried) = (0_u64, 0, Vec::new());
        loop {
            // The weights are not asked again: a retry stays at the destination.
            let landed = Landed::at(destination, self.story, &tried, self.chance);
            self.receive(&landed, sent.now.saturating_add(waited));
            let mut response = self.answer(request, &landed, sent.later(waited));
            let late = response.nanos > try_limit;
            if late {
                response = Response::too_late(try_limit);
            }
            let left = limit - waited;
            let again = match late {
                true => retries_timeout(&route.retries),
                false => retries_status(&route.retries, response.status),
            };
            if response.nanos > left {
                return Response::too_late(limit);
            }
            waited = waited.saturating_add(response.nanos);
            response.nanos = waited;
            if !again || retry >= route.retries.attempts {
                return response;
            }
            let wait = self.chance.wait_below(wait_limit(retry)) * 1_000_000;
            waited = waited.saturating_add(wait);
            if waited >= limit {
                return Response::too_late(limit);
            }
            let key = (service_of(request), route.origin.to_string());
            *self.tally().retries.entry(key).or_default() += 1;
            tried.push(landed);
            retry += 1;
        }
    }

    /// Counts a request, or a connection, at a version.
    pub(super) fn receive(&mut self, landed: &Landed, now: u64) {
        *self.tally().received.entry(landed.key()).or_default() += 1;
        if let Some(series) = &mut self.series {
            series.add(landed.key(), now);
        }
    }

    /// A version answers, after its calls.
    fn answer(&mut self, request: &Request, landed: &Landed, sent: Sent) -> Response {
        let mut response = Response {
            by: Some(landed.clone()),
            ..Response::of_proxy(200)
        };
        if let Some(running) = landed.running(self.story) {
            response.nanos = nanos(running.takes);
            if self.chance.happens(running.fails) {
                response.status = running.status;
                return response;
            }
        }
        for call in self.calls.iter().filter(|call| landed.makes(call)) {
            let begin = sent.later(response.nanos);
            let (answer, waited) = self.call(call, request, landed, begin);
            response.nanos = response.nanos.saturating_add(waited);
            match answer {
                Ok(answer) => {
                    response.made_from.extend(answer.by.map(|by| by.name()));
                    response.made_from.extend(answer.made_from);
                    response.without.extend(answer.without);
                }
                Err(status) => {
                    let to = service_of(&call.request);
                    let failure = Failure {
                        from: landed.name(),
                        to: to.clone(),
                        status,
                    };
                    *self.tally().failures.entry(failure).or_default() += 1;
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
        from: &Landed,
        sent: Sent,
    ) -> (Result<Response, Option<u16>>, u64) {
        let mut request = call.request.clone();
        for (name, value) in inbound.headers() {
            request.add_header(name, value);
        }
        request.source = from.sidecar();
        let limit = call.timeout.map_or(u64::MAX, nanos);
        let proxy = Proxy::Service(&from.service);
        let (mut waited, mut last) = (0_u64, None);
        for _ in 0..=call.retries {
            let sent = Sent {
                depth: sent.depth + 1,
                ..sent.later(waited)
            };
            let answer = self.send(&request, proxy, sent);
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

/// The first label of the host that is asked.
pub(super) fn service_of(request: &Request) -> String {
    let host = request.host();
    host.split_once('.')
        .map_or(host, |(first, _)| first)
        .to_owned()
}
