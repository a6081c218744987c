//! A story of a mesh: what was observed, joined with what is to be expected exactly.

mod figures;
mod runs;
mod types;

use std::collections::{BTreeMap, BTreeSet};

pub use self::figures::figures;
pub use self::types::{
    FailedCalls, PageSummary, RuleSummary, RunsSummary, ServiceSummary, StoryPhase, StorySummary,
    UnderWaySummary, VersionCount,
};

use self::runs::runs;
use crate::mesh::{
    Answered, Connections, Expectation, Failure, Page, Replicated, ServiceVersion, Story,
    StoryTally, StretchCounts, StretchTally, Traffic,
};

/// What a story came to, and what is to be expected of it.
#[derive(Debug, Clone, Copy)]
pub struct ToldStory<'a> {
    /// The story.
    pub story: &'a Story,
    /// What was observed in its first telling.
    pub tally: &'a StoryTally,
    /// What is to be expected of each stretch.
    pub expected: &'a [Expectation],
    /// Other tellings, if there are several.
    pub replicated: Option<&'a Replicated>,
}

/// One stretch of it.
#[derive(Debug, Clone, Copy)]
struct ToldStretch<'a> {
    story: &'a Story,
    tally: &'a StretchTally,
    expected: &'a Expectation,
    /// The counts of the replications, and how many there are.
    counts: Option<(&'a StretchCounts, u64)>,
}

/// Puts a story and its tally into plain values.
#[must_use]
pub fn summarise(told: ToldStory<'_>) -> StorySummary {
    let story = told.story;
    let mut begin_seconds = 0.0;
    let mut phases = Vec::with_capacity(story.stretches.len());
    let stretches = story.stretches.iter().zip(&told.tally.stretches);
    for (place, ((stretch, tally), expected)) in stretches.zip(told.expected).enumerate() {
        let counts = told.replicated.and_then(|all| {
            let counts = all.stretches.get(place)?;
            Some((counts, all.replications))
        });
        let one = ToldStretch {
            story,
            tally,
            expected,
            counts,
        };
        phases.push(StoryPhase {
            name: stretch.name.clone(),
            change: stretch.change.clone(),
            begin_seconds,
            requests: stretch.requests,
            pages: pages(one),
            services: services(one),
            rules: rules(&tally.rules),
            retries: rules(&tally.retries),
            failed_calls: tally.failures.iter().map(failed).collect(),
            routed_by_old_rules: tally.routed_by_old_rules,
            last_old_seconds: tally.last_old_nanos.map(seconds),
            under_way: under_way(story, tally),
            open_at_end: tally.open.iter().map(counted).collect(),
        });
        let length = stretch.rate.nanos_until(stretch.requests);
        begin_seconds += length.map_or(f64::INFINITY, seconds);
    }
    let (protocol, request) = match &story.traffic {
        Traffic::Requests(requests) => {
            let asked = &requests.request;
            let text = format!(
                "{} {}://{}{}",
                asked.method, asked.scheme, asked.authority, asked.path
            );
            ("http", text)
        }
        Traffic::Connections(connections) => ("tcp", connections.address.clone()),
    };
    StorySummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        scenario: story.name.to_string(),
        title: story.title.clone(),
        description: story.description.clone(),
        protocol,
        seed: story.seed,
        replications: told.replicated.map_or(1, |all| all.replications),
        request,
        expected_by: "exact: every way of every request, with its probability",
        phases,
    }
}

fn pages(told: ToldStretch<'_>) -> Vec<PageSummary> {
    let tally = told.tally;
    let of_viewer = |viewer: usize| -> u64 {
        let own = tally.pages.iter().filter(|(page, _)| page.viewer == viewer);
        own.map(|(_, answered)| answered.count).sum()
    };
    let mut pages: Vec<(&Page, &Answered)> = tally.pages.iter().collect();
    pages.sort_by_key(|(page, answered)| (page.viewer, std::cmp::Reverse(answered.count)));
    let expected = told.expected.whole.as_ref();
    let page = |(page, answered): (&Page, &Answered)| PageSummary {
        viewer: match &told.story.traffic {
            Traffic::Requests(requests) => requests.viewers[page.viewer].name.clone(),
            Traffic::Connections(_) => "everyone".into(),
        },
        status: page.status,
        by: page.by.clone(),
        made_from: page.made_from.clone(),
        without: page.without.clone(),
        count: answered.count,
        share: answered.count as f64 / of_viewer(page.viewer) as f64,
        expected: expected.map(|means| mean(&means.pages, page)),
        longest_seconds: seconds(answered.longest_nanos),
        runs: told
            .counts
            .map(|(counts, all)| runs(counts.pages.get(page), all)),
    };
    pages.into_iter().map(page).collect()
}

/// Every version that got something, or is to be expected to.
fn services(told: ToldStretch<'_>) -> Vec<ServiceSummary> {
    let received = &told.tally.received;
    let (whole, settled) = (&told.expected.whole, &told.expected.settled);
    let expected = [whole, settled].into_iter().flatten();
    let expected = expected.flat_map(|means| means.received.keys());
    let counted = told.counts.iter();
    let counted = counted.flat_map(|(counts, _)| counts.received.keys());
    let mut all: BTreeSet<&ServiceVersion> = received.keys().chain(expected).collect();
    all.extend(counted);
    // A service that nobody reaches is a dash, unless some version of it is to be reached.
    let dash = |(service, version): &ServiceVersion| {
        let named = |other: &&&ServiceVersion| other.0 == *service && other.1 != "–";
        version == "–"
            && received.get(&(service.clone(), version.clone())) == Some(&0)
            && all.iter().any(|other| named(&other))
    };
    let of_service = |service: &str| -> u64 {
        let own = received.iter().filter(|((name, _), _)| name == service);
        own.map(|(_, count)| count).sum()
    };
    let target = |(service, version): &ServiceVersion| {
        let means = &settled.as_ref()?.received;
        let own = means.iter().filter(|((name, _), _)| name == service);
        let all: f64 = own.map(|(_, mean)| mean).sum();
        (all > 0.0).then(|| mean(means, &(service.clone(), version.clone())) / all)
    };
    let shown = all.iter().filter(|key| !dash(key));
    let row = |key: &&ServiceVersion| {
        let requests = received.get(*key).copied().unwrap_or(0);
        let service = of_service(&key.0);
        ServiceSummary {
            service: key.0.clone(),
            version: key.1.clone(),
            requests,
            copies: told.tally.copies.get(*key).copied().unwrap_or(0),
            share: (service > 0).then(|| requests as f64 / service as f64),
            expected: whole.as_ref().map(|means| mean(&means.received, key)),
            target_share: target(key),
            runs: told
                .counts
                .map(|(counts, all)| runs(counts.received.get(*key), all)),
        }
    };
    shown.map(row).collect()
}

/// The mean of what is never to be expected is zero.
fn mean<K: Ord>(means: &BTreeMap<K, f64>, key: &K) -> f64 {
    means.get(key).copied().unwrap_or(0.0)
}

fn rules(rules: &BTreeMap<(String, String), u64>) -> Vec<RuleSummary> {
    let rule = |((service, rule), &requests): (&(String, String), &u64)| RuleSummary {
        service: service.clone(),
        rule: rule.clone(),
        requests,
    };
    rules.iter().map(rule).collect()
}

fn failed((failure, &calls): (&Failure, &u64)) -> FailedCalls {
    FailedCalls {
        from: failure.from.clone(),
        to: failure.to.clone(),
        status: failure.status,
        calls,
    }
}

fn under_way(story: &Story, tally: &StretchTally) -> Option<UnderWaySummary> {
    let under_way = &tally.under_way;
    let drain = match &story.traffic {
        Traffic::Requests(_) => None,
        Traffic::Connections(Connections { drain, .. }) => Some(drain.as_secs_f64()),
    };
    (!under_way.by.is_empty()).then(|| UnderWaySummary {
        by: under_way.by.iter().map(counted).collect(),
        finished: under_way.finished,
        cut: under_way.cut,
        drain_seconds: drain,
        last_seconds: seconds(under_way.last_nanos),
    })
}

fn counted(((service, version), &count): (&ServiceVersion, &u64)) -> VersionCount {
    VersionCount {
        service: service.clone(),
        version: version.clone(),
        count,
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
