//! Where a request comes from: the proxy that routes it.
//!
//! Istio builds a table per proxy, so conditions on gateways, labels and namespaces are settled
//! before any request. Here one table holds them all, and the request says whose it is.

use std::collections::BTreeMap;
use std::fmt;

/// The reserved gateway name of all sidecars.
pub const MESH: &str = "mesh";

/// The proxy that routes a request: a sidecar with the labels of its workload, or a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// [`MESH`] for a sidecar, otherwise `namespace/name` of the gateway.
    pub gateway: String,
    /// The namespace of the proxy.
    pub namespace: String,
    /// The labels of the proxy's workload.
    pub labels: BTreeMap<String, String>,
}

impl Default for Source {
    /// A sidecar without labels in the namespace `default`.
    fn default() -> Self {
        Self {
            gateway: MESH.into(),
            namespace: "default".into(),
            labels: BTreeMap::new(),
        }
    }
}

/// A condition on the proxy. The default holds for every one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceMatch {
    /// The proxy is one of these gateways; empty: of any.
    pub gateways: Vec<String>,
    /// The workload has all of these labels.
    pub labels: BTreeMap<String, String>,
    /// The proxy is in this namespace.
    pub namespace: Option<String>,
}

impl SourceMatch {
    /// Istio's rule for HTTP: a gateway that is named settles it, and labels and namespace are
    /// looked at only when no gateways are named.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/route.go` (`sourceMatchHTTP`).
    #[must_use]
    pub fn holds_for_http(&self, source: &Source) -> bool {
        if self.gateways.is_empty() {
            self.workload_holds(source)
        } else {
            self.gateways.contains(&source.gateway)
        }
    }

    /// Istio's rule for TCP and TLS: all that is named must hold.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/networkfilter.go` and `tls.go`.
    #[must_use]
    pub fn holds_for_tcp(&self, source: &Source) -> bool {
        let gateway = self.gateways.is_empty() || self.gateways.contains(&source.gateway);
        gateway && self.workload_holds(source)
    }

    /// Whether it can hold at a proxy of that kind: [`super::MESH`], or a gateway.
    #[must_use]
    pub fn is_at(&self, gateway: &str) -> bool {
        self.gateways.is_empty() || self.gateways.iter().any(|named| named == gateway)
    }

    fn workload_holds(&self, source: &Source) -> bool {
        let has = |(key, value): (&String, &String)| source.labels.get(key) == Some(value);
        let namespace = self.namespace.as_ref();
        self.labels.iter().all(has) && namespace.is_none_or(|name| *name == source.namespace)
    }

    /// Whether it holds for every proxy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gateways.is_empty() && self.labels.is_empty() && self.namespace.is_none()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.gateway != MESH {
            return write!(formatter, "gateway {}", self.gateway);
        }
        write!(formatter, "a sidecar in {}", self.namespace)?;
        if !self.labels.is_empty() {
            write!(formatter, " labelled {}", joined(&self.labels))?;
        }
        Ok(())
    }
}

impl fmt::Display for SourceMatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gateways = || match &*self.gateways {
            [only] if only == MESH => "sidecars".to_owned(),
            several => format!("gateway {}", several.join(" or ")),
        };
        let parts = [
            (!self.gateways.is_empty()).then(gateways),
            (!self.labels.is_empty()).then(|| format!("labels {}", joined(&self.labels))),
            self.namespace
                .as_ref()
                .map(|name| format!("namespace {name}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        write!(formatter, "from {}", parts.join(", "))
    }
}

fn joined(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_http_a_named_gateway_replaces_the_labels_and_for_tcp_it_does_not() {
        let condition = SourceMatch {
            gateways: vec!["default/edge".into(), MESH.into()],
            labels: [("app".to_owned(), "productpage".to_owned())].into(),
            namespace: None,
        };
        let unlabelled = Source::default();
        assert!(condition.holds_for_http(&unlabelled));
        assert!(!condition.holds_for_tcp(&unlabelled));
        let only_labels = SourceMatch {
            gateways: Vec::new(),
            ..condition
        };
        assert!(!only_labels.holds_for_http(&unlabelled));
        let labelled = Source {
            labels: only_labels.labels.clone(),
            ..Source::default()
        };
        assert!(only_labels.holds_for_http(&labelled));
    }
}
