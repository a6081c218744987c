//! Istio's access log as text: 24 operators, of which the cluster is the first after the last
//! quoted one (istio/istio, pilot/pkg/model/telemetry_logging.go).

use std::io::{self, Read};

use super::cluster;
use super::collector::Collector;
use super::lines::{Line, Lines};

/// The fields behind the last quoted one: cluster, three addresses, server name, route name.
const TAIL: usize = 6;

/// Reads a log to its end.
pub(super) fn read(text: impl Read, collector: &mut Collector) -> io::Result<()> {
    collector.suggest(
        "the log needs Istio's default format, where upstream_cluster is outbound|PORT|VERSION|HOST",
    );
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next()? {
        if line.bytes.is_empty() {
            continue;
        }
        match upstream_cluster(line.bytes).ok_or_else(|| not_an_entry(line)) {
            Ok(name) => match cluster::version(name, collector) {
                Ok(version) => collector.request(version),
                Err(reason) => collector.skip(line.number, line.bytes, reason),
            },
            Err(reason) => collector.skip(line.number, line.bytes, reason),
        }
    }
    Ok(())
}

fn not_an_entry(line: Line) -> &'static str {
    match line.ended {
        true => "not an access log entry",
        false => "cut off at the end of the input",
    }
}

/// The cluster in an entry. User agents hold blanks and may hold quotes, so the entry is read from
/// its end, where nothing is quoted.
pub(super) fn upstream_cluster(entry: &[u8]) -> Option<&[u8]> {
    let quote = memchr::memrchr(b'"', entry)?;
    let mut fields = entry[quote + 1..]
        .split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty());
    let cluster = fields.next()?;
    let complete = fields.count() >= TAIL - 1;
    (complete && cluster::has_shape(cluster)).then_some(cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[2024-05-14T08:12:03.456Z] \"GET /reviews/0 HTTP/1.1\" 200 - \
        via_upstream - \"-\" 0 295 12 11 \"-\" \"curl \"quoted\" agent\" \"6c1b\" \"reviews:9080\" \
        \"10.244.0.12:9080\" outbound|9080|v2|reviews.default.svc.cluster.local \
        10.244.0.15:41210 10.96.12.7:9080 10.244.0.15:50112 - default";

    #[test]
    fn the_cluster_is_found_whatever_the_agent_is_called() {
        let cluster = upstream_cluster(ENTRY.as_bytes()).unwrap();
        assert_eq!(
            cluster,
            b"outbound|9080|v2|reviews.default.svc.cluster.local"
        );
    }

    /// Only where the name of the route, the last field, is cut may an entry still count.
    #[test]
    fn an_entry_cut_anywhere_never_names_a_wrong_cluster() {
        for end in 0..ENTRY.len() {
            if let Some(cluster) = upstream_cluster(&ENTRY.as_bytes()[..end]) {
                assert_eq!(
                    cluster,
                    b"outbound|9080|v2|reviews.default.svc.cluster.local"
                );
                assert!(end > ENTRY.len() - "default".len(), "cut at {end}");
            }
        }
    }
}
