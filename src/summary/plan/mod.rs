//! How many requests a canary needs, and what a gate of a fixed number of requests lets pass.
//!
//! Three questions, a file each: does the canary fail more often than the stable version
//! ([`errors`]), is the split what was configured ([`split`]), and what does "at least 99% of n
//! requests succeed" promote ([`gate`]). Everything is exact or named as a formula; nothing here is
//! simulated.

pub mod errors;
mod errors_figures;
pub mod gate;
pub mod split;

use serde::Serialize;

use crate::units::display::count;

/// What all three questions have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// The confidence level, 0 to 1; one less it is the level of the tests.
    pub confidence: f64,
    /// The probability to notice what is to be noticed, 0 to 1.
    pub power: f64,
    /// Requests per second to all versions together, if a duration is asked for.
    pub rate: Option<f64>,
}

impl Terms {
    /// The level of the tests, rounded to what was written: 1 − 0.95 is 0.05.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        (1e12 * (1.0 - self.confidence)).round() / 1e12
    }

    /// How long that many requests take, in minutes.
    fn minutes(&self, requests: u64) -> Option<f64> {
        self.rate.map(|rate| requests as f64 / rate / 60.0)
    }
}

/// A number of requests with the time that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effort {
    /// Requests to the canary.
    pub canary_requests: u64,
    /// Requests to all versions together.
    pub total_requests: u64,
    /// How long they take at the rate that was given, in minutes.
    pub minutes: Option<f64>,
}

/// "12,345 requests", with the time that they take if that is known.
#[must_use]
pub fn requests_and_time(requests: u64, minutes: Option<f64>) -> String {
    let noun = if requests == 1 { "request" } else { "requests" };
    match minutes {
        Some(minutes) => format!("{} {noun} ({})", count(requests), duration(minutes)),
        None => format!("{} {noun}", count(requests)),
    }
}

/// A number of minutes as people say it: 45 s, 12 min, 3.5 h, 2.1 days.
#[must_use]
pub fn duration(minutes: f64) -> String {
    match minutes {
        ..1.0 => format!("{:.0} s", (minutes * 60.0).ceil()),
        ..100.0 => format!("{minutes:.0} min"),
        ..2880.0 => format!("{:.1} h", minutes / 60.0),
        _ => format!("{:.1} days", minutes / 1440.0),
    }
}

/// From the first to the last number, each a little larger by the same factor, without repeats.
fn spread(first: u64, last: u64, steps: u32) -> Vec<u64> {
    let (low, high) = (first.max(1) as f64, last.max(first).max(1) as f64);
    let factor = (high / low).ln() / f64::from(steps.max(1));
    let mut numbers: Vec<u64> = (0..=steps)
        .map(|step| (low * (factor * f64::from(step)).exp()).round() as u64)
        .collect();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_one_unit() {
        let said = [0.2, 12.4, 150.0, 6000.0].map(duration);
        assert_eq!(said, ["12 s", "12 min", "2.5 h", "4.2 days"]);
    }

    #[test]
    fn numbers_spread_evenly_on_a_logarithmic_axis() {
        assert_eq!(spread(1, 1000, 3), [1, 10, 100, 1000]);
        assert_eq!(spread(5, 5, 3), [5]);
    }

    #[test]
    fn the_level_is_what_was_written() {
        let terms = Terms {
            confidence: 0.95,
            power: 0.8,
            rate: None,
        };
        assert_eq!(terms.alpha(), 0.05);
    }
}
