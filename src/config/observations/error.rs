//! Why observations could not be read. Each text ends with the way out.

use std::io;

use super::Skipped;

/// Why observations could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ObservationError {
    /// The system refused, or compressed data is damaged.
    #[error("error: cannot read {source_name}: {reason}{help}")]
    Unreadable {
        /// The input.
        source_name: String,
        /// What the system said.
        reason: String,
        /// The way out, with its own line break; empty if there is none to give.
        help: &'static str,
    },
    /// A folder where a file is needed.
    #[error("error: {source} is a folder\n  = help: name a file, or pipe its files in: cat {source}/*.log | shiftsim check … -", source = .source_name)]
    Folder {
        /// The folder.
        source_name: String,
    },
    /// Nothing at all.
    #[error(
        "error: {source_name} is empty, so there is nothing to check\n  = help: does the command before the pipe print to standard output?"
    )]
    Empty {
        /// The input.
        source_name: String,
    },
    /// Not text.
    #[error("error: {source_name} is {what}\n  = help: {help}")]
    NotText {
        /// The input.
        source_name: String,
        /// What it looks like.
        what: &'static str,
        /// The way out.
        help: String,
    },
    /// Text in which no observation was found.
    #[error("error: no observation found in {source_name}, read as {recognised}{skipped}\n  = help: {help}", skipped = .skipped.examples_text())]
    Nothing {
        /// The input.
        source_name: String,
        /// What it was taken for.
        recognised: String,
        /// What was met instead.
        skipped: Box<Skipped>,
        /// The way out.
        help: String,
    },
    /// Positional counts, a table or a query result that is not what it should be.
    #[error("error: {problem}\n  = help: {help}")]
    Malformed {
        /// What is wrong.
        problem: String,
        /// The way out.
        help: String,
    },
}

impl ObservationError {
    pub(super) fn unreadable(source: &str, error: io::Error) -> Self {
        let help = match error.kind() {
            io::ErrorKind::NotFound => {
                "\n  = help: check the path; counts are written as v1=16 v2=4"
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                "\n  = help: the compressed data is damaged: try `gzip -t`, or copy the file again"
            }
            _ => "",
        };
        let reason = error.to_string();
        Self::Unreadable {
            source_name: source.to_owned(),
            reason,
            help,
        }
    }

    pub(super) fn malformed(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Malformed {
            problem: problem.into(),
            help: help.into(),
        }
    }
}
