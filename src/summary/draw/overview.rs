//! Figures of the whole run: bars, strips, the timeline.

use crate::scenario::{Phase, Scenario};
use crate::sim::RunTally;
use crate::summary::figures::{
    Bar, BarGroup, Bars, Labels, Strip, Strips, Timeline, TimelinePhase,
};
use crate::summary::{PhaseSummary, Summary, words};
use crate::units::display::{count, counted, probability};
use crate::units::to_f64;

/// Requests that a strip shows.
const STRIP: usize = 300;

pub(super) fn bars(scenario: &Scenario, summary: &Summary) -> Bars {
    let group = |(place, phase): (usize, &PhaseSummary)| BarGroup {
        name: phase.name.clone(),
        requests: phase.requests,
        bars: (0..phase.versions.len())
            .map(|version| bar(scenario, place, phase, version))
            .collect(),
    };
    let mut reading = "Bars are observed shares, thin dark lines the targets. The whiskers are Wilson \
                       intervals: with few requests they are wide, and a share far from its target is \
                       no surprise."
        .to_owned();
    let follows = |phase: &Phase| phase.algorithm().follows_replicas();
    if scenario.phases().iter().any(follows) {
        reading += " Where replicas decide, the target is what the ready ones gave on average.";
    }
    Bars {
        labels: labels(
            scenario,
            summary.requests,
            "bars",
            "Observed shares against their targets",
            &reading,
        ),
        confidence: summary.confidence_percent / 100.0,
        groups: summary
            .phases
            .iter()
            .enumerate()
            .filter(|(_, phase)| phase.requests > 0)
            .map(group)
            .collect(),
    }
}

fn bar(scenario: &Scenario, place: usize, phase: &PhaseSummary, version: usize) -> Bar {
    let row = &phase.versions[version];
    let observed = row.observed_share.unwrap_or(0.0);
    let described = &scenario.phases()[place];
    Bar {
        version: words::version(scenario, described, version),
        version_index: described.destinations()[version].version.0,
        target: row.ready.map_or(row.target_share, |ready| ready.mean_share),
        observed,
        low: row.wilson.map_or(observed, |interval| interval.low),
        high: row.wilson.map_or(observed, |interval| interval.high),
    }
}

pub(super) fn strips(scenario: &Scenario, run: &RunTally, summary: &Summary) -> Strips {
    let strip = |(place, phase): (usize, &PhaseSummary)| {
        let destinations = scenario.phases()[place].destinations();
        let opening = run.phases[place].opening.iter().take(STRIP);
        Strip {
            name: match phase.algorithm.strip_prefix(phase.name.as_str()) {
                // A phase that is named after its algorithm need not say so twice.
                Some(_) => phase.algorithm.clone(),
                None => format!("{} · {}", phase.name, phase.algorithm),
            },
            requests: phase.requests,
            picks: opening
                .map(|&pick| destinations[usize::from(pick)].version.0)
                .collect(),
            notes: notes(phase),
        }
    };
    Strips {
        labels: labels(
            scenario,
            summary.requests,
            "strips",
            "The requests one by one",
            "Each cell is one request, in the order of arrival, coloured by the version that \
             answered. A random split looks patchy: long runs of one colour belong to it. Only a \
             round robin alternates.",
        ),
        versions: legend(scenario),
        strips: summary.phases.iter().enumerate().map(strip).collect(),
    }
}

/// Runs and their p-value, for the right of a strip.
fn notes(phase: &PhaseSummary) -> Vec<String> {
    let Some(order) = &phase.order else {
        return Vec::new();
    };
    let told = if phase.versions.len() > 2 {
        format!("{}: ", order.version)
    } else {
        String::new()
    };
    if order.p_value.is_none() && phase.versions.len() > 2 {
        return vec![format!("{} never came, or came always", order.version)];
    }
    let mut notes = vec![format!("{told}{}", counted(order.runs, "run"))];
    notes.push(format!("{:.1} expected", order.expected_runs));
    notes.extend(
        order
            .p_value
            .map(|p| format!("p = {}", probability(p.value))),
    );
    notes.push(order.looks.to_owned());
    notes
}

pub(super) fn timeline(scenario: &Scenario, run: &RunTally) -> Timeline {
    let versions = scenario.versions().len();
    let requests = run.phases.iter().map(|tally| tally.requests()).sum();
    let silent = (0..versions)
        .filter(|&version| !scenario.versions()[version].telemetry)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    let bucket_seconds = run.bucket_nanos as f64 / 1e9;
    Timeline {
        labels: labels(
            scenario,
            requests,
            "timeline",
            "Requests per version over time",
            "Above, the configured weights; below, the requests that each version answered. The \
             areas follow the weights, with the noise of a random split.",
        ),
        versions: legend(scenario),
        bucket_seconds,
        buckets: merged_buckets(scenario, run),
        end_seconds: run
            .phases
            .last()
            .map_or(0.0, |tally| tally.end.as_seconds()),
        phases: scenario
            .phases()
            .iter()
            .zip(&run.phases)
            .map(|(phase, tally)| {
                let mut shares = vec![0.0; versions];
                for (destination, share) in phase.destinations().iter().zip(phase.target_shares()) {
                    shares[destination.version.0] += to_f64(share);
                }
                TimelinePhase {
                    start_seconds: tally.start.as_seconds(),
                    name: phase.name().to_owned(),
                    shares,
                }
            })
            .collect(),
        silent,
    }
}

/// The buckets of all phases by version; a bucket in which two phases meet gets both.
fn merged_buckets(scenario: &Scenario, run: &RunTally) -> Vec<Vec<u64>> {
    let mut merged: Vec<Vec<u64>> = Vec::new();
    for (phase, tally) in scenario.phases().iter().zip(&run.phases) {
        for (place, counts) in tally.buckets.counts.iter().enumerate() {
            let number = usize::try_from(tally.buckets.first).unwrap_or(usize::MAX) + place;
            if merged.len() <= number {
                merged.resize(number + 1, vec![0; scenario.versions().len()]);
            }
            for (destination, count) in phase.destinations().iter().zip(counts) {
                merged[number][destination.version.0] += count;
            }
        }
    }
    merged
}

pub(super) fn legend(scenario: &Scenario) -> Vec<String> {
    let words = |version: &crate::scenario::Version| match &version.shows {
        Some(shows) => format!("{} ({shows})", version.name),
        None => version.name.clone(),
    };
    scenario.versions().iter().map(words).collect()
}

pub(super) fn labels(
    scenario: &Scenario,
    requests: u64,
    stem: &str,
    title: &str,
    reading: &str,
) -> Labels {
    let weights = words::splits(scenario.phases());
    let shown = match weights.len() {
        1..=8 => weights.join(" → "),
        _ => format!(
            "{} → … → {}",
            weights[..4].join(" → "),
            weights[weights.len() - 1]
        ),
    };
    Labels {
        file_stem: stem.to_owned(),
        title: title.to_owned(),
        caption: format!(
            "{} · {} {} · {shown} · seed {}",
            scenario.name(),
            count(requests),
            scenario.protocol().noun(requests),
            scenario.seed()
        ),
        reading: reading.to_owned(),
    }
}
