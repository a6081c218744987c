//! The running share of one version: the observed line in its exact funnel.

use super::axis::{self, TopLabels};
use super::clip;
use super::decimate;
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::number::{self, percent};
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
    let across = request_scale(figure.requests, 0.5, (left, right));
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
    let at = |requests: f64, share: f64| point(across.at(requests), up.beyond(share));

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

    let stairs = |points: &[(u64, f64)]| decimate::m4(&staircase(points, at), 1.0);
    let mut outline = stairs(&edge(&figure.pointwise, |point| point.high));
    outline.extend(
        stairs(&edge(&figure.pointwise, |point| point.low))
            .into_iter()
            .rev(),
    );
    outline
        .iter_mut()
        .for_each(|point| point.y = point.y.clamp(plot.top, plot.bottom));
    scene.polygon(outline, funnel);
    let inside = |line: &[Point]| clip::between(line, plot.top, plot.bottom);
    for end in [
        |point: &BandPoint| point.low,
        |point: &BandPoint| point.high,
    ] {
        scene.lines(inside(&stairs(&edge(&figure.time_uniform, end))), uniform);
    }
    marks.draw(&mut scene, &[plot]);
    let target_y = up.at(figure.target);
    scene.line(
        vec![point(plot.left, target_y), point(plot.right, target_y)],
        target,
    );
    scene.lines(inside(&stairs(&figure.points)), observed);
    if let Some(&(requests, share)) = figure.points.last() {
        scene.circles(vec![at(requests as f64, share)], 3.5, colour, None);
    }
    let notes: Vec<(f64, Colour, String)> = notes
        .into_iter()
        .map(|(share, colour, note)| (up.at(share), colour, note))
        .collect();
    axis::right_notes(&mut scene, plot, &notes);
    scene
}

/// One edge of a band.
fn edge(band: &[BandPoint], end: fn(&BandPoint) -> f64) -> Vec<(u64, f64)> {
    band.iter()
        .map(|point| (point.requests, end(point)))
        .collect()
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
        format!("target {}", number::share(figure.target)),
    )];
    if let Some(&(_, share)) = figure.points.last() {
        notes.push((share, colour, format!("observed {}", number::share(share))));
    }
    notes
}

/// The shares to be shown: everything drawn from the first settled request on.
fn share_range(figure: &RunningShare) -> (f64, f64) {
    let settled = first_settled(figure.requests);
    let bands = figure.pointwise.iter().chain(&figure.time_uniform);
    let shares = bands
        .filter(|point| point.requests >= settled)
        .flat_map(|point| [point.low, point.high])
        .chain(
            figure
                .points
                .iter()
                .filter(|point| point.0 >= settled)
                .map(|point| point.1),
        )
        .chain([
            figure.target - figure.tolerance,
            figure.target + figure.tolerance,
        ]);
    range_of(shares)
}

/// The request from which on a chart shows everything. Before it, shares such as 0 of 1 and 1 of 1
/// would squeeze all that is to be seen of a long run; there lines may leave the plot.
pub(super) fn first_settled(requests: u64) -> u64 {
    if requests > 50 { 10 } else { 1 }
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

/// Request numbers from 1, logarithmic when there are many; a linear scale leaves room for
/// `beside` more requests at both ends.
pub(super) fn request_scale(requests: u64, beside: f64, (left, right): (f64, f64)) -> Scale {
    let last = requests.max(1) as f64;
    if requests > LINEAR_UP_TO {
        Scale::logarithmic((1.0, last), (left + 4.0, right - 4.0))
    } else {
        Scale::linear((1.0 - beside, last + beside), (left, right))
    }
}

/// The ticks of an axis of request numbers.
pub(super) fn request_ticks(requests: u64, across: &Scale) -> Vec<ticks::Tick> {
    if requests > LINEAR_UP_TO {
        return ticks::logarithmic((1.0, requests as f64), |value| across.at(value), SMALL);
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

/// A line with a step for every request, from half a request before it to half a request after;
/// where requests are left out between two points, straight from one to the other.
fn staircase(points: &[(u64, f64)], at: impl Fn(f64, f64) -> Point) -> Vec<Point> {
    let mut line = Vec::with_capacity(2 * points.len());
    let follows = |one: usize, other: usize| {
        points
            .get(one)
            .zip(points.get(other))
            .is_some_and(|(one, other)| one.0 + 1 == other.0)
    };
    for (place, &(requests, share)) in points.iter().enumerate() {
        let requests = requests as f64;
        let (first, last) = (place == 0, place + 1 == points.len());
        let starts = first || follows(place - 1, place);
        let ends = last || follows(place, place + 1);
        if starts {
            line.push(at(requests - 0.5, share));
        }
        if !(starts && ends) {
            line.push(at(requests, share));
        }
        if ends {
            line.push(at(requests + 0.5, share));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_between_neighbours_and_straight_lines_over_gaps() {
        let line = staircase(&[(1, 0.0), (2, 1.0), (5, 0.4)], point);
        let expected = [
            (0.5, 0.0),
            (1.5, 0.0),
            (1.5, 1.0),
            (2.0, 1.0),
            (5.0, 0.4),
            (5.5, 0.4),
        ];
        assert_eq!(line, expected.map(|(x, y)| point(x, y)));
    }

    #[test]
    fn ranges_hold_what_is_drawn_and_stay_shares() {
        let (low, high) = range_of([0.31, 0.49].into_iter());
        assert!((low - 0.3).abs() < 1e-9 && (high - 0.5).abs() < 1e-9);
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
