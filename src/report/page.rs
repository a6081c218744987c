//! `report.html`: one self-contained page, charts inline, nothing from the network.
//!
//! The templates are `page.html`, `gate.html` and `rollout.html`. Everything that a user wrote is
//! escaped; only our own charts go in as they are.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;

use crate::summary::Summary;
use crate::summary::figures::Labels;
use crate::summary::gate::GateSummary;
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
fn shown(charts: &[(Labels, String)]) -> Value {
    let charts: Vec<Chart> = charts
        .iter()
        .map(|(labels, svg)| Chart {
            reading: &labels.reading,
            svg,
        })
        .collect();
    Value::from(Serde(&charts))
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
    let mut environment = environment();
    environment.add_template("gate", include_str!("gate.html"))?;
    let (gate, charts) = (Value::from(Serde(summary)), shown(charts));
    environment
        .get_template("gate")?
        .render(context! { gate, charts, style => STYLE })
}

/// The page of a rollout.
///
/// # Errors
/// As [`gate`].
pub fn rollout(
    summary: &RolloutSummary,
    charts: &[(Labels, String)],
) -> Result<String, minijinja::Error> {
    let mut environment = environment();
    environment.add_template("rollout", include_str!("rollout.html"))?;
    let (run, charts) = (Value::from(Serde(summary)), shown(charts));
    environment
        .get_template("rollout")?
        .render(context! { run, charts, style => STYLE })
}

/// The page of a run, with its charts as SVG elements whose ids differ from chart to chart.
///
/// # Errors
/// [`minijinja::Error`] if the template does not fit the summary.
pub fn page(summary: &Summary, charts: &[(Labels, String)]) -> Result<String, minijinja::Error> {
    let mut environment = environment();
    environment.add_template("page", include_str!("page.html"))?;
    let (run, charts) = (Value::from(Serde(summary)), shown(charts));
    let noun = match (summary.protocol, summary.requests) {
        ("tcp", 1) => "connection",
        ("tcp", _) => "connections",
        (_, 1) => "request",
        _ => "requests",
    };
    environment
        .get_template("page")?
        .render(context! { run, charts, noun, style => STYLE })
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
