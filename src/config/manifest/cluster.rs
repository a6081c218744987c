//! What is in a cluster after manifests were applied and deleted, as `kubectl` does.

use std::collections::BTreeMap;

use super::{Manifests, keys, parse_where};
use crate::config::{ConfigError, Source};

/// The resources of a cluster: the latest of each kind and name.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Cluster {
    sources: Vec<Source>,
    /// The file that each resource comes from, by its place.
    live: BTreeMap<String, usize>,
}

impl Cluster {
    /// Adds the resources of a file; those of the same kind and name are replaced.
    pub(in crate::config) fn apply(&mut self, source: Source) {
        let place = self.sources.len();
        let keys = keys(&source).into_iter().map(|key| (key, place));
        self.live.extend(keys);
        self.sources.push(source);
    }

    /// Removes the resources of a file; the names of those that are not there.
    pub(in crate::config) fn delete(&mut self, source: &Source) -> Vec<String> {
        let mut keys = keys(source);
        keys.retain(|key| self.live.remove(key).is_none());
        keys
    }

    /// What the resources say together.
    pub(in crate::config) fn manifests(&self) -> Result<Manifests, ConfigError> {
        parse_where(&self.sources, |file, key| self.live.get(key) == Some(&file))
    }
}
