//! One phase: its table, its order, its telemetry, its replications.

use super::{
    Interval, PValue, PhaseSummary, ReadySummary, TelemetrySummary, VersionSummary, focus, order,
    ready, replications, verdict, words,
};
use crate::scenario::{Algorithm, Phase, Scenario};
use crate::sim::Method;
use crate::stats::binomial::Binomial;
use crate::stats::{StatsError, convergence, gof, intervals, two_sided};
use crate::tally::service::ReadyShares;
use crate::tally::{PhaseReplications, PhaseTally};
use crate::units::to_f64;

/// How the p-values of single counts are defined.
pub(super) const P_CONVENTION: &str = "exact binomial, two-sided, minimum likelihood";
/// How the p-value of all counts together is defined.
const JOINT_CONVENTION: &str = "exact multinomial, ordered by probability";

/// Summarises phase number `place`.
pub(super) fn summarise(
    scenario: &Scenario,
    place: usize,
    tally: &PhaseTally,
    ready: Option<&ReadyShares>,
    replicated: Option<(Method, &PhaseReplications)>,
) -> Result<PhaseSummary, StatsError> {
    let phase = &scenario.phases()[place];
    let ready = ready::of_phase(ready, tally.requests(), &tally.counts);
    let versions = (0..phase.destinations().len())
        .map(|destination| version(scenario, phase, tally, (destination, ready[destination])))
        .collect::<Result<Vec<VersionSummary>, StatsError>>()?;
    let mut summary = PhaseSummary {
        name: phase.name().to_owned(),
        algorithm: words::algorithm(scenario, phase.algorithm()),
        independent_picks: phase.algorithm().picks_independently(),
        requests: tally.requests(),
        start_seconds: tally.start.as_seconds(),
        end_seconds: tally.end.as_seconds(),
        versions,
        joint_p_value: joint_p_value(phase, tally)?,
        order: order::summarise(scenario, phase, tally)?,
        telemetry: telemetry(scenario, phase, tally),
        replications: replicated
            .map(|(method, runs)| replications::summarise(scenario, phase, runs, method))
            .transpose()?,
        verdict: Vec::new(),
    };
    summary.verdict = verdict::sentences(scenario, phase, &summary)?;
    Ok(summary)
}

fn version(
    scenario: &Scenario,
    phase: &Phase,
    tally: &PhaseTally,
    (place, ready): (usize, Option<ReadySummary>),
) -> Result<VersionSummary, StatsError> {
    let destination = phase.destinations()[place];
    let described = &scenario.versions()[destination.version.0];
    let target = phase.target_shares()[place];
    let (count, requests) = (tally.counts[place], tally.requests());
    let split = focus::is_split(phase) || phase.target_shares().len() > 1;
    // Where the split moves with the replicas, no single share is the law of all requests.
    let judged = requests > 0 && split && !phase.algorithm().follows_replicas();
    let tolerance = scenario.tolerance();
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    let observed_share = (requests > 0).then(|| count as f64 / requests as f64);
    let wilson = match judged {
        true => Some(intervals::wilson(
            count,
            requests,
            scenario.confidence().probability(),
        )?),
        false => None,
    };
    Ok(VersionSummary {
        version: described.name.clone(),
        shows: described.shows.clone(),
        weight: destination.weight,
        replicas: (phase.algorithm() == Algorithm::Replicas).then_some(destination.replicas),
        target_share: to_f64(target),
        ready,
        observed_count: count,
        observed_share,
        wilson: wilson.map(|interval| Interval {
            low: interval.low,
            high: interval.high,
        }),
        p_value: match judged {
            true => Some(PValue {
                value: two_sided::binomial_test(
                    count,
                    requests,
                    to_f64(target),
                    two_sided::Convention::MinimumLikelihood,
                )?,
                convention: P_CONVENTION,
            }),
            false => ready.map(|ready| ready.p_value),
        },
        within_tolerance_probability: match judged {
            true => Some(convergence::within_tolerance(
                requests,
                target,
                tolerance.share(),
            )?),
            false => None,
        },
        within_tolerance: judged.then(|| tolerance.includes(count, requests, target)),
    })
}

/// All versions together; with two versions it is the p-value of either. Left out where exact
/// enumeration would be too costly.
fn joint_p_value(phase: &Phase, tally: &PhaseTally) -> Result<Option<PValue>, StatsError> {
    let live: Vec<usize> = (0..tally.counts.len())
        .filter(|&place| *phase.target_shares()[place].numer() > 0)
        .collect();
    let stray = tally.requests() != live.iter().map(|&place| tally.counts[place]).sum::<u64>();
    let follows = phase.algorithm().follows_replicas();
    if live.len() < 3 || tally.requests() == 0 || stray || follows {
        return Ok(None);
    }
    let counts: Vec<u64> = live.iter().map(|&place| tally.counts[place]).collect();
    let shares: Vec<f64> = live
        .iter()
        .map(|&place| to_f64(phase.target_shares()[place]))
        .collect();
    match gof::exact_multinomial(&counts, &shares) {
        Ok(value) => Ok(Some(PValue {
            value,
            convention: JOINT_CONVENTION,
        })),
        Err(StatsError::Limit { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What live metrics show, if some version that got requests reports nothing.
fn telemetry(scenario: &Scenario, phase: &Phase, tally: &PhaseTally) -> Option<TelemetrySummary> {
    let reports =
        |place: usize| scenario.versions()[phase.destinations()[place].version.0].telemetry;
    let silent: Vec<usize> = (0..tally.counts.len())
        .filter(|&place| !reports(place) && tally.counts[place] > 0)
        .collect();
    let hidden: u64 = silent.iter().map(|&place| tally.counts[place]).sum();
    (!silent.is_empty()).then(|| TelemetrySummary {
        reported: tally.requests() - hidden,
        requests: tally.requests(),
        silent: silent
            .iter()
            .map(|&place| words::name(scenario, phase, place).to_owned())
            .collect(),
    })
}

/// The law of a count under independent picks with the shares that the algorithm really uses.
pub(super) fn law(
    phase: &Phase,
    destination: usize,
    requests: u64,
) -> Result<Binomial, StatsError> {
    Binomial::new(requests, to_f64(phase.effective_shares()[destination]))
}
