//! A claim: a statement about a phase that can be true or false.

use super::VersionIndex;
use crate::units::{ConfidenceLevel, Rational, Tolerance};

/// A statement about a phase that can be true or false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The claim in words, as its author puts it; a sentence is made if absent.
    pub text: Option<String>,
    /// The phase whose weights and algorithm it speaks of: its place in the list.
    pub phase: usize,
    /// What is claimed.
    pub statement: Statement,
    /// Whether the author expects it to be true. A popular belief that is expected to be false may
    /// be false without failing the run.
    pub expected: bool,
}

/// What is claimed. Requests count from the start of the phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// Every version with a weight above zero is seen within `requests`, with at least this
    /// probability.
    AllSeen {
        /// The number of requests.
        requests: u64,
        /// At least this probability.
        probability: ConfidenceLevel,
    },
    /// After `requests`, the observed share is within the tolerance of the target, with at least
    /// this probability.
    ShareWithin {
        /// The version whose share is meant; every version jointly if absent.
        version: Option<VersionIndex>,
        /// The band around the target, its edges included.
        tolerance: Tolerance,
        /// The number of requests.
        requests: u64,
        /// At least this probability.
        probability: ConfidenceLevel,
    },
    /// From `requests` on, the observed share never leaves the band again, with at least this
    /// probability.
    StaysWithin {
        /// The version whose share is meant; every version jointly if absent.
        version: Option<VersionIndex>,
        /// The band around the target, its edges included.
        tolerance: Tolerance,
        /// The number of requests from which on.
        requests: u64,
        /// At least this probability.
        probability: ConfidenceLevel,
    },
    /// Fewer than `at_least` requests are not enough for a goal.
    Needed {
        /// The goal.
        goal: Needed,
        /// The claimed number of requests.
        at_least: u64,
        /// The probability with which the goal must be met.
        probability: ConfidenceLevel,
    },
    /// In this very run, the observed share of the phase lies in an interval, its ends included.
    ObservedShare {
        /// The version whose share is meant.
        version: VersionIndex,
        /// The lower end, as a share.
        low: Rational,
        /// The upper end, as a share.
        high: Rational,
    },
}

/// A goal for which a number of requests is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Every version with a weight above zero is seen.
    AllSeen,
    /// The share is within the tolerance, and remains so for every larger number (stable N).
    ShareWithin {
        /// The version whose share is meant; every version jointly if absent.
        version: Option<VersionIndex>,
        /// The band around the target.
        tolerance: Tolerance,
    },
    /// The running share never leaves the band again.
    StaysWithin {
        /// The version whose share is meant; every version jointly if absent.
        version: Option<VersionIndex>,
        /// The band around the target.
        tolerance: Tolerance,
    },
}

impl Statement {
    /// The version that the statement speaks of, if it names one.
    #[must_use]
    pub fn version(&self) -> Option<VersionIndex> {
        match *self {
            Self::ShareWithin { version, .. } | Self::StaysWithin { version, .. } => version,
            Self::ObservedShare { version, .. } => Some(version),
            Self::Needed { goal, .. } => match goal {
                Needed::ShareWithin { version, .. } | Needed::StaysWithin { version, .. } => {
                    version
                }
                Needed::AllSeen => None,
            },
            Self::AllSeen { .. } => None,
        }
    }
}
