//! Where a request really lands: the version behind a destination.

use super::chance::Chance;
use super::story::{Call, RunningVersion, Story};
use super::tally::ServiceVersion;
use crate::routing::{Destination, Source};

/// Envoy asks its balancer so often for another host than those already tried.
///
/// Source: istio/istio, `pilot/pkg/networking/core/route/retry/retry.go` (`DefaultPolicy`,
/// `host_selection_retry_max_attempts`).
const PICKS: usize = 5;

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Landed {
    pub(super) service: String,
    /// `None`: nobody said which versions run there.
    pub(super) version: Option<String>,
}

impl Landed {
    /// Where a request lands: at the version that the destination names, or else at any that runs
    /// there. A retry avoids those already `tried`, as far as a few picks can.
    pub(super) fn at(
        destination: &Destination,
        story: &Story,
        tried: &[Self],
        chance: &mut dyn Chance,
    ) -> Self {
        let name = destination.short_host();
        if let Some(alias) = story.aliases.iter().find(|alias| alias.name == name) {
            return Self {
                service: alias.service.clone(),
                version: Some(alias.version.clone()),
            };
        }
        let running = story.running.iter().find(|one| one.service == name);
        let (None, Some(running)) = (&destination.subset, running) else {
            return Self {
                service: name.to_owned(),
                version: destination.subset.clone(),
            };
        };
        let mut pick = || Self {
            service: name.to_owned(),
            version: Some(
                running.versions[chance.one_of(running.versions.len())]
                    .name
                    .clone(),
            ),
        };
        let mut landed = pick();
        for _ in 0..PICKS {
            if !tried.contains(&landed) {
                break;
            }
            landed = pick();
        }
        landed
    }

    /// How it answers, if somebody said so.
    pub(super) fn running<'s>(&self, story: &'s Story) -> Option<&'s RunningVersion> {
        let version = self.version.as_ref()?;
        let service = story.running.iter().find(|one| one.service == self.service);
        let mut versions = service?.versions.iter();
        versions.find(|one| one.name == *version)
    }

    /// Whether it makes a call.
    pub(super) fn makes(&self, call: &Call) -> bool {
        let own = |version: &String| call.versions.contains(version);
        call.from == self.service
            && (call.versions.is_empty() || self.version.as_ref().is_some_and(own))
    }

    /// `reviews v2`.
    pub(super) fn name(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.service),
            None => self.service.clone(),
        }
    }

    /// The key in a tally.
    pub(super) fn key(&self) -> ServiceVersion {
        let version = self.version.clone().unwrap_or_else(|| "–".into());
        (self.service.clone(), version)
    }

    /// Its sidecar, labelled as the samples of Istio label their workloads.
    pub(super) fn sidecar(&self) -> Source {
        let mut source = Source::default();
        let app = ("app".to_owned(), self.service.clone());
        let version = self.version.clone().map(|one| ("version".to_owned(), one));
        source.labels.extend([app].into_iter().chain(version));
        source
    }
}
