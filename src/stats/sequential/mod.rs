//! Sequential statistics: tests for people who look again and again.
//!
//! Three families, each with its exact operating characteristics:
//! - anytime-valid: the e-value of counts ([`multinomial`]), its two-version form as a monitor
//!   ([`monitor`]) and as a gate on error shares ([`error_share`]), the normal mixture
//!   ([`normal_mixture`], exactly: [`normal_mixture_exact`]) and its confidence sequence
//!   ([`confidence_sequence`]);
//! - Wald's sequential probability ratio test ([`sprt`], [`sprt_exact`]);
//! - group sequential designs, where the number of looks is planned ([`crossing`], [`boundary`],
//!   [`spending`]).
//!
//! [`peeking`] says what happens to a fixed test without any of this. Fixed-size tests and sample
//! sizes live elsewhere.

pub mod boundary;
pub mod confidence_sequence;
pub mod crossing;
pub mod error_share;
mod gauss_legendre;
mod looks;
pub mod monitor;
pub mod multinomial;
pub mod normal_mixture;
pub mod normal_mixture_exact;
pub mod peeking;
pub mod spending;
pub mod sprt;
pub mod sprt_exact;
mod walk;

pub use looks::Looks;
pub use walk::CrossingPoint;

use super::StatsError;

/// The level of a test: strictly between 0 and 1.
fn check_alpha(alpha: f64) -> Result<(), StatsError> {
    if alpha > 0.0 && alpha < 1.0 {
        Ok(())
    } else {
        Err(StatsError::domain("alpha", "in (0, 1)", alpha))
    }
}
