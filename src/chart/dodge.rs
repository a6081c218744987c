//! Labels that keep out of each other's way.

/// Puts intervals into as few rows as first fit needs, so that none overlap in a row; intervals
/// come in any order, the rows are returned in theirs.
pub(super) fn rows(intervals: &[(f64, f64)]) -> Vec<usize> {
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
        assert_eq!(rows(&intervals), [1, 0, 0, 0]);
    }

    #[test]
    fn spread_heights_keep_their_distance_and_order() {
        assert_eq!(spread(&[10.0, 11.0], 10.0, 0.0, 100.0), [10.0, 20.0]);
        assert_eq!(spread(&[99.0, 98.0], 10.0, 0.0, 100.0), [100.0, 90.0]);
        assert_eq!(spread(&[10.0, 50.0], 10.0, 0.0, 100.0), [10.0, 50.0]);
    }
}
