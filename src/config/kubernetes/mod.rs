//! Kubernetes manifests as resources with their places: several documents in a file, lists, and
//! what `kubectl get -o yaml` adds. What a resource says is read by the rooms of its kind.

mod documents;

pub(in crate::config) use documents::{Resource, not_read, resources};
