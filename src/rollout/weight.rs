//! The weight of the new version.

use std::fmt;

use crate::units::Rational;

/// The weight of the new version, in percent of the traffic: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanaryWeight(u8);

impl CanaryWeight {
    /// No traffic.
    pub const NONE: Self = Self(0);
    /// All traffic.
    pub const ALL: Self = Self(100);

    /// That many percent; `None` above 100.
    #[must_use]
    pub const fn percent(percent: u32) -> Option<Self> {
        if percent <= 100 {
            #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
            Some(Self(percent as u8))
        } else {
            None
        }
    }

    /// In percent.
    #[must_use]
    pub fn as_percent(self) -> u32 {
        self.0.into()
    }

    /// As a share of the traffic.
    #[must_use]
    pub fn share(self) -> Rational {
        Rational::new(self.0.into(), 100)
    }
}

impl fmt::Display for CanaryWeight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.0)
    }
}

/// Steps of a gate: at least one, not too many, none without traffic.
pub(super) fn check_steps(weights: &[CanaryWeight]) -> Result<(), super::RolloutError> {
    if weights.is_empty() || weights.len() > super::MAX_STEPS {
        return Err(super::RolloutError::Steps(weights.len()));
    }
    match weights
        .iter()
        .position(|&weight| weight == CanaryWeight::NONE)
    {
        Some(place) => Err(super::RolloutError::EmptyStep(place + 1)),
        None => Ok(()),
    }
}
