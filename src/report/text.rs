//! A summary as text for a terminal of 80 columns, good in black and white.

use std::fmt::Write;
use std::path::Path;

use super::table::Table;
use crate::summary::{
    ClaimSummary, ClaimVerdict, Comparison, PhaseSummary, ReplicationSummary, Summary,
    VersionSummary,
};
use crate::units::display::{count, counted, percent, probability};
use anstyle::{Effects, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width of a terminal that everything must fit.
pub(super) const WIDTH: usize = 80;

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Verdicts alone.
    Quiet,
    /// Tables and verdicts.
    Normal,
    /// Also how each figure was computed.
    Verbose,
}

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);

/// The whole summary. `noun` gives "request" or "connection" for a count.
#[must_use]
pub fn summary(summary: &Summary, detail: Detail) -> String {
    let mut text = String::new();
    heading(&mut text, summary);
    if let Some(service) = &summary.service {
        let confidence = summary.confidence_percent;
        super::responses::service(&mut text, service, confidence, detail);
        if detail != Detail::Quiet {
            let _ = writeln!(
                text,
                "\n{BOLD}split{BOLD:#} · which version got the requests"
            );
        }
    }
    for phase in &summary.phases {
        match detail {
            Detail::Quiet => phase_line(&mut text, phase),
            Detail::Normal | Detail::Verbose => whole_phase(&mut text, summary, phase),
        }
    }
    claims(&mut text, &summary.claims);
    for warning in &summary.warnings {
        text.push('\n');
        paragraph(&mut text, "warning: ", &warning.what);
        paragraph(&mut text, "  ", &warning.why);
        paragraph(&mut text, "  ", &warning.advice);
    }
    if detail == Detail::Verbose {
        methods(&mut text, summary);
    }
    text
}

/// A phase in one sentence.
fn phase_line(text: &mut String, phase: &PhaseSummary) {
    if let Some(sentence) = phase.verdict.first() {
        paragraph(
            text,
            "  ",
            &format!("{}: {sentence}", shorten(&phase.name, 40)),
        );
    }
}

fn whole_phase(text: &mut String, summary: &Summary, phase: &PhaseSummary) {
    text.push('\n');
    phase_table(text, summary, phase);
    for sentence in &phase.verdict {
        paragraph(text, "  ", sentence);
    }
    if let Some(replications) = &phase.replications {
        replication_lines(text, summary, replications);
    }
}

fn heading(text: &mut String, summary: &Summary) {
    bold_paragraph(text, &summary.title);
    let mut facts = format!("{} · {}", summary.scenario, noun(summary, summary.requests));
    if summary.replications > 1 {
        let _ = write!(
            facts,
            " · {} replications",
            count(u64::from(summary.replications))
        );
    }
    let seed = summary.seed;
    let _ = write!(
        facts,
        " · seed {seed} (try --seed {})",
        seed.wrapping_add(1)
    );
    paragraph(text, "", &facts);
}

fn noun(summary: &Summary, number: u64) -> String {
    let noun = match (summary.protocol, number) {
        ("tcp", 1) => "connection",
        ("tcp", _) => "connections",
        (_, 1) => "request",
        _ => "requests",
    };
    format!("{} {noun}", count(number))
}

fn phase_table(text: &mut String, summary: &Summary, phase: &PhaseSummary) {
    let requests = noun(summary, phase.requests);
    let mut line = String::new();
    let facts = format!(
        "{} · {requests} · {}",
        shorten(&phase.name, 40),
        phase.algorithm
    );
    paragraph(&mut line, "", &facts);
    // The name is shorter than a line, so that its end stands in the first one.
    let (name, rest) = line.split_once(" · ").unwrap_or((&line, ""));
    let _ = write!(text, "{BOLD}{name}{BOLD:#} · {rest}");
    if phase.versions.iter().any(|version| version.ready.is_some()) {
        return ready_table(text, phase);
    }
    let with_replicas = phase
        .versions
        .iter()
        .any(|version| version.replicas.is_some());
    let mut header = vec!["version", "weight"];
    if with_replicas {
        header.push("replicas");
    }
    let interval = format!("{}% Wilson", summary.confidence_percent);
    header.extend(["target", "observed", "share", &interval, "p exact"]);
    let mut table = Table::new(header);
    for version in &phase.versions {
        table.row(row(version, with_replicas));
    }
    table.write(text);
}

/// The table of a phase whose split follows the ready replicas.
fn ready_table(text: &mut String, phase: &PhaseSummary) {
    let header = [
        "version",
        "weight",
        "observed",
        "share",
        "ready replicas",
        "lowest to highest",
        "p",
    ];
    let mut table = Table::new(header.to_vec());
    for version in &phase.versions {
        let absent = || "–".to_owned();
        let ready = version.ready;
        table.row(vec![
            name(version),
            count(u64::from(version.weight)),
            count(version.observed_count),
            version.observed_share.map_or_else(absent, percent),
            ready.map_or_else(absent, |ready| percent(ready.mean_share)),
            ready.map_or_else(absent, |ready| {
                format!("{} to {}", percent(ready.lowest), percent(ready.highest))
            }),
            ready.map_or_else(absent, |ready| probability(ready.p_value.value)),
        ]);
    }
    table.write(text);
}

fn name(version: &VersionSummary) -> String {
    match &version.shows {
        Some(shows) => format!("{} ({})", shorten(&version.version, 16), shorten(shows, 14)),
        None => shorten(&version.version, 24),
    }
}

fn row(version: &VersionSummary, with_replicas: bool) -> Vec<String> {
    let absent = || "–".to_owned();
    let mut row = vec![name(version), count(u64::from(version.weight))];
    if with_replicas {
        row.push(
            version
                .replicas
                .map_or_else(absent, |replicas| count(u64::from(replicas))),
        );
    }
    row.extend([
        percent(version.target_share),
        count(version.observed_count),
        version.observed_share.map_or_else(absent, percent),
        version.wilson.map_or_else(absent, |interval| {
            format!("{} to {}", percent(interval.low), percent(interval.high))
        }),
        version
            .p_value
            .map_or_else(absent, |p| probability(p.value)),
    ]);
    row
}

/// A name cut to so many columns of a terminal.
pub(super) fn shorten(name: &str, most: usize) -> String {
    if name.width() <= most {
        return name.to_owned();
    }
    let mut short = name[..fitting(name, most.saturating_sub(1))].to_owned();
    short.push('…');
    short
}

/// A text with blanks after it, up to so many columns.
fn padded(text: &str, columns: usize) -> String {
    let blank = " ".repeat(columns.saturating_sub(text.width()));
    format!("{text}{blank}")
}

/// How many bytes of a text fit into so many columns, whole characters alone.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (byte, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns {
            return byte;
        }
    }
    text.len()
}

fn replication_lines(text: &mut String, summary: &Summary, replications: &ReplicationSummary) {
    let runs = count(u64::from(replications.runs));
    let tolerance = summary.tolerance_points;
    let method = method(replications.method);
    paragraph(
        text,
        "  ",
        &format!("over {runs} runs, {method}; ± is one standard error:"),
    );
    let lines = [
        (
            format!("every share within ±{tolerance} points"),
            replications.all_within,
        ),
        ("every version seen".to_owned(), replications.all_seen),
    ];
    for (what, comparison) in lines {
        let _ = writeln!(text, "    {what:<30} {}", beside_exact(comparison));
    }
    for share in &replications.versions {
        let [low, .., high] = share.quantiles;
        let _ = writeln!(
            text,
            "    {} {} ± {} (5% to 95%: {} to {})",
            padded(
                &format!("mean share of {}", shorten(&share.version, 16)),
                30
            ),
            percent(share.mean),
            percent(share.standard_error),
            percent(low),
            percent(high),
        );
    }
}

fn method(method: &str) -> &str {
    match method {
        "replayed" => "replayed through the picker",
        "sampled" => "their counts sampled",
        other => other,
    }
}

fn beside_exact(comparison: Comparison) -> String {
    let simulated = format!(
        "{} ± {}",
        percent(comparison.simulated),
        percent(comparison.standard_error)
    );
    match comparison.exact {
        Some(exact) => format!("{simulated} (exact: {})", percent(exact)),
        None => simulated,
    }
}

fn claims(text: &mut String, claims: &[ClaimSummary]) {
    if claims.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{BOLD}Claims{BOLD:#}");
    for claim in claims {
        let outcome = match (claim.verdict, claim.expected) {
            (ClaimVerdict::True, true) => "true",
            (ClaimVerdict::False, false) => "false, as expected",
            (ClaimVerdict::False, true) => "FAILS, it is false",
            (ClaimVerdict::True, false) => "FAILS, it is true though expected to be false",
            (ClaimVerdict::Undecided, _) => "FAILS, it is undecided",
        };
        paragraph(text, "  ", &format!("{outcome}: {}", claim.text));
        paragraph(
            text,
            "      ",
            &format!("{} [{}]", claim.finding, claim.method),
        );
    }
}

fn methods(text: &mut String, summary: &Summary) {
    let _ = writeln!(text, "\n{BOLD}How the figures were computed{BOLD:#}");
    let confidence = summary.confidence_percent;
    let conventions = summary.phases.iter().flat_map(|phase| &phase.versions);
    let convention = conventions
        .filter_map(|version| version.p_value)
        .map(|p| p.convention)
        .next();
    if let Some(convention) = convention {
        paragraph(
            text,
            "  ",
            &format!("p exact: {convention}; under independent picks."),
        );
    }
    paragraph(
        text,
        "  ",
        &format!("Interval: Wilson's score interval at {confidence}%, for each version alone."),
    );
    paragraph(
        text,
        "  ",
        "Within tolerance: the band is compared as exact fractions, its edges included.",
    );
}

/// Writes `sentence` wrapped to the width, `indent` before its first line and as much space before
/// the others. A word that is longer than a line is broken.
pub(super) fn paragraph(text: &mut String, indent: &str, sentence: &str) {
    let blank = " ".repeat(indent.width());
    let room = WIDTH - blank.len();
    let mut line = indent.to_owned();
    let mut empty = true;
    for mut word in sentence.split_whitespace() {
        let long = line.width() + 1 + word.width() > WIDTH;
        if !empty && long {
            let _ = writeln!(text, "{line}");
            line.clone_from(&blank);
            empty = true;
        }
        while empty && word.width() > room {
            let (first, rest) = word.split_at(fitting(word, room));
            let _ = writeln!(text, "{line}{first}");
            line.clone_from(&blank);
            word = rest;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{line}");
}

/// A headline, wrapped to the width.
pub(super) fn bold_paragraph(text: &mut String, sentence: &str) {
    let mut plain = String::new();
    paragraph(&mut plain, "", sentence);
    for line in plain.lines() {
        let _ = writeln!(text, "{BOLD}{line}{BOLD:#}");
    }
}

/// A line on files of an earlier run; nothing if there are none.
#[must_use]
pub fn left_from_before(names: &[String]) -> String {
    let mut text = String::new();
    if let Some(first) = names.first() {
        let verb = if names.len() == 1 { "is" } else { "are" };
        let what = counted(names.len() as u64, "file");
        let sentence = format!("{what} of an earlier run {verb} still there, such as {first}.");
        paragraph(&mut text, "", &sentence);
    }
    text
}

/// Where the files are: the page first, if there is one.
#[must_use]
pub fn files(files: &[String]) -> String {
    let mut text = String::new();
    let folder = files.first().and_then(|file| Path::new(file).parent());
    if let Some(folder) = folder {
        let page = files.iter().find(|file| file.ends_with("report.html"));
        let _ = match page {
            Some(page) => writeln!(text, "\nPage and charts: {page} ({} files)", files.len()),
            None => writeln!(
                text,
                "\nFiles: {} ({} files)",
                folder.display(),
                files.len()
            ),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_columns_and_not_to_characters() {
        assert_eq!(shorten("reviews-v1", 10), "reviews-v1");
        assert_eq!(shorten("reviews-v10", 10), "reviews-v…");
        assert_eq!(shorten("日本語日本語", 7), "日本語…");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for word in ["x".repeat(200), "日".repeat(100), "a b ".repeat(60)] {
            let mut text = String::new();
            paragraph(&mut text, "  ", &format!("see {word} there"));
            assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
            let letters = |text: &str| text.replace([' ', '\n'], "");
            assert_eq!(letters(&text), letters(&format!("see{word}there")));
        }
    }
}
