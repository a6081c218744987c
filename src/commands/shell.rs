//! What shells, pagers and editors need: completions, the manual page, the schema.

use clap::CommandFactory;

use super::output::{print_bytes, print_styled};
use super::{Answer, CommandError};
use crate::cli::Cli;
use crate::config;

/// Prints the JSON Schema of scenario files, of those with a rollout, or of stories of a mesh.
pub(super) fn schema(rollout: bool, story: bool) -> Result<Answer, CommandError> {
    let schema = match (rollout, story) {
        (true, _) => config::rollout_schema(),
        (_, true) => config::story_schema(),
        _ => config::scenario_schema(),
    };
    print_bytes(schema.as_bytes())?;
    Ok(Answer::Yes)
}

/// Prints the completion script for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Answer, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "shiftsim", &mut script);
    print_bytes(&script)?;
    Ok(Answer::Yes)
}

/// Prints the manual page: that of the whole, then that of each command.
pub(super) fn man() -> Result<Answer, CommandError> {
    let mut page = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(CommandError::Output)?;
    for subcommand in command.get_subcommands() {
        let name = format!("shiftsim-{}", subcommand.get_name());
        let subcommand = subcommand.clone().name(name);
        clap_mangen::Man::new(subcommand)
            .render(&mut page)
            .map_err(CommandError::Output)?;
    }
    print_styled(&String::from_utf8_lossy(&page))?;
    Ok(Answer::Yes)
}
