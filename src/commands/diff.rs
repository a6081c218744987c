//! `shiftsim diff`: which requests change destination shares between two sets of manifests.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::manifests::{print_warnings, print_warnings_briefly, read};
use super::{Answer, CommandError, output};
use crate::cli::{DiffArgs, OutputFormat};
use crate::report;
use crate::report::text::Detail;
use crate::summary::explain::{self, DiffSummary};

/// The object that `--format json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    command: &'static str,
    shiftsim: &'static str,
    #[serde(flatten)]
    diff: &'a DiffSummary,
    warnings: &'a [String],
}

/// Compares two sets. The answer is no if shares differ.
pub(super) fn diff(arguments: &DiffArgs) -> Result<Answer, CommandError> {
    let sides = [&arguments.old, &arguments.new];
    let piped = sides.into_iter().chain(&arguments.with);
    if piped
        .filter(|path| path.as_path() == Path::new("-"))
        .count()
        > 1
    {
        return Err(CommandError::Usage {
            problem: "more than one is to come from standard input".into(),
            help: "name files or folders for the others".into(),
        });
    }
    let side = |own: &PathBuf| read(&[std::slice::from_ref(own), &arguments.with].concat());
    let (old, mut warnings) = side(&arguments.old)?;
    let (new, more) = side(&arguments.new)?;
    warnings.extend(more);
    warnings.sort();
    warnings.dedup();
    let diff = explain::diff(&old, &new);
    match arguments.print.format {
        OutputFormat::Text => {
            let detail = super::explain::detail(&arguments.print);
            let text = report::explain::diff(&diff, detail);
            match detail {
                Detail::Quiet => print_warnings_briefly(&warnings),
                Detail::Normal | Detail::Verbose => print_warnings(&warnings),
            }
            output::print_styled(&text)?;
        }
        OutputFormat::Json => output::print_json(&Output {
            command: "diff",
            shiftsim: env!("CARGO_PKG_VERSION"),
            diff: &diff,
            warnings: &warnings,
        })?,
    }
    Ok(if diff.changes.is_empty() {
        Answer::Yes
    } else {
        Answer::No
    })
}
