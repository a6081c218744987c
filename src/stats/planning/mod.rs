//! Planning: how many requests does a canary need, and what does a given number of them see?
//!
//! - two error rates: the formulas in use ([`two_proportions`]), what their tests really do
//!   ([`exact_power`]), and the difference that given traffic can see ([`detectable`]);
//! - one share, is it 50 or 60?: [`one_share`] and the size for it ([`one_share_size`]);
//! - one error rate against a limit: [`demonstration`] tests and the [`fixed_gate`];
//! - the Bayesian answer: [`canary_worse`];
//! - many tests at once: [`multiple_tests`].
//!
//! Judging observations is not here; nor are tests that may stop early.

pub mod canary_worse;
pub mod demonstration;
pub mod detectable;
pub mod exact_power;
pub mod exact_size;
pub mod fixed_gate;
mod hypergeometric;
mod minimum_likelihood;
pub mod multiple_tests;
pub mod one_share;
pub mod one_share_size;
mod tail_walk;
pub mod two_proportions;

use super::StatsError;

/// A level of significance or a power: strictly between 0 and 1.
fn check_open_unit(name: &'static str, value: f64) -> Result<(), StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(StatsError::domain(name, "in (0, 1)", value))
    }
}
