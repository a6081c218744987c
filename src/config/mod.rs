//! Files → domain types: the only room that reads what people write.
//!
//! A file is parsed into a tree that knows where everything stands, and the tree is read by hand,
//! so that all mistakes of a file are reported at once, each with its place, what was expected and
//! the nearest valid name. What users observed is read in [`observations`]. Nothing here simulates.

mod diagnostic;
mod file_kind;
mod kubernetes;
mod manifest;
mod mesh_file;
pub mod observations;
mod reader;
mod recorded;
mod rollout;
mod rollout_file;
mod scenario_file;
#[cfg(test)]
mod schema_tests;
mod source;
mod values;
mod weights_list;
mod yaml;

pub use diagnostic::{Diagnostic, Severity};
pub use manifest::{Manifests, parse_manifests, read_manifests};
pub use mesh_file::{LoadedStory, parse_story};
pub use rollout::{GateFile, LoadedGates, parse_gates, read_gates};
pub use rollout_file::{GateKind, LoadedRollout, parse_gate_settings, parse_rollout_scenario};
pub use scenario_file::{Loaded, parse_scenario};
pub use source::{ConfigError, Source};
pub use weights_list::{WeightsListError, parse_weights_list};

use std::path::Path;

use file_kind::FileKind;

/// Reads a scenario file; `-` is standard input.
///
/// # Errors
/// [`ConfigError`]: the file cannot be read, or has mistakes; all of them are listed.
pub fn read_scenario(path: &Path) -> Result<Loaded, ConfigError> {
    parse_scenario(&Source::read(path)?)
}

/// What a scenario file describes.
#[derive(Debug)]
pub enum AnyScenario {
    /// Phases with weights of their own.
    Phases(Box<Loaded>),
    /// A rollout, whose weights follow a gate.
    Rollout(Box<LoadedRollout>),
    /// A story of a mesh, whose phases apply manifests.
    Story(Box<LoadedStory>),
}

/// Reads a scenario file of any kind; `-` is standard input. A file with the key `rollout` is a
/// rollout, one with the key `request` or `connection` a story of a mesh; the manifests of a story are looked for
/// beside its file.
///
/// # Errors
/// As [`read_scenario`].
pub fn read_any_scenario(path: &Path) -> Result<AnyScenario, ConfigError> {
    let source = Source::read(path)?;
    match FileKind::of(&source) {
        FileKind::Rollout => {
            parse_rollout_scenario(&source).map(|loaded| AnyScenario::Rollout(Box::new(loaded)))
        }
        FileKind::Story => {
            let folder = path.parent().unwrap_or(Path::new(""));
            parse_story(&source, folder).map(|loaded| AnyScenario::Story(Box::new(loaded)))
        }
        FileKind::Phases => {
            parse_scenario(&source).map(|loaded| AnyScenario::Phases(Box::new(loaded)))
        }
        FileKind::Manifest(kind) => Err(ConfigError::Unreadable {
            path: path.to_path_buf(),
            reason: format!("it is a manifest ({kind}), not a scenario"),
            help: "send requests through it with --request 'GET http://reviews:9080/' --requests \
                   100; what a gate does with it says `shiftsim gate`"
                .into(),
        }),
    }
}

/// The JSON Schema of scenario files with a rollout.
#[must_use]
pub fn rollout_schema() -> &'static str {
    include_str!("rollout.schema.json")
}

/// The JSON Schema of stories of a mesh.
#[must_use]
pub fn story_schema() -> &'static str {
    include_str!("story.schema.json")
}

/// The JSON Schema of scenario files.
#[must_use]
pub fn scenario_schema() -> &'static str {
    include_str!("scenario.schema.json")
}
