//! Groups O, R, S and X, and the mixtures of group P: sequential statistics.

use shiftsim::stats::sequential::boundary::{lan_demets_bounds, pocock_constant};
use shiftsim::stats::sequential::confidence_sequence::tuning_rho;
use shiftsim::stats::sequential::crossing::{crossing_probabilities, equally_spaced};
use shiftsim::stats::sequential::error_share::detection_probability;
use shiftsim::stats::sequential::monitor::TwoVersionMonitor;
use shiftsim::stats::sequential::multinomial::{first_crossing, ln_e_value};
use shiftsim::stats::sequential::normal_mixture::MixtureRatio;
use shiftsim::stats::sequential::peeking::share_check_alarms;
use shiftsim::stats::sequential::spending::Spending;
use shiftsim::stats::sequential::sprt::Sprt;
use shiftsim::stats::sequential::{CrossingPoint, Looks};

use crate::inference;
use crate::row::Row;

/// The bound of a two-sided test at 5%, as the rows round it nowhere.
const Z_5_PERCENT: f64 = 1.959_963_984_540_054;

/// O: the e-value of counts, and when it crosses.
pub(crate) fn e_value(row: &Row) -> Option<f64> {
    let (weights, concentration) = (row.reals("weights"), concentration(row)?);
    if row.text("counts").is_some() {
        let ln_e = ln_e_value(&row.wholes("counts"), &weights, concentration).unwrap();
        return match row.kind() {
            "loge" => Some(ln_e),
            "p" => Some((-ln_e).exp().min(1.0)),
            _ => None,
        };
    }
    let versions = match row.text("sequence")? {
        "perfect alternation" => 2,
        text if text.starts_with("all v1") => 1,
        _ => return None,
    };
    let sequence = (0..row.whole("length")).map(|i| (i % versions) as usize);
    let crossing = first_crossing(sequence, &weights, concentration, 0.05).unwrap();
    Some(crossing.map_or(f64::INFINITY, |n| n as f64))
}

/// P: time-uniform intervals, and the normal mixtures.
pub(crate) fn any_time(row: &Row) -> Option<f64> {
    if row.text("tuning").is_some() {
        return Some(tuning_rho(row.real("alpha"), row.real("tuning")).unwrap());
    }
    if row.text("tau2").is_some() {
        let (x, y) = (row.real("xbar"), row.real("ybar"));
        let ratio = MixtureRatio::of_shares(x, y, row.whole("n"), row.real("tau2")).unwrap();
        return Some(ratio.value());
    }
    inference::time_uniform(row)
}

/// R: Wald's test, approximately and exactly.
pub(crate) fn sprt(row: &Row) -> Option<f64> {
    let (p0, p1) = (row.real("p0"), row.real("p1"));
    let test = Sprt::new(p0, p1, row.real("alpha"), row.real("beta")).unwrap();
    let under = |p: f64| test.characteristics(p).unwrap();
    Some(match row.kind() {
        "logA" => test.ln_upper(),
        "logB" => test.ln_lower(),
        "ASN0_wald" => test.wald_expected_n_null(),
        "ASN1_wald" => test.wald_expected_n_alternative(),
        "alpha" => under(p0).accept_alternative,
        "beta" => under(p1).accept_null,
        "ASN0" => under(p0).expected_n,
        "ASN1" => under(p1).expected_n,
        _ => return None,
    })
}

/// S: looking repeatedly, with and without protection.
pub(crate) fn repeated_looks(row: &Row) -> Option<f64> {
    let kind = row.kind().trim_end_matches(|c: char| c.is_ascii_digit());
    match kind {
        "norm" => {
            let looks = row.whole("K") as usize;
            let times = equally_spaced(looks);
            let ever = crossing_probabilities(&times, &vec![Z_5_PERCENT; looks], 0.0).unwrap();
            ever.last().copied()
        }
        "obf" => Some(bound(row, Spending::ObrienFlemingTotal)),
        "obfLD" => Some(bound(row, Spending::ObrienFlemingPerSide)),
        "pow" => Some(bound(row, Spending::Power { exponent: 2.0 })),
        "pocock" => Some(pocock_constant(row.whole("K") as usize, 0.05).unwrap()),
        "bin" | "bin10k" => {
            let p0 = row.real("p0");
            let curve = share_check_alarms(p0, p0, Z_5_PERCENT, &looks(row)?).unwrap();
            ever(&curve)
        }
        _ if kind.starts_with("av") => {
            let monitor = TwoVersionMonitor::new(0.5, 100.0, 0.05).unwrap();
            let truth = row
                .text("true")
                .map_or(Some(0.5), |text| text.parse().ok())?;
            ever(&monitor.alarm_curve(truth, &looks(row)?).unwrap())
        }
        _ => None,
    }
}

/// X: the gate on error shares.
pub(crate) fn error_share(row: &Row) -> Option<f64> {
    let probability = detection_probability(
        row.real("canary_weight"),
        row.real("rate_ratio"),
        concentration(row)?,
        0.05,
        row.whole("M_errors"),
    );
    Some(probability.unwrap())
}

fn bound(row: &Row, spending: Spending) -> f64 {
    let times = equally_spaced(row.whole("K") as usize);
    lan_demets_bounds(spending, 0.05, &times).unwrap()[row.whole("look") as usize - 1]
}

fn ever(curve: &[CrossingPoint]) -> Option<f64> {
    curve.last().map(|point| point.either())
}

/// "10*weights" is 10.
fn concentration(row: &Row) -> Option<f64> {
    row.text("dirichlet")?.split_once('*')?.0.parse().ok()
}

/// "1..1000" or "10,20,..,100".
fn looks(row: &Row) -> Option<Looks> {
    let text = row.text("looks")?;
    let (start, until) = text.split_once("..")?;
    let step = start.split(',').next()?.parse().ok()?;
    let until = until.trim_start_matches(',').parse().ok()?;
    Looks::every(step, until).ok()
}
