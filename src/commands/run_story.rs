//! `shiftsim run` of a story: every hop of every page, while manifests are applied.

use std::path::Path;

use serde::Serialize;

use super::CommandError;
use super::folder::Folder;
use crate::mesh::{self, Story};
use crate::report;
use crate::report::files::Staging;
use crate::summary::story::{self, StorySummary};

/// A summary and the files that were written for it.
#[derive(Debug, Serialize)]
pub(super) struct StoryResult {
    #[serde(flatten)]
    pub(super) summary: StorySummary,
    pub(super) files: Vec<String>,
}

/// Tells the story once.
pub(super) fn run(
    story: &Story,
    folder: &Path,
    staging: &mut Staging,
) -> Result<StoryResult, CommandError> {
    let summary = story::summarise(story, &mesh::run(story));
    let mut folder = Folder::new(folder, staging);
    folder.write("pages.csv", |out| report::story::csv(&summary, out))?;
    let files = folder.into_files();
    Ok(StoryResult { summary, files })
}
