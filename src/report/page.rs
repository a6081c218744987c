//! `report.html`: one self-contained page, charts inline, nothing from the network.
//!
//! Templates fill the blocks of `base.html`: `page.html`, `gate.html`, `kayenta.html`, `rollout.html`, and `story.html`
//! of [`super::story_page`]. Everything that a user wrote is escaped; only our own charts go in as they
//! are.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

use crate::summary::Summary;
use crate::summary::figures::Labels;
use crate::summary::gate::GateSummary;
use crate::summary::kayenta::JudgeSummary;
use crate::summary::rollout::RolloutSummary;
use crate::units::display;

/// How all pages look.
const STYLE: &str = include_str!("page.css");

/// A chart on the page.
#[derive(Debug, Serialize)]
struct Chart<'a> {
    reading: &'a str,
    svg: &'a str,
}

/// The charts as a template takes them.
pub(super) fn shown(charts: &[(Labels, String)]) -> Value {
    let charts: Vec<Chart> = charts
        .iter()
        .map(|(labels, svg)| Chart {
            reading: &labels.reading,
            svg,
        })
        .collect();
    Value::from(Serde(&charts))
}

/// A page: a template that fills the blocks of `base.html`, with what it shows.
pub(super) fn rendered(template: &str, shows: Value) -> Result<String, minijinja::Error> {
    let mut environment = environment();
    environment.add_template("base", include_str!("base.html"))?;
    environment.add_template("page", template)?;
    let style = context! { style => STYLE };
    environment
        .get_template("page")?
        .render(context! { ..shows, ..style })
}

/// What all templates can do.
fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", display::percent);
    environment.add_filter("short", display::short_percent);
    environment.add_filter("brief", display::brief_percent);
    environment.add_filter("probability", display::probability);
    environment.add_filter("count", display::count);
    environment.add_filter("rate", display::rate);
    environment.add_filter("time", super::gate::minutes);
    environment.add_filter("mean", super::gate::number);
    environment.add_filter("hundredths", |value: f64| format!("{value:.2}"));
    // As people write it: 10 rather than 10.0.
    environment.add_filter("number", |value: f64| value.to_string());
    environment.add_filter("millis", |seconds: Option<f64>| {
        super::responses::millis(seconds)
    });
    environment
}

/// The page of a gate.
///
/// # Errors
/// [`minijinja::Error`] if the template does not fit the summary.
pub fn gate(
    summary: &GateSummary,
    charts: &[(Labels, String)],
) -> Result<String, minijinja::Error> {
    let (gate, charts) = (Value::from(Serde(summary)), shown(charts));
    rendered(include_str!("gate.html"), context! { gate, charts })
}

/// The page of a judge.
///
/// # Errors
/// As [`gate`].
pub fn judge(
    summary: &JudgeSummary,
    charts: &[(Labels, String)],
) -> Result<String, minijinja::Error> {
    let (judge, charts) = (Value::from(Serde(summary)), shown(charts));
    rendered(include_str!("kayenta.html"), context! { judge, charts })
}

/// The page of a rollout.
///
/// # Errors
/// As [`gate`].
pub fn rollout(
    summary: &RolloutSummary,
    charts: &[(Labels, String)],
) -> Result<String, minijinja::Error> {
    let (run, charts) = (Value::from(Serde(summary)), shown(charts));
    rendered(include_str!("rollout.html"), context! { run, charts })
}

/// The page of a run, with its charts as SVG elements whose ids differ from chart to chart.
///
/// # Errors
/// [`minijinja::Error`] if the template does not fit the summary.
pub fn page(summary: &Summary, charts: &[(Labels, String)]) -> Result<String, minijinja::Error> {
    let (run, charts) = (Value::from(Serde(summary)), shown(charts));
    let noun = match (summary.protocol, summary.requests) {
        ("tcp", 1) => "connection",
        ("tcp", _) => "connections",
        (_, 1) => "request",
        _ => "requests",
    };
    rendered(include_str!("page.html"), context! { run, charts, noun })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(title: &str) -> Summary {
        Summary {
            shiftsim: "0",
            scenario: "test".into(),
            title: title.into(),
            description: Some("a <b>bold</b> text & more".into()),
            protocol: "tcp",
            seed: 7,
            replications: 1,
            tolerance_points: 5.0,
            confidence_percent: 95.0,
            requests: 1,
            phases: Vec::new(),
            service: None,
            claims: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_a_user_wrote_is_escaped() {
        let page = page(&summary("<script>alert(1)</script>"), &[]).unwrap();
        assert!(!page.contains("<script>") && !page.contains("<b>"));
        assert!(page.contains("&lt;script&gt;alert(1)"));
    }

    #[test]
    fn charts_go_in_whole_and_nothing_comes_from_the_network() {
        let labels = Labels {
            file_stem: "x".into(),
            title: "x".into(),
            caption: "x".into(),
            reading: "read & see".into(),
        };
        let svg = "<svg><path id=\"c-x-1\"/></svg>".to_owned();
        let page = page(&summary("t"), &[(labels, svg.clone())]).unwrap();
        assert!(page.contains(&svg) && page.contains("read &amp; see"));
        assert!(!page.contains("http://") && !page.contains("https://"));
    }
}
