//! `metrics.prom`: what Prometheus would have scraped, in the OpenMetrics text format with a
//! timestamp on every sample, as `promtool tsdb create-blocks-from openmetrics` reads it.
//!
//! Requests, response times and connections have the names, labels and histogram edges of Istio's
//! standard metrics as the client's sidecar reports them (`reporter="source"`), and requests also as
//! the server's does (`reporter="destination"`); replicas have the name that kube-state-metrics
//! gives them. Time zero is the start of the Unix epoch. Every counter begins with a zero at time
//! zero, so that `rate` misses nothing.

use std::io::{self, Write};

use crate::scenario::{Protocol, Scenario};
use crate::tally::service::{Bucket, Durations, Outcome, ServerEnd, ServiceTally};

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

/// Writes the file.
///
/// # Errors
/// What `out` returns.
pub fn openmetrics(
    scenario: &Scenario,
    tally: &ServiceTally,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut file = File {
        scenario,
        tally,
        out,
    };
    if file.sees_requests() {
        file.requests()?;
        file.durations()?;
    }
    file.connections()?;
    file.under_way()?;
    file.open_connections()?;
    file.replicas()?;
    writeln!(file.out, "# EOF")
}

/// Whose sidecar reports.
#[derive(Debug, Clone, Copy)]
enum Reporter {
    /// The client's: requests, with all their attempts.
    Source,
    /// The server's: attempts, while they are there.
    Destination,
}

/// The file on its way.
struct File<'a> {
    scenario: &'a Scenario,
    tally: &'a ServiceTally,
    out: &'a mut dyn Write,
}

impl File<'_> {
    /// Whether requests are counted, and not connections: also those that are sent over TCP
    /// connections, as a proxy would see them that understands what they carry.
    fn sees_requests(&self) -> bool {
        self.scenario.protocol() == Protocol::Http || self.tally.connections.is_some()
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) -> io::Result<()> {
        writeln!(self.out, "# HELP {name} {help}")?;
        writeln!(self.out, "# TYPE {name} {kind}")
    }

    fn versions(&self) -> std::ops::Range<usize> {
        0..self.scenario.versions().len()
    }

    /// The end of an interval in seconds; number 0 is the start of the run.
    #[expect(clippy::cast_precision_loss, reason = "exact for round widths")]
    fn time(&self, scrape: usize) -> f64 {
        (scrape as u64 * self.tally.series.width) as f64 / 1e9
    }

    /// The labels that Istio gives a request or a connection of a version. Between two sidecars the
    /// connection is encrypted, as only the one of the server can tell.
    fn labels(&self, version: usize, protocol: &str, reporter: Reporter) -> String {
        let (reporter, security) = match reporter {
            Reporter::Source => ("source", "unknown"),
            Reporter::Destination => ("destination", "mutual_tls"),
        };
        let service = self.scenario.name().as_str();
        let version = escaped(&self.scenario.versions()[version].name);
        format!(
            "reporter=\"{reporter}\",source_workload=\"client\",source_workload_namespace=\"default\",\
             source_app=\"client\",destination_workload=\"{service}-{version}\",\
             destination_workload_namespace=\"default\",destination_app=\"{service}\",\
             destination_version=\"{version}\",\
             destination_service=\"{service}.default.svc.cluster.local\",\
             destination_service_name=\"{service}\",destination_service_namespace=\"default\",\
             destination_canonical_service=\"{service}\",\
             destination_canonical_revision=\"{version}\",request_protocol=\"{protocol}\",\
             connection_security_policy=\"{security}\""
        )
    }

    /// A counter from zero on, which grows by these steps, one in each interval.
    fn counter(
        &mut self,
        name: &str,
        labels: &str,
        steps: impl Iterator<Item = u64>,
    ) -> io::Result<()> {
        let mut sum = 0;
        writeln!(self.out, "{name}{{{labels}}} 0 {}", self.time(0))?;
        for (place, step) in (1..).zip(steps) {
            sum += step;
            writeln!(self.out, "{name}{{{labels}}} {sum} {}", self.time(place))?;
        }
        Ok(())
    }

    fn requests(&mut self) -> io::Result<()> {
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
    fn durations(&mut self) -> io::Result<()> {
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

    /// TCP connections: those that carry requests, or those that are all there is.
    fn connections(&mut self) -> io::Result<()> {
        let series = &self.tally.series;
        type Step<'s> = &'s dyn Fn(usize, usize) -> u64;
        let (opened, closed): (Step, Step) = if !self.sees_requests() {
            let bucket = |version: usize, place: usize| &series.versions[version][place];
            (
                &move |version, place| bucket(version, place).arrivals,
                &move |version, place| bucket(version, place).responses.iter().sum(),
            )
        } else if !series.connections.is_empty() {
            (
                &|version, place| series.connections[version][place].opened,
                &|version, place| series.connections[version][place].closed,
            )
        } else {
            return Ok(());
        };
        let families = [
            (
                "istio_tcp_connections_opened",
                "Connections that were opened.",
                opened,
            ),
            (
                "istio_tcp_connections_closed",
                "Connections that were closed.",
                closed,
            ),
        ];
        for (name, help, step) in families {
            self.family(name, "counter", help)?;
            for version in self.versions() {
                let labels = self.labels(version, "tcp", Reporter::Source);
                let labels = format!("{labels},response_flags=\"-\"");
                let places = 0..series.versions[version].len();
                let steps = places.map(|place| step(version, place));
                self.counter(&format!("{name}_total"), &labels, steps)?;
            }
        }
        Ok(())
    }

    /// Requests or connections under way, as Envoy counts them for the cluster of a subset.
    fn under_way(&mut self) -> io::Result<()> {
        let name = if self.sees_requests() {
            "envoy_cluster_upstream_rq_active"
        } else {
            "envoy_cluster_upstream_cx_active"
        };
        self.family(name, "gauge", "Under way at the moment of the scrape.")?;
        for version in self.versions() {
            self.gauge(name, version, &self.tally.series.in_flight(version))?;
        }
        Ok(())
    }

    /// Open connections that carry requests, as Envoy counts them for the cluster of a subset.
    fn open_connections(&mut self) -> io::Result<()> {
        let series = &self.tally.series;
        if series.connections.is_empty() {
            return Ok(());
        }
        let name = "envoy_cluster_upstream_cx_active";
        self.family(
            name,
            "gauge",
            "Open connections at the moment of the scrape.",
        )?;
        for version in self.versions() {
            let open = series.open_connections(version).unwrap_or_default();
            self.gauge(name, version, &open)?;
        }
        Ok(())
    }

    /// A gauge of the cluster of a subset, zero at the start.
    fn gauge(&mut self, name: &str, version: usize, numbers: &[u64]) -> io::Result<()> {
        let service = self.scenario.name().as_str();
        let subset = escaped(&self.scenario.versions()[version].name);
        let cluster = format!("outbound|80|{subset}|{service}.default.svc.cluster.local");
        writeln!(
            self.out,
            "{name}{{cluster_name=\"{cluster}\"}} 0 {}",
            self.time(0)
        )?;
        for (place, number) in (1..).zip(numbers) {
            let time = self.time(place);
            writeln!(
                self.out,
                "{name}{{cluster_name=\"{cluster}\"}} {number} {time}"
            )?;
        }
        Ok(())
    }

    /// Replicas that take requests, as kube-state-metrics counts them for a deployment.
    fn replicas(&mut self) -> io::Result<()> {
        let name = "kube_deployment_status_replicas_available";
        self.family(name, "gauge", "Replicas that take requests.")?;
        let service = self.scenario.name().as_str();
        for version in self.versions() {
            let described = &self.scenario.versions()[version];
            let Some(backend) = &described.backend else {
                continue;
            };
            let first = backend.replicas.get();
            let labels = format!(
                "namespace=\"default\",deployment=\"{service}-{}\"",
                escaped(&described.name)
            );
            writeln!(self.out, "{name}{{{labels}}} {first} {}", self.time(0))?;
            for (place, number) in (1..).zip(self.tally.series.replicas(version, first)) {
                writeln!(self.out, "{name}{{{labels}}} {number} {}", self.time(place))?;
            }
        }
        Ok(())
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

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
