//! The figures of a check: every number that a chart will show.

use super::{CheckSummary, Observer, Order, Settings, counts};
use crate::stats::binomial::Binomial;
use crate::stats::sequential::multinomial::ln_e_value;
use crate::stats::{StatsError, gof, intervals};
use crate::summary::draw::running;
use crate::summary::figures::{
    Bar, BarGroup, Bars, Evidence, Figure, Labels, RunningShare, Strip, Strips,
};
use crate::tally::{Checkpoint, ObservedTally};
use crate::units::display::{count, counted, p_value};
use crate::units::{Rational, to_f64};

/// Requests that a strip shows.
const STRIP: usize = 300;
/// −log10 of what is too small for a number; nothing is drawn above.
const MOST: f64 = 300.0;

/// The figures: bars always, the others if the order is known.
///
/// # Errors
/// [`StatsError`] if an exact law cannot be computed to the promised precision.
pub fn figures(
    settings: &Settings,
    observer: &Observer,
    summary: &CheckSummary,
) -> Result<Vec<Figure>, StatsError> {
    let tally = observer.tally();
    let mut figures = vec![Figure::Bars(bars(summary))];
    if !tally.is_ordered() {
        return Ok(figures);
    }
    figures.push(Figure::Strips(strips(tally, summary)));
    if settings.target.is_split() {
        let share = running_share(settings, tally, summary)?;
        figures.push(Figure::RunningShare(share));
    }
    if !observer.is_impossible() && settings.target.is_split() {
        figures.push(Figure::Evidence(evidence(settings, observer, summary)?));
    }
    Ok(figures)
}

fn labels(summary: &CheckSummary, stem: &str, title: String, reading: &str) -> Labels {
    Labels {
        file_stem: stem.to_owned(),
        title,
        caption: format!(
            "{} · {} · target {}",
            summary.source,
            counted(summary.requests, "request"),
            summary.target
        ),
        reading: reading.to_owned(),
    }
}

fn bars(summary: &CheckSummary) -> Bars {
    let bar = |(place, version): (usize, &super::CheckedVersion)| Bar {
        version: version.version.clone(),
        version_index: place,
        target: version.target_share,
        observed: version.observed_share,
        low: version.interval.low,
        high: version.interval.high,
    };
    let group = BarGroup {
        name: "observed".into(),
        requests: summary.requests,
        bars: summary.versions.iter().enumerate().map(bar).collect(),
    };
    Bars {
        labels: labels(
            summary,
            "bars",
            "Observed shares against their targets".into(),
            "Bars are observed shares, thin dark lines the targets. The whiskers are Goodman's \
             simultaneous intervals: with few requests they are wide, and a share far from its \
             target is no surprise.",
        ),
        confidence: summary.confidence_percent / 100.0,
        groups: vec![group],
    }
}

fn strips(tally: &ObservedTally, summary: &CheckSummary) -> Strips {
    let mut notes = Vec::new();
    if let Some(order) = &summary.order {
        notes.push(format!("{} runs", count(order.runs)));
        notes.push(format!("{:.1} expected", order.expected_runs));
        notes.extend(order.p_value.map(|p| format!("p = {}", p_value(p.value))));
        notes.push(word(order.looks).to_owned());
    }
    let strip = Strip {
        name: "observed".into(),
        requests: summary.requests,
        picks: tally
            .opening()
            .iter()
            .take(STRIP)
            .map(|&pick| usize::from(pick))
            .collect(),
        notes,
    };
    Strips {
        labels: labels(
            summary,
            "strips",
            "The requests one by one".into(),
            "Each cell is one request, in the order in which it was observed, coloured by the \
             version that answered. A random split looks patchy: long runs of one colour belong \
             to it. Only a round robin alternates.",
        ),
        versions: summary
            .versions
            .iter()
            .map(|version| version.version.clone())
            .collect(),
        strips: vec![strip],
    }
}

fn word(order: Order) -> &'static str {
    match order {
        Order::Random => "random",
        Order::Alternating => "alternating",
        Order::Blocked => "blocked",
        Order::Sticky => "sticky",
        Order::OneVersion => "one version only",
    }
}

fn running_share(
    settings: &Settings,
    tally: &ObservedTally,
    summary: &CheckSummary,
) -> Result<RunningShare, StatsError> {
    let focus = settings.target.focus();
    let share = settings.target.shares_of(settings.target.len())[focus];
    let confidence = settings.confidence.probability();
    let (mut pointwise, mut time_uniform) = (Vec::new(), Vec::new());
    for point in tally.checkpoints() {
        let law = Binomial::with_share(point.requests, share)?;
        pointwise.push(running::pointwise_band(&law, confidence)?);
        let (low, high) = intervals::time_uniform_band(point.requests, to_f64(share), confidence)?;
        time_uniform.push(running::band(point.requests, low, high));
    }
    let version = summary.versions[focus].version.clone();
    let observed = |point: &Checkpoint| {
        (
            point.requests,
            counts::share_of(point.counts[focus], point.requests),
        )
    };
    Ok(RunningShare {
        labels: labels(
            summary,
            "running-share",
            format!("Running share of {version}"),
            "The line is the share so far. Were the split on target, it would be inside the \
             shaded funnel at any one request number with the confidence of the check, and inside \
             the dashed band at all of them.",
        ),
        version,
        version_index: focus,
        requests: summary.requests,
        target: to_f64(share),
        tolerance: to_f64(settings.tolerance.share()),
        confidence,
        points: tally.checkpoints().iter().map(observed).collect(),
        pointwise,
        time_uniform,
        markers: Vec::new(),
    })
}

fn evidence(
    settings: &Settings,
    observer: &Observer,
    summary: &CheckSummary,
) -> Result<Evidence, StatsError> {
    let target = &settings.target;
    let shares = target.shares_of(target.len());
    let weights: Vec<f64> = target.weights().map(f64::from).collect();
    let alpha = settings.alpha();
    let (mut fixed, mut sequential) = (Vec::new(), Vec::new());
    for point in observer.tally().checkpoints() {
        let counts = &point.counts[..target.len()];
        let ln_e = ln_e_value(counts, &weights, settings.concentration)?;
        let p_value = p_value_so_far(&shares, counts)?;
        fixed.push((point.requests, (-p_value.log10()).min(MOST)));
        sequential.push((point.requests, (ln_e / std::f64::consts::LN_10).min(MOST)));
    }
    let first_fixed = fixed
        .iter()
        .find(|(_, evidence)| *evidence >= -alpha.log10());
    Ok(Evidence {
        first_alarms: [
            first_fixed.map(|&(request, _)| request),
            observer.first_alarm(),
        ],
        labels: labels(
            summary,
            "evidence",
            "The evidence against the target, request by request".into(),
            "Above the line a test sounds the alarm. The fixed test is right for one look at a \
             number of requests chosen before; who looks after every request will see it cross \
             the line sooner or later without a reason. The sequential test may be looked at any \
             time.",
        ),
        requests: summary.requests,
        fixed,
        fixed_name: fixed_name(&shares).into(),
        sequential,
        sequential_name: summary.sequential.convention.into(),
        alpha,
    })
}

fn is_two(shares: &[Rational]) -> bool {
    shares.iter().filter(|share| *share.numer() > 0).count() == 2
}

fn fixed_name(shares: &[Rational]) -> &'static str {
    match is_two(shares) {
        true => counts::VERSION_CONVENTION,
        false => "Pearson's chi-square, asymptotic",
    }
}

/// The p-value of the counts so far: exact for two versions; for more, asymptotic, because there
/// are thousands of points.
fn p_value_so_far(shares: &[Rational], observed: &[u64]) -> Result<f64, StatsError> {
    if is_two(shares) {
        return counts::joint(shares, observed).map(|p_value| p_value.value);
    }
    let shares: Vec<f64> = shares.iter().copied().map(to_f64).collect();
    gof::pearson(observed, &shares).map(|test| test.p_value)
}
