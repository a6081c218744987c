//! The CSV files of a story: counts, what viewers got, and a row per request.

use std::io::{self, Write};

use super::story::noun;
use crate::mesh::{Page, Story, Told, Traffic};
use crate::summary::story::{RunsSummary, StorySummary};
use crate::units::SimTime;

/// `counts.csv`: a row per phase, service and version.
///
/// # Errors
/// What `out` returns.
pub fn counts(summary: &StorySummary, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "phase",
        "service",
        "version",
        noun(summary),
        "copies",
        "share",
        "expected",
        "target_share",
        "mean",
        "standard_error",
        "quantile_5",
        "quantile_50",
        "quantile_95",
    ])?;
    for phase in &summary.phases {
        for row in &phase.services {
            let own = [
                phase.name.clone(),
                row.service.clone(),
                row.version.clone(),
                row.requests.to_string(),
                row.copies.to_string(),
                optional(row.share),
                optional(row.expected),
                optional(row.target_share),
            ];
            csv.write_record(own.into_iter().chain(runs(row.runs.as_ref())))?;
        }
    }
    csv.flush()
}

/// `pages.csv`: a row per phase, viewer and answer.
///
/// # Errors
/// What `out` returns.
pub fn pages(summary: &StorySummary, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "phase",
        "viewer",
        "status",
        "by",
        "made_from",
        "without",
        "count",
        "share",
        "expected",
        "longest_seconds",
        "mean",
        "standard_error",
        "quantile_5",
        "quantile_50",
        "quantile_95",
    ])?;
    for phase in &summary.phases {
        for page in &phase.pages {
            let own = [
                phase.name.clone(),
                page.viewer.clone(),
                optional(page.status),
                page.by.clone().unwrap_or_default(),
                page.made_from.join(" + "),
                page.without.join(" + "),
                page.count.to_string(),
                page.share.to_string(),
                optional(page.expected),
                page.longest_seconds.to_string(),
            ];
            csv.write_record(own.into_iter().chain(runs(page.runs.as_ref())))?;
        }
    }
    csv.flush()
}

fn runs(runs: Option<&RunsSummary>) -> [String; 5] {
    let Some(runs) = runs else {
        return Default::default();
    };
    let [low, median, high] = runs.quantiles.map(|count| count.to_string());
    [
        runs.mean.to_string(),
        runs.standard_error.to_string(),
        low,
        median,
        high,
    ]
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// `requests.csv` of a story: a row per request of a viewer, or per connection.
#[derive(Debug)]
pub struct RequestsFile<'s, W: Write> {
    story: &'s Story,
    csv: csv::Writer<W>,
}

impl<'s, W: Write> RequestsFile<'s, W> {
    /// Begins the file with its header.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn new(story: &'s Story, out: W) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(out);
        match &story.traffic {
            Traffic::Requests(_) => csv.write_record([
                "request",
                "time_seconds",
                "phase",
                "viewer",
                "status",
                "by",
                "made_from",
                "without",
                "took_seconds",
            ])?,
            Traffic::Connections(_) => csv.write_record([
                "connection",
                "time_seconds",
                "phase",
                "to",
                "open_seconds",
                "cut",
            ])?,
        }
        Ok(Self { story, csv })
    }

    /// Adds a request; the file counts from 1.
    ///
    /// # Errors
    /// What the output returns.
    pub fn add(&mut self, told: &Told<'_>) -> io::Result<()> {
        let phase = self.story.stretches[told.stretch].name.clone();
        let number = (told.number + 1).to_string();
        let [time, took] =
            [told.nanos, told.took_nanos].map(|nanos| SimTime::from_nanos(nanos).to_string());
        let Page {
            viewer,
            status,
            by,
            made_from,
            without,
        } = told.page;
        let by = by.clone().unwrap_or_default();
        match &self.story.traffic {
            Traffic::Requests(requests) => self.csv.write_record([
                number,
                time,
                phase,
                requests.viewers[*viewer].name.clone(),
                optional(*status),
                by,
                made_from.join(" + "),
                without.join(" + "),
                took,
            ])?,
            Traffic::Connections(_) => {
                self.csv
                    .write_record([number, time, phase, by, took, told.cut.to_string()])?;
            }
        }
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}
