//! A story of a mesh as text for a terminal of 80 columns.

use std::fmt::Write;

use super::table::Table;
use super::text::{BOLD, Detail, paragraph};
use crate::summary::story::{PageSummary, StoryPhase, StorySummary, UnderWaySummary, VersionCount};
use crate::units::display::{count, percent};

/// The whole story.
#[must_use]
pub fn text(summary: &StorySummary, detail: Detail) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", summary.title);
    let seed = summary.seed;
    let requests: u64 = summary.phases.iter().map(|phase| phase.requests).sum();
    let noun = noun(summary);
    let told = match summary.replications {
        1 => String::new(),
        several => format!(" · told {} times", count(several)),
    };
    let facts = format!(
        "{} · {} {noun} · {}{told} · seed {seed} (try --seed {})",
        summary.scenario,
        count(requests),
        summary.request,
        seed.wrapping_add(1)
    );
    paragraph(&mut text, "", &facts);
    for phase in &summary.phases {
        text.push('\n');
        whole_phase(&mut text, phase, noun, detail);
    }
    if detail != Detail::Quiet {
        text.push('\n');
        words(&mut text, summary);
    }
    text
}

/// What is counted.
pub(super) fn noun(summary: &StorySummary) -> &'static str {
    match summary.protocol {
        "tcp" => "connections",
        _ => "requests",
    }
}

/// What the columns mean.
fn words(text: &mut String, summary: &StorySummary) {
    let known = |phase: &StoryPhase| phase.services.iter().all(|row| row.expected.is_some());
    let mut sentence = format!(
        "expected: the mean count, {}; what old rules route while a change spreads is in it.",
        summary.expected_by
    );
    if !summary.phases.iter().all(known) {
        sentence += " A dash: no exact answer, because waits of random length decide, or there are \
                     too many ways.";
    }
    sentence += " target: the share that the rules of the phase lead to once every proxy has them.";
    if summary.replications > 1 {
        sentence += " mean: over all tellings, ± one standard error; 5–95%: the counts that so many \
                     of them do not exceed.";
    }
    paragraph(text, "", &sentence);
}

fn whole_phase(text: &mut String, phase: &StoryPhase, noun: &str, detail: Detail) {
    let mut facts = format!(" · {} {noun}", count(phase.requests));
    if !phase.change.is_empty() {
        let _ = write!(facts, " · {}", phase.change);
    }
    let mut heading = String::new();
    paragraph(&mut heading, "", &format!("{}{facts}", phase.name));
    let bold = format!("{BOLD}{}{BOLD:#}", phase.name);
    text.push_str(&heading.replacen(&phase.name, &bold, 1));
    pages(text, &phase.pages);
    if let Some(seconds) = phase.last_old_seconds {
        let what = match noun {
            "connections" => ("connection was", "connections were"),
            _ => ("hop was", "hops were"),
        };
        let hops = phase.routed_by_old_rules;
        let were = if hops == 1 { what.0 } else { what.1 };
        let sentence = format!(
            "{} {were} routed by the rules of before, the last one {} after the change.",
            count(hops),
            self::seconds(seconds)
        );
        paragraph(text, "  ", &sentence);
    }
    if let Some(under_way) = &phase.under_way {
        paragraph(text, "  ", &stayed(under_way));
    }
    if !phase.open_at_end.is_empty() {
        let open = format!("open at the end: {}", versions(&phase.open_at_end));
        paragraph(text, "  ", &open);
    }
    for failed in &phase.failed_calls {
        let calls = failed.calls;
        let noun = if calls == 1 { "call" } else { "calls" };
        let how = match failed.status {
            Some(status) => format!("failed with {status}"),
            None => "timed out".to_owned(),
        };
        let sentence = format!(
            "{} {noun} of {} to {} {how}, retries included.",
            count(calls),
            failed.from,
            failed.to
        );
        paragraph(text, "  ", &sentence);
    }
    if detail != Detail::Quiet {
        services(text, phase);
        copies(text, phase);
        rules(text, phase);
    }
}

/// What was under way when the change came.
pub(super) fn stayed(under_way: &UnderWaySummary) -> String {
    let all = under_way.finished + under_way.cut;
    let by = versions(&under_way.by);
    let last = seconds(under_way.last_seconds);
    let Some(drain) = under_way.drain_seconds else {
        let hops = if all == 1 { "hop was" } else { "hops were" };
        return format!(
            "{} {hops} being answered when the change reached the proxy ({by}), and stayed on the \
             old rules; the last answer came {last} after the change.",
            count(all)
        );
    };
    let connections = match all {
        1 => "connection was",
        _ => "connections were",
    };
    format!(
        "{} {connections} open when the listener changed ({by}), and stayed on the old split: {} \
         ended by themselves, {} were cut at the end of the drain of {drain} s; the last one ended \
         {last} after the change.",
        count(all),
        count(under_way.finished),
        count(under_way.cut)
    )
}

/// `12 at reviews v1, 3 at reviews v2`.
fn versions(counts: &[VersionCount]) -> String {
    let one = |one: &VersionCount| match &*one.version {
        "–" => format!("{} at {}", count(one.count), one.service),
        version => format!("{} at {} {version}", count(one.count), one.service),
    };
    counts.iter().map(one).collect::<Vec<String>>().join(", ")
}

fn pages(text: &mut String, pages: &[PageSummary]) {
    for page in pages {
        let expected = match page.expected {
            Some(expected) => format!(", expected {}", mean(expected)),
            None => String::new(),
        };
        let whole = format!(
            "{}: {} ({}{expected}) {}",
            page.viewer,
            count(page.count),
            percent(page.share),
            answer(page)
        );
        hanging(text, &whole);
    }
}

/// A paragraph whose first line stands out to the left.
fn hanging(text: &mut String, whole: &str) {
    let mut block = String::new();
    paragraph(&mut block, "      ", whole);
    text.push_str(&block.replacen("      ", "  ", 1));
}

/// What a viewer got, in words.
pub(super) fn answer(page: &PageSummary) -> String {
    let mut answer = match (page.status, &page.by) {
        (Some(status), by) => {
            let by = by.as_deref().unwrap_or("a proxy");
            format!("{status} from {by}")
        }
        (None, Some(by)) => format!("to {by}"),
        (None, None) => "closed by a proxy".to_owned(),
    };
    if !page.made_from.is_empty() {
        let _ = write!(answer, " with {}", page.made_from.join(", "));
    }
    if !page.without.is_empty() {
        let _ = write!(answer, ", without {}", page.without.join(", "));
    }
    if page.longest_seconds > 0.0 {
        let seconds = seconds(page.longest_seconds);
        let _ = match page.status {
            Some(_) => write!(answer, "; took up to {seconds}"),
            None => write!(answer, "; open up to {seconds}"),
        };
    }
    answer
}

/// `6 s`, `1.5 s`, `25 ms`.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        short if short < 0.1 => format!("{:.0} ms", short * 1000.0),
        long => format!("{} s", (long * 10.0).round() / 10.0),
    }
}

/// `1,248.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of counts"
)]
fn grouped(mean: f64) -> String {
    let tenths = (mean * 10.0).round() as u64;
    format!("{}.{}", count(tenths / 10), tenths % 10)
}

/// A mean of counts, to a tenth.
fn mean(mean: f64) -> String {
    match mean {
        small if small < 999.95 => format!("{small:.1}"),
        large => grouped(large),
    }
}

fn services(text: &mut String, phase: &StoryPhase) {
    if phase.services.is_empty() {
        return;
    }
    // With replications, their mean stands where the share was, beside what it should be.
    let several = phase.services.iter().any(|row| row.runs.is_some());
    let mut table = Table::new(match several {
        true => vec![
            "service", "version", "received", "expected", "mean", "5–95%", "target",
        ],
        false => vec![
            "service", "version", "received", "share", "expected", "target",
        ],
    });
    for row in &phase.services {
        let dash = || "–".to_owned();
        let names = [row.service.clone(), row.version.clone()];
        let target = row.target_share.map_or_else(dash, percent);
        let cells = match &row.runs {
            Some(runs) => {
                let [low, _, high] = runs.quantiles;
                vec![
                    count(row.requests),
                    row.expected
                        .map_or_else(dash, |expected| format!("{expected:.2}")),
                    format!("{:.2} ±{:.2}", runs.mean, runs.standard_error),
                    format!("{}–{}", count(low), count(high)),
                ]
            }
            None => vec![
                count(row.requests),
                row.share.map_or_else(dash, percent),
                row.expected.map_or_else(dash, mean),
            ],
        };
        table.row(names.into_iter().chain(cells).chain([target]).collect());
    }
    for line in table.lines() {
        let _ = writeln!(text, "   {line}");
    }
}

/// Versions that only listen.
fn copies(text: &mut String, phase: &StoryPhase) {
    for row in phase.services.iter().filter(|row| row.copies > 0) {
        let what = match (row.copies, row.copies == row.requests) {
            (1, true) => "the only request is a copy, whose answer nobody reads".to_owned(),
            (_, true) => "all of them are copies, whose answers nobody reads".to_owned(),
            (copies, _) => format!("{} of them are copies", count(copies)),
        };
        let sentence = format!(
            "{} to {} {}: {what}.",
            count(row.requests),
            row.service,
            row.version
        );
        paragraph(text, "  ", &sentence);
    }
}

fn rules(text: &mut String, phase: &StoryPhase) {
    for rule in &phase.rules {
        let head = format!("  {} to {} by ", count(rule.requests), rule.service);
        paragraph(text, &head, &rule.rule);
    }
    for rule in &phase.retries {
        let retries = if rule.requests == 1 {
            "retry"
        } else {
            "retries"
        };
        let head = format!(
            "  {} {retries} to {} by ",
            count(rule.requests),
            rule.service
        );
        paragraph(text, &head, &rule.rule);
    }
}
