//! What the observations mean, in plain sentences.

use super::{CheckSummary, CheckedOrder, CheckedVersion, Order, Settings, Verdict};
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::units::Rational;
use crate::units::display::{count, p_value, percent, short_percent};

/// The sentences, the verdict first.
pub(super) fn sentences(
    settings: &Settings,
    shares: &[Rational],
    summary: &CheckSummary,
) -> Result<Vec<String>, StatsError> {
    let mut sentences = vec![verdict(settings, summary)];
    sentences.extend(small(summary));
    sentences.extend(summary.versions.iter().filter_map(stray));
    for (version, &share) in summary.versions.iter().zip(shares) {
        sentences.extend(never_seen(settings, version, share, summary.requests)?);
    }
    sentences.extend(
        summary
            .order
            .as_ref()
            .map(|order| sentence_of_order(order, summary)),
    );
    sentences.push(sequential(settings, summary));
    Ok(sentences)
}

fn verdict(settings: &Settings, summary: &CheckSummary) -> String {
    let target = &summary.target;
    let level = short_percent(settings.confidence.probability());
    let points = summary.tolerance_points;
    let p = &summary.p_value;
    let error = p
        .standard_error
        .map(|error| format!(" ± {} (one standard error)", p_value(error)));
    let p_text = format!("p = {}{}", p_value(p.value), error.unwrap_or_default());
    match summary.verdict {
        Verdict::NotConsistent if p.value == 0.0 && summary.versions.iter().any(is_stray) => {
            format!("Not consistent with {target}: what was observed is impossible under it.")
        }
        Verdict::NotConsistent => format!(
            "Not consistent with {target}: if requests were split so, counts as unlikely as these \
             would come up {} ({p_text}, {}); the limit at {level} confidence is {}.",
            how_often(p.value),
            p.convention,
            short_percent(settings.alpha())
        ),
        Verdict::Consistent => format!(
            "Consistent with {target}: at {level} confidence every share is within ±{points} \
             points of its target ({p_text}, {}).",
            p.convention
        ),
        Verdict::NoContradictionYet => format!(
            "No contradiction to {target} yet ({p_text}, {}), but {} cannot confirm ±{points} \
             points either: at {level} confidence they show ±{:.1} points.",
            p.convention,
            requests(summary.requests),
            // Rounded up, so that it is never less than what is shown.
            (summary.confirmed_points * 10.0).ceil() / 10.0
        ),
    }
}

/// With many requests even a small difference shows.
fn small(summary: &CheckSummary) -> Option<String> {
    let within = summary
        .versions
        .iter()
        .all(|version| version.interval_within);
    (summary.verdict == Verdict::NotConsistent && within).then(|| {
        format!(
            "The difference is real but small: with so many requests it shows, though every \
             share is within ±{} points of its target.",
            summary.tolerance_points
        )
    })
}

/// `about once in 3,400 times`.
fn how_often(probability: f64) -> String {
    if probability < 1e-9 {
        return "less than once in a thousand million times".into();
    }
    let times = 1.0 / probability;
    let rounded = match times {
        ..100.0 => times.round(),
        _ => {
            let unit = 10_f64.powf(times.log10().floor() - 1.0);
            (times / unit).round() * unit
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 10^9"
    )]
    let times = count(rounded as u64);
    format!("about once in {times} times")
}

fn requests(number: u64) -> String {
    match number {
        1 => "1 request".into(),
        _ => format!("{} requests", count(number)),
    }
}

fn is_stray(version: &CheckedVersion) -> bool {
    version.target_share == 0.0 && version.observed_count > 0
}

fn stray(version: &CheckedVersion) -> Option<String> {
    if !is_stray(version) {
        return None;
    }
    let answered = format!(
        "{} answered {}",
        version.version,
        requests(version.observed_count)
    );
    Some(match version.weight {
        Some(_) => format!("{answered}, and the target gives it weight 0: p = 0."),
        None => format!("{answered}, and the target does not name it: p = 0."),
    })
}

fn never_seen(
    settings: &Settings,
    version: &CheckedVersion,
    share: Rational,
    total: u64,
) -> Result<Option<String>, StatsError> {
    if version.observed_count > 0 || *share.numer() == 0 {
        return Ok(None);
    }
    let none = Binomial::with_share(total, share)?.pmf(0);
    let judgement = match none < settings.alpha() {
        true => "that is not chance",
        false => "that can be chance",
    };
    let name = &version.version;
    Ok(Some(format!(
        "{name} was never seen: with a share of {} that happens in {} of such observations, so \
         {judgement}.",
        short_percent(version.target_share),
        percent(none)
    )))
}

fn sentence_of_order(order: &CheckedOrder, summary: &CheckSummary) -> String {
    let which = match order.examined < summary.requests {
        true => format!("The order of the first {} requests", count(order.examined)),
        false => "The order".to_owned(),
    };
    let Some(p) = order.p_value else {
        return format!("{which} tells nothing, because one version alone was seen.");
    };
    let runs = format!(
        "{} runs where {:.1} are expected, the longest {} (runs test p = {})",
        count(order.runs),
        order.expected_runs,
        count(order.longest_run),
        p_value(p.value)
    );
    match (order.looks, order.even_blocks) {
        (Order::Alternating, Some(blocks)) => format!(
            "{which} looks like a round robin, not random: each of {} blocks of {} requests holds \
             {} of {}; independent picks do that in {}. {}.",
            count(blocks.blocks),
            count(blocks.length),
            count(blocks.each),
            order.version,
            percent(blocks.p_value.value),
            capitalised(&runs)
        ),
        (Order::Alternating, None) => {
            format!("{which} alternates more than independent picks do: {runs}.")
        }
        (Order::Blocked, _) => format!("{which} comes in blocks, not at random: {runs}."),
        (Order::Sticky, _) => format!(
            "{which} looks sticky, not random: a version tends to be followed by itself; {runs}."
        ),
        (Order::TooFew, _) => {
            format!("{which} cannot be judged: so few requests look random in any order.")
        }
        (Order::Random | Order::OneVersion, _) => {
            format!("{which} looks random, and a random split does not take turns: {runs}.")
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn sequential(settings: &Settings, summary: &CheckSummary) -> String {
    let test = &summary.sequential;
    if test.log10_largest_e_value.is_none() {
        return "If you look again and again: what is impossible under the target needs to be seen \
            only once, however often you look."
            .to_owned();
    }
    let e = match test.log10_largest_e_value {
        None => "infinite".to_owned(),
        Some(log10) if log10.abs() < 4.0 => format!("{:.3}", 10_f64.powf(log10)),
        Some(log10) => format!("10^{log10:.1}"),
    };
    let e = match test.looked {
        "after every request" => format!("largest e-value {e}"),
        _ => format!("e-value {e}"),
    };
    let alarm = format!("{:.0}", 1.0 / settings.alpha());
    let outcome = match (test.alarm, test.first_alarm) {
        (true, Some(request)) => {
            format!(
                "it reached the alarm of {alarm} at request {}",
                count(request)
            )
        }
        (true, None) => format!("it is above the alarm of {alarm}"),
        (false, _) => format!("the alarm of {alarm} was not reached"),
    };
    format!(
        "If the number of requests was fixed beforehand, the p above counts. If you look again and \
         again: {e}, {outcome}; p = {} stays valid however often you look (Dirichlet prior {}·w).",
        p_value(test.p_value),
        test.concentration
    )
}
