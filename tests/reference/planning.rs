//! Groups Q and T: planning.

use shiftsim::stats::planning::canary_worse::{BetaLaw, Observed, probability_canary_worse};
use shiftsim::stats::planning::demonstration::requests_to_demonstrate;
use shiftsim::stats::planning::exact_power::{Alternative, Arm, fisher_power, pooled_z_power};
use shiftsim::stats::planning::one_share::{OneShareTest, RejectionRule};
use shiftsim::stats::planning::two_proportions::{Formula, TwoProportions};

use crate::row::Row;

/// Q: sizes and power.
pub(crate) fn sizes_and_power(row: &Row) -> Option<f64> {
    let kind = row.kind();
    if kind.starts_with("alloc") {
        let rates = (row.real("p_stable"), row.real("p_canary"));
        return size(row, rates, 0.8, Formula::PooledZ);
    }
    if kind.starts_with("demo") {
        let (p, conf) = (row.real("p"), row.real("conf"));
        return Some(requests_to_demonstrate(p, row.whole("c"), conf).unwrap() as f64);
    }
    if kind.starts_with("split") {
        let (p0, alpha) = (row.real("p0"), row.real("alpha"));
        let test = OneShareTest::new(p0, alpha, RejectionRule::EqualTailed).unwrap();
        let size = test.sample_size(row.real("p1"), 0.8).unwrap();
        return Some(if kind.ends_with('b') {
            size.stable
        } else {
            size.first
        } as f64);
    }
    if kind.starts_with("pow") {
        return power(row);
    }
    let formula = match kind {
        "pooled" => Formula::PooledZ,
        "fleiss_cc" => Formula::PooledZContinuity,
        "unpooled" => Formula::UnpooledZ,
        "arcsine" => Formula::Arcsine,
        "evanmiller" => Formula::EvanMiller,
        _ => return None,
    };
    size(
        row,
        (row.real("p1"), row.real("p2")),
        row.real("power"),
        formula,
    )
}

fn size(row: &Row, rates: (f64, f64), power: f64, formula: Formula) -> Option<f64> {
    let plan = TwoProportions {
        stable: rates.0,
        canary: rates.1,
        alpha: row.text("alpha")?.split(' ').next()?.parse().ok()?,
        power,
        ratio: row.real("ratio"),
    };
    Some(plan.canary_requests(formula).unwrap())
}

fn power(row: &Row) -> Option<f64> {
    let alpha = row.real("alpha");
    if row.text("n").is_some() {
        let rule = RejectionRule::MinimumLikelihood;
        let test = OneShareTest::new(row.real("p0"), alpha, rule).unwrap();
        return Some(test.power(row.whole("n"), row.real("p1")).unwrap());
    }
    let arm = |n: &str, p: &str| Arm {
        requests: row.whole(n),
        error_rate: row.real(p),
    };
    let (one, other) = (arm("n1", "p1"), arm("n2", "p2"));
    let exact = if row.quantity.contains("Fisher") {
        fisher_power(one, other, alpha, Alternative::TwoSided)
    } else {
        pooled_z_power(one, other, alpha, Alternative::TwoSided)
    };
    Some(exact.unwrap())
}

/// T: the Bayesian comparison.
pub(crate) fn canary_worse(row: &Row) -> Option<f64> {
    let observed = |errors: &str, requests: &str| Observed {
        errors: row.whole(errors),
        requests: row.whole(requests),
    };
    let canary = observed("err_canary", "n_canary");
    let stable = observed("err_stable", "n_stable");
    Some(probability_canary_worse(canary, stable, BetaLaw::UNIFORM).unwrap())
}
