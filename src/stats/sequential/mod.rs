//! Sequential statistics: tests for people who look again and again.
//!
//! Three families, each with its exact operating characteristics:
//! - anytime-valid: the e-value of counts ([`multinomial`]), its two-version form as a monitor
//!   ([`monitor`]) and as a gate on error shares ([`error_share`]), the normal mixture
//!   ([`normal_mixture`]) and its confidence sequence ([`confidence_sequence`]);
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
pub mod peeking;
pub mod spending;
pub mod sprt;
pub mod sprt_exact;
mod walk;

pub use looks::Looks;
pub use walk::CrossingPoint;
