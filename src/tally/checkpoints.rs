//! At which request numbers running counts are kept, so that memory and files stay bounded.

/// Every request up to here is a checkpoint; beyond, each is about 1% after the one before.
const DENSE: u64 = 1000;

/// The request numbers at which the running share of one run is kept: each of the first 1000, then
/// in steps of 1%, and the last. Ascending; at most some 3100 for 10^12 requests.
#[must_use]
pub fn checkpoints(requests: u64) -> Vec<u64> {
    geometric(requests, DENSE, 100)
}

/// The fewer request numbers at which many replications are kept: each of the first 100, then in
/// steps of 2%, and the last.
#[must_use]
pub fn fan_points(requests: u64) -> Vec<u64> {
    geometric(requests, 100, 50)
}

/// `1..=dense`, then steps of `1/divisor` of the number, then `requests`.
fn geometric(requests: u64, dense: u64, divisor: u64) -> Vec<u64> {
    let mut points: Vec<u64> = (1..=requests.min(dense)).collect();
    let mut next = dense + dense / divisor;
    while next < requests {
        points.push(next);
        next += next / divisor;
    }
    if requests > dense {
        points.push(requests);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_requests_are_all_checkpoints_and_many_stay_few() {
        assert_eq!(checkpoints(0), Vec::<u64>::new());
        assert_eq!(checkpoints(3), [1, 2, 3]);
        assert_eq!(checkpoints(1000).len(), 1000);
        for requests in [1001, 1010, 1011, 123_456, 1_000_000_000_000] {
            let points = checkpoints(requests);
            assert!(points.is_sorted_by(|a, b| a < b), "{requests}");
            assert_eq!(points.last(), Some(&requests));
            assert!(points.len() < 3200, "{} points", points.len());
        }
    }
}
