//! Which column of a table holds the version, and which a count.

use super::{ObservationError, Question};

/// Headers that hold a version, most telling first.
const VERSION_HEADERS: [&str; 9] = [
    "version",
    "destination_version",
    "upstream_cluster",
    "subset",
    "variant",
    "destination_workload",
    "workload",
    "destination",
    "backend",
];

/// Headers that hold a count, most telling first.
const COUNT_HEADERS: [&str; 5] = ["observed_count", "count", "counts", "requests", "hits"];

/// What separates the fields of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delimiter(pub(super) u8);

impl Delimiter {
    /// The most frequent of tab, semicolon and comma in a line; a comma if there is none.
    pub(super) fn of(line: &[u8]) -> Self {
        let frequency = |delimiter: &u8| line.iter().filter(|&byte| byte == delimiter).count();
        let best = [b',', b';', b'\t'].into_iter().rev().max_by_key(frequency);
        Self(best.filter(|best| frequency(best) > 0).unwrap_or(b','))
    }

    /// The fields of a line, trimmed, quotes undone.
    pub(super) fn fields(self, line: &[u8]) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.0)
            .trim(csv::Trim::All)
            .from_reader(line);
        let mut record = csv::ByteRecord::new();
        let _ = reader.read_byte_record(&mut record);
        record
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect()
    }
}

/// The first row of a table, which may be a header.
#[derive(Debug, Clone)]
pub(super) struct Header {
    names: Vec<String>,
    targets: Vec<String>,
}

impl Header {
    pub(super) fn of(fields: &[String], targets: &[String]) -> Self {
        Self {
            names: fields.to_vec(),
            targets: targets.to_vec(),
        }
    }

    /// Whether a column is called as columns of versions are, or columns are called as versions.
    pub(super) fn names_a_version(&self) -> bool {
        self.known(&VERSION_HEADERS).is_some() || self.wide().is_some()
    }

    /// The first of `known` that the header has.
    fn known(&self, known: &[&str]) -> Option<usize> {
        known.iter().find_map(|&wanted| {
            self.names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        })
    }

    /// A column by name or, failing that, by number from 1.
    fn named(&self, name: &str) -> Result<usize, ObservationError> {
        let exact = self.names.iter().position(|known| known == name);
        let place = exact.or_else(|| self.known(&[name])).or_else(|| {
            let number: usize = name.parse().ok()?;
            (1..=self.names.len()).contains(&number).then(|| number - 1)
        });
        place.ok_or_else(|| {
            ObservationError::malformed(
                format!("there is no column `{name}`"),
                format!("the columns are {}", self.names.join(", ")),
            )
        })
    }

    /// Columns that are called as versions: (column, place of the version), if two or more are.
    fn wide(&self) -> Option<Vec<(usize, usize)>> {
        let version = |name: &String| self.targets.iter().position(|target| target == name);
        let columns = self.names.iter().enumerate();
        let wide: Vec<(usize, usize)> = columns
            .filter_map(|(column, name)| Some((column, version(name)?)))
            .collect();
        (wide.len() > 1).then_some(wide)
    }
}

/// Where in a row the observations are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Columns {
    /// One version per row, and perhaps a count.
    Version {
        /// The column of the version.
        version: usize,
        /// The column of the count; without it a row is a request.
        count: Option<usize>,
        /// Whether the version is the subset in a cluster name.
        cluster: bool,
    },
    /// A column of counts for each version: (column, place of the version).
    Wide(Vec<(usize, usize)>),
}

/// How a table is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) columns: Columns,
    pub(super) has_header: bool,
    /// What was found, in words.
    pub(super) description: String,
}

impl Layout {
    /// Finds the columns by what is asked for, by what the rows hold, then by the header.
    pub(super) fn find(
        rows: &[Vec<String>],
        question: &Question,
    ) -> Result<Self, ObservationError> {
        let Some((first, rest)) = rows.split_first() else {
            return Err(ObservationError::malformed(
                "the table has no row",
                "give it a header and rows",
            ));
        };
        let header = Header::of(first, &question.versions);
        let by_value = column_of_versions(rest, question);
        // A row of data names a version where a header would name the column.
        let in_first = by_value
            .or_else(|| column_of_versions(&rows[..1], question))
            .is_some_and(|column| is_target(first.get(column), question));
        let wide = header
            .wide()
            .filter(|_| question.column.is_none() && counts_below(rest, &header));
        if let Some(wide) = wide {
            let names: Vec<&str> = wide
                .iter()
                .map(|&(column, _)| first[column].as_str())
                .collect();
            let description = format!(
                "a table with a column of counts for each of {}",
                names.join(", ")
            );
            return Ok(Self {
                columns: Columns::Wide(wide),
                has_header: true,
                description,
            });
        }
        let version = match &question.column {
            Some(name) => header.named(name)?,
            None => by_value
                .or_else(|| {
                    if in_first {
                        column_of_versions(&rows[..1], question)
                    } else {
                        None
                    }
                })
                .or_else(|| header.known(&VERSION_HEADERS))
                .ok_or_else(|| no_column(first, question))?,
        };
        let has_header = !is_target(first.get(version), question);
        let count = match &question.count_column {
            Some(name) => Some(header.named(name)?),
            None if has_header => header
                .known(&COUNT_HEADERS)
                .filter(|&column| column != version && looks_like_counts(rest, column)),
            // Without a header, two columns can only be a version and a count.
            None => (0..first.len()).find(|&column| {
                first.len() == 2 && column != version && holds_counts(rows, column)
            }),
        };
        let cluster = rest
            .iter()
            .any(|row| row.get(version).is_some_and(|value| value.contains('|')));
        let describe = |column: usize| match has_header {
            true => format!("the column `{}`", first[column]),
            false => format!("column {} (there is no header)", column + 1),
        };
        let mut description = format!("a table with the version in {}", describe(version));
        description.push_str(&match count {
            Some(count) => format!(" and counts in {}", describe(count)),
            None => ", a request per row".to_owned(),
        });
        Ok(Self {
            columns: Columns::Version {
                version,
                count,
                cluster,
            },
            has_header,
            description,
        })
    }
}

fn no_column(first: &[String], question: &Question) -> ObservationError {
    ObservationError::malformed(
        format!(
            "no column holds a version of the target ({})",
            question.versions.join(", ")
        ),
        format!(
            "name it with --column; the columns are {}",
            first.join(", ")
        ),
    )
}

fn is_target(field: Option<&String>, question: &Question) -> bool {
    field.is_some_and(|field| question.versions.contains(field))
}

/// The column that holds versions of the target in the most rows.
fn column_of_versions(rows: &[Vec<String>], question: &Question) -> Option<usize> {
    let width = rows.iter().map(Vec::len).max()?;
    let hits = |column: &usize| {
        rows.iter()
            .filter(|row| is_target(row.get(*column), question))
            .count()
    };
    (0..width)
        .rev()
        .max_by_key(hits)
        .filter(|best| hits(best) > 0)
}

/// Whether every row has a whole number in a column.
fn holds_counts(rows: &[Vec<String>], column: usize) -> bool {
    let is_count = |row: &Vec<String>| {
        row.get(column)
            .is_some_and(|value| parse_count(value).is_some())
    };
    !rows.is_empty() && rows.iter().all(is_count)
}

/// Whether a column that is called like one of counts is one: most of its cells begin with a digit or
/// a sign, so that a cell that is no count is a mistake, not another kind of column.
fn looks_like_counts(rows: &[Vec<String>], column: usize) -> bool {
    let numeric = |row: &&Vec<String>| {
        let cell = row.get(column).map_or("", String::as_str);
        cell.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-' || sign == '+')
    };
    !rows.is_empty() && 2 * rows.iter().filter(numeric).count() >= rows.len()
}

fn counts_below(rows: &[Vec<String>], header: &Header) -> bool {
    let columns = header.wide().unwrap_or_default();
    columns
        .iter()
        .all(|&(column, _)| holds_counts(rows, column))
}

/// A whole number of requests, perhaps written as `16.0`.
pub(super) fn parse_count(text: &str) -> Option<u64> {
    let whole = text
        .split_once('.')
        .map_or(Some(text), |(whole, fraction)| {
            (!fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0')).then_some(whole)
        })?;
    whole
        .parse()
        .ok()
        .filter(|&count| count <= super::MAX_COUNT)
}
