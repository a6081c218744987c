//! Which weighting algorithm decides, with its settings. The algorithms themselves are in `split`.

use std::num::{NonZeroU32, NonZeroU64};

use super::VersionIndex;

/// A weighting algorithm and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Envoy today: each request draws R, and `R mod total` picks.
    #[default]
    Envoy,
    /// Envoy until October 2017: R was a counter of streams.
    EnvoyLegacy {
        /// Streams that the proxy handles per refresh of the viewer.
        stride: NonZeroU64,
    },
    /// nginx's smooth weighted round robin.
    SmoothWrr,
    /// Envoy's earliest-deadline-first scheduler.
    Edf,
    /// gRPC's static-stride scheduler.
    StaticStride,
    /// kube-proxy: a random replica; the replica counts are the weights.
    Replicas,
    /// kube-proxy while replicas come and go: each replica that is ready is as likely.
    ReadyReplicas,
    /// A hash of the user picks, so that a user keeps its version.
    Sticky(UserGroups),
    /// A cookie set once a user has met `version` keeps it there for good; until then each request
    /// picks afresh.
    StickyCookie {
        /// Who sends the requests.
        users: UserGroups,
        /// The version that users never leave.
        version: VersionIndex,
    },
}

/// Who sends the requests, for the algorithms that look at the user.
///
/// `at_once` users are active; each request comes from one of them, chosen at random; a user who
/// has sent `requests_each` requests leaves, and a new one takes the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserGroups {
    /// Users who are active at the same time, 1 to 65535.
    pub at_once: NonZeroU32,
    /// Requests that a user sends before it leaves.
    pub requests_each: NonZeroU64,
    /// Users of whom a thousand are sticky, 0 to 1000; the others pick afresh on each request.
    pub sticky_per_mille: u16,
}

impl Algorithm {
    /// The name by which scenario files and reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::EnvoyLegacy { .. } => "envoy-legacy",
            Self::SmoothWrr => "smooth-wrr",
            Self::Edf => "edf",
            Self::StaticStride => "static-stride",
            Self::Replicas => "replicas",
            Self::ReadyReplicas => "ready replicas",
            Self::Sticky(_) => "sticky",
            Self::StickyCookie { .. } => "sticky-cookie",
        }
    }

    /// Whether each request picks on its own, so that counts follow the multinomial law exactly.
    #[must_use]
    pub fn picks_independently(self) -> bool {
        matches!(self, Self::Envoy | Self::Replicas)
    }

    /// Whether the algorithm has a position that each of several proxies keeps for itself. Users and
    /// their cookies are the same whichever proxy they meet.
    #[must_use]
    pub fn has_a_position(self) -> bool {
        matches!(
            self,
            Self::EnvoyLegacy { .. } | Self::SmoothWrr | Self::Edf | Self::StaticStride
        )
    }

    /// Whether the split changes with the replicas that are ready, so that no share is known before
    /// the run.
    #[must_use]
    pub fn follows_replicas(self) -> bool {
        self == Self::ReadyReplicas
    }

    /// The version that the settings name, if any.
    #[must_use]
    pub fn version(self) -> Option<VersionIndex> {
        match self {
            Self::StickyCookie { version, .. } => Some(version),
            _ => None,
        }
    }
}
