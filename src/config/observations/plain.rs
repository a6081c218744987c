//! Plain lines, one request each, told by how they begin or by regular expressions.

use std::cell::Cell;
use std::io::{self, Read};

use regex::bytes::RegexSet;

use super::collector::Collector;
use super::lines::{Line, Lines};
use super::{ObservationError, Question};

/// How a line is told.
pub(super) enum Plain {
    /// It begins with the name of a version. Longest name first, each with its place.
    Prefix(Vec<(Vec<u8>, usize)>),
    /// An expression matches: one per entry, each with the place of its version.
    Patterns {
        set: RegexSet,
        versions: Vec<usize>,
        /// Lines that more than one version's expressions match.
        ambiguous: Cell<u64>,
    },
}

impl Plain {
    /// By expressions if there are any, else by beginnings.
    pub(super) fn new(
        question: &Question,
        collector: &mut Collector,
    ) -> Result<Self, ObservationError> {
        let suggestion = "lines begin with the name of a version, or tell them apart by \
            --match v1=REGEX --match v2=REGEX";
        collector.suggest(suggestion);
        if question.patterns.is_empty() {
            let mut names: Vec<(Vec<u8>, usize)> = collector
                .targets()
                .iter()
                .enumerate()
                .map(|(place, name)| (name, place))
                .chain(
                    question
                        .aliases
                        .iter()
                        .map(|(words, place)| (words, *place)),
                )
                .map(|(name, place)| (name.clone().into_bytes(), place))
                .collect();
            names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            return Ok(Self::Prefix(names));
        }
        let expressions = question.patterns.iter().map(|(_, expression)| expression);
        let set = RegexSet::new(expressions).map_err(|error| {
            ObservationError::malformed(
                format!("--match: {error}"),
                "write --match v1=REGEX; the syntax is that of https://docs.rs/regex",
            )
        })?;
        let names = question.patterns.iter();
        let versions = names
            .map(|(name, _)| collector.version(name.as_bytes()))
            .collect();
        Ok(Self::Patterns {
            set,
            versions,
            ambiguous: Cell::new(0),
        })
    }

    /// What the input is, in words.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Prefix(_) => "lines that begin with the name of a version".to_owned(),
            Self::Patterns { .. } => "lines told by --match".to_owned(),
        }
    }

    /// Reads lines to the end. Blank lines and comments, which begin with `#`, are no requests.
    pub(super) fn read(&self, text: impl Read, collector: &mut Collector) -> io::Result<()> {
        let mut lines = Lines::new(text);
        while let Some(line) = lines.next()? {
            let trimmed = line.bytes.trim_ascii();
            if trimmed.is_empty() || trimmed.starts_with(b"#") {
                continue;
            }
            match self.version(trimmed) {
                Some(version) => collector.request(version),
                None => collector.skip(line.number, line.bytes, self.reason(line)),
            }
        }
        if let Self::Patterns { ambiguous, .. } = self
            && ambiguous.get() > 0
        {
            collector.doubt(
                format!(
                    "{} lines match the expressions of more than one version",
                    ambiguous.get()
                ),
                "each was counted for the first --match that fits",
                "make the expressions exclude each other, for instance with ^ and $",
            );
        }
        Ok(())
    }

    fn version(&self, line: &[u8]) -> Option<usize> {
        match self {
            Self::Prefix(names) => names
                .iter()
                .find(|(name, _)| begins_with_word(line, name))
                .map(|&(_, version)| version),
            Self::Patterns {
                set,
                versions,
                ambiguous,
            } => {
                let matches = set.matches(line);
                let mut hit = matches.iter().map(|place| versions[place]);
                let first = hit.next()?;
                ambiguous.set(ambiguous.get() + u64::from(hit.any(|other| other != first)));
                Some(first)
            }
        }
    }

    fn reason(&self, line: Line) -> &'static str {
        match (line.ended, self) {
            (false, _) => "no version; the last line may be cut off",
            (true, Self::Prefix(_)) => "begins with no version of the target",
            (true, Self::Patterns { .. }) => "no --match fits",
        }
    }
}

/// Whether a line begins with a name that ends there: `two Tue Nov 6` with `two`, `v1: ok` with
/// `v1`, and not `v10` or `v1.2` with `v1`. A quote before the name is passed over.
fn begins_with_word(line: &[u8], name: &[u8]) -> bool {
    let line = line
        .strip_prefix(b"\"")
        .or_else(|| line.strip_prefix(b"'"))
        .unwrap_or(line);
    let Some(rest) = line.strip_prefix(name) else {
        return false;
    };
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",;:|=)]\"'".contains(byte);
    rest.first().is_none_or(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_end_where_it_ends() {
        let cases = [
            ("two Tue Nov 6 18:08:23 UTC 2018", "two", true),
            ("v1", "v1", true),
            ("\"v1\"", "v1", true),
            ("v1: hello", "v1", true),
            ("v10", "v1", false),
            ("v1.2", "v1", false),
            ("v1-canary", "v1", false),
            ("hello v1", "v1", false),
        ];
        for (line, name, expected) in cases {
            assert_eq!(
                begins_with_word(line.as_bytes(), name.as_bytes()),
                expected,
                "{line}"
            );
        }
    }
}
