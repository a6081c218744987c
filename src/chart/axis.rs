//! Axes, grid lines, and what stands at the edges of a plot.

use super::dodge;
use super::font;
use super::layout::{SMALL, WIDTH};
use super::palette::{AXIS, Colour, FAINT_INK, GRID, INK};
use super::scale::Scale;
use super::scene::{Align, Rect, Scene, Stroke, point};
use super::ticks::Tick;

/// Room below a plot for ticks, their labels and the name of the axis.
pub(super) const BELOW: f64 = 44.0;
/// Room above a plot for the name of the left axis.
pub(super) const ABOVE: f64 = 20.0;
/// From one row of labels above the plot to the next.
pub(super) const LABEL_ROW: f64 = 17.0;

/// The room that the labels of a left axis need.
pub(super) fn left_room(ticks: &[Tick]) -> f64 {
    ticks
        .iter()
        .map(|tick| font::width(&tick.label, SMALL))
        .fold(0.0, f64::max)
        + 9.0
}

/// The left axis: level grid lines and labels.
pub(super) fn left(scene: &mut Scene, plot: Rect, scale: &Scale, ticks: &[Tick]) {
    let grid = ticks.iter().map(|tick| {
        let y = scale.at(tick.value);
        vec![point(plot.left, y), point(plot.right, y)]
    });
    scene.lines(grid.collect(), Stroke::solid(GRID, 1.0));
    for tick in ticks {
        let at = point(plot.left - 7.0, scale.at(tick.value) + 4.3);
        scene.text(at, Align::End, SMALL, FAINT_INK, &tick.label);
    }
}

/// The name of a left axis, level, at the top left of the body.
pub(super) fn left_name(scene: &mut Scene, body: Rect, name: &str) {
    let name = font::fit(name, SMALL, WIDTH / 2.0);
    scene.text(
        point(body.left, body.top + 11.0),
        Align::Start,
        SMALL,
        FAINT_INK,
        &name,
    );
}

/// The lower axis: its line, ticks, labels, and the name of the axis at the right below them.
pub(super) fn bottom(scene: &mut Scene, plot: Rect, scale: &Scale, ticks: &[Tick], name: &str) {
    bottom_labels(scene, plot, scale, ticks);
    let at = point(plot.right, plot.bottom + 38.0);
    scene.text(at, Align::End, SMALL, FAINT_INK, name);
}

/// The lower axis without its name.
pub(super) fn bottom_labels(scene: &mut Scene, plot: Rect, scale: &Scale, ticks: &[Tick]) {
    let stroke = Stroke::solid(AXIS, 1.0);
    let foot = plot.bottom;
    scene.line(
        vec![point(plot.left, foot), point(plot.right, foot)],
        stroke,
    );
    let marks = ticks.iter().map(|tick| {
        let x = scale.at(tick.value);
        vec![
            point(x, foot),
            point(x, foot + if tick.label.is_empty() { 3.0 } else { 5.0 }),
        ]
    });
    scene.lines(marks.collect(), stroke);
    for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let at = point(scale.at(tick.value), foot + 19.0);
        scene.text(at, Align::Middle, SMALL, FAINT_INK, &tick.label);
    }
}

/// Labels above a plot, each with a thin line down through it.
#[derive(Debug)]
pub(super) struct TopLabels {
    /// Position of the line, left edge of the text, text.
    labels: Vec<(f64, f64, String)>,
    rows: Vec<usize>,
}

impl TopLabels {
    /// Places labels so that none overlaps another or leaves `left..=right`.
    pub(super) fn place(labels: &[(f64, String)], left: f64, right: f64) -> Self {
        let longest = (right - left) * 0.6;
        let labels: Vec<(f64, f64, String)> = labels
            .iter()
            .map(|(x, text)| {
                let text = font::fit(text, SMALL, longest);
                let width = font::width(&text, SMALL);
                // To the right of its line, or to the left where there is no room.
                let start = if x + 4.0 + width <= right {
                    x + 4.0
                } else {
                    x - 4.0 - width
                };
                (*x, start.max(left), text)
            })
            .collect();
        let intervals: Vec<(f64, f64)> = labels
            .iter()
            .map(|(x, start, text)| {
                // The line itself must not run through a label of a lower row.
                let end = start + font::width(text, SMALL);
                (start.min(*x), end.max(*x) + 8.0)
            })
            .collect();
        let rows = dodge::rows(&intervals);
        Self { labels, rows }
    }

    /// The height of all rows.
    pub(super) fn height(&self) -> f64 {
        self.rows.iter().map(|row| row + 1).max().unwrap_or(0) as f64 * LABEL_ROW
    }

    /// Draws the labels in the rows that end at `foot`, and their lines down to `bottom`.
    pub(super) fn draw(&self, scene: &mut Scene, foot: f64, bottom: f64) {
        let stroke = Stroke::dashed(FAINT_INK, 1.0, 2.0, 3.0);
        for ((x, start, text), row) in self.labels.iter().zip(&self.rows) {
            let baseline = foot - *row as f64 * LABEL_ROW - 5.0;
            scene.line(vec![point(*x, baseline - 9.0), point(*x, bottom)], stroke);
            scene.text(point(*start, baseline), Align::Start, SMALL, INK, text);
        }
    }
}

/// Notes at the right of a plot, at the heights they speak of, moved apart where they would touch.
pub(super) fn right_notes(scene: &mut Scene, plot: Rect, notes: &[(f64, Colour, String)]) {
    let heights: Vec<f64> = notes.iter().map(|(height, ..)| *height).collect();
    let moved = dodge::spread(&heights, 16.0, plot.top + 4.0, plot.bottom - 2.0);
    for ((_, colour, text), height) in notes.iter().zip(moved) {
        scene.text(
            point(plot.right + 9.0, height + 4.3),
            Align::Start,
            SMALL,
            *colour,
            text,
        );
    }
}
