//! Figures of many replications: the fan, and the counts against their exact law.

use super::Subject;
use crate::scenario::{Algorithm, Length};
use crate::stats::counter_picker::CounterPicker;
use crate::stats::{StatsError, convergence};
use crate::summary::figures::{ComparedLaw, CountHistogram, Fan};
use crate::summary::phase::law;
use crate::tally::{Outcomes, PhaseReplications, PhaseTally, quantile};
use crate::units::to_f64;

/// Counts that an exact law is drawn for; beyond, a histogram shows nothing that a reader can see.
const MOST_COUNTS: u64 = 20_000;

pub(super) fn fan(
    subject: &Subject,
    replicated: &PhaseReplications,
) -> Result<Option<Fan>, StatsError> {
    let Length::Requests(requests) = subject.phase.length() else {
        return Ok(None);
    };
    if replicated.running.is_empty() {
        return Ok(None);
    }
    let (scenario, focus) = (subject.scenario, subject.focus());
    let target = subject.phase.target_shares()[focus];
    let tolerance = scenario.tolerance();
    let inside = convergence::within_tolerance(requests, target, tolerance.share())?;
    let levels = [0.05, 0.25, 0.5, 0.75, 0.95];
    let at = |(&requests, outcomes): (&u64, &Outcomes)| {
        (
            requests,
            levels.map(|level| share(quantile(outcomes, level).unwrap_or(0), requests)),
        )
    };
    let trace = |trace: &Vec<(u64, u64)>| {
        trace
            .iter()
            .map(|&(requests, count)| (requests, share(count, requests)))
            .collect()
    };
    let finals = replicated.counts[focus].iter();
    Ok(Some(Fan {
        labels: subject.labels(
            "fan",
            format!("Many runs of the share of {}", subject.version()),
            requests,
            "Each thin line is one run with other random numbers; one is highlighted. Shaded, the \
             middle half and the middle nine tenths of all runs; at the right, where they end."
                .to_owned(),
        ),
        version: subject.version(),
        version_index: subject.version_index(focus),
        requests,
        target: to_f64(target),
        tolerance: to_f64(tolerance.share()),
        runs: replicated.traces.iter().map(trace).collect(),
        quantiles: replicated.running.iter().map(at).collect(),
        finals: finals
            .map(|(&count, &runs)| (share(count, requests), runs))
            .collect(),
        total: replicated.runs,
        outside: replicated.runs - replicated.within[focus],
        exact_outside: picks_as_targeted(subject).then_some(1.0 - inside),
    }))
}

/// The counts of the replications or, without any, the exact law with the count of this run.
pub(super) fn count_histogram(
    subject: &Subject,
    tally: &PhaseTally,
    replicated: Option<&PhaseReplications>,
) -> Result<Option<CountHistogram>, StatsError> {
    let Length::Requests(requests) = subject.phase.length() else {
        return Ok(None);
    };
    let (focus, tolerance) = (subject.focus(), subject.scenario.tolerance());
    let target = subject.phase.target_shares()[focus];
    let law = law(subject.phase, focus, requests)?;
    let (low, high) = (law.quantile(1e-5)?, law.quantile(1.0 - 1e-5)?);
    if high - low > MOST_COUNTS {
        return Ok(None);
    }
    let band = convergence::band(requests, target, tolerance.share());
    let runs = replicated.map_or(1, |replicated| replicated.runs);
    let independent = subject.phase.algorithm().picks_independently();
    let within = replicated.map_or(0, |replicated| replicated.within[focus]);
    let compared = compared(subject, requests)?;
    let inside = |low: u64, high: u64| match &compared {
        Some((_, law)) => {
            let counts = law.iter().filter(|(count, _)| (low..=high).contains(count));
            Some(counts.map(|(_, probability)| probability).sum())
        }
        None => independent.then(|| law.between(low, high)),
    };
    let exact_within = band.map_or(Some(0.0), |(low, high)| inside(low, high));
    Ok(Some(CountHistogram {
        labels: subject.labels(
            "counts",
            format!("Requests to {} in {requests}", subject.version()),
            requests,
            "Dots are the exact probability of each count under independent picks; bars, if there \
             are any, how often it came in the replications. The shaded zone is the tolerance."
                .to_owned(),
        ),
        version: subject.version(),
        version_index: subject.version_index(focus),
        requests,
        runs,
        simulated: replicated.map_or_else(Vec::new, |replicated| {
            replicated.counts[focus]
                .iter()
                .map(|(&count, &n)| (count, share(n, runs)))
                .collect()
        }),
        exact: (low..=high).map(|count| (count, law.pmf(count))).collect(),
        exact_name: format!(
            "binomial({requests}, {:.4})",
            to_f64(subject.phase.effective_shares()[focus])
        ),
        compared,
        within: band.unwrap_or((1, 0)),
        simulated_within: share(within, runs),
        exact_within,
        observed: tally.counts[focus],
    }))
}

/// The law of the picker of 2017, where that is what picks.
fn compared(subject: &Subject, requests: u64) -> Result<Option<ComparedLaw>, StatsError> {
    let Algorithm::EnvoyLegacy { stride } = subject.phase.algorithm() else {
        return Ok(None);
    };
    let blocks: Vec<u64> = subject
        .phase
        .effective_weights()
        .iter()
        .map(|&w| w.into())
        .collect();
    let picker = CounterPicker::new(&blocks, stride.get())?;
    let law = picker.count_law(subject.focus(), requests)?;
    Ok(Some((
        format!("exact law of the counter, stride {stride}"),
        law,
    )))
}

/// Whether each request picks on its own with the target shares.
fn picks_as_targeted(subject: &Subject) -> bool {
    let phase = subject.phase;
    phase.algorithm().picks_independently() && phase.effective_shares() == phase.target_shares()
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn share(count: u64, of: u64) -> f64 {
    count as f64 / of as f64
}
