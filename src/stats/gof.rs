//! Goodness of fit of counts to shares: Pearson's X², G, and the exact multinomial test.
//!
//! A cell whose share is zero is left out; a count in such a cell is impossible, and gives p = 0.

use rand::Rng;
use rand::RngExt;

use super::StatsError;
use super::sampling::check_shares;
use super::special::{chi_square_sf, ln_factorial};

/// Outcomes that the exact test enumerates at most.
pub const MOST_OUTCOMES: u64 = 20_000_000;

/// Probabilities that differ by less than this factor count as equal, as in R and scipy.
const TIE: f64 = 1e-7;

/// A test with a χ² statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquareTest {
    /// The statistic; infinite for an impossible observation.
    pub statistic: f64,
    /// Cells with a share above zero, less one.
    pub degrees: u64,
    /// P(χ² ≥ statistic): asymptotic, rough below five expected per cell.
    pub p_value: f64,
}

/// A p-value estimated by simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// (k + 1)/(runs + 1), where k runs were at least as unlikely (Davison and Hinkley 1997): never
    /// zero, and valid as a p-value.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// What orders the outcomes of an exact test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// An outcome is at least as extreme if it is at most as likely.
    Probability,
    /// An outcome is at least as extreme if its X² is at least as large.
    ChiSquare,
}

/// Pearson's X² = Σ(o − e)²/e, without continuity correction (Pearson 1900).
///
/// # Errors
/// [`StatsError::Domain`] unless there is one share per count and at least one observation.
///
/// ```
/// use shiftsim::stats::gof::pearson;
/// let test = pearson(&[312, 188], &[0.7, 0.3])?;
/// assert!((test.statistic - 13.752380952380952).abs() < 1e-11);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn pearson(counts: &[u64], shares: &[f64]) -> Result<ChiSquareTest, StatsError> {
    chi_square_test(counts, shares, |observed, expected| {
        (observed - expected).powi(2) / expected
    })
}

/// G = 2·Σ o·ln(o/e), with 0·ln 0 = 0 (Wilks 1938).
///
/// # Errors
/// As [`pearson`].
///
/// ```
/// use shiftsim::stats::gof::g_test;
/// let test = g_test(&[12, 3], &[0.5, 0.5])?;
/// assert!((test.p_value - 0.016187951270966553).abs() < 1e-11);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn g_test(counts: &[u64], shares: &[f64]) -> Result<ChiSquareTest, StatsError> {
    chi_square_test(counts, shares, |observed, expected| {
        // The sum of o − e is zero, so that adding e − o changes nothing but the rounding.
        let ratio = if observed > 0.0 {
            observed * (observed / expected).ln()
        } else {
            0.0
        };
        2.0 * (ratio + expected - observed)
    })
}

fn chi_square_test(
    counts: &[u64],
    shares: &[f64],
    term: impl Fn(f64, f64) -> f64,
) -> Result<ChiSquareTest, StatsError> {
    let Cells {
        counts,
        shares,
        n,
        impossible,
    } = Cells::new(counts, shares)?;
    let degrees = counts.len() as u64 - 1;
    if impossible {
        return Ok(ChiSquareTest {
            statistic: f64::INFINITY,
            degrees,
            p_value: 0.0,
        });
    }
    let cells = counts.iter().zip(&shares);
    let statistic: f64 = cells
        .map(|(&o, share)| term(o as f64, n as f64 * share))
        .sum();
    let statistic = statistic.max(0.0);
    let p_value = if degrees == 0 {
        1.0
    } else {
        chi_square_sf(statistic, degrees as f64)?
    };
    Ok(ChiSquareTest {
        statistic,
        degrees,
        p_value,
    })
}

/// The exact multinomial test: the probability of all outcomes that are at most as likely as the
/// observed one. With two cells it is the exact binomial test by minimum likelihood.
///
/// Relative error below 10^-9.
///
/// # Errors
/// [`StatsError::Domain`] as [`pearson`]; [`StatsError::Limit`] beyond [`MOST_OUTCOMES`] outcomes.
///
/// ```
/// use shiftsim::stats::gof::exact_multinomial;
/// let p = exact_multinomial(&[7, 2, 1], &[0.5, 0.25, 0.25])?;
/// assert!((p - 0.50653076171875).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn exact_multinomial(counts: &[u64], shares: &[f64]) -> Result<f64, StatsError> {
    exact_multinomial_by(counts, shares, Ordering::Probability)
}

/// The exact multinomial test with a choice of what counts as extreme.
///
/// # Errors
/// As [`exact_multinomial`].
pub fn exact_multinomial_by(
    counts: &[u64],
    shares: &[f64],
    ordering: Ordering,
) -> Result<f64, StatsError> {
    let cells = Cells::new(counts, shares)?;
    if cells.impossible {
        return Ok(0.0);
    }
    if cells.counts.len() == 1 {
        return Ok(1.0);
    }
    let outcomes = outcomes(cells.n, cells.counts.len() as u64);
    if outcomes.is_none_or(|outcomes| outcomes > MOST_OUTCOMES) {
        return Err(StatsError::Limit {
            what: format!(
                "the exact multinomial test of {} in {} cells",
                cells.n,
                counts.len()
            ),
            limit: format!("{MOST_OUTCOMES} outcomes"),
        });
    }
    let mut search = Enumeration::new(&cells, ordering);
    search.visit(0, cells.n, 0.0, 0.0);
    Ok(search.extreme.min(1.0))
}

/// The test of [`exact_multinomial`] by simulation, for any size: `runs` samples drawn from the
/// shares, and the share of them that are at most as likely as the observation.
///
/// # Errors
/// As [`pearson`]; [`StatsError::Domain`] for no runs.
pub fn monte_carlo_multinomial(
    counts: &[u64],
    shares: &[f64],
    runs: u64,
    random: &mut impl Rng,
) -> Result<Estimate, StatsError> {
    let cells = Cells::new(counts, shares)?;
    if runs == 0 {
        return Err(StatsError::Domain {
            name: "runs",
            expected: "at least 1",
            value: "0".into(),
        });
    }
    if cells.impossible {
        return Ok(Estimate {
            value: 0.0,
            standard_error: 0.0,
        });
    }
    let threshold = cells.ln_likelihood(&cells.counts) + TIE;
    let mut extreme = 0_u64;
    let mut sample = vec![0; cells.counts.len()];
    for _ in 0..runs {
        cells.sample(random, &mut sample)?;
        extreme += u64::from(cells.ln_likelihood(&sample) <= threshold);
    }
    let value = (extreme + 1) as f64 / (runs + 1) as f64;
    Ok(Estimate {
        value,
        standard_error: (value * (1.0 - value) / runs as f64).sqrt(),
    })
}

/// The cells with a share above zero.
struct Cells {
    counts: Vec<u64>,
    shares: Vec<f64>,
    n: u64,
    impossible: bool,
}

impl Cells {
    fn new(counts: &[u64], shares: &[f64]) -> Result<Self, StatsError> {
        check_shares(counts.len(), shares)?;
        let n: u64 = counts.iter().sum();
        if n == 0 {
            return Err(StatsError::Domain {
                name: "counts",
                expected: "at least one observation in all",
                value: "none".into(),
            });
        }
        let live = || counts.iter().zip(shares).filter(|(_, share)| **share > 0.0);
        let live_counts: Vec<u64> = live().map(|(&count, _)| count).collect();
        Ok(Self {
            impossible: live_counts.iter().sum::<u64>() < n,
            counts: live_counts,
            shares: live().map(|(_, &share)| share).collect(),
            n,
        })
    }

    /// ln P of an outcome, less ln n!.
    fn ln_likelihood(&self, outcome: &[u64]) -> f64 {
        let cells = outcome.iter().zip(&self.shares);
        cells
            .map(|(&count, share)| count as f64 * share.ln() - ln_factorial(count))
            .sum()
    }

    /// Draws an outcome, cell by cell from its binomial law given the cells before.
    fn sample(&self, random: &mut impl Rng, outcome: &mut [u64]) -> Result<(), StatsError> {
        let (mut left, mut rest) = (self.n, 1.0_f64);
        let last = self.shares.len() - 1;
        for (place, share) in self.shares.iter().enumerate() {
            let count = match (place == last, left) {
                (true, _) => left,
                (_, 0) => 0,
                _ => {
                    let p = (share / rest).clamp(0.0, 1.0);
                    let law =
                        rand_distr::Binomial::new(left, p).map_err(|_| StatsError::Precision {
                            what: "the binomial law of a simulated cell",
                        })?;
                    random.sample(law)
                }
            };
            outcome[place] = count;
            left -= count;
            rest -= share;
        }
        Ok(())
    }
}

/// C(n + k − 1, k − 1): the ways to spread n over k cells; `None` beyond `u64`.
fn outcomes(n: u64, cells: u64) -> Option<u64> {
    let mut ways = 1_u128;
    for place in 1..cells {
        ways = ways.checked_mul(u128::from(n + place))? / u128::from(place);
        u64::try_from(ways).ok()?;
    }
    u64::try_from(ways).ok()
}

/// Visits every outcome and sums those that are extreme.
struct Enumeration<'a> {
    cells: &'a Cells,
    ln_factorials: Vec<f64>,
    ln_shares: Vec<f64>,
    ln_all: f64,
    ordering: Ordering,
    threshold: f64,
    extreme: f64,
}

impl<'a> Enumeration<'a> {
    fn new(cells: &'a Cells, ordering: Ordering) -> Self {
        let mut enumeration = Self {
            cells,
            ln_factorials: (0..=cells.n).map(ln_factorial).collect(),
            ln_shares: cells.shares.iter().map(|share| share.ln()).collect(),
            ln_all: ln_factorial(cells.n),
            ordering,
            threshold: 0.0,
            extreme: 0.0,
        };
        let places = cells.counts.iter().enumerate();
        enumeration.threshold = match ordering {
            Ordering::Probability => {
                places
                    .map(|(place, &count)| enumeration.ln_term(place, count))
                    .sum::<f64>()
                    + TIE
            }
            Ordering::ChiSquare => {
                let sum: f64 = places
                    .map(|(place, &count)| enumeration.chi_term(place, count))
                    .sum();
                sum * (1.0 - TIE)
            }
        };
        enumeration
    }

    fn ln_term(&self, place: usize, count: u64) -> f64 {
        count as f64 * self.ln_shares[place] - self.ln_factorials[count as usize]
    }

    fn chi_term(&self, place: usize, count: u64) -> f64 {
        let expected = self.cells.n as f64 * self.cells.shares[place];
        (count as f64 - expected).powi(2) / expected
    }

    /// Spreads `left` over the cells from `place` on, given the sums of the cells before.
    fn visit(&mut self, place: usize, left: u64, ln_before: f64, chi_before: f64) {
        let last = place + 1 == self.cells.counts.len();
        let counts = if last { left..=left } else { 0..=left };
        for count in counts {
            let ln = ln_before + self.ln_term(place, count);
            let chi = match self.ordering {
                Ordering::Probability => 0.0,
                Ordering::ChiSquare => chi_before + self.chi_term(place, count),
            };
            if !last {
                self.visit(place + 1, left - count, ln, chi);
                continue;
            }
            let extreme = match self.ordering {
                Ordering::Probability => ln <= self.threshold,
                Ordering::ChiSquare => chi >= self.threshold,
            };
            if extreme {
                self.extreme += (self.ln_all + ln).exp();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;

    fn near(value: f64, expected: f64) {
        assert!(
            (value / expected - 1.0).abs() < 1e-9,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn exact_tests_agree_with_rational_enumeration() {
        near(
            exact_multinomial(&[40, 30, 30], &[0.5, 0.25, 0.25]).unwrap(),
            0.125_384_448_456_349_82,
        );
        near(
            exact_multinomial(&[9, 0, 1], &[0.8, 0.1, 0.1]).unwrap(),
            0.849_005_056,
        );
        near(exact_multinomial(&[16, 4], &[0.8, 0.2]).unwrap(), 1.0);
        let chi = exact_multinomial_by(&[10, 5], &[0.5, 0.5], Ordering::ChiSquare).unwrap();
        near(chi, 0.301_757_812_5);
    }

    #[test]
    fn a_count_at_a_zero_share_is_impossible_and_an_empty_cell_is_no_matter() {
        assert_eq!(exact_multinomial(&[5, 1], &[1.0, 0.0]).unwrap(), 0.0);
        assert_eq!(pearson(&[5, 1], &[1.0, 0.0]).unwrap().p_value, 0.0);
        let (with, without) = (
            pearson(&[7, 0, 8], &[0.5, 0.0, 0.5]),
            pearson(&[7, 8], &[0.5, 0.5]),
        );
        assert_eq!(with, without);
    }

    #[test]
    fn too_many_outcomes_are_refused_and_simulated() {
        let counts = [10_000, 10_100, 9_900];
        let shares = [1.0 / 3.0; 3];
        assert!(matches!(
            exact_multinomial(&counts, &shares),
            Err(StatsError::Limit { .. })
        ));
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let estimate = monte_carlo_multinomial(&counts, &shares, 20_000, &mut random).unwrap();
        // X² = 2.0 with 2 degrees has p = e^-1; within five standard errors.
        let expected = (-1.0_f64).exp();
        let error = (estimate.value - expected).abs();
        assert!(
            error < 5.0 * estimate.standard_error + 0.001,
            "{estimate:?}"
        );
    }

    #[test]
    fn g_is_zero_for_a_perfect_fit() {
        assert!(g_test(&[16, 4], &[0.8, 0.2]).unwrap().statistic < 1e-12);
    }
}
