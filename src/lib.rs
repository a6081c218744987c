//! shiftsim replays canary releases through the real weighting algorithms.

pub mod chart;
pub mod cli;
pub mod commands;
pub mod config;
pub mod random;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod split;
pub mod stats;
pub mod summary;
pub mod tally;
pub mod units;
