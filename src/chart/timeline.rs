//! Requests per version over time as stacked areas, the configured weights above them, and what
//! live metrics would show below.

use super::areas::{self, Step};
use super::axis::{self, TopLabels};
use super::layout::{self, Body, Item, Swatch};
use super::palette::{self};
use super::scale::Scale;
use super::scene::{Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::Timeline;

/// At most so many steps in an area; buckets are added up to stay below.
const MOST_STEPS: usize = 350;
/// The height of the panel of weights.
const WEIGHTS: f64 = 80.0;
/// The height of the panel of requests.
const REQUESTS: f64 = 200.0;
/// The height of the panel of live metrics.
const METRICS: f64 = 90.0;
/// Between panels, with the name of the lower one.
const BETWEEN: f64 = 42.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Timeline) -> Scene {
    let legend: Vec<Item> = figure
        .versions
        .iter()
        .enumerate()
        .map(|(place, name)| Item::new(Swatch::Area(palette::fill(place)), name.as_str()))
        .collect();
    let rates = rates(figure);
    let most = rates
        .iter()
        .map(|step| step.2.iter().sum::<f64>())
        .fold(0.0, f64::max);
    // A little air above the highest step.
    let most = if most > 0.0 { most * 1.05 } else { 1.0 };
    let shares = ticks::percentages(0.0, 1.0, 2);
    let rate_ticks = ticks::decimals(most, 5);
    let left_room = axis::left_room(&shares).max(axis::left_room(&rate_ticks));
    let (left, right) = (
        layout::MARGIN + left_room,
        layout::WIDTH - layout::MARGIN - 8.0,
    );
    let end = run_end(figure);
    let across = Scale::linear((0.0, end), (left, right));
    let phases: Vec<(f64, String)> = figure
        .phases
        .iter()
        .map(|phase| (across.at(phase.start_seconds), phase.name.clone()))
        .collect();
    let phases = TopLabels::place(&phases, left, layout::WIDTH - layout::MARGIN);

    let metrics = if figure.silent.is_empty() {
        0.0
    } else {
        BETWEEN + METRICS
    };
    let height =
        axis::ABOVE + phases.height() + WEIGHTS + BETWEEN + REQUESTS + metrics + axis::BELOW;
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Height(height));
    let plot = |top: f64, height: f64| Rect {
        left,
        top,
        right,
        bottom: top + height,
    };
    let weights = plot(body.top + axis::ABOVE + phases.height(), WEIGHTS);
    let requests = plot(weights.bottom + BETWEEN, REQUESTS);
    let above = |plot: Rect| plot.top - axis::ABOVE;
    let reported = || {
        rates
            .iter()
            .map(|step| without(step, &figure.silent))
            .collect::<Vec<Step>>()
    };
    let mut panels = vec![
        Panel {
            plot: weights,
            head: body.top,
            name: "configured weights",
            ticks: shares,
            most: 1.0,
            steps: configured(figure),
        },
        Panel {
            plot: requests,
            head: above(requests),
            name: "requests per second",
            ticks: rate_ticks,
            most,
            steps: rates.clone(),
        },
    ];
    if !figure.silent.is_empty() {
        let metrics = plot(requests.bottom + BETWEEN, METRICS);
        panels.push(Panel {
            plot: metrics,
            head: above(metrics),
            name: "what the live metrics show (requests per second)",
            ticks: ticks::decimals(most, 2),
            most,
            steps: reported(),
        });
    }
    for panel in &panels {
        draw_panel(&mut scene, panel, &across);
    }
    let plots: Vec<Rect> = panels.iter().map(|panel| panel.plot).collect();
    phases.draw(&mut scene, &plots);
    let (time_ticks, unit) = ticks::times(end, 10);
    let lowest = plots.last().copied().unwrap_or(requests);
    axis::bottom(
        &mut scene,
        lowest,
        &across,
        &time_ticks,
        &format!("time in {unit}"),
    );
    scene
}

/// A panel: its plot, where the room of its name begins, its axis, and what is stacked in it.
struct Panel {
    plot: Rect,
    head: f64,
    name: &'static str,
    ticks: Vec<Tick>,
    most: f64,
    steps: Vec<Step>,
}

/// The right end of the time axis, above zero.
fn run_end(figure: &Timeline) -> f64 {
    let buckets = figure.buckets.len() as f64 * figure.bucket_seconds;
    let end = if figure.end_seconds > 0.0 {
        figure.end_seconds
    } else {
        buckets
    };
    if end.is_finite() && end > 0.0 {
        end
    } else {
        1.0
    }
}

fn draw_panel(scene: &mut Scene, panel: &Panel, across: &Scale) {
    let plot = panel.plot;
    let up = Scale::linear((0.0, panel.most), (plot.bottom, plot.top));
    axis::left(scene, plot, &up, &panel.ticks);
    let named = Rect {
        left: layout::MARGIN,
        top: panel.head,
        ..plot
    };
    axis::left_name(scene, named, panel.name);
    areas::draw(scene, plot, &panel.steps, across, &up);
    let foot = vec![
        point(plot.left, plot.bottom),
        point(plot.right, plot.bottom),
    ];
    scene.line(foot, Stroke::solid(palette::AXIS, 1.0));
}

/// The configured shares of each phase, until the next begins.
fn configured(figure: &Timeline) -> Vec<Step> {
    let ends = figure
        .phases
        .iter()
        .skip(1)
        .map(|phase| phase.start_seconds);
    let ends = ends.chain([run_end(figure)]);
    figure
        .phases
        .iter()
        .zip(ends)
        .map(|(phase, end)| (phase.start_seconds, end, phase.shares.clone()))
        .collect()
}

/// Requests per second in each bucket, several buckets to a step if there are many. The last
/// bucket may be cut short by the end of the run: its rate is over what there is of it, but over
/// no less than half, so that a sliver makes no spike.
fn rates(figure: &Timeline) -> Vec<Step> {
    let width = figure.bucket_seconds;
    if !(width.is_finite() && width > 0.0) {
        return Vec::new();
    }
    let together = figure.buckets.len().div_ceil(MOST_STEPS).max(1);
    let end = run_end(figure);
    figure
        .buckets
        .chunks(together)
        .enumerate()
        .map(|(place, buckets)| {
            let from = (place * together) as f64 * width;
            let whole = buckets.len() as f64 * width;
            let to = (from + whole).min(end).max(from);
            let seconds = (to - from).max(whole / 2.0);
            let rate = |version: usize| {
                let count: u64 = buckets
                    .iter()
                    .filter_map(|bucket| bucket.get(version))
                    .sum();
                count as f64 / seconds
            };
            (from, to, (0..figure.versions.len()).map(rate).collect())
        })
        .collect()
}

/// A step without the versions that report nothing.
fn without((from, to, heights): &Step, silent: &[usize]) -> Step {
    let heard = heights.iter().enumerate().map(|(version, height)| {
        if silent.contains(&version) {
            0.0
        } else {
            *height
        }
    });
    (*from, *to, heard.collect())
}
