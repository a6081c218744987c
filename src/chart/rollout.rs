//! One rollout, tick by tick: weights and observed shares with the result of each tick, the error
//! rate in the metric's window, and the failed checks so far.

use super::axis;
use super::layout::{self, Body, Item, Swatch};
use super::palette::{self, Colour, FAINT_INK, INK, PAPER};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::{RolloutTick, RolloutTimeline, TickMark};

/// Heights of the panels.
const SHARES: f64 = 150.0;
const ERRORS: f64 = 120.0;
const FAILURES: f64 = 70.0;
/// Between panels, with the name of the lower one.
const BETWEEN: f64 = 42.0;

/// The figure as a scene.
pub(super) fn draw(figure: &RolloutTimeline) -> Scene {
    let counts_failures = figure.failures_limit.is_some();
    let failures = if counts_failures {
        BETWEEN + FAILURES
    } else {
        0.0
    };
    let height = axis::ABOVE + SHARES + BETWEEN + ERRORS + failures + axis::BELOW;
    let (mut scene, body) = layout::sheet(&figure.labels, &legend(figure), Body::Height(height));

    let most_share = figure
        .weights
        .iter()
        .map(|weight| weight.2)
        .fold(0.1, f64::max);
    let shown = figure.ticks.iter().filter_map(|tick| tick.observed_share);
    let most_share = shown.fold(most_share, f64::max).min(1.0) * 1.05;
    let most_errors = most_errors(figure);
    let shares = ticks::percentages(0.0, most_share, 4);
    let errors = ticks::percentages(0.0, most_errors, 4);
    let room = axis::left_room(&shares).max(axis::left_room(&errors));
    let plot = |top: f64, height: f64| Rect {
        left: body.left + room,
        top,
        right: body.right - 14.0,
        bottom: top + height,
    };
    let upper = plot(body.top + axis::ABOVE, SHARES);
    let middle = plot(upper.bottom + BETWEEN, ERRORS);
    let lower = plot(middle.bottom + BETWEEN, FAILURES);
    let end = figure.end_seconds.max(1.0);
    let across = Scale::linear((0.0, end), (upper.left, upper.right));

    share_panel(&mut scene, figure, upper, &across, (most_share, &shares));
    panel_name(
        &mut scene,
        upper,
        body,
        "weight, and the share observed since the last tick",
    );
    error_panel(&mut scene, figure, middle, &across, (most_errors, &errors));
    panel_name(&mut scene, middle, body, &errors_name(figure, most_errors));
    let last = match figure.failures_limit {
        Some(limit) => {
            failure_panel(&mut scene, figure, lower, &across, limit);
            panel_name(&mut scene, lower, body, "failed checks so far");
            lower
        }
        None => middle,
    };
    let (time_ticks, unit) = ticks::times(end, 10);
    axis::bottom(
        &mut scene,
        last,
        &across,
        &time_ticks,
        &format!("time in {unit}"),
    );
    scene
}

/// Half the width of an arrow, and its height.
const ARROW: f64 = 3.5;

/// The name of the panel of errors; where intervals go on beyond it, it says so.
fn errors_name(figure: &RolloutTimeline, most: f64) -> String {
    let name = "error rate in the metric's window, with its 95% interval";
    let beyond = |tick: &RolloutTick| tick.error_rate.is_some_and(|(_, _, high)| high > most);
    match figure.ticks.iter().any(beyond) {
        true => format!("{name} (arrows: it goes on)"),
        false => name.to_owned(),
    }
}

fn panel_name(scene: &mut Scene, plot: Rect, body: Rect, name: &str) {
    let head = Rect {
        top: plot.top - axis::ABOVE,
        ..body
    };
    axis::left_name(scene, head, name);
}

fn legend(figure: &RolloutTimeline) -> Vec<Item> {
    let mut items = vec![Item::new(Swatch::Line(weight_stroke()), "weight")];
    for (mark, name) in [
        (TickMark::Passed, "passed"),
        (TickMark::Failed, "failed"),
        (TickMark::NoData, "no data"),
        (TickMark::Undecided, "undecided"),
    ] {
        if figure.ticks.iter().any(|tick| tick.mark == mark) {
            let (fill, outline) = look(mark);
            items.push(Item::new(Swatch::Dot(fill, Some(outline)), name));
        }
    }
    items.push(Item::new(Swatch::Line(limit_stroke()), "limit"));
    items
}

fn weight_stroke() -> Stroke {
    Stroke::solid(INK, 1.3)
}

fn limit_stroke() -> Stroke {
    Stroke::dashed(INK, 1.2, 6.0, 3.0)
}

/// Filled if there is data; dark if it failed.
fn look(mark: TickMark) -> (Colour, Stroke) {
    match mark {
        TickMark::Passed => (
            palette::line(0).tint(0.45),
            Stroke::solid(palette::line(0), 1.4),
        ),
        TickMark::Failed => (palette::line(2), Stroke::solid(palette::line(2), 1.4)),
        TickMark::NoData => (PAPER, Stroke::solid(palette::line(2), 1.8)),
        TickMark::Undecided => (PAPER, Stroke::solid(FAINT_INK, 1.4)),
    }
}

/// Circles for those ticks that `height` places.
fn marks(
    scene: &mut Scene,
    figure: &RolloutTimeline,
    across: &Scale,
    height: impl Fn(&RolloutTick) -> Option<f64>,
) {
    for mark in [
        TickMark::Passed,
        TickMark::Failed,
        TickMark::NoData,
        TickMark::Undecided,
    ] {
        let (fill, outline) = look(mark);
        let of_mark = figure.ticks.iter().filter(|tick| tick.mark == mark);
        let centres: Vec<Point> = of_mark
            .filter_map(|tick| Some(point(across.at(tick.seconds), height(tick)?)))
            .collect();
        scene.circles(centres, 4.6, fill, Some(outline));
    }
}

fn share_panel(
    scene: &mut Scene,
    figure: &RolloutTimeline,
    plot: Rect,
    across: &Scale,
    (most, shares): (f64, &[Tick]),
) {
    let up = Scale::linear((0.0, most), (plot.bottom, plot.top));
    axis::left(scene, plot, &up, shares);
    axis::bottom_labels(scene, plot, across, &[]);
    let mut steps = Vec::new();
    for &(from, to, share) in &figure.weights {
        steps.push(point(across.at(from), up.at(share)));
        steps.push(point(across.at(to), up.at(share)));
    }
    scene.line(steps, weight_stroke());
    marks(scene, figure, across, |tick| {
        Some(up.at(tick.observed_share.unwrap_or(0.0)))
    });
}

fn error_panel(
    scene: &mut Scene,
    figure: &RolloutTimeline,
    plot: Rect,
    across: &Scale,
    (most, errors): (f64, &[Tick]),
) {
    let up = Scale::linear((0.0, most), (plot.bottom, plot.top));
    axis::left(scene, plot, &up, errors);
    axis::bottom_labels(scene, plot, across, &[]);
    let limit = up.at(figure.error_limit);
    let line = vec![point(plot.left, limit), point(plot.right, limit)];
    scene.line(line, limit_stroke());
    let whiskers = figure.ticks.iter().filter_map(|tick| {
        let (low, _, high) = tick.error_rate?;
        let x = across.at(tick.seconds);
        Some(vec![point(x, up.at(low)), point(x, up.at(high.min(most)))])
    });
    scene.lines(whiskers.collect(), Stroke::solid(FAINT_INK, 1.3));
    // An arrow where an interval goes on beyond the panel.
    let arrows = figure.ticks.iter().filter_map(|tick| {
        let (_, _, high) = tick.error_rate.filter(|(_, _, high)| *high > most)?;
        let (x, tip) = (across.at(tick.seconds), up.at(high.min(most)));
        Some(vec![
            point(x - ARROW, tip + ARROW),
            point(x, tip),
            point(x + ARROW, tip + ARROW),
        ])
    });
    scene.lines(arrows.collect(), Stroke::solid(FAINT_INK, 1.3));
    marks(scene, figure, across, |tick| {
        Some(tick.error_rate.map_or(plot.bottom, |rate| up.at(rate.1)))
    });
}

/// The interval's ends decide, but one wild interval must not flatten the rest.
fn most_errors(figure: &RolloutTimeline) -> f64 {
    let rates = || figure.ticks.iter().filter_map(|tick| tick.error_rate);
    let estimates = rates().map(|rate| rate.1).fold(0.0, f64::max);
    let ends = rates().map(|rate| rate.2).fold(0.0, f64::max);
    let wanted = ends.min(4.0 * estimates.max(figure.error_limit));
    (wanted.max(figure.error_limit * 1.5) * 1.05).clamp(0.001, 1.0)
}

fn failure_panel(
    scene: &mut Scene,
    figure: &RolloutTimeline,
    plot: Rect,
    across: &Scale,
    limit: u32,
) {
    let reached = figure.ticks.iter().map(|tick| tick.failed_checks).max();
    let most = f64::from(limit.max(reached.unwrap_or(0))) * 1.1;
    let up = Scale::linear((0.0, most), (plot.bottom, plot.top));
    axis::left(scene, plot, &up, &ticks::integers(0.0, most, 3));
    let height = up.at(f64::from(limit));
    let line = vec![point(plot.left, height), point(plot.right, height)];
    scene.line(line, limit_stroke());
    let mut steps = vec![point(across.at(0.0), up.at(0.0))];
    let mut before = 0;
    for tick in &figure.ticks {
        let x = across.at(tick.seconds);
        steps.push(point(x, up.at(f64::from(before))));
        steps.push(point(x, up.at(f64::from(tick.failed_checks))));
        before = tick.failed_checks;
    }
    steps.push(point(
        across.at(figure.end_seconds),
        up.at(f64::from(before)),
    ));
    scene.line(steps, Stroke::solid(palette::line(2), 2.0));
}
