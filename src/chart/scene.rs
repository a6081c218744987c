//! A picture as a list of shapes in logical pixels, before it is written as SVG or PNG.

use super::font;
use super::palette::{Colour, Hatch, PAPER, Paint};

/// A place; x to the right, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Logical pixels from the left edge.
    pub(super) x: f64,
    /// Logical pixels from the top edge.
    pub(super) y: f64,
}

/// A point, briefly.
pub(super) fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

/// An upright rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    /// The left edge.
    pub(super) left: f64,
    /// The upper edge.
    pub(super) top: f64,
    /// The right edge.
    pub(super) right: f64,
    /// The lower edge.
    pub(super) bottom: f64,
}

impl Rect {
    /// The width.
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    /// The height.
    pub(super) fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    /// Its colour.
    pub(super) colour: Colour,
    /// Its width in logical pixels.
    pub(super) width: f64,
    /// The lengths of dash and gap; without, the line is solid.
    pub(super) dash: Option<(f64, f64)>,
}

impl Stroke {
    /// A solid line.
    pub(super) fn solid(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dash: None,
        }
    }

    /// A dashed line.
    pub(super) fn dashed(colour: Colour, width: f64, dash: f64, gap: f64) -> Self {
        Self {
            colour,
            width,
            dash: Some((dash, gap)),
        }
    }
}

/// Where a text stands relative to its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// It starts there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Filled rectangles of one colour.
    Rects { rects: Vec<Rect>, fill: Colour },
    /// A filled polygon.
    Polygon { points: Vec<Point>, fill: Colour },
    /// Lines through points, of one look.
    Lines {
        lines: Vec<Vec<Point>>,
        stroke: Stroke,
    },
    /// Circles of one look.
    Circles {
        centres: Vec<Point>,
        radius: f64,
        fill: Colour,
        outline: Option<Stroke>,
    },
    /// A text: the start of its baseline, its em size.
    Text {
        at: Point,
        size: f64,
        colour: Colour,
        text: String,
    },
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// A name that is unique among the pictures of a page.
    pub(super) name: String,
    /// The headline, for screen readers.
    pub(super) title: String,
    /// What there is to see, for screen readers.
    pub(super) description: String,
    /// The width in logical pixels.
    pub(super) width: f64,
    /// The height in logical pixels.
    pub(super) height: f64,
    /// The shapes, the lowest first; text always lies on top.
    pub(super) shapes: Vec<Shape>,
}

/// Distance between the lines of a hatch in logical pixels.
const HATCH_STEP: f64 = 5.0;

impl Scene {
    /// Fills a rectangle.
    pub(super) fn rect(&mut self, rect: Rect, paint: impl Into<Paint>) {
        self.rects(vec![rect], paint);
    }

    /// Fills rectangles alike.
    pub(super) fn rects(&mut self, rects: Vec<Rect>, paint: impl Into<Paint>) {
        let paint = paint.into();
        let lines = paint.hatch.map(|hatch| hatch_lines(&rects, hatch));
        if !rects.is_empty() {
            self.shapes.push(Shape::Rects {
                rects,
                fill: paint.colour,
            });
        }
        if let Some(lines) = lines {
            self.lines(lines, Stroke::solid(PAPER, 1.2));
        }
    }

    /// Fills a polygon.
    pub(super) fn polygon(&mut self, points: Vec<Point>, fill: Colour) {
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon { points, fill });
        }
    }

    /// Fills the area between a line and the foot of the columns under it.
    pub(super) fn area(&mut self, mut line: Vec<Point>, columns: &[Rect], paint: Paint) {
        let ends = columns.first().zip(columns.last());
        let Some((first, last)) = ends else { return };
        line.extend([
            point(last.right, last.bottom),
            point(first.left, first.bottom),
        ]);
        self.polygon(line, paint.colour);
        if let Some(hatch) = paint.hatch {
            self.lines(hatch_lines(columns, hatch), Stroke::solid(PAPER, 1.2));
        }
    }

    /// Draws a line through points.
    pub(super) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.lines(vec![points], stroke);
    }

    /// Draws lines of one look.
    pub(super) fn lines(&mut self, mut lines: Vec<Vec<Point>>, stroke: Stroke) {
        lines.retain(|points| points.len() > 1);
        if !lines.is_empty() {
            self.shapes.push(Shape::Lines { lines, stroke });
        }
    }

    /// Draws circles of one look.
    pub(super) fn circles(
        &mut self,
        centres: Vec<Point>,
        radius: f64,
        fill: Colour,
        outline: Option<Stroke>,
    ) {
        if !centres.is_empty() {
            self.shapes.push(Shape::Circles {
                centres,
                radius,
                fill,
                outline,
            });
        }
    }

    /// Writes a text with its baseline at `at`.
    pub(super) fn text(&mut self, at: Point, align: Align, size: f64, colour: Colour, text: &str) {
        let text: String = text
            .chars()
            .map(|sign| if sign.is_control() { ' ' } else { sign })
            .collect();
        let width = font::width(&text, size);
        let left = match align {
            Align::Start => at.x,
            Align::Middle => at.x - width / 2.0,
            Align::End => at.x - width,
        };
        self.shapes.push(Shape::Text {
            at: point(left, at.y),
            size,
            colour,
            text,
        });
    }
}

/// Diagonal lines on one grid over all rectangles, cut at their edges.
fn hatch_lines(rects: &[Rect], hatch: Hatch) -> Vec<Vec<Point>> {
    let directions: &[f64] = match hatch {
        Hatch::Rising => &[-1.0],
        Hatch::Falling => &[1.0],
        Hatch::Crossed => &[-1.0, 1.0],
    };
    let mut lines = Vec::new();
    for rect in rects {
        for &slope in directions {
            // The line y = slope·x + offset meets the rectangle for offsets in this range.
            let offsets = [rect.left, rect.right].map(|x| slope * x);
            let low = rect.top - offsets[0].max(offsets[1]);
            let high = rect.bottom - offsets[0].min(offsets[1]);
            let mut offset = (low / HATCH_STEP).ceil() * HATCH_STEP;
            while offset < high {
                let x_at = |y: f64| (y - offset) / slope;
                let (one, other) = (x_at(rect.top), x_at(rect.bottom));
                let left = one.min(other).max(rect.left);
                let right = one.max(other).min(rect.right);
                if left < right {
                    let at = |x: f64| point(x, slope * x + offset);
                    lines.push(vec![at(left), at(right)]);
                }
                offset += HATCH_STEP;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hatch_stays_inside_its_rectangle() {
        let rect = Rect {
            left: 3.0,
            top: 7.0,
            right: 22.0,
            bottom: 13.0,
        };
        for hatch in [Hatch::Rising, Hatch::Falling, Hatch::Crossed] {
            let lines = hatch_lines(&[rect], hatch);
            assert!(lines.len() >= 4, "{hatch:?}");
            for end in lines.concat() {
                assert!((3.0..=22.0).contains(&end.x), "{end:?}");
                assert!((7.0 - 1e-9..=13.0 + 1e-9).contains(&end.y), "{end:?}");
            }
        }
    }
}
