//! Exact statistics: numbers in, numbers out.
//!
//! | question | module |
//! |---|---|
//! | how many of n go to one version? | [`binomial`], several versions: [`sampling`] |
//! | after how many requests is a split settled? | [`convergence`], with the picker of 2017: [`counter_picker`] |
//! | which shares is a count compatible with? | [`intervals`] |
//! | is a count consistent with a target? | one version: [`two_sided`], several: [`gof`] |
//! | does the order look random? | [`order`] |
//! | may I look again and again? | [`sequential`] |
//! | how many requests do I need? | [`planning`] |
//! | how does Kayenta judge a canary? | [`kayenta`] |
//! | what does a rollout gate really promote? | [`gates`], with random traffic: [`poisson`] |
//! | how precise is a mean of samples that depend on each other? | [`batch_means`] |
//! | how long does a queue make a request wait? | [`queueing`] |
//!
//! Nothing here knows of scenarios, versions or files. What cannot be given to the promised
//! precision is a [`StatsError`], never a number that is silently wrong. Counts up to 10^7 are
//! exact to a relative error of 10^-9 or better in both tails; each function states its own.

pub mod batch_means;
pub mod binomial;
pub mod convergence;
pub mod counter_picker;
mod error;
pub mod gates;
pub mod gof;
pub mod intervals;
pub mod kayenta;
pub mod order;
pub mod planning;
pub mod poisson;
pub mod queueing;
mod root;
pub mod sampling;
pub mod sequential;
pub mod special;
pub mod two_sided;

pub use error::StatsError;

/// An exact non-negative fraction, for shares, weights and tolerances.
pub type Rational = num_rational::Ratio<u64>;
