//! What a story of a mesh says, as plain values.

use serde::Serialize;

use crate::mesh::{Answered, Failure, Page, Story, StoryTally, StretchTally};

/// Everything that `run` says of a story. Serialised, it is its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorySummary {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// What the viewers ask for.
    pub request: String,
    /// The phases in order.
    pub phases: Vec<StoryPhase>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoryPhase {
    /// Its name.
    pub name: String,
    /// What was applied and deleted before it.
    pub change: String,
    /// Requests of viewers.
    pub requests: u64,
    /// What viewers got, by viewer, the most frequent first.
    pub pages: Vec<PageSummary>,
    /// Requests that reached each version of each service, copies to mirrors included.
    pub services: Vec<ServiceSummary>,
    /// Which rule answered for each service.
    pub rules: Vec<RuleSummary>,
    /// Calls that failed for good.
    pub failed_calls: Vec<FailedCalls>,
    /// Hops that a proxy routed by rules of before the change.
    pub routed_by_old_rules: u64,
    /// When the last of them was, in seconds after the change.
    pub last_old_seconds: Option<f64>,
}

/// What a viewer got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageSummary {
    /// The viewer.
    pub viewer: String,
    /// The status.
    pub status: u16,
    /// Who answered; absent: a proxy.
    pub by: Option<String>,
    /// The versions behind the answer, in the order of the calls.
    pub made_from: Vec<String>,
    /// The services that are missing from it.
    pub without: Vec<String>,
    /// How often.
    pub count: u64,
    /// The share of this viewer's requests, 0 to 1.
    pub share: f64,
    /// The longest wait, in seconds.
    pub longest_seconds: f64,
}

/// Requests that reached a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// The service.
    pub service: String,
    /// The version; a dash if it has none.
    pub version: String,
    /// How many.
    pub requests: u64,
}

/// Requests that a rule routed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSummary {
    /// The service that was asked.
    pub service: String,
    /// The rule, or that there was none.
    pub rule: String,
    /// How many.
    pub requests: u64,
}

/// Calls that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCalls {
    /// Who called.
    pub from: String,
    /// The service called.
    pub to: String,
    /// The status of the last try; absent: it timed out.
    pub status: Option<u16>,
    /// How many.
    pub calls: u64,
}

/// Puts a story and its tally into plain values.
#[must_use]
pub fn summarise(story: &Story, tally: &StoryTally) -> StorySummary {
    let request = &story.request;
    let stretches = story.stretches.iter().zip(&tally.stretches);
    StorySummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        scenario: story.name.to_string(),
        title: story.title.clone(),
        seed: story.seed,
        request: format!(
            "{} {}://{}{}",
            request.method, request.scheme, request.authority, request.path
        ),
        phases: stretches
            .map(|(stretch, tally)| StoryPhase {
                name: stretch.name.clone(),
                change: stretch.change.clone(),
                requests: stretch.requests,
                ..phase(story, tally)
            })
            .collect(),
    }
}

fn phase(story: &Story, tally: &StretchTally) -> StoryPhase {
    let services = tally.received.iter();
    let rules = tally.rules.iter();
    StoryPhase {
        name: String::new(),
        change: String::new(),
        requests: 0,
        pages: pages(story, tally),
        services: services
            .map(|((service, version), &requests)| ServiceSummary {
                service: service.clone(),
                version: version.clone(),
                requests,
            })
            .collect(),
        rules: rules
            .map(|((service, rule), &requests)| RuleSummary {
                service: service.clone(),
                rule: rule.clone(),
                requests,
            })
            .collect(),
        failed_calls: tally.failures.iter().map(failed).collect(),
        routed_by_old_rules: tally.routed_by_old_rules,
        last_old_seconds: tally.last_old_nanos.map(seconds),
    }
}

fn pages(story: &Story, tally: &StretchTally) -> Vec<PageSummary> {
    let of_viewer = |viewer: usize| -> u64 {
        let own = tally.pages.iter().filter(|(page, _)| page.viewer == viewer);
        own.map(|(_, answered)| answered.count).sum()
    };
    let mut pages: Vec<(&Page, &Answered)> = tally.pages.iter().collect();
    pages.sort_by_key(|(page, answered)| (page.viewer, std::cmp::Reverse(answered.count)));
    let page = |(page, answered): (&Page, &Answered)| PageSummary {
        viewer: story.viewers[page.viewer].name.clone(),
        status: page.status,
        by: page.by.clone(),
        made_from: page.made_from.clone(),
        without: page.without.clone(),
        count: answered.count,
        share: answered.count as f64 / of_viewer(page.viewer) as f64,
        longest_seconds: seconds(answered.longest_nanos),
    };
    pages.into_iter().map(page).collect()
}

fn failed((failure, &calls): (&Failure, &u64)) -> FailedCalls {
    FailedCalls {
        from: failure.from.clone(),
        to: failure.to.clone(),
        status: failure.status,
        calls,
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
