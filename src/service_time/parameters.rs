//! The parameters of a distribution, as a person writes them.

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A duration above zero.
    Time,
    /// A number above zero.
    Number,
    /// A list of durations.
    Times,
}

/// A parameter that a distribution understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its key in a scenario file.
    pub key: &'static str,
    /// What it is.
    pub kind: ParameterKind,
}

impl Parameter {
    pub(super) const fn time(key: &'static str) -> Self {
        Self {
            key,
            kind: ParameterKind::Time,
        }
    }

    pub(super) const fn number(key: &'static str) -> Self {
        Self {
            key,
            kind: ParameterKind::Number,
        }
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Seconds.
    Time(f64),
    /// A plain number.
    Number(f64),
    /// Seconds, one by one.
    Times(Vec<f64>),
}

/// The parameters of one distribution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    values: Vec<(&'static str, Value)>,
}

/// Why parameters do not make a distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceTimeError {
    /// Not the parameters that belong together.
    #[error("needs {0}")]
    Needs(&'static str),
    /// Parameters that contradict each other, or that no distribution of this kind has.
    #[error("{0}")]
    Impossible(String),
}

impl Parameters {
    /// With one more parameter.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        self.values.push((key, value));
        self
    }

    /// The single numbers of exactly these keys; `None` if one is missing or there are others.
    pub(super) fn exactly<const N: usize>(&self, keys: [&str; N]) -> Option<[f64; N]> {
        let mut found = [0.0; N];
        for (place, key) in keys.iter().enumerate() {
            let (_, value) = self.values.iter().find(|(known, _)| known == key)?;
            let (Value::Time(number) | Value::Number(number)) = value else {
                return None;
            };
            found[place] = *number;
        }
        let positive = found.iter().all(|value| value.is_finite() && *value > 0.0);
        (self.values.len() == N && positive).then_some(found)
    }

    /// The list of the only parameter.
    pub(super) fn list(&self) -> Option<&[f64]> {
        match self.values.as_slice() {
            [(_, Value::Times(times))] => Some(times),
            _ => None,
        }
    }

    /// The parameters in words.
    pub(super) fn words(&self) -> String {
        let words: Vec<String> = self
            .values
            .iter()
            .map(|(key, value)| match value {
                Value::Time(seconds) => format!("{key} {}", time_words(*seconds)),
                Value::Number(number) => format!("{key} {number}"),
                Value::Times(times) => format!("of {} values", times.len()),
            })
            .collect();
        words.join(" ")
    }
}

/// `20ms`, `1.5s`, `300us`.
fn time_words(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    // Six decimals hide the noise of the conversion.
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

/// The two shapes of asking for percentiles: p50 below p99.
pub(super) fn ordered(p50: f64, p99: f64) -> Result<(), ServiceTimeError> {
    if p50 < p99 {
        return Ok(());
    }
    Err(ServiceTimeError::Impossible(
        "p50 must be below p99: half of the requests are faster than p50, 99% faster than p99"
            .into(),
    ))
}

/// The 99% quantile of the standard normal distribution.
pub(super) const Z99: f64 = 2.326_347_874_040_841;
