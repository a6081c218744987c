//! What a phase means, in plain sentences.

use super::{PhaseSummary, focus, ready, words};
use crate::scenario::{Algorithm, Phase, Scenario};
use crate::stats::counter_picker::CounterPicker;
use crate::stats::{StatsError, convergence};
use crate::units::display::{count, percent, probability, short_percent};
use crate::units::{Rational, to_f64};

/// The sentences, most telling first.
pub(super) fn sentences(
    scenario: &Scenario,
    phase: &Phase,
    summary: &PhaseSummary,
) -> Result<Vec<String>, StatsError> {
    let mut sentences = Vec::new();
    if summary.requests == 0 {
        return Ok(vec!["No request arrived in this phase.".to_owned()]);
    }
    if phase.algorithm().follows_replicas() {
        sentences.extend(ready::sentences(scenario, phase, summary));
        sentences.extend(telemetry(scenario, summary));
        return Ok(sentences);
    }
    sentences.push(observed(scenario, phase, summary)?);
    if focus::is_split(phase) {
        sentences.push(consistency(scenario, phase, summary)?);
        sentences.extend(order(scenario, phase, summary));
    }
    sentences.extend(telemetry(scenario, summary));
    Ok(sentences)
}

/// "4 of 20 connections had prefix two; a 20% split gives 3 to 5 in 59.8% of such runs."
fn observed(
    scenario: &Scenario,
    phase: &Phase,
    summary: &PhaseSummary,
) -> Result<String, StatsError> {
    let place = focus::focus(phase);
    let version = words::version(scenario, phase, place);
    let requests = summary.requests;
    let noun = scenario.protocol().noun(requests);
    let seen = summary.versions[place].observed_count;
    if !focus::is_split(phase) && seen == requests {
        return Ok(match requests {
            1 => format!("The only {noun} went to {version}."),
            _ => format!("All {} {noun} went to {version}.", count(requests)),
        });
    }
    let target = phase.target_shares()[place];
    let start = format!(
        "{} of {} {noun} went to {version}",
        count(seen),
        count(requests)
    );
    let split = short_percent(to_f64(target));
    let tolerance = to_f64(scenario.tolerance().points());
    let band = convergence::band(requests, target, scenario.tolerance().share());
    let Some((low, high)) = band else {
        return Ok(format!(
            "{start}; no count out of {} is within ±{tolerance} points of {split}.",
            count(requests)
        ));
    };
    let range = match low == high {
        true => count(low),
        false => format!("{} to {}", count(low), count(high)),
    };
    let (picker, inside) = inside(scenario, phase, place, requests)?;
    Ok(format!(
        "{start}; {picker} gives {range} (±{tolerance} points) in {} of such runs.",
        percent(inside)
    ))
}

/// Who gives how often a count within the tolerance: the algorithm itself where its law is known,
/// else a random split, for comparison.
fn inside(
    scenario: &Scenario,
    phase: &Phase,
    place: usize,
    requests: u64,
) -> Result<(String, f64), StatsError> {
    let target = phase.target_shares()[place];
    let tolerance = scenario.tolerance().share();
    if let Algorithm::EnvoyLegacy { stride } = phase.algorithm() {
        let blocks: Vec<u64> = phase
            .effective_weights()
            .iter()
            .map(|&w| w.into())
            .collect();
        let law = CounterPicker::new(&blocks, stride.get());
        match law.and_then(|law| law.within_tolerance(place, requests, tolerance)) {
            Ok(inside) => return Ok(("this counter".to_owned(), inside)),
            Err(StatsError::Limit { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let split = short_percent(to_f64(target));
    let picker = match phase.algorithm().picks_independently() {
        true => format!("{} {split} split", article(&split)),
        false => format!("a random {split} split"),
    };
    Ok((
        picker,
        convergence::within_tolerance(requests, target, tolerance)?,
    ))
}

/// "an" before a number that begins with a vowel: eight, eleven, eighteen, eighty.
fn article(percentage: &str) -> &'static str {
    let vowel = percentage.starts_with('8') || ["11%", "18%"].contains(&percentage);
    if vowel { "an" } else { "a" }
}

/// Whether the counts contradict the target and, if not, how many requests would settle it.
fn consistency(
    scenario: &Scenario,
    phase: &Phase,
    summary: &PhaseSummary,
) -> Result<String, StatsError> {
    let confidence = scenario.confidence();
    let level = short_percent(confidence.probability());
    let place = focus::focus(phase);
    let p_value = summary.joint_p_value.or(summary.versions[place].p_value);
    let weights = words::weights(phase);
    let Some(p_value) = p_value else {
        return Ok(String::new());
    };
    let p = format!("p = {}, {}", probability(p_value.value), p_value.convention);
    if p_value.value < 1.0 - confidence.probability() {
        let caveat = match phase.algorithm().picks_independently() {
            true => String::new(),
            false => format!(
                " That is no fault: {} does not pick independently.",
                phase.algorithm().name()
            ),
        };
        return Ok(format!(
            "Not consistent with {weights} at {level}: independent picks give counts as unlikely as \
             these in {} of runs ({p}).{caveat}",
            percent(p_value.value)
        ));
    }
    if !phase.algorithm().picks_independently() {
        return Ok(format!(
            "No contradiction to {weights} ({p}); {} does not pick independently, so this p-value \
             is only a comparison with a random split.",
            phase.algorithm().name()
        ));
    }
    let tolerance = scenario.tolerance();
    let points = to_f64(tolerance.points());
    let live = live_shares(phase);
    let (band, probability) = (tolerance.share(), confidence.probability());
    let (shares, needed) = match live.len() {
        // Two shares are near their targets together; more are judged jointly.
        0..=2 => (
            "a share",
            convergence::stable_n(phase.target_shares()[place], band, probability),
        ),
        _ => (
            "every share",
            convergence::joint_stable_n(&live, band, probability),
        ),
    };
    Ok(match needed {
        Ok(needed) if needed > summary.requests => format!(
            "No contradiction to {weights} ({p}); but {shares} within ±{points} points with {level} \
             takes {} {}.",
            count(needed),
            scenario.protocol().noun(needed)
        ),
        Ok(needed) => format!(
            "No contradiction to {weights} ({p}); {} {} are enough for {shares} within ±{points} \
             points with {level}.",
            count(needed),
            scenario.protocol().noun(needed)
        ),
        Err(StatsError::Limit { .. }) => format!("No contradiction to {weights} ({p})."),
        Err(error) => return Err(error),
    })
}

/// The shares above zero.
fn live_shares(phase: &Phase) -> Vec<Rational> {
    phase
        .target_shares()
        .into_iter()
        .filter(|share| *share.numer() > 0)
        .collect()
}

fn order(scenario: &Scenario, phase: &Phase, summary: &PhaseSummary) -> Option<String> {
    let order = summary.order.as_ref()?;
    let whole = match order.examined < summary.requests {
        true => format!("The order of the first {}", count(order.examined)),
        false => "The order".to_owned(),
    };
    // With three versions or more, one is told from all the others.
    let told = match live_shares(phase).len() {
        0..=2 => String::new(),
        _ => format!(" of {} among the others", order.version),
    };
    let Some(p) = order.p_value else {
        let noun = scenario.protocol().noun(order.examined);
        return Some(match told.is_empty() {
            true => format!(
                "There is no order to judge: one version answered all {} {noun}.",
                count(order.examined)
            ),
            false => format!("There is no order{told} to judge: it came always or never."),
        });
    };
    Some(format!(
        "{whole}{told} looks {}: {} runs where {:.1} are expected, the longest {} (runs test p = {}, \
         limit {}).",
        order.looks,
        count(order.runs),
        order.expected_runs,
        count(order.longest_run),
        probability(p.value),
        super::order::ORDER_LEVEL,
    ))
}

fn telemetry(scenario: &Scenario, summary: &PhaseSummary) -> Option<String> {
    let telemetry = summary.telemetry.as_ref()?;
    Some(format!(
        "Live metrics show {} of {} {}: {} reports no telemetry.",
        count(telemetry.reported),
        count(telemetry.requests),
        scenario.protocol().noun(telemetry.requests),
        telemetry.silent.join(" and ")
    ))
}
