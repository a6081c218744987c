//! Exact statistics: numbers in, numbers out.

pub mod binomial;
pub mod convergence;
pub mod counter_picker;
mod error;
pub mod gof;
pub mod intervals;
pub mod order;
pub mod planning;
mod root;
pub mod sampling;
pub mod sequential;
pub mod special;
pub mod two_sided;

pub use error::StatsError;

/// An exact non-negative fraction, for shares, weights and tolerances.
pub type Rational = num_rational::Ratio<u64>;
