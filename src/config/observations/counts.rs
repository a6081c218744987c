//! Counts as they are written on the command line: `v1=16 v2=4`.

use super::ObservationError;
use super::collector::Collector;

const HELP: &str = "write counts as v1=16 v2=4";

/// Reads counts, apart or separated by commas; a version may stand once.
pub(super) fn read(counts: &[String], collector: &mut Collector) -> Result<(), ObservationError> {
    let mut seen = Vec::with_capacity(counts.len());
    let mut total: u64 = 0;
    for text in counts.iter().flat_map(|text| text.split(',')) {
        let (name, count) = parse(text)?;
        if seen.contains(&name) {
            return Err(ObservationError::malformed(
                format!("`{name}` is counted twice"),
                HELP,
            ));
        }
        total = total.saturating_add(count);
        seen.push(name);
        let version = collector.version(name.as_bytes());
        collector.requests(version, count);
    }
    if total == 0 {
        return Err(ObservationError::malformed(
            "all counts are 0: nothing was observed",
            HELP,
        ));
    }
    Ok(())
}

fn parse(text: &str) -> Result<(&str, u64), ObservationError> {
    let malformed = |problem: String| ObservationError::malformed(problem, HELP);
    let Some((name, count)) = text.rsplit_once('=') else {
        return Err(malformed(format!("`{text}` is not a count")));
    };
    let name = name.trim();
    if name.is_empty() {
        return Err(malformed(format!("`{text}` names no version")));
    }
    match count.trim().parse::<u64>() {
        Ok(count) if count <= super::MAX_COUNT => Ok((name, count)),
        Ok(_) => Err(malformed(format!(
            "`{text}`: a count is at most {}",
            super::MAX_COUNT
        ))),
        Err(_) => Err(malformed(format!(
            "`{text}`: `{count}` is not a whole number"
        ))),
    }
}
