//! What all readers share: the names met so far, what could not be told, and the way out to the
//! caller's sink.

use std::fmt::Write;

use super::{Observation, ObservationError, Question, Reading};

/// So many lines that name no version are shown.
const EXAMPLES: usize = 3;
/// So much of such a line is shown, in characters.
const EXCERPT: usize = 60;
/// More names than this beside the target's are a sign that they are no versions.
const MAX_STRAYS: usize = 100;

/// Lines or rows that name no version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// How many.
    pub total: u64,
    /// How many for each reason, in the order in which the reasons were met.
    pub reasons: Vec<(&'static str, u64)>,
    /// The first few.
    pub examples: Vec<Example>,
}

/// A line that names no version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its number, from 1.
    pub line: u64,
    /// Its beginning.
    pub text: String,
    /// Why it was skipped.
    pub reason: &'static str,
}

impl Skipped {
    /// The first few lines, ready to be put below a sentence.
    #[must_use]
    pub fn examples_text(&self) -> String {
        let mut text = String::new();
        for Example {
            line,
            text: excerpt,
            reason,
        } in &self.examples
        {
            let _ = write!(text, "\n  line {line}: {reason}: {excerpt}");
        }
        text
    }
}

/// What a reader should know about the input: what happened, why it matters, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What happened.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}

/// Gathers what a reader finds, and hands observations on.
pub(super) struct Collector<'a> {
    sink: &'a mut dyn FnMut(Observation),
    versions: Vec<String>,
    targets: usize,
    host: Option<String>,
    hosts: Vec<(String, u64)>,
    observed: u64,
    too_many: bool,
    skipped: Skipped,
    doubts: Vec<Doubt>,
    help: String,
}

impl<'a> Collector<'a> {
    pub(super) fn new(question: &Question, sink: &'a mut dyn FnMut(Observation)) -> Self {
        Self {
            sink,
            versions: question.versions.clone(),
            targets: question.versions.len(),
            host: question.host.clone(),
            hosts: Vec::new(),
            observed: 0,
            too_many: false,
            skipped: Skipped::default(),
            doubts: Vec::new(),
            help: "see the forms of input in shiftsim check --help".into(),
        }
    }

    /// The versions of the target.
    pub(super) fn targets(&self) -> &[String] {
        &self.versions[..self.targets]
    }

    /// The place of a version of the target.
    pub(super) fn target(&self, name: &[u8]) -> Option<usize> {
        self.targets()
            .iter()
            .position(|version| version.as_bytes() == name)
    }

    /// The place of a version, which may be one that the target does not know.
    pub(super) fn version(&mut self, name: &[u8]) -> usize {
        if let Some(place) = self
            .versions
            .iter()
            .position(|version| version.as_bytes() == name)
        {
            return place;
        }
        if self.versions.len() >= self.targets + MAX_STRAYS {
            self.too_many = true;
            return self.versions.len() - 1;
        }
        self.versions
            .push(String::from_utf8_lossy(name).into_owned());
        self.versions.len() - 1
    }

    /// Hands on one request.
    pub(super) fn request(&mut self, version: usize) {
        self.observed += 1;
        (self.sink)(Observation::Request { version });
    }

    /// Hands on a count.
    pub(super) fn requests(&mut self, version: usize, count: u64) {
        self.observed += count;
        (self.sink)(Observation::Requests { version, count });
    }

    /// Counts a line that names no version, and keeps the first few.
    pub(super) fn skip(&mut self, line: u64, text: &[u8], reason: &'static str) {
        self.skipped.total += 1;
        match self
            .skipped
            .reasons
            .iter_mut()
            .find(|(known, _)| *known == reason)
        {
            Some((_, count)) => *count += 1,
            None => self.skipped.reasons.push((reason, 1)),
        }
        if self.skipped.examples.len() < EXAMPLES {
            self.skipped.examples.push(Example {
                line,
                text: excerpt(text),
                reason,
            });
        }
    }

    /// Notes what a reader should know.
    pub(super) fn doubt(
        &mut self,
        what: impl Into<String>,
        why: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let doubt = Doubt {
            what: what.into(),
            why: why.into(),
            advice: advice.into(),
        };
        self.doubts.push(doubt);
    }

    /// What to suggest if nothing is found.
    pub(super) fn suggest(&mut self, help: impl Into<String>) {
        self.help = help.into();
    }

    /// Whether requests to a host count. Without a choice all do, and they are told apart, so that
    /// two services are never mixed.
    pub(super) fn accepts_host(&mut self, host: &[u8]) -> bool {
        if let Some(wanted) = &self.host {
            let rest = host.strip_prefix(wanted.as_bytes());
            return rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.');
        }
        if let Some((_, count)) = self
            .hosts
            .iter_mut()
            .find(|(known, _)| known.as_bytes() == host)
        {
            *count += 1;
        } else if self.hosts.len() < MAX_STRAYS {
            self.hosts
                .push((String::from_utf8_lossy(host).into_owned(), 1));
        }
        true
    }

    /// The end of the input.
    pub(super) fn finish(
        self,
        source: String,
        recognised: String,
    ) -> Result<Reading, ObservationError> {
        self.refuse_several_hosts(&source)?;
        if self.too_many {
            return Err(ObservationError::malformed(
                format!(
                    "{source}, read as {recognised}, names more than {MAX_STRAYS} versions: {}, …",
                    self.versions[self.targets..]
                        .iter()
                        .take(3)
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                "those are hardly versions: name the right column with --column",
            ));
        }
        if self.observed == 0 {
            return Err(ObservationError::Nothing {
                source_name: source,
                recognised,
                skipped: Box::new(self.skipped),
                help: self.help,
            });
        }
        Ok(Reading {
            source,
            recognised,
            versions: self.versions,
            skipped: self.skipped,
            doubts: self.doubts,
        })
    }

    fn refuse_several_hosts(&self, source: &str) -> Result<(), ObservationError> {
        if self.hosts.len() < 2 {
            return Ok(());
        }
        let mut hosts = self.hosts.clone();
        hosts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let listed: Vec<String> = hosts
            .iter()
            .take(5)
            .map(|(host, count)| format!("\n  {host}: {count}"))
            .collect();
        let more = if hosts.len() > 5 { "\n  …" } else { "" };
        Err(ObservationError::malformed(
            format!(
                "{source} holds requests to {} services, each with versions of its own:{}{more}",
                hosts.len(),
                listed.concat()
            ),
            format!("choose one, such as --host {}", hosts[0].0),
        ))
    }
}

/// The beginning of a line, safe to print.
fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * EXCERPT)]);
    let printable = |character: char| {
        if character.is_control() {
            '·'
        } else {
            character
        }
    };
    let mut excerpt: String = text.chars().take(EXCERPT).map(printable).collect();
    if text.chars().count() > EXCERPT || bytes.len() > 4 * EXCERPT {
        excerpt.push('…');
    }
    excerpt
}
