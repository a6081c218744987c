//! Exact statistics: numbers in, numbers out.

mod error;

pub use error::StatsError;

/// An exact non-negative fraction, for shares, weights and tolerances.
pub type Rational = num_rational::Ratio<u64>;
