//! Tables: a version per row, a version and a count per row, or a column of counts per version.

use std::io::Read;

use super::cluster;
use super::collector::Collector;
use super::table_layout::{Columns, Delimiter, Layout, parse_count};
use super::{ObservationError, Question};

/// So many rows are looked at to find the columns.
const LOOK: usize = 100;

/// Reads a table to its end, and says how it was read.
pub(super) fn read(
    text: impl Read,
    head: &[u8],
    source: &str,
    question: &Question,
    collector: &mut Collector,
) -> Result<String, ObservationError> {
    collector.suggest(
        "name the column of the version with --column, that of counts with --count-column",
    );
    let first = head
        .split(|&byte| byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#"));
    let delimiter = Delimiter::of(first.unwrap_or(head));
    let layout = Layout::find(&first_rows(head, delimiter), question)?;
    let mut reader = reader(text, delimiter, layout.has_header);
    let mut row = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(true) => {
                refuse_wrong_count(&row, &layout.columns)?;
                take(&row, &layout.columns, collector);
            }
            Ok(false) => return Ok(layout.description),
            Err(error) => return Err(ObservationError::unreadable(source, error.into())),
        }
    }
}

fn reader<R: Read>(text: R, delimiter: Delimiter, has_header: bool) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter.0)
        .has_headers(has_header)
        .flexible(true)
        .trim(csv::Trim::None)
        .comment(Some(b'#'))
        .buffer_capacity(256 * 1024)
        .from_reader(text)
}

/// The first rows as text, trimmed. The last one may be cut, and is left out if there are others.
fn first_rows(head: &[u8], delimiter: Delimiter) -> Vec<Vec<String>> {
    let mut records = reader(head, delimiter, false).into_byte_records();
    let row = |record: csv::ByteRecord| -> Vec<String> {
        record
            .iter()
            .map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned())
            .collect()
    };
    let mut rows: Vec<Vec<String>> = records
        .by_ref()
        .map_while(Result::ok)
        .take(LOOK + 1)
        .map(row)
        .collect();
    if rows.len() > 2 {
        rows.pop();
    }
    rows
}

/// A cell that should be a count and is not: to leave its row out would change the shares. A row
/// without the cell is another matter, such as one that was cut off.
fn refuse_wrong_count(row: &csv::ByteRecord, columns: &Columns) -> Result<(), ObservationError> {
    let Columns::Version {
        count: Some(column),
        ..
    } = columns
    else {
        return Ok(());
    };
    let Some(cell) = row.get(*column).map(<[u8]>::trim_ascii) else {
        return Ok(());
    };
    if count_of(cell).is_some() {
        return Ok(());
    }
    let line = row.position().map_or(0, csv::Position::line);
    let text = String::from_utf8_lossy(cell);
    Err(ObservationError::malformed(
        format!("line {line}: `{text}` is not a whole number of requests"),
        "write counts as digits alone, such as 1600; or name another column with --count-column",
    ))
}

fn take(row: &csv::ByteRecord, columns: &Columns, collector: &mut Collector) {
    let field = |column: usize| row.get(column).map(<[u8]>::trim_ascii);
    let taken = match columns {
        Columns::Version {
            version,
            count,
            cluster,
        } => field(*version)
            .filter(|name| !name.is_empty())
            .ok_or("a row without a version")
            .and_then(
                |name| match count.map(|column| field(column).and_then(count_of)) {
                    Some(None) => Err("a row without a whole number in the column of counts"),
                    Some(Some(count)) => Ok((place(name, *cluster, collector)?, Some(count))),
                    None => Ok((place(name, *cluster, collector)?, None)),
                },
            )
            .map(|(version, count)| match count {
                Some(count) => collector.requests(version, count),
                None => collector.request(version),
            }),
        Columns::Wide(columns) => {
            let counts: Option<Vec<(usize, u64)>> = columns
                .iter()
                .map(|&(column, version)| Some((version, field(column).and_then(count_of)?)))
                .collect();
            counts
                .ok_or("a row without a whole number for each version")
                .map(|counts| {
                    counts
                        .iter()
                        .for_each(|&(version, count)| collector.requests(version, count));
                })
        }
    };
    if let Err(reason) = taken {
        let line = row.position().map_or(0, csv::Position::line);
        let text: Vec<&[u8]> = row.iter().collect();
        collector.skip(line, &text.join(&b","[..]), reason);
    }
}

fn place(name: &[u8], cluster: bool, collector: &mut Collector) -> Result<usize, &'static str> {
    if cluster && (name.contains(&b'|') || name == b"-") {
        return cluster::version(name, collector);
    }
    Ok(collector.version(name))
}

fn count_of(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok().and_then(parse_count)
}
