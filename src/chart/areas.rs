//! Stacked areas over time, a step per stretch.

use super::palette::{self, PAPER};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};

/// A step of the stacked areas: from, to, and a height per version.
pub(super) type Step = (f64, f64, Vec<f64>);

/// Stacked areas, the highest first, each down to the foot of the plot: what lies below covers it,
/// so no seam shows between neighbours.
pub(super) fn draw(scene: &mut Scene, plot: Rect, steps: &[Step], across: &Scale, up: &Scale) {
    let versions = steps.iter().map(|step| step.2.len()).max().unwrap_or(0);
    for version in (0..versions).rev() {
        if steps
            .iter()
            .all(|step| step.2.get(version).is_none_or(|height| *height <= 0.0))
        {
            continue;
        }
        let columns: Vec<Rect> = steps
            .iter()
            .map(|(from, to, heights)| Rect {
                left: across.at(*from),
                top: up.at(heights.iter().take(version + 1).sum()),
                right: across.at(*to),
                bottom: plot.bottom,
            })
            .collect();
        let outline = columns.iter().flat_map(|column| {
            [
                point(column.left, column.top),
                point(column.right, column.top),
            ]
        });
        let outline: Vec<Point> = outline.collect();
        scene.area(outline.clone(), &columns, palette::fill(version));
        // A pale edge parts neighbours of like lightness.
        scene.line(outline, Stroke::solid(PAPER, 1.0));
    }
}
