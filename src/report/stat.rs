//! Quantities of the library as text for a terminal of 80 columns.

use std::fmt::Write;

use super::text::{BOLD, WIDTH, paragraph};
use crate::quantities::{GROUPS, Quantity, Value};

/// The names of all quantities with their meanings, a group after the other.
#[must_use]
pub fn list() -> String {
    let mut text = String::new();
    for (group, quantities) in GROUPS {
        let _ = writeln!(text, "{BOLD}{group}?{BOLD:#}");
        for quantity in *quantities {
            let label = format!("  {:<30} ", quantity.name);
            let _ = writeln!(text, "{}", label.trim_end());
            paragraph(&mut text, "      ", quantity.meaning);
        }
        text.push('\n');
    }
    let way = "`shiftsim stat NAME` says what a quantity takes; `shiftsim stat NAME key=value…` \
        computes it.";
    paragraph(&mut text, "", way);
    text
}

/// What a quantity is, what it takes, and an example.
#[must_use]
pub fn describe(quantity: &Quantity) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", quantity.name);
    paragraph(&mut text, "  ", quantity.meaning);
    text.push('\n');
    for parameter in quantity.parameters {
        let default = match parameter.default {
            Some(default) => format!(" [default: {default}]"),
            None => String::new(),
        };
        let label = format!("  {:<16}", parameter.name);
        let what = format!(
            "{}: {}{default}",
            parameter.meaning,
            parameter.kind.expected()
        );
        paragraph(&mut text, &label, &what);
    }
    text.push('\n');
    provenance(&mut text, quantity);
    let command = format!("  shiftsim stat {} ", quantity.name);
    let fits = command.len() + quantity.example.len() <= WIDTH;
    let break_off = if fits { "" } else { "\\\n      " };
    let _ = writeln!(text, "\n{command}{break_off}{}", quantity.example);
    text
}

/// The value with its convention and source; the value alone if `quiet`.
#[must_use]
pub fn value(quantity: &Quantity, given: &[String], value: &Value, quiet: bool) -> String {
    let mut text = String::new();
    match value {
        Value::Whole(number) => {
            let _ = writeln!(text, "{BOLD}{number}{BOLD:#}");
        }
        Value::Real(number) => {
            let _ = writeln!(text, "{BOLD}{}{BOLD:#}", digits(*number));
        }
        Value::None => text.push_str("none\n"),
        Value::Several(numbers) => {
            let width = numbers.iter().map(|named| named.name.chars().count());
            let width = width.max().unwrap_or(0);
            for named in numbers {
                let number = digits(named.value);
                let _ = writeln!(text, "{:width$}  {BOLD}{number}{BOLD:#}", named.name);
            }
        }
    }
    if !quiet {
        text.push('\n');
        paragraph(&mut text, "  what        ", quantity.meaning);
        paragraph(&mut text, "  given       ", &given_text(quantity, given));
        provenance(&mut text, quantity);
    }
    text
}

fn provenance(text: &mut String, quantity: &Quantity) {
    paragraph(text, "  convention  ", quantity.convention);
    paragraph(text, "  source      ", quantity.source);
    let _ = writeln!(text, "  function    stats::{}", quantity.function);
}

/// The arguments as they count, defaults included.
fn given_text(quantity: &Quantity, given: &[String]) -> String {
    let all = quantity.parameters.iter().map(|parameter| {
        let prefix = format!("{}=", parameter.name);
        let written = given.iter().find(|argument| argument.starts_with(&prefix));
        match (written, parameter.default) {
            (Some(argument), _) => argument.clone(),
            (None, default) => format!("{prefix}{}", default.unwrap_or_default()),
        }
    });
    all.collect::<Vec<String>>().join(" ")
}

/// All digits of a double, with an exponent where that is shorter to read.
fn digits(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-4..1e16).contains(&size) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}
