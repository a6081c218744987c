//! A story of a mesh as text for a terminal of 80 columns, and as CSV.

use std::fmt::Write;
use std::io;

use super::table::Table;
use super::text::{BOLD, Detail, paragraph};
use crate::summary::story::{PageSummary, StoryPhase, StorySummary};
use crate::units::display::{count, percent};

/// The whole story.
#[must_use]
pub fn text(summary: &StorySummary, detail: Detail) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", summary.title);
    let seed = summary.seed;
    let requests: u64 = summary.phases.iter().map(|phase| phase.requests).sum();
    let facts = format!(
        "{} · {} requests · {} · seed {seed} (try --seed {})",
        summary.scenario,
        count(requests),
        summary.request,
        seed.wrapping_add(1)
    );
    paragraph(&mut text, "", &facts);
    for phase in &summary.phases {
        text.push('\n');
        whole_phase(&mut text, phase, detail);
    }
    text
}

fn whole_phase(text: &mut String, phase: &StoryPhase, detail: Detail) {
    let mut facts = format!(" · {} requests", count(phase.requests));
    if !phase.change.is_empty() {
        let _ = write!(facts, " · {}", phase.change);
    }
    paragraph(text, "", &format!("{}{facts}", phase.name));
    pages(text, &phase.pages);
    if let Some(seconds) = phase.last_old_seconds {
        let hops = phase.routed_by_old_rules;
        let were = if hops == 1 { "hop was" } else { "hops were" };
        let sentence = format!(
            "{} {were} routed by the rules of before, the last one {seconds:.1} s after the change.",
            count(hops)
        );
        paragraph(text, "  ", &sentence);
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
        rules(text, phase);
    }
}

fn pages(text: &mut String, pages: &[PageSummary]) {
    for page in pages {
        let by = page.by.as_deref().unwrap_or("a proxy");
        let mut answer = format!("{} from {by}", page.status);
        if !page.made_from.is_empty() {
            let _ = write!(answer, " with {}", page.made_from.join(", "));
        }
        if !page.without.is_empty() {
            let _ = write!(answer, ", without {}", page.without.join(", "));
        }
        if page.longest_seconds > 0.0 {
            let _ = write!(answer, "; took up to {:.1} s", page.longest_seconds);
        }
        let head = format!(
            "  {}: {} ({}) ",
            page.viewer,
            count(page.count),
            percent(page.share)
        );
        paragraph(text, &head, &answer);
    }
}

fn services(text: &mut String, phase: &StoryPhase) {
    let mut table = Table::new(vec!["service", "version", "requests"]);
    for service in &phase.services {
        table.row(vec![
            service.service.clone(),
            service.version.clone(),
            count(service.requests),
        ]);
    }
    for line in table.lines() {
        let _ = writeln!(text, "   {line}");
    }
}

fn rules(text: &mut String, phase: &StoryPhase) {
    for rule in &phase.rules {
        let head = format!("  {} to {} by ", count(rule.requests), rule.service);
        paragraph(text, &head, &rule.rule);
    }
}

/// What viewers got, a row each.
///
/// # Errors
/// What the writer says.
pub fn csv(summary: &StorySummary, out: &mut dyn io::Write) -> io::Result<()> {
    let mut file = csv::Writer::from_writer(out);
    file.write_record([
        "phase",
        "viewer",
        "status",
        "by",
        "made_from",
        "without",
        "count",
        "share",
        "longest_s",
    ])?;
    for phase in &summary.phases {
        for page in &phase.pages {
            file.write_record([
                phase.name.as_str(),
                &page.viewer,
                &page.status.to_string(),
                page.by.as_deref().unwrap_or(""),
                &page.made_from.join(" + "),
                &page.without.join(" + "),
                &page.count.to_string(),
                &page.share.to_string(),
                &page.longest_seconds.to_string(),
            ])?;
        }
    }
    file.flush()
}
