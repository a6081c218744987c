//! Whether a sequence of two outcomes looks random: runs, longest run, lag-1 correlation, block
//! dispersion.
//!
//! A test of counts can never see a round robin; these can. What the outcomes mean is the caller's
//! affair.

use super::StatsError;
use super::binomial::Binomial;
use super::special::{chi_square_sf, ln_binomial_coefficient, normal_sf};

/// The runs of equal outcomes in a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    /// Runs in all.
    pub runs: u64,
    /// How often the first outcome (`true`) came.
    pub first: u64,
    /// How often the second outcome (`false`) came.
    pub second: u64,
    /// The length of the longest run of either outcome.
    pub longest: u64,
}

/// The exact runs test of Wald and Wolfowitz, given how often each outcome came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunsTest {
    /// P(R ≤ r): small when the sequence is blocked or sticky.
    pub lower: f64,
    /// P(R ≥ r): small when the sequence alternates.
    pub upper: f64,
    /// min(1, 2·min(lower, upper)).
    pub two_sided: f64,
}

impl Runs {
    /// Counts the runs of a sequence.
    ///
    /// ```
    /// use shiftsim::stats::order::Runs;
    /// let runs = Runs::of(&[true, true, false, true]);
    /// assert_eq!((runs.runs, runs.first, runs.second, runs.longest), (3, 3, 1, 2));
    /// ```
    #[must_use]
    pub fn of(outcomes: &[bool]) -> Self {
        let chunks = || outcomes.chunk_by(|a, b| a == b);
        let first = outcomes.iter().filter(|&&outcome| outcome).count() as u64;
        Self {
            runs: chunks().count() as u64,
            first,
            second: outcomes.len() as u64 - first,
            longest: chunks().map(<[bool]>::len).max().unwrap_or(0) as u64,
        }
    }

    /// The expected number of runs given the counts, if every order is equally likely:
    /// 2·n1·n2/N + 1; 0 for an empty sequence.
    #[must_use]
    pub fn expected(&self) -> f64 {
        let [first, second] = [self.first as f64, self.second as f64];
        if self.first + self.second == 0 {
            return 0.0;
        }
        2.0 * first * second / (first + second) + 1.0
    }

    /// The normal score (R − E R)/sd(R), without continuity correction, with
    /// Var R = 2·n1·n2·(2·n1·n2 − N) / (N²·(N − 1)).
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both outcomes came and there are at least three of them.
    ///
    /// ```
    /// use shiftsim::stats::order::Runs;
    /// let runs = Runs { runs: 20, first: 10, second: 10, longest: 1 };
    /// assert!((runs.z()? - 4.1352146256).abs() < 1e-9);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn z(&self) -> Result<f64, StatsError> {
        self.check()?;
        let total = (self.first + self.second) as f64;
        let product = 2.0 * self.first as f64 * self.second as f64;
        let variance = product * (product - total) / (total * total * (total - 1.0));
        if variance <= 0.0 {
            return Err(domain("outcomes", "at least three", format!("{total}")));
        }
        Ok((self.runs as f64 - self.expected()) / variance.sqrt())
    }

    /// The two-sided p-value of [`Self::z`] under the normal approximation.
    ///
    /// # Errors
    /// As [`Self::z`].
    pub fn normal_p_value(&self) -> Result<f64, StatsError> {
        Ok((2.0 * normal_sf(self.z()?.abs())).min(1.0))
    }

    /// The exact test, conditional on the counts (Wald and Wolfowitz 1940): with even r = 2k,
    /// P(R = r) = 2·C(n1−1, k−1)·C(n2−1, k−1)/C(N, n1); with odd r = 2k+1,
    /// [C(n1−1, k)·C(n2−1, k−1) + C(n1−1, k−1)·C(n2−1, k)]/C(N, n1).
    ///
    /// Relative error below 10^-9 for sequences of up to a million.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both outcomes came.
    ///
    /// ```
    /// use shiftsim::stats::order::Runs;
    /// let alternating: Vec<bool> = (0..10).map(|place| place % 2 == 0).collect();
    /// assert!((Runs::of(&alternating).exact()?.two_sided - 4.0 / 252.0).abs() < 1e-15);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn exact(&self) -> Result<RunsTest, StatsError> {
        self.check()?;
        let most = 2 * self.first.min(self.second) + 1;
        let lower: f64 = (2..=self.runs).map(|runs| self.pmf(runs)).sum();
        let upper: f64 = (self.runs..=most).rev().map(|runs| self.pmf(runs)).sum();
        let [lower, upper] = [lower.min(1.0), upper.min(1.0)];
        Ok(RunsTest {
            lower,
            upper,
            two_sided: (2.0 * lower.min(upper)).min(1.0),
        })
    }

    /// P(R = runs) given the counts.
    fn pmf(&self, runs: u64) -> f64 {
        let all = ln_binomial_coefficient(self.first + self.second, self.first);
        let ways = |first: u64, second: u64| {
            if first >= self.first || second >= self.second {
                return 0.0;
            }
            let ln = ln_binomial_coefficient(self.first - 1, first)
                + ln_binomial_coefficient(self.second - 1, second);
            (ln - all).exp()
        };
        let half = runs / 2;
        match (runs, runs % 2) {
            (0 | 1, _) => 0.0,
            (_, 0) => 2.0 * ways(half - 1, half - 1),
            _ => ways(half, half - 1) + ways(half - 1, half),
        }
    }

    fn check(&self) -> Result<(), StatsError> {
        if self.first == 0 || self.second == 0 {
            return Err(domain("outcomes", "of both kinds", "one kind only".into()));
        }
        Ok(())
    }
}

/// The correlation of each outcome with the next: Σ(x_i − m)(x_{i+1} − m)/Σ(x_i − m)². Near 0 when
/// random (standard error about 1/√n), −1 when alternating, towards 1 when blocked.
///
/// # Errors
/// [`StatsError::Domain`] unless both outcomes came.
///
/// ```
/// use shiftsim::stats::order::lag1_correlation;
/// let alternating: Vec<bool> = (0..1000).map(|place| place % 2 == 0).collect();
/// assert!((lag1_correlation(&alternating)? + 0.999).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn lag1_correlation(outcomes: &[bool]) -> Result<f64, StatsError> {
    Runs::of(outcomes).check()?;
    let mean = outcomes.iter().filter(|&&outcome| outcome).count() as f64 / outcomes.len() as f64;
    let centred = |outcome: bool| f64::from(u8::from(outcome)) - mean;
    let square: f64 = outcomes
        .iter()
        .map(|&outcome| centred(outcome).powi(2))
        .sum();
    let product: f64 = outcomes
        .windows(2)
        .map(|pair| centred(pair[0]) * centred(pair[1]))
        .sum();
    Ok(product / square)
}

/// P(the longest run of either outcome is at least `length` in n independent outcomes, one of which
/// has probability p), by recursion over the length of the current run.
///
/// Relative error below 10^-11, n·length up to 10^9.
///
/// # Errors
/// [`StatsError::Domain`] for p outside [0, 1] or a length of 0; [`StatsError::Limit`] beyond the
/// stated size.
///
/// ```
/// use shiftsim::stats::order::longest_run_at_least;
/// assert!((longest_run_at_least(15, 4, 0.5)? - 0.64794921875).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn longest_run_at_least(n: u64, length: u64, p: f64) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&p) {
        return Err(domain("p", "in [0, 1]", p.to_string()));
    }
    if length == 0 {
        return Err(domain("length", "at least 1", "0".into()));
    }
    if length > n {
        return Ok(0.0);
    }
    if length == 1 {
        return Ok(1.0);
    }
    if n.saturating_mul(length) > 1_000_000_000 {
        return Err(StatsError::Limit {
            what: format!("the longest run of {length} in {n}"),
            limit: "n times length up to 10^9".into(),
        });
    }
    // state[outcome][i]: the current run is i + 1 long and no run was `length` long so far.
    let short = (length - 1) as usize;
    let chance = [p, 1.0 - p];
    let mut state = [vec![0.0; short], vec![0.0; short]];
    state[0][0] = chance[0];
    state[1][0] = chance[1];
    let mut reached = 0.0;
    for _ in 1..n {
        let total = [state[0].iter().sum::<f64>(), state[1].iter().sum::<f64>()];
        for outcome in 0..2 {
            reached += state[outcome][short - 1] * chance[outcome];
            let run = &mut state[outcome];
            for place in (1..short).rev() {
                run[place] = run[place - 1] * chance[outcome];
            }
            run[0] = total[1 - outcome] * chance[outcome];
        }
    }
    Ok(reached.min(1.0))
}

/// How evenly an outcome is spread over consecutive blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockDispersion {
    /// Whole blocks examined.
    pub blocks: u64,
    /// Σ(c_b − m·p)²/(m·p·(1−p)) over blocks of m: about `blocks` when random, 0 for a round robin.
    pub statistic: f64,
    /// P(at least as even), by the χ² approximation with `blocks` degrees of freedom: small for a
    /// round robin.
    pub even: f64,
    /// P(at least as uneven), by the same approximation: small for blocked or sticky sequences.
    pub uneven: f64,
    /// The exact probability that independent outcomes give every block the very count that is the
    /// most likely one: what a weighted round robin does always.
    pub all_alike: f64,
}

/// Cuts a sequence into blocks of `block` outcomes and compares the counts of `true` with
/// independent outcomes of probability p. A weighted round robin gives each block of 1/p the same
/// count; independent picks do so over ten blocks of ten, at p = 0.1, once in 13,000 times.
///
/// # Errors
/// [`StatsError::Domain`] for p outside (0, 1), or without one whole block.
///
/// ```
/// use shiftsim::stats::order::block_dispersion;
/// let round_robin: Vec<bool> = (0..100).map(|place| place % 10 == 9).collect();
/// let blocks = block_dispersion(&round_robin, 10, 0.1)?;
/// assert_eq!(blocks.statistic, 0.0);
/// assert!((blocks.all_alike - 7.6e-5).abs() < 1e-6);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn block_dispersion(
    outcomes: &[bool],
    block: usize,
    p: f64,
) -> Result<BlockDispersion, StatsError> {
    if p.is_nan() || p <= 0.0 || p >= 1.0 {
        return Err(domain("p", "in (0, 1)", p.to_string()));
    }
    if block == 0 || outcomes.len() < block {
        return Err(domain(
            "block",
            "1 to the number of outcomes",
            block.to_string(),
        ));
    }
    let mean = block as f64 * p;
    let counts = outcomes
        .chunks_exact(block)
        .map(|b| b.iter().filter(|&&o| o).count() as f64);
    let blocks = counts.len() as u64;
    let statistic = counts.map(|count| (count - mean).powi(2)).sum::<f64>() / (mean * (1.0 - p));
    let uneven = chi_square_sf(statistic, blocks as f64)?;
    let law = Binomial::new(block as u64, p)?;
    let likely = (((block as f64 + 1.0) * p) as u64).min(block as u64);
    Ok(BlockDispersion {
        blocks,
        statistic,
        even: 1.0 - uneven,
        uneven,
        all_alike: law.pmf(likely).powf(blocks as f64),
    })
}

fn domain(name: &'static str, expected: &'static str, value: String) -> StatsError {
    StatsError::Domain {
        name,
        expected,
        value,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sequence(text: &str) -> Vec<bool> {
        text.bytes().map(|byte| byte == b'1').collect()
    }

    #[test]
    fn a_real_complaint_about_runs_is_random() {
        // knative/serving#5061
        let runs = Runs::of(&sequence("12222211122121112222121211121"));
        assert_eq!((runs.runs, runs.first, runs.second), (15, 14, 15));
        let test = runs.exact().unwrap();
        assert!((test.lower - 0.5).abs() < 1e-12);
        assert!((test.upper - 0.642_375_406_723_882_6).abs() < 1e-12);
        assert!((runs.z().unwrap() + 0.182_807_507_573_497_76).abs() < 1e-12);
    }

    #[test]
    fn one_kind_alone_has_no_test() {
        assert!(Runs::of(&[true; 5]).exact().is_err());
        assert!(Runs::of(&[]).exact().is_err());
        assert!(
            Runs {
                runs: 2,
                first: 1,
                second: 1,
                longest: 1
            }
            .z()
            .is_err()
        );
    }

    #[test]
    fn the_longest_run_agrees_with_enumeration() {
        for (n, length, p) in [(10_u32, 3_u64, 0.5), (12, 5, 0.2), (9, 9, 0.7), (7, 2, 0.9)] {
            let mut expected = 0.0;
            for bits in 0..1_u32 << n {
                let outcomes: Vec<bool> = (0..n).map(|place| bits >> place & 1 == 1).collect();
                let ones = bits.count_ones() as i32;
                if Runs::of(&outcomes).longest >= length {
                    expected += f64::powi(p, ones) * f64::powi(1.0 - p, n as i32 - ones);
                }
            }
            let exact = longest_run_at_least(n.into(), length, p).unwrap();
            assert!(
                (exact / expected - 1.0).abs() < 1e-12,
                "{n} {length} {p}: {exact} {expected}"
            );
        }
        let long = longest_run_at_least(100, 44, 0.9).unwrap();
        assert!(
            (long / 0.063_830_140_403_797_16 - 1.0).abs() < 1e-11,
            "{long}"
        );
    }

    proptest! {
        #[test]
        fn tails_of_the_runs_test_overlap_in_one_value(
            first in 1_u64..200, second in 1_u64..200, place in 0.0..1.0,
        ) {
            let most = 2 * first.min(second) + 1;
            let most = if first == second { most - 1 } else { most };
            let runs = 2 + ((most - 2) as f64 * place) as u64;
            let runs = Runs { runs, first, second, longest: 1 };
            let test = runs.exact().unwrap();
            prop_assert!((test.lower + test.upper - 1.0 - runs.pmf(runs.runs)).abs() < 1e-11);
        }
    }
}
