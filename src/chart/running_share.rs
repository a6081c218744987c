//! The running share of one version: the observed line in its exact funnel.

use super::axis::{self, TopLabels};
use super::decimate;
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::number::percent;
use super::palette::{self, Colour, FAINT_INK, INK, TOLERANCE};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks;
use crate::summary::figures::{BandPoint, RunningShare};

/// Up to this many requests the axis is linear.
pub(super) const LINEAR_UP_TO: u64 = 200;

/// The figure as a scene.
pub(super) fn draw(figure: &RunningShare) -> Scene {
    let colour = palette::line(figure.version_index);
    let funnel = colour.with_opacity(0.2);
    let observed = Stroke::solid(colour, 2.0);
    let target = Stroke::solid(INK, 1.2);
    let uniform = Stroke::dashed(colour, 1.2, 6.0, 4.0);

    let (mut scene, body) = layout::sheet(
        &figure.labels,
        &legend(figure, observed, target, funnel, uniform),
        Body::Fill,
    );
    let (low, high) = share_range(figure);
    let share_ticks = ticks::percentages(low, high, 6);
    let notes = notes(figure, colour);
    let notes_room = notes
        .iter()
        .map(|(_, _, note)| font::width(note, SMALL))
        .fold(0.0, f64::max);
    let (left, right) = (
        body.left + axis::left_room(&share_ticks),
        body.right - notes_room.max(24.0) - 9.0,
    );
    let across = request_scale(figure.requests, left + 4.0, right - 4.0);
    let marks: Vec<(f64, String)> = figure
        .markers
        .iter()
        .map(|marker| (across.at(marker.requests as f64), marker.label.clone()))
        .collect();
    let marks = TopLabels::place(&marks, left, body.right);
    let plot = Rect {
        left,
        top: body.top + axis::ABOVE + marks.height(),
        right,
        bottom: body.bottom - axis::BELOW,
    };
    let up = Scale::linear((low, high), (plot.bottom, plot.top));
    let at = |requests: u64, share: f64| point(across.at(requests as f64), up.at(share));

    let zone = Rect {
        left: plot.left,
        top: up.at(figure.target + figure.tolerance),
        right: plot.right,
        bottom: up.at(figure.target - figure.tolerance),
    };
    scene.rect(zone, TOLERANCE);
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

    let edge = |end: fn(&BandPoint) -> f64, band: &[BandPoint]| {
        let points: Vec<(u64, f64)> = band
            .iter()
            .map(|point| (point.requests, end(point)))
            .collect();
        decimate::m4(&staircase(&points, at), 1.0)
    };
    let mut outline = edge(|point| point.high, &figure.pointwise);
    outline.extend(edge(|point| point.low, &figure.pointwise).into_iter().rev());
    scene.polygon(outline, funnel);
    let dashed = [
        edge(|point| point.low, &figure.time_uniform),
        edge(|point| point.high, &figure.time_uniform),
    ];
    scene.lines(dashed.into(), uniform);
    marks.draw(&mut scene, plot.top, plot.bottom);
    let target_y = up.at(figure.target);
    scene.line(
        vec![point(plot.left, target_y), point(plot.right, target_y)],
        target,
    );
    scene.line(decimate::m4(&staircase(&figure.points, at), 1.0), observed);
    if let Some(&(requests, share)) = figure.points.last() {
        scene.circles(vec![at(requests, share)], 3.5, colour, None);
    }
    let notes: Vec<(f64, Colour, String)> = notes
        .into_iter()
        .map(|(share, colour, note)| (up.at(share), colour, note))
        .collect();
    axis::right_notes(&mut scene, plot, &notes);
    scene
}

fn legend(
    figure: &RunningShare,
    observed: Stroke,
    target: Stroke,
    funnel: Colour,
    uniform: Stroke,
) -> Vec<Item> {
    let level = percent(figure.confidence, decimals_of(figure.confidence));
    let mut items = vec![
        Item::new(Swatch::Line(observed), "observed"),
        Item::new(Swatch::Line(target), "target"),
        Item::new(
            Swatch::Area(TOLERANCE.into()),
            format!("±{} points", points(figure.tolerance)),
        ),
    ];
    if !figure.pointwise.is_empty() {
        let label = format!("{level} of runs, at each request (exact)");
        items.push(Item::new(Swatch::Area(funnel.into()), label));
    }
    if !figure.time_uniform.is_empty() {
        let label = format!("{level} of runs, at all requests at once");
        items.push(Item::new(Swatch::Line(uniform), label));
    }
    items
}

/// A tolerance in percentage points, without needless zeros.
pub(super) fn points(tolerance: f64) -> String {
    let text = format!("{:.3}", tolerance * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// No decimals for 0.95, one for 0.999.
pub(super) fn decimals_of(level: f64) -> usize {
    (0..4)
        .find(|places| {
            let scaled = level * 100.0 * 10f64.powi(*places);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(4) as usize
}

/// What is written beside the plot: the share where the line ends, and the target.
fn notes(figure: &RunningShare, colour: Colour) -> Vec<(f64, Colour, String)> {
    let mut notes = vec![(
        figure.target,
        FAINT_INK,
        format!("target {}", percent(figure.target, 1)),
    )];
    if let Some(&(_, share)) = figure.points.last() {
        notes.push((share, colour, format!("observed {}", percent(share, 1))));
    }
    notes
}

/// The shares to be shown: everything drawn and a little more, within 0 to 1.
fn share_range(figure: &RunningShare) -> (f64, f64) {
    let bands = figure.pointwise.iter().chain(&figure.time_uniform);
    let shares = bands
        .flat_map(|point| [point.low, point.high])
        .chain(figure.points.iter().map(|point| point.1))
        .chain([
            figure.target - figure.tolerance,
            figure.target + figure.tolerance,
        ]);
    range_of(shares)
}

/// The range of some shares, widened to whole ticks, within 0 to 1.
pub(super) fn range_of(shares: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = shares
        .filter(|share| share.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), share| {
            (low.min(share), high.max(share))
        });
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    if high <= low {
        return (0.0, 1.0);
    }
    let step = ticks::nice_step(high - low, 6);
    (
        ((low / step).floor() * step).max(0.0),
        ((high / step).ceil() * step).min(1.0),
    )
}

/// Request numbers from 1, logarithmic when there are many.
pub(super) fn request_scale(requests: u64, left: f64, right: f64) -> Scale {
    let ends = (1.0, requests.max(1) as f64);
    if requests > LINEAR_UP_TO {
        Scale::logarithmic(ends, (left, right))
    } else {
        Scale::linear(ends, (left, right))
    }
}

/// The ticks of an axis of request numbers.
pub(super) fn request_ticks(requests: u64, across: &Scale) -> Vec<ticks::Tick> {
    if requests > LINEAR_UP_TO {
        return ticks::logarithmic(requests, |value| across.at(value), SMALL);
    }
    let mut found = ticks::integers(1.0, requests as f64, 10);
    if found.first().is_none_or(|first| first.value > 1.0) {
        found.insert(
            0,
            ticks::Tick {
                value: 1.0,
                label: "1".into(),
            },
        );
        // The label of the tick after 1 may be too near.
        if let [first, second, ..] = &mut found[..]
            && across.at(second.value) - across.at(first.value) < 16.0
        {
            second.label.clear();
        }
    }
    found
}

/// The name of an axis of request numbers.
pub(super) fn request_axis_name(requests: u64) -> &'static str {
    if requests > LINEAR_UP_TO {
        "request number (logarithmic)"
    } else {
        "request number"
    }
}

/// A line that holds its height from one request to the next; where requests are left out between
/// two points, straight to the next.
fn staircase(points: &[(u64, f64)], at: impl Fn(u64, f64) -> Point) -> Vec<Point> {
    let mut line = Vec::with_capacity(2 * points.len());
    let mut before: Option<(u64, f64)> = None;
    for &(requests, share) in points {
        if let Some((previous, height)) = before
            && previous + 1 == requests
        {
            line.push(at(requests, height));
        }
        line.push(at(requests, share));
        before = Some((requests, share));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_between_neighbours_and_straight_lines_over_gaps() {
        let line = staircase(&[(1, 0.0), (2, 1.0), (5, 0.5)], |x, y| point(x as f64, y));
        assert_eq!(
            line,
            [
                point(1.0, 0.0),
                point(2.0, 0.0),
                point(2.0, 1.0),
                point(5.0, 0.5)
            ]
        );
    }

    #[test]
    fn ranges_hold_what_is_drawn_and_stay_shares() {
        assert_eq!(range_of([0.31, 0.49].into_iter()), (0.3, 0.5));
        assert_eq!(range_of([-0.1, 1.2].into_iter()), (0.0, 1.0));
        assert_eq!(range_of([f64::NAN].into_iter()), (0.0, 1.0));
        assert_eq!(range_of([1.0].into_iter()), (0.0, 1.0));
    }

    #[test]
    fn levels_and_tolerances_are_written_shortly() {
        assert_eq!([0.95, 0.999, 0.9995].map(decimals_of), [0, 1, 2]);
        assert_eq!([0.05, 0.1, 0.005].map(points), ["5", "10", "0.5"]);
    }
}
