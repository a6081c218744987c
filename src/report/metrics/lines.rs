//! The lines of the file: families, labels, counters and gauges, with their times.

use std::io;

use super::{File, Reporter};

impl File<'_> {
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) -> io::Result<()> {
        writeln!(self.out, "# HELP {name} {help}")?;
        writeln!(self.out, "# TYPE {name} {kind}")
    }

    pub(super) fn versions(&self) -> std::ops::Range<usize> {
        0..self.scenario.versions().len()
    }

    /// The end of an interval in seconds; number 0 is the start of the run.
    #[expect(clippy::cast_precision_loss, reason = "exact for round widths")]
    pub(super) fn time(&self, scrape: usize) -> f64 {
        (scrape as u64 * self.tally.series.width) as f64 / 1e9
    }

    /// The labels that Istio gives a request or a connection of a version. Between two sidecars the
    /// connection is encrypted, as only the one of the server can tell.
    pub(super) fn labels(&self, version: usize, protocol: &str, reporter: Reporter) -> String {
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
    pub(super) fn counter(
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

    /// A gauge of the cluster of a subset, zero at the start.
    pub(super) fn gauge(&mut self, name: &str, version: usize, numbers: &[u64]) -> io::Result<()> {
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
}

/// A value between quotation marks.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
