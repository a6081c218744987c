//! `metrics.prom`: what Prometheus would have scraped, in the OpenMetrics text format with a
//! timestamp on every sample, as `promtool tsdb create-blocks-from openmetrics` reads it.
//!
//! Requests, response times and connections have the names, labels and histogram edges of Istio's
//! standard metrics as a client's sidecar reports them (`reporter="source"`); replicas have the
//! name that kube-state-metrics gives them. Time zero is the start of the Unix epoch. Every counter
//! begins with a zero at time zero, so that `rate` misses nothing.

use std::io::{self, Write};

use crate::scenario::{Protocol, Scenario};
use crate::tally::service::{Bucket, Outcome, ServiceTally};

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
    } else {
        file.connections()?;
    }
    file.under_way()?;
    file.replicas()?;
    writeln!(file.out, "# EOF")
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

    /// The labels that Istio gives a request or a connection of a version.
    fn labels(&self, version: usize) -> String {
        let service = self.scenario.name().as_str();
        let version = escaped(&self.scenario.versions()[version].name);
        let protocol = if self.sees_requests() { "http" } else { "tcp" };
        format!(
            "reporter=\"source\",source_workload=\"client\",source_workload_namespace=\"default\",\
             source_app=\"client\",destination_workload=\"{service}-{version}\",\
             destination_workload_namespace=\"default\",destination_app=\"{service}\",\
             destination_version=\"{version}\",\
             destination_service=\"{service}.default.svc.cluster.local\",\
             destination_service_name=\"{service}\",destination_service_namespace=\"default\",\
             destination_canonical_service=\"{service}\",\
             destination_canonical_revision=\"{version}\",request_protocol=\"{protocol}\",\
             connection_security_policy=\"unknown\""
        )
    }

    /// A counter from zero on, which grows by `step` in each interval.
    fn counter(
        &mut self,
        name: &str,
        labels: &str,
        version: usize,
        step: impl Fn(&Bucket) -> u64,
    ) -> io::Result<()> {
        let mut sum = 0;
        writeln!(self.out, "{name}{{{labels}}} 0 {}", self.time(0))?;
        let tally = self.tally;
        for (place, bucket) in tally.series.versions[version].iter().enumerate() {
            sum += step(bucket);
            writeln!(
                self.out,
                "{name}{{{labels}}} {sum} {}",
                self.time(place + 1)
            )?;
        }
        Ok(())
    }

    fn requests(&mut self) -> io::Result<()> {
        self.family(
            "istio_requests",
            "counter",
            "Requests by the response that the client got.",
        )?;
        for version in self.versions() {
            for outcome in Outcome::ALL {
                let seen = |bucket: &Bucket| bucket.responses[outcome as usize];
                let buckets = &self.tally.series.versions[version];
                if buckets.iter().map(seen).sum::<u64>() > 0 {
                    let labels = format!(
                        "{},response_code=\"{}\",response_flags=\"{}\"",
                        self.labels(version),
                        outcome.status(),
                        flags(outcome)
                    );
                    self.counter("istio_requests_total", &labels, version, seen)?;
                }
            }
        }
        Ok(())
    }

    /// Times of all responses but refused ones, which are answered at once.
    fn durations(&mut self) -> io::Result<()> {
        let name = "istio_request_duration_milliseconds";
        self.family(
            name,
            "histogram",
            "Times from arrival to response, without refused requests, to within 1%.",
        )?;
        for version in self.versions() {
            let labels = self.labels(version);
            let (mut counts, mut all, mut sum) = ([0_u64; EDGES.len()], 0_u64, 0.0);
            self.histogram(name, &labels, 0, (&counts, all, sum))?;
            let tally = self.tally;
            for (place, bucket) in tally.series.versions[version].iter().enumerate() {
                for (count, edge) in counts.iter_mut().zip(EDGES) {
                    *count += bucket.count_up_to(nanos(edge));
                }
                all += bucket.count_up_to(u64::MAX);
                sum += bucket.latency_sum() * 1e3;
                self.histogram(name, &labels, place + 1, (&counts, all, sum))?;
            }
        }
        Ok(())
    }

    fn histogram(
        &mut self,
        name: &str,
        labels: &str,
        scrape: usize,
        (counts, all, sum): (&[u64], u64, f64),
    ) -> io::Result<()> {
        let time = self.time(scrape);
        for (count, edge) in counts.iter().zip(EDGES) {
            // 1.0 rather than 1, as OpenMetrics writes it.
            writeln!(
                self.out,
                "{name}_bucket{{{labels},le=\"{edge:?}\"}} {count} {time}"
            )?;
        }
        writeln!(
            self.out,
            "{name}_bucket{{{labels},le=\"+Inf\"}} {all} {time}"
        )?;
        writeln!(self.out, "{name}_count{{{labels}}} {all} {time}")?;
        writeln!(self.out, "{name}_sum{{{labels}}} {sum} {time}")
    }

    fn connections(&mut self) -> io::Result<()> {
        type Step = fn(&Bucket) -> u64;
        let families: [(&str, &str, Step); 2] = [
            (
                "istio_tcp_connections_opened",
                "Connections that were opened.",
                |bucket| bucket.arrivals,
            ),
            (
                "istio_tcp_connections_closed",
                "Connections that were closed.",
                |bucket| bucket.responses.iter().sum(),
            ),
        ];
        for (name, help, step) in families {
            self.family(name, "counter", help)?;
            for version in self.versions() {
                let labels = format!("{},response_flags=\"-\"", self.labels(version));
                self.counter(&format!("{name}_total"), &labels, version, step)?;
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
        let service = self.scenario.name().as_str();
        for version in self.versions() {
            let subset = escaped(&self.scenario.versions()[version].name);
            let labels = format!(
                "cluster_name=\"outbound|80|{subset}|{service}.default.svc.cluster.local\""
            );
            writeln!(self.out, "{name}{{{labels}}} 0 {}", self.time(0))?;
            for (place, number) in (1..).zip(self.tally.series.in_flight(version)) {
                writeln!(self.out, "{name}{{{labels}}} {number} {}", self.time(place))?;
            }
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
