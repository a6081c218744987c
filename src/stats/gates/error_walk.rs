//! The number of errors so far, step after step, where the walks that cross a bound stop.
//!
//! As long as none has stopped, the law of the sum of all steps is known in one piece. Only from a
//! bound that stops some on, the law of what is left is added up count by count.

use super::tick::Requests;
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::stats::poisson::{Masses, Poisson};

/// Probability that no sum would feel.
const NEGLIGIBLE: f64 = 1e-18;

/// The law of the errors of walks that have not stopped.
#[derive(Debug)]
pub(super) struct Walk {
    /// P(not stopped).
    pub(super) left: f64,
    /// The law of the errors when some stopped last, times the probability of being left.
    stopped: Option<Masses>,
    /// Errors since then: of Poisson numbers of requests, their mean; of others, the laws.
    mean: f64,
    trials: Vec<(u64, f64)>,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self {
            left: 1.0,
            stopped: None,
            mean: 0.0,
            trials: Vec::new(),
        }
    }

    /// One more step.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless the rate lies in [0, 1].
    pub(super) fn add(&mut self, step: Requests, rate: f64) -> Result<(), StatsError> {
        if !(0.0..=1.0).contains(&rate) {
            let expected = "a probability in [0, 1]";
            return Err(StatsError::domain("error_rate", expected, rate));
        }
        // Errors are requests that were split off once more.
        let (all, probability) = match step {
            Requests::Poisson(mean) => {
                self.mean += mean * rate;
                return Ok(());
            }
            Requests::Fixed(all) => (all, rate),
            Requests::Split { all, share } => (all, share * rate),
        };
        match self.trials.iter_mut().find(|(_, own)| *own == probability) {
            Some((trials, _)) => *trials += all,
            None => self.trials.push((all, probability)),
        }
        Ok(())
    }

    /// The law of the errors so far, times the probability of being left.
    ///
    /// # Errors
    /// As the laws of the steps.
    pub(super) fn masses(&self) -> Result<Masses, StatsError> {
        let mut masses = self.stopped.clone();
        let mut join = |more: Masses| {
            masses = Some(match masses.take() {
                Some(before) => sum(&before, &trimmed(more)),
                None => trimmed(more),
            });
        };
        if self.mean > 0.0 {
            join(Poisson::new(self.mean)?.masses());
        }
        for &(trials, probability) in &self.trials {
            join(Masses::of_binomial(&Binomial::new(trials, probability)?));
        }
        Ok(masses.unwrap_or(Masses {
            first: 0,
            masses: vec![1.0],
        }))
    }

    /// Stops the walks with more errors than a bound; P(stopped now).
    ///
    /// # Errors
    /// As [`Walk::masses`].
    pub(super) fn stop_above(&mut self, bound: u64) -> Result<f64, StatsError> {
        if self.left < NEGLIGIBLE {
            return Ok(0.0);
        }
        let mut law = self.masses()?;
        let kept = (bound + 1).saturating_sub(law.first);
        let kept =
            usize::try_from(kept).map_or(law.masses.len(), |kept| kept.min(law.masses.len()));
        let stops: f64 = law.masses[kept..].iter().sum();
        if stops < NEGLIGIBLE {
            return Ok(stops);
        }
        law.masses.truncate(kept);
        self.left = law.masses.iter().sum();
        self.mean = 0.0;
        self.trials.clear();
        self.stopped = Some(match law.masses.is_empty() {
            true => Masses {
                first: 0,
                masses: vec![0.0],
            },
            false => trimmed(law),
        });
        Ok(stops)
    }
}

/// Without the ends that no sum would feel.
fn trimmed(law: Masses) -> Masses {
    let felt = |mass: &f64| *mass > NEGLIGIBLE * 1e-6;
    let Some(from) = law.masses.iter().position(felt) else {
        return law;
    };
    let to = law.masses.iter().rposition(felt).unwrap_or(from);
    Masses {
        first: law.first + from as u64,
        masses: law.masses[from..=to].to_vec(),
    }
}

/// The law of the sum of two independent counts.
fn sum(one: &Masses, other: &Masses) -> Masses {
    let mut masses = vec![0.0; one.masses.len() + other.masses.len() - 1];
    for (place, mass) in one.masses.iter().enumerate() {
        let sums = &mut masses[place..place + other.masses.len()];
        for (sum, added) in sums.iter_mut().zip(&other.masses) {
            *sum += mass * added;
        }
    }
    Masses {
        first: one.first + other.first,
        masses,
    }
}
