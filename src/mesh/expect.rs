//! What is to be expected of a story, exactly: the mean of each count over all that can happen.
//!
//! Every way of every request is enumerated, propagation included. Requests of a stretch that see
//! the same rules everywhere have the same ways, and are enumerated once.

use std::collections::BTreeMap;

use super::enumerate::{Enumerated, Knowing};
use super::hop::Hops;
use super::proxies::Timeline;
use super::run::{asked, calls, client, viewer};
use super::story::{Story, Traffic};
use super::tally::{Page, ServiceVersion, StretchTally};
use crate::routing::Request;

/// The most ways of one request.
const MOST_WAYS: usize = 20_000;
/// The most ways of a whole story, those counted once that are enumerated once.
const MOST_WAYS_IN_ALL: usize = 2_000_000;

/// Means of counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expected {
    /// Of what viewers got.
    pub pages: BTreeMap<Page, f64>,
    /// Of the requests, or connections, that reached each version.
    pub received: BTreeMap<ServiceVersion, f64>,
}

/// What is to be expected of a stretch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expectation {
    /// Of all its requests, those that are routed by old rules included; `None` where waits of
    /// random length, or too many ways, leave no exact answer.
    pub whole: Option<Expected>,
    /// Of one request when every proxy has the newest rules and none comes after; `None` as above.
    pub settled: Option<Expected>,
}

impl Expected {
    fn add(&mut self, other: &Self, times: f64) {
        for (page, mean) in &other.pages {
            *self.pages.entry(page.clone()).or_default() += mean * times;
        }
        for (version, mean) in &other.received {
            *self.received.entry(version.clone()).or_default() += mean * times;
        }
    }
}

/// What is to be expected of each stretch.
#[must_use]
pub fn expect(story: &Story) -> Vec<Expectation> {
    let mut enumeration = Enumeration {
        story,
        timeline: Timeline::new(story),
        asked: asked(story),
        ways_left: MOST_WAYS_IN_ALL,
    };
    let mut number = 0;
    let stretches = (0..story.stretches.len()).map(|stretch| {
        let begin = number;
        number += story.stretches[stretch].requests;
        enumeration.stretch(stretch, begin)
    });
    stretches.collect()
}

struct Enumeration<'s> {
    story: &'s Story,
    timeline: Timeline,
    asked: Vec<Request>,
    ways_left: usize,
}

/// The means of one request, and how long its longest way takes.
#[derive(Debug, Clone, PartialEq)]
struct OfOne {
    expected: Expected,
    longest_nanos: u64,
}

impl Enumeration<'_> {
    /// `begin` is the number of its first request.
    fn stretch(&mut self, stretch: usize, begin: u64) -> Expectation {
        let viewers = self.asked.len().max(1) as u64;
        let alone = Timeline::until(self.story, stretch + 1);
        let start = alone.begin(stretch);
        let settled: Vec<Option<OfOne>> = (0..viewers)
            .map(|viewer| self.of_one(viewer, start, &alone, Knowing::All))
            .collect();
        let mean = settled.iter().flatten();
        let mean = mean.fold(Expected::default(), |mut mean, one| {
            mean.add(&one.expected, 1.0 / viewers as f64);
            mean
        });
        let whole = self.whole(stretch, begin, &settled);
        let all = settled.iter().all(Option::is_some);
        Expectation {
            whole,
            settled: all.then_some(mean),
        }
    }

    fn whole(&mut self, stretch: usize, begin: u64, settled: &[Option<OfOne>]) -> Option<Expected> {
        let mut whole = Expected::default();
        let timeline = Timeline::new(self.story);
        let mut alike: Vec<u64> = vec![0; settled.len()];
        for place in 0..self.story.stretches[stretch].requests {
            let number = begin + place;
            let viewer = usize::try_from(number % settled.len() as u64).ok()?;
            let now = self.timeline.moment(self.story, stretch, place);
            let one = settled[viewer].as_ref();
            if one.is_some_and(|one| self.is_settled(stretch, now, one.longest_nanos)) {
                alike[viewer] += 1;
                continue;
            }
            let one = self.of_one(number, now, &timeline, Knowing::AsTheyLearn)?;
            whole.add(&one.expected, 1.0);
        }
        for (one, times) in settled.iter().zip(alike) {
            if let Some(one) = one.as_ref().filter(|_| times > 0) {
                whole.add(&one.expected, times as f64);
            }
        }
        Some(whole)
    }

    /// Whether all changes so far have reached everyone, and no other comes before the end.
    fn is_settled(&self, stretch: usize, now: u64, takes: u64) -> bool {
        let reached = (1..=stretch).all(|change| {
            let (_, most) = self.story.stretches[change].propagation.nanos();
            now >= self.timeline.begin(change).saturating_add(most)
        });
        let last = stretch + 1 == self.story.stretches.len();
        reached && (last || now.saturating_add(takes) < self.timeline.begin(stretch + 1))
    }

    /// All ways of one request. With waits of random length the shortest and the longest have to
    /// lead to the same.
    fn of_one(
        &mut self,
        number: u64,
        now: u64,
        timeline: &Timeline,
        knowing: Knowing,
    ) -> Option<OfOne> {
        let mut ways = |longest_waits| {
            let chance = Enumerated::new(self.story, knowing, longest_waits);
            self.ways(number, now, timeline, chance)
        };
        let (shortest, waited) = ways(false)?;
        if !waited {
            return Some(shortest);
        }
        let (longest, _) = ways(true)?;
        (shortest.expected == longest.expected).then_some(longest)
    }

    fn ways(
        &mut self,
        number: u64,
        now: u64,
        timeline: &Timeline,
        mut chance: Enumerated<'_>,
    ) -> Option<(OfOne, bool)> {
        let mut one = OfOne {
            expected: Expected::default(),
            longest_nanos: 0,
        };
        for _ in 0..MOST_WAYS {
            self.ways_left = self.ways_left.checked_sub(1)?;
            let mut tally = StretchTally::default();
            let (page, took) = self.way(number, now, timeline, &mut chance, &mut tally);
            let probability = chance.probability();
            *one.expected.pages.entry(page).or_default() += probability;
            for (version, count) in tally.received {
                *one.expected.received.entry(version).or_default() += probability * count as f64;
            }
            one.longest_nanos = one.longest_nanos.max(took);
            if !chance.next_way() {
                return Some((one, chance.waited));
            }
        }
        None
    }

    /// One way of a request, or of a connection.
    fn way(
        &self,
        number: u64,
        now: u64,
        timeline: &Timeline,
        chance: &mut Enumerated<'_>,
        tally: &mut StretchTally,
    ) -> (Page, u64) {
        let mut hops = Hops {
            story: self.story,
            calls: calls(self.story),
            timeline,
            chance,
            tallies: std::slice::from_mut(tally),
            own: 0,
            series: None,
        };
        let client = client(self.story, number);
        match &self.story.traffic {
            Traffic::Requests(_) => {
                let (viewer, request) = viewer(&self.asked, number);
                hops.page(viewer, request, client, now)
            }
            Traffic::Connections(connections) => {
                let (page, _, _) = hops.connect(connections, client, now);
                (page, 0)
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mesh::{Between, Requests, Running, RunningVersion, Stretch, Viewer, run};
    use crate::routing::{
        Backend, Destination, Forward, Origin, Request, Retries, Route, RouteAction, RouteTable,
        UnknownHost, VirtualHost, WeightedDestination,
    };
    use crate::scenario::ScenarioName;
    use crate::units::{Rate, Rational};

    fn route(weights: &[u32]) -> Route {
        let destination = |(place, &weight): (usize, &u32)| WeightedDestination {
            destination: Destination {
                host: "reviews".into(),
                subset: Some(format!("v{}", place + 1)),
                port: None,
                backend: Backend::Ready,
            },
            weight,
        };
        let destinations = weights.iter().enumerate().map(destination);
        let forward = Forward::istio(destinations.collect()).unwrap();
        Route::new(Origin::default(), RouteAction::Forward(forward))
    }

    fn stretch(route: Route) -> Stretch {
        let host = VirtualHost {
            name: "reviews".into(),
            domains: vec![crate::routing::Domain::parse("reviews").unwrap()],
            gateways: Vec::new(),
            ports: Vec::new(),
            routes: vec![route],
        };
        Stretch {
            name: "one".into(),
            change: String::new(),
            table: RouteTable::new(vec![host], Vec::new(), UnknownHost::default()),
            propagation: Between::default(),
            requests: 10,
            rate: Rate::one_per_second(),
        }
    }

    /// v1 for ten requests, then half of ten to v2.
    pub(in crate::mesh) fn story() -> Story {
        Story {
            name: ScenarioName::new("a").unwrap(),
            title: "a".into(),
            description: None,
            seed: 1,
            proxies: 1,
            traffic: Traffic::Requests(Requests {
                request: Request::parse("GET http://reviews/").unwrap(),
                viewers: vec![Viewer {
                    name: "mary".into(),
                    headers: Vec::new(),
                }],
                calls: Vec::new(),
            }),
            running: Vec::new(),
            aliases: Vec::new(),
            stretches: vec![stretch(route(&[1])), stretch(route(&[50, 50]))],
        }
    }

    fn means(story: &Story, stretch: usize) -> Vec<(String, f64)> {
        let whole = expect(story)[stretch].whole.clone().unwrap();
        let received = whole.received.into_iter();
        received
            .map(|((_, version), mean)| (version, mean))
            .collect()
    }

    fn by(pairs: &[(&str, f64)]) -> Vec<(String, f64)> {
        pairs
            .iter()
            .map(|&(name, mean)| (name.to_owned(), mean))
            .collect()
    }

    #[test]
    fn weights_give_their_means() {
        let story = story();
        assert_eq!(means(&story, 0), by(&[("v1", 10.0)]));
        assert_eq!(means(&story, 1), by(&[("v1", 5.0), ("v2", 5.0)]));
    }

    #[test]
    fn old_rules_count_as_long_as_the_change_spreads() {
        let mut story = story();
        let seconds = Duration::from_secs;
        story.stretches[1].propagation = Between {
            least: seconds(2),
            most: seconds(4),
        };
        // Requests at 0, 1 s: old. At 2 s: one nanosecond of 2·10^9 + 1 has come. At 3 s: half and a
        // little. The other six: new.
        let all = 2e9 + 1.0;
        let new = 1.0 / all + (1e9 + 1.0) / all + 6.0;
        let expected = by(&[("v1", 10.0 - new / 2.0), ("v2", new / 2.0)]);
        for ((name, mean), (expected_name, expected)) in means(&story, 1).iter().zip(&expected) {
            assert_eq!(name, expected_name);
            assert!((mean - expected).abs() < 1e-12, "{name}: {mean} {expected}");
        }
        let settled = expect(&story)[1].settled.clone().unwrap();
        assert!(settled.received.values().all(|&share| share == 0.5));
    }

    #[test]
    fn retries_stay_at_the_version_and_multiply_its_requests() {
        let mut story = story();
        let half = Rational::new(1, 2);
        story.running = vec![Running {
            service: "reviews".into(),
            versions: vec![RunningVersion {
                fails: half,
                ..RunningVersion::sound("v2")
            }],
        }];
        let mut failing = route(&[50, 50]);
        failing.retries = Retries {
            attempts: 2,
            retry_on: vec!["5xx".into()],
            per_try_timeout: None,
        };
        story.stretches[1] = stretch(failing);
        // A request to v2 takes 1 + 1/2 + 1/4 tries, and fails with probability 1/8.
        assert_eq!(means(&story, 1), by(&[("v1", 5.0), ("v2", 8.75)]));
        let whole = expect(&story)[1].whole.clone().unwrap();
        let failed = whole
            .pages
            .iter()
            .find(|(page, _)| page.status == Some(503));
        assert_eq!(failed.map(|(_, mean)| *mean), Some(5.0 / 8.0));
    }

    #[test]
    fn waits_that_decide_leave_no_exact_answer() {
        let mut story = story();
        story.running = vec![Running {
            service: "reviews".into(),
            versions: vec![RunningVersion {
                fails: Rational::new(1, 2),
                takes: Duration::from_millis(10),
                ..RunningVersion::sound("v1")
            }],
        }];
        let mut failing = route(&[1]);
        failing.retries.retry_on = vec!["503".into()];
        // The second try fits into 25 ms only if the wait is short.
        failing.timeout = Some(Duration::from_millis(25));
        story.stretches[0] = stretch(failing);
        assert_eq!(expect(&story)[0].whole, None);
        assert_eq!(expect(&story)[0].settled, None);
    }

    #[test]
    fn drawn_counts_have_the_expected_mean() {
        let mut story = story();
        story.stretches[1].requests = 100_000;
        story.stretches[1].propagation.most = Duration::from_secs(40_000);
        story.proxies = 1000;
        let expected = means(&story, 1)[1].1;
        let tally = run(&story, 0, |_| Ok::<(), ()>(())).unwrap();
        let seen = tally.stretches[1].received[&("reviews".into(), "v2".into())];
        // 40,000 requests meet 1,000 delays: within five deviations of either kind.
        let deviation = (100_000.0_f64 / 4.0 + 40_000.0_f64.powi(2) / 12.0 / 4.0 / 1000.0).sqrt();
        assert!(
            (seen as f64 - expected).abs() < 5.0 * deviation,
            "{seen} {expected}"
        );
    }
}
