//! The name that Envoy gives an upstream cluster under Istio, where the chosen version shows:
//! `outbound|9080|v2|reviews.default.svc.cluster.local`.

use super::collector::Collector;

/// Reads the version from a cluster name.
///
/// The third field is the subset. Without a subset the service itself is the version (that is how
/// the Gateway API splits traffic), if the target names it.
///
/// # Errors
/// Why the name tells no version.
pub(super) fn version(cluster: &[u8], collector: &mut Collector) -> Result<usize, &'static str> {
    if cluster == b"-" || cluster.is_empty() {
        return Err("no upstream cluster (answered without a version)");
    }
    let mut fields = cluster.split(|&byte| byte == b'|');
    let [direction, _port, subset, host] =
        match [fields.next(), fields.next(), fields.next(), fields.next()] {
            [Some(direction), Some(port), Some(subset), Some(host)] => {
                [direction, port, subset, host]
            }
            _ => return Err("a cluster without a subset"),
        };
    if direction != b"outbound" {
        return Err("an inbound request");
    }
    if subset.is_empty() {
        let service = host.split(|&byte| byte == b'.').next().unwrap_or(host);
        return collector
            .target(service)
            .or_else(|| collector.target(host))
            .ok_or("a cluster without a subset");
    }
    if !collector.accepts_host(host) {
        return Err("a request to another host");
    }
    Ok(collector.version(subset))
}

/// Whether a token has the shape of a cluster name in an access log.
pub(super) fn has_shape(token: &[u8]) -> bool {
    token == b"-"
        || token.iter().filter(|&&byte| byte == b'|').count() == 3
        || token.ends_with(b"Cluster")
}
