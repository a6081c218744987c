//! `report.html` of a story: one self-contained page, charts inline, nothing from the network.
//!
//! The template is `story.html`.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::page::{rendered, shown};
use super::story::{answer, noun, seconds, stayed};
use crate::summary::figures::Labels;
use crate::summary::story::{PageSummary, RuleSummary, ServiceSummary, StoryPhase, StorySummary};
use crate::units::display;

/// What the template shows of a story.
#[derive(Serialize)]
struct Shown<'a> {
    shiftsim: &'a str,
    scenario: &'a str,
    title: &'a str,
    description: Option<&'a str>,
    request: &'a str,
    seed: u64,
    replications: u64,
    expected_by: &'a str,
    phases: Vec<Phase<'a>>,
}

/// A phase, with what the terminal says of it in words.
#[derive(Serialize)]
struct Phase<'a> {
    name: &'a str,
    change: &'a str,
    begin_seconds: f64,
    requests: u64,
    pages: Vec<Page<'a>>,
    notes: Vec<String>,
    services: &'a [ServiceSummary],
    rules: &'a [RuleSummary],
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    page: &'a PageSummary,
    answer: String,
}

/// The page of a story, with its charts as SVG elements whose ids differ from chart to chart.
///
/// # Errors
/// [`minijinja::Error`] if the template does not fit the summary.
pub fn page(
    summary: &StorySummary,
    charts: &[(Labels, String)],
) -> Result<String, minijinja::Error> {
    let story = Shown {
        shiftsim: summary.shiftsim,
        scenario: &summary.scenario,
        title: &summary.title,
        description: summary.description.as_deref(),
        request: &summary.request,
        seed: summary.seed,
        replications: summary.replications,
        expected_by: summary.expected_by,
        phases: summary.phases.iter().map(phase).collect(),
    };
    let (story, charts) = (Value::from(Serde(&story)), shown(charts));
    let noun = noun(summary);
    rendered(include_str!("story.html"), context! { story, charts, noun })
}

fn phase(phase: &StoryPhase) -> Phase<'_> {
    let old = phase.last_old_seconds.map(|seconds| {
        format!(
            "{} were routed by the rules of before, the last one {} after the change.",
            display::count(phase.routed_by_old_rules),
            self::seconds(seconds)
        )
    });
    let notes = old.into_iter().chain(phase.under_way.as_ref().map(stayed));
    Phase {
        name: &phase.name,
        change: &phase.change,
        begin_seconds: phase.begin_seconds,
        requests: phase.requests,
        pages: phase
            .pages
            .iter()
            .map(|page| Page {
                page,
                answer: answer(page),
            })
            .collect(),
        notes: notes.collect(),
        services: &phase.services,
        rules: &phase.rules,
    }
}
