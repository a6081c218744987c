//! The name of a scenario, which is also the name of its output folder.

use std::fmt;

/// A name that is safe as the name of a folder on every operating system: 1 to 100 characters of
/// `A-Z a-z 0-9 . _ -`, not starting with a dot or a dash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScenarioName(String);

/// Why a text is not a scenario name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name is 1 to 100 of the characters A-Z a-z 0-9 . _ - and starts with a letter or a digit"
)]
pub struct ScenarioNameError;

impl ScenarioName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ScenarioNameError`] if it could not name a folder everywhere.
    pub fn new(text: &str) -> Result<Self, ScenarioNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let starts_well = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !starts_well || text.len() > 100 || !text.bytes().all(allowed) || text.ends_with('.') {
            return Err(ScenarioNameError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScenarioName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
