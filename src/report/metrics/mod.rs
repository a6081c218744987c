//! `metrics.prom`: what Prometheus would have scraped, in the OpenMetrics text format with a
//! timestamp on every sample, as `promtool tsdb create-blocks-from openmetrics` reads it.
//!
//! Requests, response times and connections have the names, labels and histogram edges of Istio's
//! standard metrics as the client's sidecar reports them (`reporter="source"`), and requests also as
//! the server's does (`reporter="destination"`); replicas have the name that kube-state-metrics
//! gives them. Time zero is the start of the Unix epoch. Every counter begins with a zero at time
//! zero, so that `rate` misses nothing.

mod lines;
mod requests;

use std::io::{self, Write};

use lines::escaped;

use crate::scenario::{Protocol, Scenario};
use crate::tally::service::ServiceTally;

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
