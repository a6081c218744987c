//! The charts of a plan for error rates: the power by the number of requests, and a map of canary
//! weight against the error rate that shows.

use super::errors::{ErrorsPlan, Question};
use super::{requests_and_time, spread};
use crate::stats::StatsError;
use crate::stats::planning::detectable::Traffic;
use crate::summary::figures::{Axis, Curve, Curves, Figure, Labels, Look, Unit};
use crate::units::display::{count, four_digits, short_percent};

/// Points of a curve.
const STEPS: u32 = 120;
/// Canary weights of the map.
const WEIGHTS: [f64; 14] = [
    0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
];

/// The power curve and the map.
///
/// # Errors
/// [`StatsError`] as for the plan.
pub fn figures(question: &Question, plan: &ErrorsPlan) -> Result<Vec<Figure>, StatsError> {
    Ok(vec![
        Figure::Curves(power_curve(question, plan)?),
        Figure::Curves(map(question, plan)?),
    ])
}

fn caption(question: &Question, plan: &ErrorsPlan) -> String {
    format!(
        "stable version fails in {} · canary weight {} · level {} {} · exact power of the pooled z \
         test",
        four_digits(question.stable),
        short_percent(question.weight),
        four_digits(plan.alpha),
        plan.sides
    )
}

fn power_curve(question: &Question, plan: &ErrorsPlan) -> Result<Curves, StatsError> {
    let needed = plan.needed;
    let last = needed.canary_requests * 5 / 2;
    let canary = spread((needed.canary_requests / 30).max(1), last, STEPS);
    let total = |canary: u64| (canary as f64 / question.weight).round();
    let at_rate = |rate: f64| -> Result<Vec<(f64, f64)>, StatsError> {
        canary
            .iter()
            .map(|&n| Ok((total(n), question.exact_power(n, rate)?)))
            .collect()
    };
    let fisher: Vec<(f64, f64)> = canary
        .iter()
        .map(|&n| Ok(question.fisher_power(n)?.map(|power| (total(n), power))))
        .filter_map(Result::transpose)
        .collect::<Result<_, StatsError>>()?;
    let curve = |name: String, colour, look, points| Curve {
        name,
        colour,
        look,
        points,
    };
    let mut curves = vec![curve(
        format!(
            "power: the canary fails in {}",
            four_digits(question.canary)
        ),
        0,
        Look::Solid,
        at_rate(question.canary)?,
    )];
    if !fisher.is_empty() {
        let name = "the same with Fisher's exact test".into();
        curves.push(curve(name, 0, Look::Dashed, fisher));
    }
    let same = "false alarms: it fails as often as the stable version".into();
    curves.push(curve(same, 2, Look::Solid, at_rate(question.stable)?));
    let mut marks = vec![(
        needed.total_requests as f64,
        format!("{} are enough", count(needed.total_requests)),
    )];
    if let Some(asked) = &plan.asked {
        let requests = asked.effort.total_requests;
        if (total(canary[0])..=total(last)).contains(&(requests as f64)) {
            marks.push((requests as f64, format!("yours: {}", count(requests))));
        }
    }
    Ok(Curves {
        labels: Labels {
            file_stem: "power".into(),
            title: format!(
                "Noticing {} errors instead of {} takes {}",
                four_digits(question.canary),
                four_digits(question.stable),
                requests_and_time(needed.total_requests, needed.minutes)
            ),
            caption: caption(question, plan),
            reading: "The curve is the exact probability to notice the worse canary, a saw-tooth \
                      because counts are whole. Where it crosses the dark line for good, the number \
                      of requests is enough. The lower curve is the probability to accuse a canary \
                      that is as good as the stable version."
                .into(),
        },
        across: Axis {
            name: "requests to both versions".into(),
            unit: Unit::Count,
            range: (total(canary[0]), total(last)),
            logarithmic: true,
        },
        up: probability_axis("probability to call them different"),
        curves,
        areas: Vec::new(),
        levels: vec![(
            question.terms.power,
            format!("power {}", short_percent(question.terms.power)),
        )],
        marks,
    })
}

fn map(question: &Question, plan: &ErrorsPlan) -> Result<Curves, StatsError> {
    let needed = plan.needed.total_requests;
    let totals = [needed / 10, needed, needed.saturating_mul(10)].map(|total| total.max(20));
    let mut curves = Vec::new();
    for (colour, &total) in totals.iter().enumerate() {
        let mut points = Vec::new();
        for weight in WEIGHTS {
            let traffic = Traffic {
                requests: total,
                canary_weight: weight,
                stable: question.stable,
            };
            let canary = (total as f64 * weight).round();
            if canary < 1.0 || canary >= total as f64 {
                continue;
            }
            let terms = question.terms;
            let shown = traffic.exactly_detectable_rate(
                terms.alpha(),
                terms.power,
                question.alternative(),
            )?;
            points.extend(shown.map(|rate| (weight, rate)));
        }
        curves.push(Curve {
            name: requests_and_time(total, question.terms.minutes(total)),
            colour,
            look: Look::Solid,
            points,
        });
    }
    let rates = || curves.iter().flat_map(|curve| &curve.points).map(|at| at.1);
    let high = rates().fold(question.canary, f64::max);
    let low = rates().fold(question.canary, f64::min);
    let level = question.stable.max(low / 4.0);
    Ok(Curves {
        labels: Labels {
            file_stem: "map".into(),
            title: format!(
                "The smallest canary error rate that shows with {}",
                short_percent(question.terms.power)
            ),
            caption: caption(question, plan),
            reading: "Each curve is a number of requests to both versions together. A canary with \
                      a small weight must be far worse than the stable version before it shows; \
                      with half of the traffic least is needed."
                .into(),
        },
        across: Axis {
            name: "canary weight".into(),
            unit: Unit::Share,
            range: (0.0, 0.5),
            logarithmic: false,
        },
        up: Axis {
            name: "error rate of the canary".into(),
            unit: Unit::Share,
            range: (level.min(low), (high * 1.1).min(1.0)),
            logarithmic: true,
        },
        curves,
        areas: Vec::new(),
        levels: if question.stable > 0.0 {
            vec![(
                question.stable,
                format!("stable {}", four_digits(question.stable)),
            )]
        } else {
            Vec::new()
        },
        marks: vec![(
            question.weight,
            format!("weight {}", short_percent(question.weight)),
        )],
    })
}

/// The left axis of a probability.
pub(super) fn probability_axis(name: &str) -> Axis {
    Axis {
        name: name.to_owned(),
        unit: Unit::Share,
        range: (0.0, 1.0),
        logarithmic: false,
    }
}
