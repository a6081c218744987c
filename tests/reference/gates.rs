//! Group U: gates of rollouts.

use shiftsim::stats::Rational;
use shiftsim::stats::gates::cumulative::{Characteristic, characteristic};
use shiftsim::stats::gates::measurements::{Limits, MeasurementLaw, Phase, metric};
use shiftsim::stats::gates::tick::{Requests, Shares, TickLaw, success_check};
use shiftsim::stats::planning::multiple_tests::family_false_alarms;

use crate::row::Row;

/// U: Flagger, Argo Rollouts and several metrics at once.
pub(crate) fn gate(row: &Row) -> Option<f64> {
    if row.id.starts_with("UG") {
        return Some(by_traffic(row).promoted);
    }
    match row.kind() {
        "promote" => Some(by_counts(row).promoted),
        "checks" => Some(by_counts(row).expected_ticks()),
        "multi1" | "multi2" => {
            Some(family_false_alarms(row.real("per_metric"), row.whole("m")).unwrap())
        }
        kind if kind.starts_with("argo") => argo(row),
        "" if row.text("mean_canary_requests").is_some() => Some(quiet(row).promoted),
        "" => {
            let pass = row.real("q");
            let law = TickLaw {
                pass,
                fail: 1.0 - pass,
                no_data: 0.0,
            };
            let steps = vec![law; row.whole("K") as usize];
            Some(
                characteristic(&steps, row.whole("T") as u32)
                    .unwrap()
                    .promoted,
            )
        }
        _ => None,
    }
}

fn of(requests: impl Iterator<Item = Requests>, row: &Row) -> Characteristic {
    let accepted = Shares::at_least(Rational::new(99, 100));
    let steps: Vec<TickLaw> = requests
        .map(|requests| success_check(requests, row.real("p_err"), &accepted).unwrap())
        .collect();
    characteristic(&steps, row.whole("threshold") as u32).unwrap()
}

fn by_counts(row: &Row) -> Characteristic {
    of(row.wholes("canary_n").into_iter().map(Requests::Fixed), row)
}

/// ⌊60 · rate · weight⌋ requests in each window of a minute.
fn by_traffic(row: &Row) -> Characteristic {
    let rate = row.fraction("total_rps");
    let requests = |weight: u64| (rate * Rational::new(60 * weight, 100)).to_integer();
    let weights = row.wholes("weights").into_iter();
    of(weights.map(|weight| Requests::Fixed(requests(weight))), row)
}

fn quiet(row: &Row) -> Characteristic {
    of(
        row.reals("mean_canary_requests")
            .into_iter()
            .map(Requests::Poisson),
        row,
    )
}

fn argo(row: &Row) -> Option<f64> {
    let limit = |name| u32::try_from(row.text(name)?.parse::<i64>().ok()?).ok();
    let limits = Limits {
        count: limit("count"),
        failures: limit("failureLimit"),
        inconclusive: Some(0),
        errors_in_a_row: 4,
        successes_in_a_row: limit("consecutiveSuccessLimit").filter(|&limit| limit > 0),
    };
    let failed = row.real("f");
    let law = MeasurementLaw {
        successful: 1.0 - failed,
        failed,
        inconclusive: 0.0,
        error: 0.0,
    };
    let ends = metric(&vec![law; limits.count? as usize], &limits).unwrap();
    let phase = match row.kind().rsplit('_').next()? {
        "Successful" => Phase::Successful,
        "Failed" => Phase::Failed,
        "Inconclusive" => Phase::Inconclusive,
        _ => return None,
    };
    Some(ends.probability(phase))
}
