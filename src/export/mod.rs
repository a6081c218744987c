//! A route table as configuration for other programs.
//!
//! Values in, text out: nothing here reads manifests, and nothing judges.

pub mod envoy;
mod yaml;

pub use yaml::to_yaml;
