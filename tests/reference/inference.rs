//! Groups J to N and P: tests and intervals.

use shiftsim::stats::gof::{self, Ordering};
use shiftsim::stats::intervals::{self, Interval, Method};
use shiftsim::stats::order::{Runs, longest_run_at_least};
use shiftsim::stats::two_sided::{Convention, binomial_test};

use crate::row::Row;

/// J: exact two-sided binomial tests.
pub(crate) fn two_sided(row: &Row) -> Option<f64> {
    let convention = match row.kind() {
        "minlike" => Convention::MinimumLikelihood,
        "doubling" => Convention::Doubling,
        "midp_doubling" => Convention::MidP,
        "blaker" => Convention::Blaker,
        _ => return None,
    };
    Some(binomial_test(row.whole("x"), row.whole("n"), row.real("p0"), convention).unwrap())
}

/// K: intervals for one share, and their coverage.
pub(crate) fn single_interval(row: &Row) -> Option<f64> {
    if let Some(name) = row.text("method") {
        return Some(
            intervals::coverage(method(name)?, row.whole("n"), row.real("p"), 0.95).unwrap(),
        );
    }
    let method = method(&row.quantity)?;
    let interval = method
        .interval(row.whole("x"), row.whole("n"), row.real("conf"))
        .unwrap();
    end(row, interval)
}

fn method(text: &str) -> Option<Method> {
    let names = [
        ("wilson", Method::Wilson),
        ("clopper_pearson", Method::ClopperPearson),
        ("jeffreys", Method::Jeffreys),
        ("Agresti-Coull", Method::AgrestiCoull),
        ("agresti_coull", Method::AgrestiCoull),
    ];
    names
        .into_iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(_, method)| method)
}

/// The end that a row asks for.
fn end(row: &Row, interval: Interval) -> Option<f64> {
    if row.quantity.contains("lower") {
        Some(interval.low)
    } else if row.quantity.contains("upper") {
        Some(interval.high)
    } else {
        None
    }
}

/// L: intervals for several shares.
pub(crate) fn simultaneous_interval(row: &Row) -> Option<f64> {
    let counts = row.wholes("counts");
    let method = if row.quantity.starts_with("goodman") {
        intervals::goodman
    } else if row.quantity.starts_with("sison-glaz") {
        intervals::sison_glaz
    } else {
        return None;
    };
    let (_, category) = row.quantity.rsplit_once(' ')?;
    let category: usize = category.parse().ok()?;
    end(row, method(&counts, 0.95).unwrap()[category])
}

/// M: goodness of fit.
pub(crate) fn goodness_of_fit(row: &Row) -> Option<f64> {
    let (counts, shares) = (row.wholes("counts"), row.reals("weights"));
    Some(match row.kind() {
        "chi2" => gof::pearson(&counts, &shares).unwrap().statistic,
        "chi2_p" => gof::pearson(&counts, &shares).unwrap().p_value,
        "G" => gof::g_test(&counts, &shares).unwrap().statistic,
        "G_p" => gof::g_test(&counts, &shares).unwrap().p_value,
        "exact_prob" => gof::exact_multinomial_by(&counts, &shares, Ordering::Probability).unwrap(),
        "exact_chi" => gof::exact_multinomial_by(&counts, &shares, Ordering::ChiSquare).unwrap(),
        _ => return None,
    })
}

/// N: runs and longest runs.
pub(crate) fn order(row: &Row) -> Option<f64> {
    if row.kind().starts_with("longest") {
        let (n, length) = (row.whole("n"), row.whole("r"));
        return Some(longest_run_at_least(n, length, row.real("p")).unwrap());
    }
    let outcomes: Vec<bool> = row
        .text("seq")?
        .chars()
        .map(|version| version == '1')
        .collect();
    let runs = Runs::of(&outcomes);
    let counts = (row.whole("n1"), row.whole("n2"), row.whole("runs"));
    assert_eq!((runs.first, runs.second, runs.runs), counts, "{}", row.id);
    let (_, kind) = row.kind().rsplit_once('_')?;
    Some(match kind {
        "lower" => runs.exact().unwrap().lower,
        "upper" => runs.exact().unwrap().upper,
        "two" => runs.exact().unwrap().two_sided,
        "z" => runs.z().unwrap(),
        _ => return None,
    })
}

/// P: time-uniform intervals.
pub(crate) fn time_uniform(row: &Row) -> Option<f64> {
    let mixture = row
        .text("mixture")?
        .strip_prefix("Beta(")?
        .strip_suffix(')')?;
    let (a, b) = mixture.split_once(',')?;
    let (a, b) = (a.parse().ok()?, b.parse().ok()?);
    let (x, n) = (row.whole("x"), row.whole("n"));
    let interval = intervals::time_uniform(x, n, a, b, 1.0 - row.real("alpha")).unwrap();
    end(row, interval)
}
