//! Requests and how long they took, as both sidecars report them.

use std::io;

use super::{File, Reporter};
use crate::tally::service::{Bucket, Durations, Outcome, ServerEnd};

/// The name of the histogram of response times.
const DURATION: &str = "istio_request_duration_milliseconds";

/// Envoy's default histogram edges, in milliseconds.
const EDGES: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

impl File<'_> {
    /// Requests by response, attempts by what their server saw.
    pub(super) fn requests(&mut self) -> io::Result<()> {
        self.family(
            "istio_requests",
            "counter",
            "Requests by the response that the client got, attempts by what their server saw.",
        )?;
        let series = &self.tally.series;
        for version in self.versions() {
            for outcome in Outcome::ALL {
                let seen = |bucket: &Bucket| bucket.responses[outcome as usize];
                let steps: Vec<u64> = series.versions[version].iter().map(seen).collect();
                let code = (outcome.status(), flags(outcome));
                self.requests_of(version, Reporter::Source, code, &steps)?;
            }
            for end in ServerEnd::ALL {
                let seen = |place| series.server_ends(version, place)[end as usize];
                let places = 0..series.versions[version].len();
                let steps: Vec<u64> = places.map(seen).collect();
                let flags = match end {
                    ServerEnd::Ok | ServerEnd::Error => "-",
                    ServerEnd::HungUp => "DC",
                };
                let code = (end.status(), flags);
                self.requests_of(version, Reporter::Destination, code, &steps)?;
            }
        }
        Ok(())
    }

    /// A counter of requests, if there is any.
    fn requests_of(
        &mut self,
        version: usize,
        reporter: Reporter,
        (code, flags): (u16, &str),
        steps: &[u64],
    ) -> io::Result<()> {
        if steps.iter().all(|&step| step == 0) {
            return Ok(());
        }
        let labels = format!(
            "{},response_code=\"{code}\",response_flags=\"{flags}\"",
            self.labels(version, "http", reporter),
        );
        self.counter("istio_requests_total", &labels, steps.iter().copied())
    }

    /// Times of all responses but refused ones, which are answered at once.
    pub(super) fn durations(&mut self) -> io::Result<()> {
        self.family(
            DURATION,
            "histogram",
            "Times from arrival to response, without refused requests, to within 1%.",
        )?;
        let series = &self.tally.series;
        for version in self.versions() {
            let buckets = &series.versions[version];
            self.histogram(version, Reporter::Source, |place| {
                buckets[place].durations()
            })?;
            self.histogram(version, Reporter::Destination, |place| {
                series.server_durations(version, place)
            })?;
        }
        Ok(())
    }

    /// A histogram that grows by what each interval took.
    fn histogram<'d>(
        &mut self,
        version: usize,
        reporter: Reporter,
        durations: impl Fn(usize) -> Durations<'d>,
    ) -> io::Result<()> {
        let labels = self.labels(version, "http", reporter);
        // Beyond the last edge there is the end of time.
        let edges: Vec<u64> = EDGES.into_iter().map(nanos).chain([u64::MAX]).collect();
        let (mut counts, mut sum) = (vec![0; edges.len()], 0.0);
        self.scrape(&labels, 0, (&counts, sum))?;
        for place in 0..self.tally.series.versions[version].len() {
            let durations = durations(place);
            for (count, more) in counts.iter_mut().zip(durations.counts_up_to(&edges)) {
                *count += more;
            }
            sum += durations.sum_seconds() * 1e3;
            self.scrape(&labels, place + 1, (&counts, sum))?;
        }
        Ok(())
    }

    /// A histogram as it is at a scrape.
    fn scrape(
        &mut self,
        labels: &str,
        scrape: usize,
        (counts, sum): (&[u64], f64),
    ) -> io::Result<()> {
        let time = self.time(scrape);
        for (count, edge) in counts.iter().zip(EDGES) {
            // 1.0 rather than 1, as OpenMetrics writes it.
            writeln!(
                self.out,
                "{DURATION}_bucket{{{labels},le=\"{edge:?}\"}} {count} {time}"
            )?;
        }
        let all = counts.last().copied().unwrap_or(0);
        writeln!(
            self.out,
            "{DURATION}_bucket{{{labels},le=\"+Inf\"}} {all} {time}"
        )?;
        writeln!(self.out, "{DURATION}_count{{{labels}}} {all} {time}")?;
        writeln!(self.out, "{DURATION}_sum{{{labels}}} {sum} {time}")
    }
}

/// Envoy's response flags: an overflow, a timeout.
fn flags(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok | Outcome::Error => "-",
        Outcome::Refused => "UO",
        Outcome::TimedOut => "UT",
    }
}

/// An edge in nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "edges are positive and below an hour"
)]
fn nanos(millis: f64) -> u64 {
    (millis * 1e6) as u64
}
