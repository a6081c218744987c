//! How precise a mean of one run is, from the batches of its responses.

use serde::Serialize;

use super::ResponseSummary;
use crate::stats::batch_means::{Batch, BatchMeans, CONVENTION, FEWEST};
use crate::summary::{Interval, PValue};
use crate::tally::service::{Batches, SHORTEST};

/// An interval that reaches further from its mean than this share of it comes from a run that is too
/// short for it: it would be too narrow by far more often than its level says (Law, section 9.5.3, on
/// the relative precision that batch means need).
const WIDEST: f64 = 0.15;

/// Batches of consecutive arrivals, from whose spread the interval of a mean comes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BatchSummary {
    /// Whole batches.
    pub number: u32,
    /// Whether they are independent: small p-values speak against it.
    pub independence: PValue,
    /// Whether they depend on each other, by this test at 5%; there is then no interval.
    pub dependent: bool,
    /// How far the interval would reach from the mean, as a share of it; beyond 15% there is none.
    pub relative_half_width: f64,
}

impl BatchSummary {
    fn is_too_wide(&self) -> bool {
        self.relative_half_width > WIDEST
    }
}

/// The interval of a mean at a confidence such as 0.95, if there is one, and the batches that it
/// comes from, if there are enough.
pub(super) fn of(batches: &Batches, confidence: f64) -> (Option<Interval>, Option<BatchSummary>) {
    let Some(found) = batch_means(batches) else {
        return (None, None);
    };
    let dependent = found.dependent();
    let interval = found.interval(confidence).ok();
    let half = interval.map_or(0.0, |(low, high)| f64::midpoint(high, -low));
    let summary = BatchSummary {
        number: found.batches,
        independence: PValue {
            value: found.p_value,
            convention: CONVENTION,
        },
        dependent,
        relative_half_width: if half > 0.0 { half / found.mean } else { 0.0 },
    };
    let told = interval.filter(|_| !dependent && !summary.is_too_wide());
    (
        told.map(|(low, high)| Interval { low, high }),
        Some(summary),
    )
}

/// The mean in seconds, and what its batches say of its precision.
#[expect(clippy::cast_precision_loss, reason = "only means are rounded")]
fn batch_means(batches: &Batches) -> Option<BatchMeans> {
    let seconds = |(nanos, count): (u128, u64)| Batch {
        sum: nanos as f64 / 1e9,
        count: count as f64,
    };
    let (whole, last) = batches.sums();
    let whole: Vec<Batch> = whole.into_iter().map(seconds).collect();
    BatchMeans::of(&whole, seconds(last))
}

/// Which means have no interval, and why, in sentences; nothing if replications give them one.
pub(super) fn no_interval<'a>(
    rows: impl Iterator<Item = &'a ResponseSummary>,
    several_phases: bool,
) -> Option<String> {
    let (mut drifting, mut few, mut largest) = (Vec::new(), Vec::new(), 0.0_f64);
    let mut wide = Vec::new();
    for row in rows.filter(|row| row.replicated.is_none() && row.mean_seconds.is_some()) {
        let name = match several_phases {
            true => format!("{} in phase {}", row.version, row.phase),
            false => row.version.clone(),
        };
        match row.batches {
            Some(batches) if batches.dependent => {
                drifting.push(name);
                largest = largest.max(batches.independence.value);
            }
            Some(batches) if batches.is_too_wide() => wide.push(name),
            Some(_) => {}
            None => few.push(name),
        }
    }
    let drift = (!drifting.is_empty()).then(|| {
        format!(
            "The mean of {} has no interval: response times drift, or swing too slowly for a run \
             of this length (von Neumann's ratio of the batch sums, one-sided, p {}). A longer \
             run helps, or --replications 20.",
            listed(&drifting),
            match (largest, drifting.len()) {
                (..0.0001, _) => "< 0.0001".to_owned(),
                (p, 1) => format!("= {p:.4}"),
                (p, _) => format!("≤ {p:.4}"),
            }
        )
    });
    let few = (!few.is_empty()).then(|| {
        format!(
            "The mean of {} has no interval, with fewer than {FEWEST} batches of {SHORTEST} \
             requests.",
            listed(&few)
        )
    });
    let wide = (!wide.is_empty()).then(|| {
        format!(
            "The mean of {} has no interval: it would reach more than {:.0}% to either side, and one \
             run is too short to tell how far. A longer run helps, or --replications 20.",
            listed(&wide),
            WIDEST * 100.0
        )
    });
    let sentences: Vec<String> = [drift, wide, few].into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// "a, b and c".
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_stand_in_their_intervals_and_drifting_ones_have_none() {
        let (mut steady, mut rising) = (Batches::default(), Batches::default());
        for number in 0..10_000_u64 {
            // A pattern of 7 that no batch of 2^k keeps.
            steady.record(number, 1_000_000 * (number * 3 % 7));
            rising.record(number, 1_000 * number);
        }
        let (interval, batches) = of(&steady, 0.95);
        let (interval, batches) = (interval.unwrap(), batches.unwrap());
        assert!(interval.low < 0.003 && 0.003 < interval.high);
        assert!(!batches.dependent && batches.number >= 10);
        let (interval, batches) = of(&rising, 0.95);
        assert!(interval.is_none() && batches.unwrap().dependent);
    }
}
