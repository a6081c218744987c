//! One file per command: wiring and exit status. Logic worth testing alone lives elsewhere.

mod check;
mod converge;
mod diff;
mod error;
mod explain;
mod export;
mod folder;
mod gate;
mod manifests;
mod output;
mod plan;
mod progress;
mod run;
mod run_rollout;
mod run_story;
mod scenarios;
mod shell;
mod split;
mod stat;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, Common};
pub use error::CommandError;

/// What a command that did its work has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Done; the answer, if there was a question, is yes. Exit status 0.
    Yes,
    /// Done, and the answer is "no": a claim fails, an observation contradicts its target. Exit
    /// status 1.
    No,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) => {
            anstream::eprintln!("{}", error.to_string().trim_end());
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: Command) -> Result<Answer, CommandError> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Converge(arguments) => converge::converge(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Gate(arguments) => gate::gate(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Stat(arguments) => stat::stat(&arguments),
        Command::Schema { rollout, story } => shell::schema(rollout, story),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
    }
}

/// Starts as many threads as were asked for; results do not depend on it.
fn start_threads(common: &Common) -> Result<(), CommandError> {
    start_so_many_threads(common.threads)
}

/// As [`start_threads`].
fn start_so_many_threads(threads: Option<NonZeroUsize>) -> Result<(), CommandError> {
    let Some(threads) = threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build_global()
        .map_err(|error| CommandError::Threads {
            threads: threads.get(),
            reason: error.to_string(),
        })
}
