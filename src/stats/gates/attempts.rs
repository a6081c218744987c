//! A check on the success rate of attempts, where a failed request is tried again.
//!
//! A request that fails at first and succeeds with its j-th retry counts as j errors and one
//! success; one whose retries all fail as N + 1 errors. With Poisson arrivals the requests of each
//! kind are independent Poisson numbers; of a fixed number of requests those that fail once, twice,
//! … are a chain of binomial numbers.

use super::tick::{Requests, Shares, TickLaw};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::stats::poisson::Poisson;

/// How attempts fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempts {
    stages: Vec<f64>,
}

impl Attempts {
    /// P(the first attempt fails), P(the second fails, given that the first did), and so on; one
    /// more than there are retries.
    #[must_use]
    pub fn new(stages: Vec<f64>) -> Self {
        Self { stages }
    }

    /// P(an attempt fails, given that those before it did), from the first on.
    #[must_use]
    pub fn stages(&self) -> &[f64] {
        &self.stages
    }
}

/// Cells of a table beyond which it takes too long.
const MOST_CELLS: usize = 1_000_000;
/// Requests of a random split beyond which it takes too long.
const MOST_SPLIT: f64 = 300.0;
/// Probability that no sum would feel.
const NEGLIGIBLE: f64 = 1e-18;

/// The law of a check on the share of attempts that succeed; `None` if there are too many attempts
/// for an exact sum.
///
/// # Errors
/// [`StatsError::Domain`] without a stage, or unless all probabilities lie in [0, 1].
///
/// ```
/// # use shiftsim::stats::{Rational, gates::{attempts::*, tick::{Requests, Shares}}};
/// // One request, tried again once: it passes at 50% unless both attempts fail.
/// let attempts = Attempts::new(vec![0.1; 2]);
/// let half = Shares::at_least(Rational::new(1, 2));
/// let law = attempts_check(Requests::Fixed(1), &attempts, &half)?.unwrap();
/// assert!((law.pass - 0.99).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn attempts_check(
    requests: Requests,
    attempts: &Attempts,
    accepted: &Shares,
) -> Result<Option<TickLaw>, StatsError> {
    for rate in &attempts.stages {
        if !(0.0..=1.0).contains(rate) {
            let expected = "a probability in [0, 1]";
            return Err(StatsError::domain("error_rate", expected, *rate));
        }
    }
    let [first, again @ ..] = &attempts.stages[..] else {
        return Err(StatsError::domain("stages", "at least one", 0));
    };
    let attempts = Stages {
        first: *first,
        again,
    };
    match requests {
        Requests::Poisson(mean) => poisson(mean, attempts, accepted),
        Requests::Fixed(n) => fixed(n, attempts, accepted),
        Requests::Split { .. } => split(requests, attempts, accepted),
    }
}

/// The first attempt and the retries.
#[derive(Clone, Copy)]
struct Stages<'a> {
    first: f64,
    again: &'a [f64],
}

/// Probabilities of (successes, errors) of the requests whose first attempt fails.
struct Table {
    successes: u64,
    errors: u64,
    width: usize,
    cells: Vec<f64>,
}

impl Table {
    fn certain() -> Self {
        Self {
            successes: 0,
            errors: 0,
            width: 1,
            cells: vec![1.0],
        }
    }

    /// Adds a Poisson number of requests with so many successes and errors each; `None` if the
    /// table gets too large.
    fn with(self, mean: f64, successes: u64, errors: u64) -> Result<Option<Self>, StatsError> {
        let masses = Poisson::new(mean)?.masses();
        let heavy = |&(_, mass): &(u64, f64)| mass > NEGLIGIBLE;
        let kept: Vec<(u64, f64)> = masses.iter().filter(heavy).collect();
        let (Some(&(first, _)), Some(&(last, _))) = (kept.first(), kept.last()) else {
            return Ok(Some(self));
        };
        let span = (last - first) as usize;
        let height = self.cells.len() / self.width;
        let width = self.width + span * successes as usize;
        let new_height = height + span * errors as usize;
        if width.saturating_mul(new_height) > MOST_CELLS {
            return Ok(None);
        }
        let mut cells = vec![0.0; width * new_height];
        for (place, &cell) in self.cells.iter().enumerate() {
            if cell < NEGLIGIBLE {
                continue;
            }
            let (row, column) = (place / self.width, place % self.width);
            for &(number, mass) in &kept {
                let more = (number - first) as usize;
                let row = row + more * errors as usize;
                cells[row * width + column + more * successes as usize] += cell * mass;
            }
        }
        Ok(Some(Self {
            successes: self.successes + first * successes,
            errors: self.errors + first * errors,
            width,
            cells,
        }))
    }

    /// (successes, errors, probability).
    fn iter(&self) -> impl Iterator<Item = (u64, u64, f64)> + '_ {
        let cells = self.cells.iter().enumerate();
        cells
            .filter(|(_, mass)| **mass > 0.0)
            .map(|(place, &mass)| {
                let (row, column) = (place / self.width, place % self.width);
                (
                    self.successes + column as u64,
                    self.errors + row as u64,
                    mass,
                )
            })
    }
}

fn poisson(mean: f64, attempts: Stages, accepted: &Shares) -> Result<Option<TickLaw>, StatsError> {
    let first = attempts.first;
    let mut table = Table::certain();
    let mut failing = mean * first;
    // A retry succeeds after so many errors, or none does.
    let kinds = attempts.again.iter().map(|&again| (again, 1));
    for ((again, successes), errors) in kinds.chain([(0.0, 0)]).zip(1..) {
        table = match table.with(failing * (1.0 - again), successes, errors)? {
            Some(table) => table,
            None => return Ok(None),
        };
        failing *= again;
    }
    let at_once = Poisson::new(mean * (1.0 - first))?.masses().tails();
    let (mut pass, mut fail) = (0.0, 0.0);
    for (retried, errors, mass) in table.iter() {
        let inside = match accepted.counts_beside(errors) {
            Some((low, high)) if high >= retried => {
                at_once.between(low.saturating_sub(retried), high - retried)
            }
            _ => 0.0,
        };
        let any = at_once.at_least(u64::from(retried + errors == 0));
        pass += mass * inside;
        fail += mass * (any - inside).max(0.0);
    }
    Ok(Some(TickLaw {
        pass,
        fail,
        no_data: (-mean).exp(),
    }))
}

fn fixed(n: u64, attempts: Stages, accepted: &Shares) -> Result<Option<TickLaw>, StatsError> {
    if n == 0 {
        return Ok(Some(TickLaw {
            pass: 0.0,
            fail: 0.0,
            no_data: 1.0,
        }));
    }
    // P(so many requests still fail, with so many errors until now), a row for each number.
    let mut chain: Vec<(u64, u64, f64)> = binomial_masses(n, attempts.first)?
        .map(|(failing, mass)| (failing, failing, mass))
        .collect();
    for &again in attempts.again {
        let mut next = std::collections::BTreeMap::new();
        for &(failing, errors, mass) in &chain {
            for (left, share) in binomial_masses(failing, again)? {
                if mass * share > NEGLIGIBLE {
                    *next.entry((left, errors + left)).or_insert(0.0) += mass * share;
                }
            }
        }
        if next.len() > MOST_CELLS / 50 {
            return Ok(None);
        }
        let flat = |((failing, errors), mass)| (failing, errors, mass);
        chain = next.into_iter().map(flat).collect();
    }
    let (mut pass, mut fail) = (0.0, 0.0);
    for (failing, errors, mass) in chain {
        let successes = n - failing;
        let inside = accepted
            .counts_of(successes + errors)
            .is_some_and(|(low, high)| (low..=high).contains(&successes));
        match inside {
            true => pass += mass,
            false => fail += mass,
        }
    }
    Ok(Some(TickLaw {
        pass,
        fail,
        no_data: 0.0,
    }))
}

fn binomial_masses(n: u64, p: f64) -> Result<impl Iterator<Item = (u64, f64)>, StatsError> {
    let law = Binomial::new(n, p)?;
    let reach = 11.0 * law.sd() + 50.0;
    let first = (law.mean() - reach).max(0.0) as u64;
    let last = ((law.mean() + reach) as u64).min(n);
    Ok((first..=last)
        .map(move |k| (k, law.pmf(k)))
        .filter(|(_, mass)| *mass > NEGLIGIBLE))
}

/// A mixture of fixed numbers.
fn split(
    requests: Requests,
    attempts: Stages,
    accepted: &Shares,
) -> Result<Option<TickLaw>, StatsError> {
    if requests.mean() > MOST_SPLIT {
        return Ok(None);
    }
    let (mut pass, mut fail) = (0.0, 0.0);
    let all = requests.of_windows(1)?;
    for (n, mass) in all.iter().filter(|&(n, mass)| n > 0 && mass > NEGLIGIBLE) {
        let Some(given) = fixed(n, attempts, accepted)? else {
            return Ok(None);
        };
        pass += mass * given.pass;
        fail += mass * given.fail;
    }
    Ok(Some(TickLaw {
        pass,
        fail,
        no_data: requests.none(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rational;
    use crate::stats::gates::tick::success_check;
    use proptest::prelude::*;

    #[test]
    fn values_of_an_enumeration() {
        // Python, fractions over all outcomes of 8 requests with two retries, at least 80%.
        let attempts = Attempts::new(vec![0.25; 3]);
        let accepted = Shares::at_least(Rational::new(4, 5));
        let law = attempts_check(Requests::Fixed(8), &attempts, &accepted).unwrap();
        assert!((law.unwrap().pass - 0.525_592_803_955_078_1).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn without_a_second_failure_it_is_one_retry_for_each_error(
            mean in 0.1..40.0f64,
            rate in 0.0..0.4f64,
        ) {
            // Every retry succeeds: n successes and as many errors as first attempts fail, so
            // that at least 4/5 of attempts is at most 1/4 of requests.
            let attempts = Attempts::new(vec![rate, 0.0]);
            let law = attempts_check(
                Requests::Poisson(mean), &attempts, &Shares::at_least(Rational::new(4, 5)),
            ).unwrap().unwrap();
            let plain = success_check(
                Requests::Poisson(mean), rate, &Shares::at_least(Rational::new(3, 4)),
            ).unwrap();
            prop_assert!((law.pass - plain.pass).abs() < 1e-12);
            prop_assert!((law.fail - plain.fail).abs() < 1e-12);
        }

        #[test]
        fn poisson_arrivals_are_a_mixture_of_fixed_numbers(
            mean in 0.1..20.0f64,
            stages in proptest::collection::vec(0.0..0.5f64, 1..4),
            floor in 0u64..=20,
        ) {
            let attempts = Attempts::new(stages.clone());
            let accepted = Shares::at_least(Rational::new(floor, 20));
            let law = attempts_check(Requests::Poisson(mean), &attempts, &accepted)
                .unwrap().unwrap();
            let (mut pass, mut fail) = (0.0, 0.0);
            for (n, mass) in Poisson::new(mean).unwrap().masses().iter() {
                let given = attempts_check(Requests::Fixed(n), &attempts, &accepted)
                    .unwrap().unwrap();
                pass += mass * given.pass;
                fail += mass * given.fail;
                if mass < 1e-16 && n as f64 > mean {
                    break;
                }
            }
            prop_assert!((law.pass - pass).abs() < 1e-11, "{law:?} {pass}");
            prop_assert!((law.fail - fail).abs() < 1e-11, "{law:?} {fail}");
        }
    }
}
