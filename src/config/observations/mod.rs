//! Observations: what a user saw, read from counts, logs, tables and query results.
//!
//! Every reader does the same: it finds out which version answered, and hands each observation on
//! at once, so that memory does not grow with the input. What cannot be told is counted and shown,
//! never dropped in silence. What the observations mean is not decided here.

mod access_log;
mod cluster;
mod collector;
mod counts;
mod decode;
mod detect;
mod error;
mod json_lines;
mod lines;
mod plain;
mod prometheus;
mod table;
mod table_layout;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use collector::{Doubt, Example, Skipped};
pub use error::ObservationError;

use collector::Collector;
use decode::Decoded;
use plain::Plain;

/// The largest single count: far beyond any log, and small enough that sums never overflow.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000_000;

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observation {
    /// One request, in the order in which it stands in the input.
    Request {
        /// Which version answered: its place in [`Reading::versions`].
        version: usize,
    },
    /// That many requests, in no known order.
    Requests {
        /// Which version answered: its place in [`Reading::versions`].
        version: usize,
        /// How many; may be zero.
        count: u64,
    },
}

/// Where observations come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Counts as they are written: `v1=16`, one each.
    Counts(Vec<String>),
    /// A file.
    File(PathBuf),
    /// Standard input.
    StandardInput,
}

impl Input {
    /// What the arguments of a command line mean: counts, a file, or `-` for standard input.
    ///
    /// # Errors
    /// [`ObservationError::Malformed`] for a mixture, or for more than one file.
    pub fn of(arguments: &[String]) -> Result<Self, ObservationError> {
        let is_count = |text: &String| text.contains('=') && !Path::new(text).exists();
        if arguments.iter().any(is_count) {
            return Ok(Self::Counts(arguments.to_vec()));
        }
        match arguments {
            [only] if only == "-" => Ok(Self::StandardInput),
            [only] => Ok(Self::File(PathBuf::from(only))),
            _ => Err(ObservationError::malformed(
                "observations come from counts, or from one file",
                "write counts as v1=16 v2=4, name one file, or pipe several in: \
                 cat *.log | shiftsim check … -",
            )),
        }
    }
}

/// A form of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table with a version per row, or a version and a count per row; separated by commas,
    /// semicolons or tabs.
    Csv,
    /// A line per request, told by its beginning or by patterns.
    Lines,
    /// The access log of Istio or Envoy as text.
    AccessLog,
    /// One JSON object per line, such as Istio's access log as JSON.
    JsonLines,
    /// The result of a Prometheus query, as its HTTP API gives it.
    Prometheus,
}

/// What to look for in the input.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The versions of the target.
    pub versions: Vec<String>,
    /// Other words with which plain lines may begin: (words, place of the version).
    pub aliases: Vec<(String, usize)>,
    /// The form of the input, if it is not to be recognised.
    pub format: Option<Format>,
    /// The column (or JSON key, or label) that holds the version.
    pub column: Option<String>,
    /// The column that holds a count per row.
    pub count_column: Option<String>,
    /// Of logs and metrics: the one service that counts.
    pub host: Option<String>,
    /// Regular expressions by which plain lines are told: (version, expression).
    pub patterns: Vec<(String, String)>,
}

/// What was read, apart from the observations themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Where from: a path, `standard input` or `the command line`.
    pub source: String,
    /// What the input was taken for, in words.
    pub recognised: String,
    /// The versions of the target, then those that were met beside them.
    pub versions: Vec<String>,
    /// Lines or rows that name no version.
    pub skipped: Skipped,
    /// What a reader should know about the input.
    pub doubts: Vec<Doubt>,
}

/// Reads all observations of `input` and hands each to `sink`.
///
/// # Errors
/// [`ObservationError`] if the input cannot be read, is not what it should be, or holds no
/// observation.
pub fn read(
    input: &Input,
    question: &Question,
    sink: &mut dyn FnMut(Observation),
) -> Result<Reading, ObservationError> {
    let mut collector = Collector::new(question, sink);
    let (source, recognised) = match input {
        Input::Counts(counts) => {
            counts::read(counts, &mut collector)?;
            ("the command line".to_owned(), "counts".to_owned())
        }
        Input::File(path) => {
            let source = path.display().to_string();
            let file = open(path, &source)?;
            let recognised = read_text(file, &source, question, &mut collector)?;
            (source, recognised)
        }
        Input::StandardInput => {
            let source = "standard input".to_owned();
            let stdin = std::io::stdin();
            let recognised = read_text(stdin.lock(), &source, question, &mut collector)?;
            (source, recognised)
        }
    };
    collector.finish(source, recognised)
}

fn open(path: &Path, source: &str) -> Result<File, ObservationError> {
    let failed = |error| ObservationError::unreadable(source, error);
    if path.is_dir() {
        return Err(ObservationError::Folder {
            source_name: source.to_owned(),
        });
    }
    File::open(path).map_err(failed)
}

/// Reads text from a stream and says what it was taken for.
///
/// # Errors
/// As [`read`].
fn read_text<'a>(
    stream: impl Read + 'a,
    source: &str,
    question: &Question,
    collector: &mut Collector,
) -> Result<String, ObservationError> {
    let Decoded {
        mut text,
        head,
        whole,
        encoding,
        cut_short,
    } = decode::decode(stream, source)?;
    let format = question
        .format
        .unwrap_or_else(|| detect::detect(&head, whole, question));
    let failed = |error| ObservationError::unreadable(source, error);
    let recognised = match format {
        Format::Lines => {
            let plain = Plain::new(question, collector)?;
            plain.read(&mut text, collector).map_err(failed)?;
            plain.describe()
        }
        Format::AccessLog => {
            access_log::read(&mut text, collector).map_err(failed)?;
            "an Istio access log (text), the version from the subset in upstream_cluster".to_owned()
        }
        Format::JsonLines => json_lines::read(&mut text, question, collector).map_err(failed)?,
        Format::Csv => table::read(&mut text, &head, source, question, collector)?,
        Format::Prometheus => prometheus::read(&mut text, source, question, collector)?,
    };
    if cut_short.get() {
        collector.doubt(
            "the compressed data ends too early",
            "the counts are those of the part that could be read",
            "copy or download the file again if the rest matters",
        );
    }
    Ok(match encoding {
        Some(encoding) => format!("{recognised}; {encoding}"),
        None => recognised,
    })
}

#[cfg(test)]
mod tests;
