//! Many replications of the running share: thin runs, one in colour, the quantiles of all, and
//! where they end.

use super::axis;
use super::clip;
use super::decimate;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::number::{integer, percent};
use super::palette::{self, INK, RUN, TOLERANCE};
use super::running_share::{
    first_settled, points, range_of, request_axis_name, request_scale, request_ticks,
};
use super::scale::Scale;
use super::scene::{Align, Point, Rect, Scene, Stroke, point};
use super::ticks;
use crate::summary::figures::Fan;

/// The width of the histogram in the margin.
const MARGIN_PLOT: f64 = 120.0;
/// Between the plot and that histogram.
const GAP: f64 = 12.0;
/// At most one point of a grey run in so many pixels.
const RUN_COLUMN: f64 = 9.0;
/// The least thickness of a bar in the margin.
const LEAST_BAR: f64 = 4.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Fan) -> Scene {
    let colour = palette::line(figure.version_index);
    let outer = colour.with_opacity(0.16);
    let inner = colour.with_opacity(0.26);
    let median = Stroke::dashed(colour, 1.6, 5.0, 3.0);
    let first = Stroke::solid(colour, 2.0);
    let target = Stroke::solid(INK, 1.2);
    let legend = [
        Item::new(Swatch::Line(Stroke::solid(RUN, 1.2)), runs_label(figure)),
        Item::new(Swatch::Line(first), "the first run"),
        Item::new(Swatch::Area(outer.into()), "5% to 95% of all runs"),
        Item::new(Swatch::Area(inner.into()), "25% to 75%"),
        Item::new(Swatch::Line(median), "median"),
        Item::new(Swatch::Line(target), "target"),
        Item::new(
            Swatch::Area(TOLERANCE.into()),
            format!("±{} points", points(figure.tolerance)),
        ),
    ];
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Fill);

    let (low, high) = range_of(shares(figure));
    let share_ticks = ticks::percentages(low, high, 6);
    let plot = Rect {
        left: body.left + axis::left_room(&share_ticks),
        top: body.top + axis::ABOVE,
        right: body.right - MARGIN_PLOT - GAP,
        bottom: body.bottom - axis::BELOW,
    };
    let margin = Rect {
        left: plot.right + GAP,
        right: body.right,
        ..plot
    };
    let across = request_scale(figure.requests, 0.0, (plot.left, plot.right));
    let up = Scale::linear((low, high), (plot.bottom, plot.top));
    let at = |(requests, share): (u64, f64)| point(across.at(requests as f64), up.beyond(share));

    let (zone_top, zone_bottom) = (
        up.at(figure.target + figure.tolerance),
        up.at(figure.target - figure.tolerance),
    );
    scene.rect(
        Rect {
            top: zone_top,
            bottom: zone_bottom,
            ..plot
        },
        TOLERANCE,
    );
    scene.rect(
        Rect {
            top: zone_top,
            bottom: zone_bottom,
            ..margin
        },
        TOLERANCE,
    );
    axis::left(&mut scene, plot, &up, &share_ticks);
    axis::left_name(&mut scene, body, &format!("share of {}", figure.version));
    let request_ticks = request_ticks(figure.requests, &across);
    axis::bottom(
        &mut scene,
        plot,
        &across,
        &request_ticks,
        request_axis_name(figure.requests),
    );

    let line = |run: &[(u64, f64)]| {
        run.iter()
            .map(|at_point| at(*at_point))
            .collect::<Vec<Point>>()
    };
    let inside = |line: &[Point]| clip::between(line, plot.top, plot.bottom);
    let grey = figure.runs.iter().skip(1);
    let grey = grey.flat_map(|run| inside(&decimate::last_of_column(&line(run), RUN_COLUMN)));
    scene.lines(grey.collect(), Stroke::solid(RUN, 0.7));
    let quantile = |rank: usize| {
        let values: Vec<(u64, f64)> = figure
            .quantiles
            .iter()
            .map(|(requests, all)| (*requests, all[rank]))
            .collect();
        decimate::m4(&line(&values), 1.0)
    };
    for (below, above, fill) in [(0, 4, outer), (1, 3, inner)] {
        let mut outline = quantile(above);
        outline.extend(quantile(below).into_iter().rev());
        outline
            .iter_mut()
            .for_each(|point| point.y = point.y.clamp(plot.top, plot.bottom));
        scene.polygon(outline, fill);
    }
    scene.lines(inside(&quantile(2)), median);
    if let Some(run) = figure.runs.first() {
        scene.lines(inside(&decimate::m4(&line(run), 1.0)), first);
    }
    draw_finals(&mut scene, figure, margin, &up);
    let target_y = up.at(figure.target);
    scene.line(
        vec![point(plot.left, target_y), point(margin.right, target_y)],
        target,
    );
    let counter = point(body.right, body.top + 11.0);
    scene.text(counter, Align::End, SMALL, INK, &counter_text(figure));
    scene
}

fn runs_label(figure: &Fan) -> String {
    let (drawn, total) = (figure.runs.len() as u64, figure.total);
    if drawn < total {
        format!("{} of {} runs", integer(drawn), integer(total))
    } else {
        format!("{} runs", integer(total))
    }
}

fn counter_text(figure: &Fan) -> String {
    let exact = match figure.exact_outside {
        Some(exact) => format!(", exact {}", percent(exact, 1)),
        None => String::new(),
    };
    let simulated = figure.outside as f64 / figure.total.max(1) as f64;
    format!(
        "{} of {} runs end outside ±{} points ({}{exact})",
        integer(figure.outside),
        integer(figure.total),
        points(figure.tolerance),
        percent(simulated, 1),
    )
}

fn shares(figure: &Fan) -> impl Iterator<Item = f64> {
    let settled = first_settled(figure.requests);
    let first = figure.runs.first().into_iter().flatten();
    let first = first.filter(move |at| at.0 >= settled).map(|at| at.1);
    let settled_quantiles = figure.quantiles.iter().filter(move |at| at.0 >= settled);
    let quantiles = settled_quantiles.flat_map(|(_, all)| *all);
    let zone = [
        figure.target - figure.tolerance,
        figure.target + figure.tolerance,
    ];
    first
        .chain(quantiles)
        .chain(zone)
        .chain(figure.finals.iter().map(|at| at.0))
}

/// The final shares as level bars; a bar holds as many counts as make it thick enough to see.
fn draw_finals(scene: &mut Scene, figure: &Fan, margin: Rect, up: &Scale) {
    let requests = figure.requests.max(1) as f64;
    let pixels_per_count = (up.at(0.0) - up.at(1.0)).abs().max(1e-9) / requests;
    let counts = (LEAST_BAR / pixels_per_count).ceil().max(1.0);
    let thickness = (counts * pixels_per_count * 0.8).min(16.0);
    let mut bars: Vec<(f64, u64)> = Vec::new();
    for (share, runs) in &figure.finals {
        let middle = (share * requests / counts).round() * counts / requests;
        match bars.last_mut() {
            Some((at, sum)) if *at == middle => *sum += runs,
            _ => bars.push((middle, *runs)),
        }
    }
    let most = bars.iter().map(|bar| bar.1).max().unwrap_or(1).max(1) as f64;
    let rects = bars.iter().map(|(share, runs)| {
        let y = up.at(*share);
        Rect {
            left: margin.left,
            top: (y - thickness / 2.0).max(margin.top),
            right: margin.left + *runs as f64 / most * margin.width(),
            bottom: (y + thickness / 2.0).min(margin.bottom),
        }
    });
    scene.rects(
        rects.collect(),
        palette::fill(figure.version_index).colour.tint(0.75),
    );
    let stroke = Stroke::solid(palette::AXIS, 1.0);
    scene.line(
        vec![
            point(margin.left, margin.top),
            point(margin.left, margin.bottom),
        ],
        stroke,
    );
    let below = point(margin.right, margin.bottom + 38.0);
    scene.text(
        below,
        Align::End,
        SMALL,
        palette::FAINT_INK,
        "where the runs end",
    );
}
