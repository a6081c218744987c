//! The configured split that observations are held against.

use num_rational::Ratio;

use crate::scenario::{MAX_VERSIONS, Phase, Scenario};
use crate::units::Rational;

/// Versions with their weights; at least one weight is above zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    versions: Vec<(String, u32)>,
    total: u64,
}

/// Why weights make no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// None at all, or too many.
    #[error("a target has 1 to {MAX_VERSIONS} versions")]
    Versions,
    /// No weight above zero.
    #[error("all weights are 0: a target needs a weight above zero")]
    AllZero,
}

impl Target {
    /// A target of versions and weights. A version that stands twice gets the sum.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn new(weights: &[(String, u32)]) -> Result<Self, TargetError> {
        let mut versions: Vec<(String, u32)> = Vec::with_capacity(weights.len());
        for (name, weight) in weights {
            match versions.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum = sum.saturating_add(*weight),
                None => versions.push((name.clone(), *weight)),
            }
        }
        let total = versions.iter().map(|(_, weight)| u64::from(*weight)).sum();
        match (versions.len(), total) {
            (0, _) | (65.., _) => Err(TargetError::Versions),
            (_, 0) => Err(TargetError::AllZero),
            _ => Ok(Self { versions, total }),
        }
    }

    /// The target of a phase. A single destination gets everything, whatever its weight.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn of_phase(scenario: &Scenario, phase: &Phase) -> Result<Self, TargetError> {
        let only = phase.destinations().len() == 1;
        let weights = phase.destinations().iter().map(|destination| {
            let name = scenario.versions()[destination.version.0].name.clone();
            (
                name,
                if only {
                    destination.weight.max(1)
                } else {
                    destination.weight
                },
            )
        });
        Self::new(&weights.collect::<Vec<_>>())
    }

    /// The names of the versions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().map(|(name, _)| name.as_str())
    }

    /// The weights.
    pub fn weights(&self) -> impl Iterator<Item = u32> {
        self.versions.iter().map(|&(_, weight)| weight)
    }

    /// The weight of the version at a place; `None` beyond the target.
    #[must_use]
    pub fn weight(&self, place: usize) -> Option<u32> {
        self.versions.get(place).map(|&(_, weight)| weight)
    }

    /// The number of versions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Never: a target has a version.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The target share of each of `versions` versions; zero for those beyond the target.
    #[must_use]
    pub fn shares_of(&self, versions: usize) -> Vec<Rational> {
        let shares = self
            .weights()
            .map(|weight| Ratio::new(u64::from(weight), self.total));
        let beyond = versions.saturating_sub(self.versions.len());
        shares
            .chain(std::iter::repeat_n(Ratio::from_integer(0), beyond))
            .collect()
    }

    /// The version that sentences and the order test speak of: the last one with a weight, which
    /// by custom is the new one.
    #[must_use]
    pub fn focus(&self) -> usize {
        self.versions
            .iter()
            .rposition(|&(_, weight)| weight > 0)
            .unwrap_or(0)
    }

    /// Whether at least two versions have a weight above zero.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.weights().filter(|&weight| weight > 0).count() > 1
    }

    /// The target in words: `v1=80, v2=20`.
    #[must_use]
    pub fn words(&self) -> String {
        let pairs = self
            .versions
            .iter()
            .map(|(name, weight)| format!("{name}={weight}"));
        pairs.collect::<Vec<_>>().join(", ")
    }
}
