//! Labels that keep out of each other's way.

/// More rows than this are too many for the sake of lines that meet no label.
const MOST_ROWS: usize = 6;

/// Puts intervals into rows, 0 the lowest, so that none overlap in a row, and, unless that takes
/// too many rows, so that the line that falls from each, at `lines`, meets no interval of a lower
/// row. The rows are returned in the order of the intervals.
pub(super) fn rows(intervals: &[(f64, f64)], lines: &[f64]) -> Vec<usize> {
    let rows = uncrossed_rows(intervals, lines);
    if rows.iter().all(|row| *row < MOST_ROWS) {
        rows
    } else {
        fewest_rows(intervals)
    }
}

/// Each interval in the lowest row that is free, from left to right.
fn fewest_rows(intervals: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by(|&one, &other| intervals[one].0.total_cmp(&intervals[other].0));
    let mut ends: Vec<f64> = Vec::new();
    let mut rows = vec![0; intervals.len()];
    for place in order {
        let (start, end) = intervals[place];
        let row = ends
            .iter()
            .position(|taken| *taken <= start)
            .unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(taken) => *taken = end,
            None => ends.push(end),
        }
        rows[place] = row;
    }
    rows
}

fn uncrossed_rows(intervals: &[(f64, f64)], lines: &[f64]) -> Vec<usize> {
    // Whoever lies to the right of its line is placed after all that its line might cross, from
    // right to left; whoever lies to the left of its line comes last, from left to right.
    let (mut order, mut leaning): (Vec<usize>, Vec<usize>) = (0..intervals.len())
        .partition(|&place| lines[place] - intervals[place].0 <= intervals[place].1 - lines[place]);
    order.sort_by(|&one, &other| lines[other].total_cmp(&lines[one]));
    leaning.sort_by(|&one, &other| lines[one].total_cmp(&lines[other]));
    order.extend(leaning);

    let mut rows: Vec<Option<usize>> = vec![None; intervals.len()];
    for &place in &order {
        let (start, end) = intervals[place];
        let mut row = 0;
        let mut taken = Vec::new();
        for (other, &(from, to)) in intervals.iter().enumerate() {
            let Some(placed) = rows[other] else { continue };
            if start < to && from < end {
                taken.push(placed);
            }
            if start < lines[other] && lines[other] < end {
                row = row.max(placed + 1);
            }
        }
        while taken.contains(&row) {
            row += 1;
        }
        rows[place] = Some(row);
    }
    rows.into_iter().flatten().collect()
}

/// Moves heights apart to at least `gap`, within `low..=high` as far as there is room, as little
/// as a sweep down and a sweep up can; heights come in any order and keep it.
pub(super) fn spread(heights: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&one, &other| heights[one].total_cmp(&heights[other]));
    let mut moved = heights.to_vec();
    let mut least = low;
    for &place in &order {
        moved[place] = moved[place].max(least);
        least = moved[place] + gap;
    }
    let mut most = high;
    for &place in order.iter().rev() {
        moved[place] = moved[place].min(most);
        most = moved[place] - gap;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_a_row_do_not_overlap() {
        let intervals = [(5.0, 9.0), (0.0, 6.0), (6.0, 8.0), (9.0, 10.0)];
        let lines = intervals.map(|interval| interval.0);
        let rows = rows(&intervals, &lines);
        assert_eq!(rows, [1, 2, 0, 0]);
    }

    #[test]
    fn lines_fall_past_lower_intervals() {
        // The first two lie to the right of their lines, the last two to the left.
        let intervals = [(0.0, 30.0), (10.0, 40.0), (60.0, 99.0), (61.0, 100.0)];
        let lines = [0.0, 10.0, 99.0, 100.0];
        let rows = rows(&intervals, &lines);
        for (place, line) in lines.iter().enumerate() {
            for (other, (start, end)) in intervals.iter().enumerate() {
                let crosses = start < line && line < end && rows[other] < rows[place];
                assert!(!crosses, "{place} {other} {rows:?}");
            }
        }
    }

    #[test]
    fn a_long_cascade_becomes_two_rows() {
        let intervals: Vec<(f64, f64)> = (0..20)
            .map(|place| (f64::from(place) * 10.0, f64::from(place) * 10.0 + 12.0))
            .collect();
        let lines: Vec<f64> = intervals.iter().map(|interval| interval.0).collect();
        assert_eq!(rows(&intervals, &lines).into_iter().max(), Some(1));
    }

    #[test]
    fn spread_heights_keep_their_distance_and_order() {
        assert_eq!(spread(&[10.0, 11.0], 10.0, 0.0, 100.0), [10.0, 20.0]);
        assert_eq!(spread(&[99.0, 98.0], 10.0, 0.0, 100.0), [100.0, 90.0]);
        assert_eq!(spread(&[10.0, 50.0], 10.0, 0.0, 100.0), [10.0, 50.0]);
    }
}
