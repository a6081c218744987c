//! `shiftsim stat`: every quantity of the library by its name.

use serde::Serialize;

use super::{Answer, CommandError, output};
use crate::cli::{OutputFormat, StatArgs};
use crate::quantities::{self, GROUPS, Quantity, QuantityError, Value};
use crate::report;

/// The object that `--format json` prints for a value.
#[derive(Debug, Serialize)]
struct Output<'a> {
    command: &'static str,
    #[serde(flatten)]
    quantity: Description,
    given: &'a [String],
    value: Value,
}

/// A quantity as data.
#[derive(Debug, Serialize)]
struct Description {
    name: &'static str,
    meaning: &'static str,
    convention: &'static str,
    source: &'static str,
    function: String,
    example: &'static str,
}

/// Lists, describes or computes.
pub(super) fn stat(arguments: &StatArgs) -> Result<Answer, CommandError> {
    let Some(name) = &arguments.name else {
        list(arguments.format)?;
        return Ok(Answer::Yes);
    };
    let quantity = quantities::find(name).map_err(|error| unknown(&error))?;
    if arguments.arguments.is_empty() && !quantity.parameters.is_empty() {
        match arguments.format {
            OutputFormat::Text => output::print_styled(&report::stat::describe(quantity))?,
            OutputFormat::Json => output::print_json(&describe(quantity))?,
        }
        return Ok(Answer::Yes);
    }
    let given = &arguments.arguments;
    let value = quantity
        .value(given)
        .map_err(|error| refused(quantity, &error))?;
    match arguments.format {
        OutputFormat::Text => {
            let text = report::stat::value(quantity, given, &value, arguments.quiet);
            output::print_styled(&text)?;
        }
        OutputFormat::Json => output::print_json(&Output {
            command: "stat",
            quantity: describe(quantity),
            given,
            value,
        })?,
    }
    Ok(Answer::Yes)
}

fn list(format: OutputFormat) -> Result<(), CommandError> {
    match format {
        OutputFormat::Text => output::print_styled(&report::stat::list()),
        OutputFormat::Json => {
            let all = GROUPS.iter().flat_map(|(_, group)| group.iter());
            output::print_json(&all.map(describe).collect::<Vec<Description>>())
        }
    }
}

fn describe(quantity: &Quantity) -> Description {
    Description {
        name: quantity.name,
        meaning: quantity.meaning,
        convention: quantity.convention,
        source: quantity.source,
        function: format!("stats::{}", quantity.function),
        example: quantity.example,
    }
}

fn unknown(error: &QuantityError) -> CommandError {
    CommandError::Usage {
        problem: error.to_string(),
        help: match error {
            QuantityError::Unknown {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`? `shiftsim stat` lists them all"),
            _ => "`shiftsim stat` lists them all".into(),
        },
    }
}

fn refused(quantity: &Quantity, error: &QuantityError) -> CommandError {
    CommandError::Usage {
        problem: format!("{}: {error}", quantity.name),
        help: match error {
            QuantityError::Stats(_) => {
                format!("`shiftsim stat {}` says what it takes", quantity.name)
            }
            _ => {
                let names = quantity.parameters.iter().map(|parameter| parameter.name);
                format!(
                    "it takes {}; for example: shiftsim stat {} {}",
                    names.collect::<Vec<&str>>().join(", "),
                    quantity.name,
                    quantity.example
                )
            }
        },
    }
}
