//! Whether the order of the requests looks random. A count test can never see a round robin.

use super::{CheckedOrder, EvenBlocks, Order, Settings, Target};
use crate::stats::{StatsError, order};
use crate::summary::PValue;
use crate::tally::ObservedTally;
use crate::units::{Rational, to_f64};

/// How the p-value of the runs is defined.
const RUNS: &str = "exact Wald-Wolfowitz runs test, two-sided by doubling";
/// How the p-value of even blocks is defined.
const BLOCKS: &str = "exact probability that independent picks fill all blocks alike";

/// Stretches whose lengths vary less than this, relative to their mean, are blocks: those of a
/// sticky sequence, whose lengths are geometric, vary by about their mean.
const REGULAR: f64 = 0.5;
/// With fewer stretches than this, nothing can be said of how their lengths vary.
const FEW_STRETCHES: usize = 4;

/// Examines the first requests; `None` if the order is not known or there is nothing to split.
///
/// Two tests share the level 1 − confidence: that of the runs, and that of even blocks, because a
/// round robin at 90/10 shows in the blocks and not in the runs.
pub(super) fn summarise(
    settings: &Settings,
    tally: &ObservedTally,
) -> Result<Option<CheckedOrder>, StatsError> {
    let target = &settings.target;
    if !target.is_split() || tally.opening().len() < 2 {
        return Ok(None);
    }
    let focus = target.focus();
    let outcomes: Vec<bool> = tally
        .opening()
        .iter()
        .map(|&version| usize::from(version) == focus)
        .collect();
    let runs = order::Runs::of(&outcomes);
    let test = match runs.first > 0 && runs.second > 0 {
        true => Some(runs.exact()?),
        false => None,
    };
    let level = settings.alpha() / 2.0;
    let even_blocks = even_blocks(target, focus, &outcomes, level)?;
    let looks = match test {
        None => Order::OneVersion,
        Some(_) if even_blocks.is_none() && !can_tell(&runs, level)? => Order::TooFew,
        Some(test) if test.upper < test.lower && test.two_sided < level => Order::Alternating,
        Some(test) if test.two_sided < level => blocked_or_sticky(&outcomes),
        Some(_) if even_blocks.is_some() => Order::Alternating,
        Some(_) => Order::Random,
    };
    Ok(Some(CheckedOrder {
        looks,
        examined: outcomes.len() as u64,
        version: target.names().nth(focus).unwrap_or_default().to_owned(),
        runs: runs.runs,
        expected_runs: runs.expected(),
        longest_run: runs.longest,
        p_value: test.map(|test| PValue {
            value: test.two_sided,
            convention: RUNS,
        }),
        even_blocks,
    }))
}

/// Whether any order of so many requests could be told from a random one.
fn can_tell(runs: &order::Runs, level: f64) -> Result<bool, StatsError> {
    let with = |runs_of_order: u64| {
        order::Runs {
            runs: runs_of_order,
            ..*runs
        }
        .exact()
    };
    let fewer = runs.first.min(runs.second);
    let most = 2 * fewer + u64::from(runs.first != runs.second);
    Ok(with(2)?.two_sided.min(with(most)?.two_sided) < level)
}

/// Blocks as long as a round robin's cycle (5 at 80/20), if all hold the very count of the target
/// and independent picks would hardly do that.
fn even_blocks(
    target: &Target,
    focus: usize,
    outcomes: &[bool],
    level: f64,
) -> Result<Option<EvenBlocks>, StatsError> {
    let share: Rational = target.shares_of(target.len())[focus];
    let Ok(length) = usize::try_from(*share.denom()) else {
        return Ok(None);
    };
    let each = *share.numer();
    let alike = |block: &[bool]| block.iter().filter(|&&outcome| outcome).count() as u64 == each;
    if outcomes.len() < 2 * length || !outcomes.chunks_exact(length).all(alike) {
        return Ok(None);
    }
    let blocks = order::block_dispersion(outcomes, length, to_f64(share))?;
    Ok((blocks.all_alike < level).then_some(EvenBlocks {
        blocks: blocks.blocks,
        length: *share.denom(),
        each,
        p_value: PValue {
            value: blocks.all_alike,
            convention: BLOCKS,
        },
    }))
}

/// Tells stretches of about equal length, as a counter picks them, from those of any length, as
/// users and connections make them.
#[expect(clippy::cast_precision_loss, reason = "lengths are at most 10,000")]
fn blocked_or_sticky(outcomes: &[bool]) -> Order {
    let stretches: Vec<(bool, f64)> = outcomes
        .chunk_by(|a, b| a == b)
        .map(|stretch| (stretch[0], stretch.len() as f64))
        .collect();
    // The observation may begin and end within a stretch.
    let inner = stretches
        .get(1..stretches.len().saturating_sub(1))
        .unwrap_or_default();
    if inner.len() < FEW_STRETCHES {
        return Order::Blocked;
    }
    let regular = |outcome: bool| {
        let lengths: Vec<f64> = inner
            .iter()
            .filter(|s| s.0 == outcome)
            .map(|s| s.1)
            .collect();
        let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
        let square = lengths
            .iter()
            .map(|length| (length - mean).powi(2))
            .sum::<f64>();
        (square / lengths.len() as f64).sqrt() < REGULAR * mean
    };
    match regular(true) && regular(false) {
        true => Order::Blocked,
        false => Order::Sticky,
    }
}
