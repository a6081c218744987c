//! Lines cut at the edges of a plot.

use super::scene::{Point, point};

/// The parts of a line between the heights `top` and `bottom`, cut where it crosses them.
pub(super) fn between(points: &[Point], top: f64, bottom: f64) -> Vec<Vec<Point>> {
    let mut parts = Vec::new();
    let mut part: Vec<Point> = Vec::new();
    if let [only] = points
        && (top..=bottom).contains(&only.y)
    {
        part.push(*only);
    }
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        // The stretch of the segment that is inside, as fractions of its way.
        let crossing = |edge: f64| (edge - from.y) / (to.y - from.y);
        let (start, end) = if from.y == to.y {
            if (top..=bottom).contains(&from.y) {
                (0.0, 1.0)
            } else {
                (1.0, 0.0)
            }
        } else {
            let (one, other) = (crossing(top), crossing(bottom));
            (one.min(other).max(0.0), one.max(other).min(1.0))
        };
        if start > end {
            continue;
        }
        let at = |way: f64| {
            let height = from.y + (to.y - from.y) * way;
            point(from.x + (to.x - from.x) * way, height.clamp(top, bottom))
        };
        if part.is_empty() {
            part.push(at(start));
        }
        part.push(at(end));
        if end < 1.0 {
            parts.push(std::mem::take(&mut part));
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_leaves_and_returns_is_cut_twice() {
        let line = [
            point(0.0, 5.0),
            point(10.0, -5.0),
            point(20.0, 5.0),
            point(21.0, 6.0),
        ];
        let parts = between(&line, 0.0, 10.0);
        assert_eq!(
            parts,
            [
                vec![point(0.0, 5.0), point(5.0, 0.0)],
                vec![point(15.0, 0.0), point(20.0, 5.0), point(21.0, 6.0)],
            ]
        );
    }

    #[test]
    fn a_line_that_passes_through_keeps_what_is_inside() {
        let parts = between(&[point(0.0, -10.0), point(0.0, 30.0)], 0.0, 10.0);
        assert_eq!(parts, [vec![point(0.0, 0.0), point(0.0, 10.0)]]);
        assert!(between(&[point(0.0, -3.0), point(9.0, -3.0)], 0.0, 10.0).is_empty());
        assert!(between(&[], 0.0, 10.0).is_empty());
    }
}
