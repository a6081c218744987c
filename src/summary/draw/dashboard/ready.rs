//! The share that the ready replicas give, in steps.

use super::lines::Stretches;

/// The share of destination number `place` between two moments: its replicas over those of all
/// destinations, whose steps are given. It stays as it was while there are none at all.
pub(super) fn shares(
    ready: &[Stretches],
    place: Option<usize>,
    (start, end): (f64, f64),
) -> Vec<(f64, f64)> {
    let mut moments: Vec<f64> = ready
        .iter()
        .flatten()
        .flatten()
        .map(|point| point.0)
        .collect();
    moments.retain(|&moment| start < moment && moment < end);
    moments.sort_by(f64::total_cmp);
    moments.dedup();
    let mut steps: Vec<(f64, f64)> = Vec::new();
    let mut last = 0.0;
    for moment in std::iter::once(start).chain(moments) {
        let numbers = || ready.iter().map(|one| number_at(one, moment));
        let all: f64 = numbers().sum();
        let share = match place.and_then(|place| numbers().nth(place)) {
            Some(own) if all > 0.0 => own / all,
            _ => last,
        };
        if !steps.is_empty() {
            steps.push((moment, last));
        }
        steps.push((moment, share));
        last = share;
    }
    steps.push((end, last));
    steps
}

/// The value of steps at a moment, the later one where they jump.
fn number_at(steps: &Stretches, moment: f64) -> f64 {
    let before = steps.iter().flatten().rev().find(|point| point.0 <= moment);
    before.map_or(0.0, |point| point.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_step_where_either_version_scales() {
        let v1 = vec![vec![(0.0, 4.0), (100.0, 4.0)]];
        let v2 = vec![vec![(0.0, 1.0), (30.0, 1.0), (30.0, 4.0), (100.0, 4.0)]];
        let both = [v1, v2];
        let steps = shares(&both, Some(1), (0.0, 60.0));
        assert_eq!(steps, [(0.0, 0.2), (30.0, 0.2), (30.0, 0.5), (60.0, 0.5)]);
        let steps = shares(&both, Some(0), (60.0, 90.0));
        assert_eq!(steps, [(60.0, 0.5), (90.0, 0.5)]);
        assert_eq!(shares(&both, None, (0.0, 9.0)), [(0.0, 0.0), (9.0, 0.0)]);
    }
}
