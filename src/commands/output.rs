//! Standard output: a reader that goes away early, such as `head`, is not an error.

use std::io::{self, Write};

use serde::Serialize;

use super::CommandError;

/// Prints text that may hold styles; they are dropped where the output is not a terminal, or
/// where NO_COLOR is set.
pub(super) fn print_styled(text: &str) -> Result<(), CommandError> {
    settle(write_flushed(&mut anstream::stdout(), text.as_bytes()))
}

/// Prints bytes as they are.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), CommandError> {
    settle(write_flushed(&mut io::stdout().lock(), bytes))
}

/// Prints one object for machines.
pub(super) fn print_json(object: &impl Serialize) -> Result<(), CommandError> {
    let json =
        serde_json::to_string_pretty(object).map_err(|error| CommandError::Output(error.into()))?;
    print_bytes(format!("{json}\n").as_bytes())
}

fn write_flushed(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

fn settle(written: io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(CommandError::Output),
    }
}
