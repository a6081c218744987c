//! Files → domain types: the only room that reads what people write.
//!
//! A file is parsed into a tree that knows where everything stands, and the tree is read by hand,
//! so that all mistakes of a file are reported at once, each with its place, what was expected and
//! the nearest valid name. What users observed is read in [`observations`]. Nothing here simulates.

mod diagnostic;
mod kubernetes;
pub mod observations;
mod reader;
mod rollout;
mod scenario_file;
#[cfg(test)]
mod schema_tests;
mod source;
mod values;
mod weights_list;
mod yaml;

pub use diagnostic::{Diagnostic, Severity};
pub use rollout::{GateFile, LoadedGates, parse_gates, read_gates};
pub use scenario_file::{Loaded, parse_scenario};
pub use source::{ConfigError, Source};
pub use weights_list::{WeightsListError, parse_weights_list};

use std::path::Path;

/// Reads a scenario file; `-` is standard input.
///
/// # Errors
/// [`ConfigError`]: the file cannot be read, or has mistakes; all of them are listed.
pub fn read_scenario(path: &Path) -> Result<Loaded, ConfigError> {
    parse_scenario(&Source::read(path)?)
}

/// The JSON Schema of scenario files.
#[must_use]
pub fn scenario_schema() -> &'static str {
    include_str!("scenario.schema.json")
}
