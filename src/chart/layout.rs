//! What all charts have in common: the title at the top left, the legend below it and outside the
//! plot, the caption at the foot; the rest is the body.

use super::font;
use super::palette::{Colour, FAINT_INK, INK, Paint};
use super::scene::{Align, Point, Rect, Scene, Stroke, point};
use crate::summary::figures::Labels;

/// The width of every chart in logical pixels.
pub(super) const WIDTH: f64 = 900.0;
/// The height of a chart whose content does not ask for more.
const HEIGHT: f64 = 500.0;
/// The least height of a body that fills what is left.
const LEAST_BODY: f64 = 300.0;
/// The free edge at the left and the right.
pub(super) const MARGIN: f64 = 24.0;
/// Em size of labels.
pub(super) const TEXT: f64 = 13.0;
/// Em size of ticks, notes and captions.
pub(super) const SMALL: f64 = 12.0;
/// From one line of small text to the next.
pub(super) const LINE: f64 = 16.0;

const TITLE: f64 = 19.0;
const TITLE_LINE: f64 = 25.0;
const LEGEND_LINE: f64 = 20.0;
const SWATCH: f64 = 24.0;

/// What stands before a label of the legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Swatch {
    /// A line.
    Line(Stroke),
    /// An area.
    Area(Paint),
    /// A dot: its fill, its outline.
    Dot(Colour, Option<Stroke>),
    /// A level interval with caps.
    Whisker(Stroke),
    /// An upright mark.
    Mark(Stroke),
}

/// A line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// What the chart shows.
    pub(super) swatch: Swatch,
    /// What it means.
    pub(super) label: String,
}

impl Item {
    /// A line of the legend.
    pub(super) fn new(swatch: Swatch, label: impl Into<String>) -> Self {
        Self {
            swatch,
            label: label.into(),
        }
    }
}

/// How high the body is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Body {
    /// What a chart of the usual height leaves.
    Fill,
    /// As its content wants it.
    Height(f64),
}

/// A scene with title, legend and caption, and the body that is left for the chart.
pub(super) fn sheet(labels: &Labels, legend: &[Item], body: Body) -> (Scene, Rect) {
    let room = WIDTH - 2.0 * MARGIN;
    let title = font::wrap(&labels.title, TITLE, room);
    let caption = font::wrap(&labels.caption, SMALL, room);
    let (places, legend_height) = flow(legend, room);

    let title_foot = 14.0 + title.len() as f64 * TITLE_LINE;
    let head = title_foot + legend_height + 10.0;
    let foot = caption.len() as f64 * LINE + 16.0;
    let body = match body {
        Body::Fill => (HEIGHT - head - foot).max(LEAST_BODY),
        Body::Height(height) => height,
    };
    let mut scene = Scene {
        name: labels.file_stem.clone(),
        title: labels.title.clone(),
        description: labels.reading.clone(),
        width: WIDTH,
        height: (head + body + foot).ceil(),
        shapes: Vec::new(),
    };
    for (row, line) in title.iter().enumerate() {
        let baseline = 14.0 + (row as f64 + 1.0) * TITLE_LINE - 7.0;
        scene.text(point(MARGIN, baseline), Align::Start, TITLE, INK, line);
    }
    for (item, place) in legend.iter().zip(places) {
        draw_item(
            &mut scene,
            item,
            point(MARGIN + place.x, title_foot + place.y),
        );
    }
    for (row, line) in caption.iter().enumerate() {
        let baseline = head + body + (row as f64 + 1.0) * LINE;
        scene.text(
            point(MARGIN, baseline),
            Align::Start,
            SMALL,
            FAINT_INK,
            line,
        );
    }
    let body = Rect {
        left: MARGIN,
        top: head,
        right: WIDTH - MARGIN,
        bottom: head + body,
    };
    (scene, body)
}

/// The places of the items (left edge, middle height) and the height of all their rows.
fn flow(legend: &[Item], room: f64) -> (Vec<Point>, f64) {
    if legend.is_empty() {
        return (Vec::new(), 0.0);
    }
    let (mut x, mut row) = (0.0, 0.0);
    let mut places = Vec::with_capacity(legend.len());
    for item in legend {
        let width = (SWATCH + 7.0 + font::width(&item.label, SMALL)).min(room);
        if x > 0.0 && x + width > room {
            x = 0.0;
            row += 1.0;
        }
        places.push(point(x, row * LEGEND_LINE + LEGEND_LINE / 2.0));
        x += width + 20.0;
    }
    (places, (row + 1.0) * LEGEND_LINE)
}

fn draw_item(scene: &mut Scene, item: &Item, at: Point) {
    let (left, right) = (at.x, at.x + SWATCH);
    let middle = (left + right) / 2.0;
    let level = |y: f64| vec![point(left, y), point(right, y)];
    let upright = |x: f64, half: f64| vec![point(x, at.y - half), point(x, at.y + half)];
    match item.swatch {
        Swatch::Line(stroke) => scene.line(level(at.y), stroke),
        Swatch::Area(paint) => {
            let rect = Rect {
                left,
                top: at.y - 6.0,
                right,
                bottom: at.y + 6.0,
            };
            scene.rect(rect, paint);
        }
        Swatch::Dot(fill, outline) => scene.circles(vec![point(middle, at.y)], 4.0, fill, outline),
        Swatch::Whisker(stroke) => {
            scene.lines(
                vec![level(at.y), upright(left, 4.0), upright(right, 4.0)],
                stroke,
            );
        }
        Swatch::Mark(stroke) => scene.line(upright(middle, 7.0), stroke),
    }
    let room = WIDTH - MARGIN - right - 7.0;
    let label = font::fit(&item.label, SMALL, room);
    scene.text(
        point(right + 7.0, at.y + 4.5),
        Align::Start,
        SMALL,
        INK,
        &label,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_legend_wraps_within_its_room() {
        let item = |label: &str| Item::new(Swatch::Line(Stroke::solid(INK, 1.0)), label);
        let legend: Vec<Item> = (0..20).map(|_| item("a version of some length")).collect();
        let (places, height) = flow(&legend, 400.0);
        assert_eq!(height, 10.0 * LEGEND_LINE);
        assert!(places.iter().all(|place| place.x < 400.0));
    }
}
