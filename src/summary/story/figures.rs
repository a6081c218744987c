//! The chart of a story: shares over time, with their targets.

use super::{StoryPhase, StorySummary, ToldStory};
use crate::mesh::ServiceVersion;
use crate::summary::figures::{Figure, Labels, Shares, SharesPhase};
use crate::units::display::count;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// Requests, or new connections, that reached a version.
    Received,
    /// Connections that are open.
    Open,
}

/// A figure for each service that has several versions in the story; for connections also one of
/// those that are open.
#[must_use]
pub fn figures(told: ToldStory<'_>, summary: &StorySummary) -> Vec<Figure> {
    let mut services: Vec<&str> = Vec::new();
    for row in summary.phases.iter().flat_map(|phase| &phase.services) {
        if !services.contains(&&*row.service) {
            services.push(&row.service);
        }
    }
    let measures: &[Measure] = match summary.protocol {
        "tcp" => &[Measure::Open, Measure::Received],
        _ => &[Measure::Received],
    };
    let all = services
        .into_iter()
        .flat_map(|service| measures.iter().map(move |&measure| (service, measure)));
    let all = all.filter_map(|(service, measure)| shares(told, summary, service, measure));
    all.map(Figure::Shares).collect()
}

fn shares(
    told: ToldStory<'_>,
    summary: &StorySummary,
    service: &str,
    measure: Measure,
) -> Option<Shares> {
    let versions = versions(summary, service);
    if versions.len() < 2 {
        return None;
    }
    let series = &told.tally.series;
    let counts = match measure {
        Measure::Received => &series.received,
        Measure::Open => &series.open,
    };
    let of_version = |version: &String| {
        let key: ServiceVersion = (service.to_owned(), version.clone());
        counts.get(&key)
    };
    let counts: Vec<Option<&Vec<u64>>> = versions.iter().map(of_version).collect();
    let longest = counts.iter().flatten().map(|counts| counts.len()).max()?;
    let at = |bucket: usize| {
        let of_version =
            |counts: &Option<&Vec<u64>>| counts.and_then(|counts| counts.get(bucket)).copied();
        let counts = counts.iter();
        counts.map(|one| of_version(one).unwrap_or(0)).collect()
    };
    let phases = summary.phases.iter();
    let end = summary.phases.last().map_or(0.0, |last| {
        let stretch = told.story.stretches.last();
        let nanos = stretch.and_then(|stretch| stretch.rate.nanos_until(stretch.requests));
        last.begin_seconds + nanos.map_or(0.0, super::seconds)
    });
    Some(Shares {
        labels: labels(summary, service, measure),
        measure: match (measure, summary.protocol) {
            (Measure::Open, _) => "share of the connections that are open",
            (Measure::Received, "tcp") => "share of the new connections",
            (Measure::Received, _) => "share of the requests that reached the service",
        },
        bucket_seconds: super::seconds(series.bucket_nanos),
        buckets: (0..longest).map(at).collect(),
        end_seconds: end,
        phases: phases
            .map(|phase| target(phase, service, &versions))
            .collect(),
        versions,
    })
}

fn labels(summary: &StorySummary, service: &str, measure: Measure) -> Labels {
    let requests: u64 = summary.phases.iter().map(|phase| phase.requests).sum();
    let noun = match summary.protocol {
        "tcp" => "connections",
        _ => "requests of clients",
    };
    let (file_stem, title, areas) = match (measure, summary.protocol) {
        (Measure::Open, _) => (
            format!("open-{service}"),
            format!("Where connections to {service} are, and where new ones go"),
            "the shares of the connections that are open at each version. They follow the dark \
             lines slowly: a connection stays where it was opened until it ends, or until its \
             listener has drained",
        ),
        (Measure::Received, "tcp") => (
            format!("shares-{service}"),
            format!("Where new connections to {service} went"),
            "the shares of the connections that were opened to each version",
        ),
        (Measure::Received, _) => (
            format!("shares-{service}"),
            format!("Which versions of {service} requests reached"),
            "the shares of the requests that reached each version, copies to mirrors and retries \
             included",
        ),
    };
    Labels {
        file_stem,
        title,
        caption: format!(
            "{} · {} {noun} · {} · seed {}",
            summary.scenario,
            count(requests),
            summary.request,
            summary.seed
        ),
        reading: format!(
            "The areas are {areas}; the dark lines are the shares that the rules of each phase lead \
             to once every proxy has them. Where nobody came, there is a gap."
        ),
    }
}

/// The versions of a service in the story, by name.
fn versions(summary: &StorySummary, service: &str) -> Vec<String> {
    let rows = summary.phases.iter().flat_map(|phase| &phase.services);
    let own = rows.filter(|row| row.service == service && row.version != "–");
    let mut versions: Vec<String> = own.map(|row| row.version.clone()).collect();
    versions.sort();
    versions.dedup();
    versions
}

/// The shares that the rules of a phase lead to; none if nobody reaches the service.
fn target(phase: &StoryPhase, service: &str, versions: &[String]) -> SharesPhase {
    let share = |version: &String| {
        let mut rows = phase.services.iter();
        let row = rows.find(|row| row.service == service && row.version == *version);
        row.and_then(|row| row.target_share)
    };
    let shares: Vec<Option<f64>> = versions.iter().map(share).collect();
    let known = shares.iter().any(Option::is_some);
    SharesPhase {
        start_seconds: phase.begin_seconds,
        name: phase.name.clone(),
        targets: known.then(|| shares.iter().map(|share| share.unwrap_or(0.0)).collect()),
    }
}
