//! Why a statistic could not be computed.

/// Why a statistic could not be computed. There is no silent loss: a value that cannot be given to
/// the promised precision is an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// An argument outside the domain of the function.
    #[error("{name} must be {expected}, not {value}")]
    Domain {
        /// The argument.
        name: &'static str,
        /// Its domain, in words.
        expected: &'static str,
        /// What was given.
        value: String,
    },
    /// The exact computation would exceed its stated limit of work or memory.
    #[error("{what} is beyond the limit of an exact computation ({limit})")]
    Limit {
        /// What was asked.
        what: String,
        /// The limit, in words.
        limit: String,
    },
    /// An iteration did not reach the promised precision.
    #[error("{what} did not converge to the promised precision")]
    Precision {
        /// What was computed.
        what: &'static str,
    },
}

impl StatsError {
    /// `value`, given for the argument `name`, is outside its domain.
    pub(in crate::stats) fn domain(
        name: &'static str,
        expected: &'static str,
        value: impl std::fmt::Display,
    ) -> Self {
        Self::Domain {
            name,
            expected,
            value: value.to_string(),
        }
    }
}
