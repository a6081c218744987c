//! A condition on one text: exact, prefix, regular expression, or mere presence.

use std::fmt;

use super::Re2;

/// A condition on the value of a header, query parameter, method, authority or scheme; case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringMatch {
    /// The whole text.
    Exact(String),
    /// How the text begins.
    Prefix(String),
    /// The whole text fits the expression.
    Regex(Re2),
    /// The header or parameter is there, with whatever value.
    Present,
}

impl StringMatch {
    /// Whether a text that is there meets it.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Regex(regex) => regex.matches(text),
            Self::Present => true,
        }
    }
}

impl fmt::Display for StringMatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => write!(formatter, "= {exact}"),
            Self::Prefix(prefix) => write!(formatter, "begins with {prefix}"),
            Self::Regex(regex) => write!(formatter, "fits {regex}"),
            Self::Present => formatter.write_str("is present"),
        }
    }
}
