//! `shiftsim run` of a story: every hop of every page, while manifests are applied.

use std::convert::Infallible;
use std::io;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::CommandError;
use super::folder::{Folder, left_from_before};
use super::progress::Progress;
use super::run::writes_requests;
use crate::cli::RunArgs;
use crate::mesh::{self, Replicated, Story, StoryTally};
use crate::report::files::Staging;
use crate::report::{story_files, story_page};
use crate::summary::story::{self, StorySummary, ToldStory};

/// A summary and the files that were written for it.
#[derive(Debug, Serialize)]
pub(super) struct StoryResult {
    #[serde(flatten)]
    pub(super) summary: StorySummary,
    pub(super) files: Vec<String>,
    /// Charts and tables of an earlier run that stand beside them.
    pub(super) left_from_before: Vec<String>,
}

/// Tells the story once, and as often as there are replications for their counts.
pub(super) fn run(
    story: &Story,
    arguments: &RunArgs,
    path: &Path,
    staging: &mut Staging,
) -> Result<StoryResult, CommandError> {
    if arguments.sampled {
        return Err(CommandError::Usage {
            problem: "--sampled: the hops of a story have no law to draw their counts from".into(),
            help: "leave --sampled out: replications are then told from the beginning".into(),
        });
    }
    let tally = tell(story);
    let replications = u64::from(arguments.replications.unwrap_or(1));
    let replicated = (replications > 1).then(|| replicate(story, replications));
    let told = ToldStory {
        story,
        tally: &tally,
        expected: &mesh::expect(story),
        replicated: replicated.as_ref(),
    };
    let summary = story::summarise(told);
    let mut folder = Folder::new(path, staging);
    folder.write("counts.csv", |out| story_files::counts(&summary, out))?;
    folder.write("pages.csv", |out| story_files::pages(&summary, out))?;
    let requests = summary.phases.iter().map(|phase| phase.requests).sum();
    if writes_requests(arguments.requests_csv, requests) {
        folder.write("requests.csv", |out| write_requests(story, out))?;
    }
    if !arguments.no_charts {
        let drawn = folder.draw(&story::figures(told, &summary))?;
        let page = story_page::page(&summary, &drawn)
            .map_err(|error| CommandError::Drawing(error.to_string()))?;
        folder.write("report.html", |out| out.write_all(page.as_bytes()))?;
    }
    let files = folder.into_files();
    let left_from_before = left_from_before(path, &files);
    Ok(StoryResult {
        summary,
        files,
        left_from_before,
    })
}

fn tell(story: &Story) -> StoryTally {
    match mesh::run(story, 0, |_| Ok::<(), Infallible>(())) {
        Ok(tally) => tally,
        Err(never) => match never {},
    }
}

/// Counts of parts merge exactly, so any number of threads gives the same.
fn replicate(story: &Story, replications: u64) -> Replicated {
    let progress = Progress::new(replications, "tellings");
    (0..replications)
        .into_par_iter()
        .map(|replication| {
            let counts = mesh::replicate(story, replication);
            progress.advance(1);
            counts
        })
        .reduce(Replicated::default, Replicated::merge)
}

/// Tells the story once more, request by request: the streams are the same, and so is the story.
fn write_requests(story: &Story, out: &mut dyn io::Write) -> io::Result<()> {
    let mut file = story_files::RequestsFile::new(story, out)?;
    mesh::run(story, 0, |told| file.add(told))?;
    file.finish()
}
