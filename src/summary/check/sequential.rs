//! The anytime-valid test of the counts.

use super::{Observer, SequentialSummary, Settings};
use crate::stats::StatsError;
use crate::stats::sequential::multinomial::ln_e_value;

const CONVENTION: &str = "anytime-valid multinomial e-value (Lindon and Malek 2022)";

pub(super) fn summarise(
    settings: &Settings,
    observer: &Observer,
) -> Result<SequentialSummary, StatsError> {
    let evidence = observer.evidence();
    let weights: Vec<f64> = settings.target.weights().map(f64::from).collect();
    // The closed form at the end: the sum of millions of steps has rounded a little.
    let ln_e = ln_e_value(evidence.counts(), &weights, settings.concentration)?;
    let ordered = observer.tally().is_ordered();
    let ln_largest = if ordered {
        evidence.ln_maximum().max(ln_e)
    } else {
        ln_e
    };
    let log10 = |ln: f64| {
        (ln.is_finite() && !observer.is_impossible()).then_some(ln / std::f64::consts::LN_10)
    };
    Ok(SequentialSummary {
        convention: CONVENTION,
        concentration: settings.concentration,
        looked: if ordered {
            "after every request"
        } else {
            "once, at the end"
        },
        log10_e_value: log10(ln_e),
        log10_largest_e_value: log10(ln_largest),
        p_value: if observer.is_impossible() {
            0.0
        } else {
            (-ln_largest).exp().min(1.0)
        },
        first_alarm: observer.first_alarm(),
        alarm: observer.alarm(),
    })
}
