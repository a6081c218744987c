//! Why a command could not do its work: exit status 2.

use std::io;

use crate::config::ConfigError;
use crate::report::files::WriteError;
use crate::stats::StatsError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The input cannot be read, or is not what it should be. The text is complete.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// Several inputs were wrong; their texts, one after the other.
    #[error("{}", .0.join("\n"))]
    Inputs(Vec<String>),
    /// The command line asks for something that cannot be.
    #[error("error: {problem}\n  = help: {help}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// The way out.
        help: String,
    },
    /// A file could not be written.
    #[error("error: {0}")]
    Write(#[from] WriteError),
    /// Standard output could not be written.
    #[error("error: cannot write to standard output: {0}")]
    Output(io::Error),
    /// A statistic could not be computed.
    #[error("error: {0}")]
    Stats(#[from] StatsError),
    /// A chart or a page could not be drawn.
    #[error("error: {0}")]
    Drawing(String),
    /// The threads that were asked for could not be had.
    #[error(
        "error: cannot start {threads} threads: {reason}\n  = help: ask for fewer with --threads"
    )]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}
