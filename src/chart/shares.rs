//! The share of each version over time as stacked areas, with the targets as thin dark lines.

use super::areas::{self, Step};
use super::axis::{self, TopLabels};
use super::layout::{self, Body, Item, Swatch};
use super::palette::{self, PAPER};
use super::scale::Scale;
use super::scene::{Rect, Scene, Stroke, point};
use super::ticks;
use crate::summary::figures::Shares;

/// The height of the plot.
const HEIGHT: f64 = 260.0;
/// The width of a line of the target.
const TARGET: f64 = 1.5;

/// The figure as a scene.
pub(super) fn draw(figure: &Shares) -> Scene {
    let versions = figure.versions.iter().enumerate();
    let areas =
        versions.map(|(place, name)| Item::new(Swatch::Area(palette::fill(place)), name.as_str()));
    let target = Item::new(
        Swatch::Line(Stroke::solid(palette::INK, TARGET)),
        "target: what the newest rules lead to",
    );
    let legend: Vec<Item> = areas.chain([target]).collect();
    let shares = ticks::percentages(0.0, 1.0, 4);
    let left = layout::MARGIN + axis::left_room(&shares);
    let right = layout::WIDTH - layout::MARGIN - 8.0;
    let end = figure.end_seconds.max(f64::MIN_POSITIVE);
    let across = Scale::linear((0.0, end), (left, right));
    let phases: Vec<(f64, String)> = figure
        .phases
        .iter()
        .map(|phase| (across.at(phase.start_seconds), phase.name.clone()))
        .collect();
    let phases = TopLabels::place(&phases, left, layout::WIDTH - layout::MARGIN);
    let height = axis::ABOVE + phases.height() + HEIGHT + axis::BELOW;
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Height(height));
    let top = body.top + axis::ABOVE + phases.height();
    let plot = Rect {
        left,
        top,
        right,
        bottom: top + HEIGHT,
    };
    let up = Scale::linear((0.0, 1.0), (plot.bottom, plot.top));
    axis::left(&mut scene, plot, &up, &shares);
    let named = Rect {
        left: layout::MARGIN,
        top: body.top,
        ..plot
    };
    axis::left_name(&mut scene, named, figure.measure);
    // Where nobody came, there is a gap.
    for steps in runs(figure) {
        areas::draw(&mut scene, plot, &steps, &across, &up);
    }
    targets(&mut scene, figure, end, (&across, &up));
    let foot = [plot.left, plot.right].map(|x| point(x, plot.bottom));
    scene.line(foot.to_vec(), Stroke::solid(palette::AXIS, 1.0));
    phases.draw(&mut scene, &[plot]);
    let (times, unit) = ticks::times(end, 10);
    axis::bottom(
        &mut scene,
        plot,
        &across,
        &times,
        &format!("time in {unit}"),
    );
    scene
}

/// The shares of neighbouring buckets that somebody came in.
fn runs(figure: &Shares) -> Vec<Vec<Step>> {
    let mut runs: Vec<Vec<Step>> = vec![Vec::new()];
    for (place, bucket) in figure.buckets.iter().enumerate() {
        let all: u64 = bucket.iter().sum();
        if all == 0 {
            runs.push(Vec::new());
            continue;
        }
        let from = place as f64 * figure.bucket_seconds;
        let to = (from + figure.bucket_seconds)
            .min(figure.end_seconds)
            .max(from);
        let shares = bucket.iter().map(|&count| count as f64 / all as f64);
        if let Some(run) = runs.last_mut() {
            run.push((from, to, shares.collect()));
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Between each two versions that have a share, the line where they should meet.
fn targets(scene: &mut Scene, figure: &Shares, end: f64, (across, up): (&Scale, &Scale)) {
    let next = figure.phases.iter().skip(1);
    let ends = next.map(|phase| phase.start_seconds).chain([end]);
    for (phase, end) in figure.phases.iter().zip(ends) {
        let Some(targets) = &phase.targets else {
            continue;
        };
        let mut sum = 0.0;
        let (from, to) = (across.at(phase.start_seconds), across.at(end));
        for target in &targets[..targets.len().saturating_sub(1)] {
            sum += target;
            let y = up.at(f64::min(sum, 1.0));
            let line = vec![point(from, y), point(to, y)];
            scene.line(line.clone(), Stroke::solid(PAPER, TARGET + 2.0));
            scene.line(line, Stroke::solid(palette::INK, TARGET));
        }
    }
}
