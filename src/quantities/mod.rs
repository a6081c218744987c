//! Every quantity of [`crate::stats`] by its name: what `shiftsim stat` looks up.
//!
//! A [`Quantity`] says what it is, by which convention and source, and which arguments it takes;
//! computing it calls one function of `stats`, and nothing is computed here. A file per group of
//! quantities; a new function of `stats` is registered in one of them, which a test demands.

mod arguments;
mod convergence;
mod gates;
mod goodness_of_fit;
mod intervals;
mod order;
mod parameter;
mod planning;
mod queueing;
mod sampling;
mod sequential;
mod special;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use arguments::{ArgumentError, Arguments};
pub use parameter::{Kind, Parameter};

use crate::stats::StatsError;

/// A quantity that can be asked for.
#[derive(Debug)]
pub struct Quantity {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub meaning: &'static str,
    /// How it is defined and computed, and to which precision.
    pub convention: &'static str,
    /// The paper, book or upstream file that it comes from.
    pub source: &'static str,
    /// The function of the library that computes it, without `shiftsim::stats::`.
    pub function: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// Arguments to try, as they are written on the command line.
    pub example: &'static str,
    /// Calls the function.
    compute: fn(&Arguments) -> Result<Value, StatsError>,
}

/// What a quantity turns out to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number, such as a number of requests.
    Whole(u64),
    /// A real number.
    Real(f64),
    /// There is none, such as a rate that nothing notices.
    None,
    /// Several numbers with their names.
    Several(Vec<Named>),
}

/// A number with its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// What it is.
    pub name: String,
    /// The number.
    pub value: f64,
}

/// Why a quantity could not be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// There is no such quantity.
    #[error("there is no quantity `{name}`")]
    Unknown {
        /// What was asked.
        name: String,
        /// The nearest name that there is.
        nearest: Option<&'static str>,
    },
    /// An argument is missing, unknown, or cannot be read.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// The library refused.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

/// All quantities by group, in the order of a reader's questions.
pub const GROUPS: &[(&str, &[Quantity])] = &[
    ("how many go to a version", sampling::QUANTITIES),
    (
        "after how many requests is it settled",
        convergence::QUANTITIES,
    ),
    (
        "which shares is a count compatible with",
        intervals::QUANTITIES,
    ),
    (
        "is a count consistent with a target",
        goodness_of_fit::QUANTITIES,
    ),
    ("does the order look random", order::QUANTITIES),
    ("may I look again and again", sequential::QUANTITIES),
    ("how many requests do I need", planning::QUANTITIES),
    ("how long do requests wait", queueing::QUANTITIES),
    ("what does my gate catch", gates::QUANTITIES),
    ("which functions stand underneath", special::QUANTITIES),
];

/// The quantity of that name.
///
/// # Errors
/// [`QuantityError::Unknown`] with the nearest name that there is.
///
/// ```
/// use shiftsim::quantities::{Value, find};
/// let seen = find("all-seen")?;
/// let value = seen.value(&["weights=50,50".into(), "n=15".into()])?;
/// assert_eq!(value, Value::Real(1.0 - 0.5f64.powi(14)));
/// # Ok::<(), shiftsim::quantities::QuantityError>(())
/// ```
pub fn find(name: &str) -> Result<&'static Quantity, QuantityError> {
    let all = || GROUPS.iter().flat_map(|(_, group)| group.iter());
    all().find(|quantity| quantity.name == name).ok_or_else(|| {
        let distance = |quantity: &&Quantity| strsim::damerau_levenshtein(name, quantity.name);
        let nearest = all().min_by_key(distance);
        let near = nearest.filter(|found| distance(found) <= 2 + name.len() / 4);
        let part = || all().find(|quantity| name.len() > 2 && quantity.name.contains(name));
        QuantityError::Unknown {
            name: name.to_owned(),
            nearest: near.or_else(part).map(|quantity| quantity.name),
        }
    })
}

impl Quantity {
    /// Computes it from arguments such as `n=15`.
    ///
    /// # Errors
    /// [`QuantityError`] for arguments that it cannot take, or that the library refuses.
    pub fn value(&self, given: &[String]) -> Result<Value, QuantityError> {
        let arguments = Arguments::read(self.parameters, given)?;
        Ok((self.compute)(&arguments)?)
    }
}

/// Numbers with names.
fn several<const N: usize>(numbers: [(&str, f64); N]) -> Value {
    let named = numbers.into_iter().map(|(name, value)| Named {
        name: name.to_owned(),
        value,
    });
    Value::Several(named.collect())
}

/// Numbers with the same name and their place, from 1.
fn numbered(name: &str, numbers: impl IntoIterator<Item = f64>) -> Value {
    let named = (1..).zip(numbers).map(|(place, value)| Named {
        name: format!("{name} {place}"),
        value,
    });
    Value::Several(named.collect())
}
