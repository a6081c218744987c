//! Axes, grid lines, and what stands at the edges of a plot.

use super::dodge;
use super::font;
use super::layout::{SMALL, WIDTH};
use super::palette::{AXIS, Colour, FAINT_INK, GRID, INK, PAPER};
use super::scale::Scale;
use super::scene::{Align, Rect, Scene, Stroke, point};
use super::ticks::Tick;

/// Room below a plot for ticks, their labels and the name of the axis.
pub(super) const BELOW: f64 = 44.0;
/// Room above a plot for the name of the left axis.
pub(super) const ABOVE: f64 = 27.0;
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

/// A label above a plot.
#[derive(Debug)]
struct TopLabel {
    /// The place of its line.
    x: f64,
    /// The left edge of its text.
    start: f64,
    /// The right edge of its text.
    end: f64,
    text: String,
}

/// Labels above a plot, each with a thin line down through it.
#[derive(Debug)]
pub(super) struct TopLabels {
    labels: Vec<TopLabel>,
    rows: Vec<usize>,
}

impl TopLabels {
    /// Places labels so that none overlaps another, meets the line of another, or leaves
    /// `left..=right`.
    pub(super) fn place(labels: &[(f64, String)], left: f64, right: f64) -> Self {
        // Few labels may be long, many must be short.
        let part = (2.0 / labels.len().max(1) as f64).clamp(0.15, 0.6);
        let labels: Vec<TopLabel> = labels
            .iter()
            .map(|(x, text)| {
                let text = font::fit(text, SMALL, (right - left) * part);
                let width = font::width(&text, SMALL);
                // To the right of its line, or to the left where there is no room.
                let start = if x + 4.0 + width <= right {
                    x + 4.0
                } else {
                    x - 4.0 - width
                };
                let start = start.max(left);
                TopLabel {
                    x: *x,
                    start,
                    end: start + width,
                    text,
                }
            })
            .collect();
        let intervals: Vec<(f64, f64)> = labels
            .iter()
            .map(|label| (label.start.min(label.x) - 2.0, label.end.max(label.x) + 6.0))
            .collect();
        let lines: Vec<f64> = labels.iter().map(|label| label.x).collect();
        let rows = dodge::rows(&intervals, &lines);
        Self { labels, rows }
    }

    /// The height of all rows.
    pub(super) fn height(&self) -> f64 {
        self.rows.iter().map(|row| row + 1).max().unwrap_or(0) as f64 * LABEL_ROW
    }

    /// Draws the labels in the rows that end at the top of the first panel, and their lines
    /// through all panels.
    pub(super) fn draw(&self, scene: &mut Scene, panels: &[Rect]) {
        let Some(foot) = panels.first().map(|panel| panel.top) else {
            return;
        };
        let stroke = Stroke::dashed(FAINT_INK, 1.0, 2.0, 3.0);
        let baseline = |row: usize| foot - row as f64 * LABEL_ROW - 5.0;
        for (label, row) in self.labels.iter().zip(&self.rows) {
            let mut top = baseline(*row) - 9.0;
            for panel in panels {
                let line = vec![
                    point(label.x, top.min(panel.top)),
                    point(label.x, panel.bottom),
                ];
                scene.line(line, stroke);
                top = f64::MAX;
            }
        }
        // Paper behind the texts: where rows are crowded, a line may still cross one.
        let backs = self.labels.iter().zip(&self.rows).map(|(label, row)| Rect {
            left: label.start - 1.5,
            top: baseline(*row) - 10.0,
            right: label.end + 1.5,
            bottom: baseline(*row) + 3.0,
        });
        scene.rects(backs.collect(), PAPER);
        for (label, row) in self.labels.iter().zip(&self.rows) {
            let at = point(label.start, baseline(*row));
            scene.text(at, Align::Start, SMALL, INK, &label.text);
        }
    }
}

/// Notes at the right of a plot, at the heights they speak of, moved apart where they would touch.
pub(super) fn right_notes(scene: &mut Scene, plot: Rect, notes: &[(f64, Colour, String)]) {
    let heights: Vec<f64> = notes.iter().map(|(height, ..)| *height).collect();
    let moved = dodge::spread(&heights, 16.0, plot.top + 9.0, plot.bottom - 2.0);
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
