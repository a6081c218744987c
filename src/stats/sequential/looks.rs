//! When an analyst looks: after which numbers of observations.

use crate::stats::StatsError;

/// The numbers of observations after which a sequential test is evaluated: positive and rising.
///
/// ```
/// # use shiftsim::stats::sequential::Looks;
/// let looks = Looks::every(10, 35)?;
/// assert_eq!(looks.iter().collect::<Vec<_>>(), [10, 20, 30]);
/// assert!(Looks::at(vec![5, 5]).is_err());
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks(Plan);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    Every { step: u64, count: u64 },
    At(Vec<u64>),
}

impl Looks {
    /// A look after each observation, `until` in all.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if `until` is 0.
    pub fn after_each(until: u64) -> Result<Self, StatsError> {
        Self::every(1, until)
    }

    /// A look at `step`, 2 `step`, ..., not beyond `until`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if `step` is 0, or `until` is below `step`.
    pub fn every(step: u64, until: u64) -> Result<Self, StatsError> {
        if step == 0 {
            return Err(StatsError::domain("step", "at least 1", step));
        }
        if until < step {
            return Err(StatsError::domain("until", "at least one step", until));
        }
        Ok(Self(Plan::Every {
            step,
            count: until / step,
        }))
    }

    /// Looks at given numbers of observations.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless there is at least one, the first is positive, and they rise.
    pub fn at(numbers: Vec<u64>) -> Result<Self, StatsError> {
        let rising = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || numbers.first().is_none_or(|&first| first == 0) {
            let given = format!("{numbers:?}");
            return Err(StatsError::domain("looks", "positive and rising", given));
        }
        Ok(Self(Plan::At(numbers)))
    }

    /// The numbers of observations, rising.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let (every, at) = match &self.0 {
            Plan::Every { step, count } => (Some((1..=*count).map(move |i| i * step)), None),
            Plan::At(numbers) => (None, Some(numbers.iter().copied())),
        };
        every.into_iter().flatten().chain(at.into_iter().flatten())
    }
}
