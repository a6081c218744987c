//! Fewer points, the same picture.

use super::scene::Point;

/// Keeps the first, lowest, highest and last point of every column of pixels: M4 (Jugel, Jerzak,
/// Hackenbroich and Markl, "M4: a visualization-oriented time series data aggregation", VLDB
/// 2014). A line through the kept points colours the same pixels. Points ascend in x.
pub(super) fn m4(points: &[Point], column: f64) -> Vec<Point> {
    let mut kept = Vec::new();
    for column in columns(points, column) {
        let by_height = |one: &usize, other: &usize| column[*one].y.total_cmp(&column[*other].y);
        let last = column.len() - 1;
        let mut places = [
            0,
            (0..=last).min_by(by_height).unwrap_or(0),
            (0..=last).max_by(by_height).unwrap_or(0),
            last,
        ];
        places.sort_unstable();
        for (rank, &place) in places.iter().enumerate() {
            if rank == 0 || places[rank - 1] != place {
                kept.push(column[place]);
            }
        }
    }
    kept
}

/// Keeps the last point of every column, and the first point of all.
pub(super) fn last_of_column(points: &[Point], column: f64) -> Vec<Point> {
    let first = points.first().copied();
    let lasts: Vec<Point> = columns(points, column)
        .filter_map(|column| column.last().copied())
        .collect();
    first
        .into_iter()
        .filter(|first| lasts.first() != Some(first))
        .chain(lasts.clone())
        .collect()
}

/// The points, parted where they enter another column.
fn columns(points: &[Point], column: f64) -> impl Iterator<Item = &[Point]> {
    let place = move |point: &Point| (point.x / column).floor();
    points.chunk_by(move |one, other| place(one) == place(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scene::point;
    use super::*;

    #[test]
    fn keeps_first_lowest_highest_and_last_in_order() {
        let ys = [3.0, 9.0, 5.0, 1.0, 4.0, 2.0];
        let points: Vec<Point> = ys
            .iter()
            .enumerate()
            .map(|(place, y)| point(place as f64 / 10.0, *y))
            .collect();
        let kept: Vec<f64> = m4(&points, 1.0).iter().map(|point| point.y).collect();
        assert_eq!(kept, [3.0, 9.0, 1.0, 2.0]);
        let lasts: Vec<f64> = last_of_column(&points, 1.0)
            .iter()
            .map(|point| point.y)
            .collect();
        assert_eq!(lasts, [3.0, 2.0]);
    }

    #[test]
    fn a_point_alone_is_kept_once() {
        assert_eq!(m4(&[point(3.0, 4.0)], 1.0), [point(3.0, 4.0)]);
        assert_eq!(last_of_column(&[point(3.0, 4.0)], 1.0), [point(3.0, 4.0)]);
        assert_eq!(m4(&[], 1.0), []);
    }

    proptest! {
        /// At most four points a column, the extremes of the whole among them, and in order.
        #[test]
        fn keeps_the_extremes(ys in prop::collection::vec(-1e3..1e3f64, 1..400)) {
            let points: Vec<Point> =
                ys.iter().enumerate().map(|(place, y)| point(place as f64 / 7.0, *y)).collect();
            let kept = m4(&points, 1.0);
            prop_assert!(kept.len() <= 4 * (points.len() / 7 + 1));
            prop_assert!(kept.is_sorted_by(|one, other| one.x < other.x));
            let extreme = |points: &[Point], pick: fn(f64, f64) -> f64| {
                points.iter().map(|point| point.y).fold(points[0].y, pick)
            };
            prop_assert_eq!(extreme(&kept, f64::min), extreme(&points, f64::min));
            prop_assert_eq!(extreme(&kept, f64::max), extreme(&points, f64::max));
        }
    }
}
