//! The evidence against the target as requests came: two lines, and the height of the alarm.

use super::axis::{self, TopLabels};
use super::decimate;
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::number;
use super::palette::{self, FAINT_INK, INK};
use super::running_share::{request_axis_name, request_scale, request_ticks};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::Evidence;

/// Evidence for the target is not shown beyond one part in this power of ten.
const LOWEST: f64 = -2.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Evidence) -> Scene {
    let fixed = Stroke::dashed(palette::line(1), 1.6, 5.0, 3.0);
    let sequential = Stroke::solid(palette::line(0), 2.0);
    let alarm = Stroke::solid(INK, 1.2);
    let legend = [
        Item::new(
            Swatch::Line(sequential),
            format!("e: {}", figure.sequential_name),
        ),
        Item::new(
            Swatch::Line(fixed),
            format!("1/p so far: {}", figure.fixed_name),
        ),
        Item::new(Swatch::Line(alarm), "alarm"),
    ];
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Fill);

    let height = -figure.alpha.log10();
    let (low, high) = range(figure, height);
    let power_ticks = power_ticks(low, high);
    let note = format!(
        "alarm at {}",
        number::integer((1.0 / figure.alpha).round() as u64)
    );
    let (left, right) = (
        body.left + axis::left_room(&power_ticks),
        body.right - font::width(&note, SMALL).max(24.0) - 9.0,
    );
    let across = request_scale(figure.requests, 0.5, (left, right));
    let names = ["1/p", "e"];
    let marks: Vec<(f64, String)> = figure
        .first_alarms
        .iter()
        .zip(names)
        .filter_map(|(request, name)| {
            let request = (*request)?;
            let label = format!("{} ({name})", number::integer(request));
            Some((across.at(request as f64), label))
        })
        .collect();
    let marks = TopLabels::place(&marks, left, body.right);
    let plot = Rect {
        left,
        top: body.top + axis::ABOVE + marks.height(),
        right,
        bottom: body.bottom - axis::BELOW,
    };
    let up = Scale::linear((low, high), (plot.bottom, plot.top));
    axis::left(&mut scene, plot, &up, &power_ticks);
    axis::left_name(&mut scene, body, "evidence against the target, times");
    let request_ticks = request_ticks(figure.requests, &across);
    axis::bottom(
        &mut scene,
        plot,
        &across,
        &request_ticks,
        request_axis_name(figure.requests),
    );
    marks.draw(&mut scene, &[plot]);
    scene.line(
        vec![
            point(plot.left, up.at(height)),
            point(plot.right, up.at(height)),
        ],
        alarm,
    );
    let line = |points: &[(u64, f64)]| -> Vec<Point> {
        let at = |&(requests, power): &(u64, f64)| {
            point(across.at(requests as f64), up.at(power.clamp(low, high)))
        };
        decimate::m4(&points.iter().map(at).collect::<Vec<_>>(), 1.0)
    };
    scene.line(line(&figure.fixed), fixed);
    scene.line(line(&figure.sequential), sequential);
    axis::right_notes(&mut scene, plot, &[(up.at(height), FAINT_INK, note)]);
    scene
}

/// From the lowest power shown to a little above the highest.
fn range(figure: &Evidence, alarm: f64) -> (f64, f64) {
    let powers = || {
        figure
            .fixed
            .iter()
            .chain(&figure.sequential)
            .map(|point| point.1)
    };
    let low = powers().fold(0.0, f64::min).max(LOWEST);
    let high = powers().fold(alarm, f64::max);
    let step = ticks::nice_step(high - low, 6).max(1.0);
    let whole = |power: f64, round: fn(f64) -> f64| round(power / step) * step;
    (whole(low, f64::floor), whole(high * 1.05, f64::ceil))
}

/// Powers of ten: 1, 10, 100; 1/10 below 1, and 10^8 where the number would be long.
fn power_ticks(low: f64, high: f64) -> Vec<Tick> {
    let step = ticks::nice_step(high - low, 6).max(1.0);
    let steps = ((high - low) / step).round() as i64;
    let tick = |place: i64| {
        let power = low + place as f64 * step;
        let size = number::integer(10f64.powf(power.abs().min(6.0)).round() as u64);
        let label = match power {
            ..0.0 => format!("1/{size}"),
            ..=6.0 => size,
            _ => format!("10^{power}"),
        };
        Tick {
            value: power,
            label,
        }
    };
    (0..=steps).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_powers_of_ten() {
        let labels = |low, high| -> Vec<String> {
            power_ticks(low, high)
                .into_iter()
                .map(|tick| tick.label)
                .collect()
        };
        assert_eq!(
            labels(-1.0, 3.0),
            ["1/10", "1", "10", "100", "1\u{202f}000"]
        );
        assert_eq!(labels(0.0, 40.0), ["1", "10^10", "10^20", "10^30", "10^40"]);
    }
}
