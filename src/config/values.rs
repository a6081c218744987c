//! Single values: whole numbers, exact decimals, durations, rates, words.

use std::ops::Range;
use std::time::Duration;

use num_rational::Ratio;

use super::Diagnostic;
use super::reader::{Fields, Report, suggestion};
use super::yaml::{Node, Value, shorten, steers};
use crate::scenario::ScenarioName;
use crate::units::{ConfidenceLevel, Rate, Rational, Tolerance, parse_decimal};

/// The `name` of a file that describes a scenario of any kind.
pub(super) fn scenario_name(
    fields: &Fields,
    example: &str,
    report: &mut Report,
) -> Option<ScenarioName> {
    let node = fields.required("name", example, report)?;
    let name = ScenarioName::new(&text(node, "a name", report)?);
    if let Err(error) = &name {
        let message = format!("{} cannot name a scenario", node.kind());
        let label = "it also names the output folder";
        report.add(Diagnostic::error(node.span.clone(), message, label).help(error.to_string()));
    }
    name.ok()
}

/// A whole number in a range, its ends included.
pub(super) fn whole(node: &Node, least: u64, most: u64, report: &mut Report) -> Option<u64> {
    whole_or(node, least, most, None, report)
}

/// A whole number in a range, with a way out for what is none.
pub(super) fn whole_or(
    node: &Node,
    least: u64,
    most: u64,
    help: Option<&str>,
    report: &mut Report,
) -> Option<u64> {
    let number = plain(node)
        .filter(|text| is_digits(text))
        .and_then(|text| text.parse().ok())
        .filter(|number| (least..=most).contains(number));
    if number.is_none() {
        let spelled = plain(node)
            .and_then(digits_of)
            .filter(|number| (least..=most).contains(number))
            .map(|number| format!("write the digits alone: {number}"));
        let help = spelled.or_else(|| help.map(ToOwned::to_owned));
        let expected = format!("a whole number from {least} to {most}");
        report.expected_with(node, &expected, help);
    }
    number
}

/// Digits alone, without the leading zero that other readers take for octal.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && !leading_zero(text)
}

fn leading_zero(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'0') && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
}

/// The whole number that is meant by `1e6`, `1_000`, `1,000`, `+5` or `5.0`. What starts with a
/// zero may be octal, and is not guessed at.
fn digits_of(text: &str) -> Option<u64> {
    let text = text
        .strip_prefix('+')
        .unwrap_or(text)
        .replace(['_', ','], "");
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let number = parse_decimal(mantissa).filter(|_| !leading_zero(mantissa))?;
    let product = number
        .numer()
        .checked_mul(10_u64.checked_pow(exponent.parse().ok()?)?)?;
    product
        .is_multiple_of(*number.denom())
        .then(|| product / number.denom())
}

/// A word or a sentence, in quotes or not. Characters that steer a terminal are refused, except
/// the line breaks and tabs of what may have several lines.
fn words(node: &Node, what: &str, lines: bool, report: &mut Report) -> Option<String> {
    let (Value::Plain(text) | Value::Quoted(text)) = &node.value else {
        report.expected(node, what);
        return None;
    };
    if text.trim().is_empty() {
        report.expected(node, what);
        return None;
    }
    let blank = |character: char| lines && matches!(character, '\n' | '\r' | '\t');
    if text
        .chars()
        .any(|character| steers(character) && !blank(character))
    {
        report.add(unprintable(node.span.clone(), text));
        return None;
    }
    Some(text.clone())
}

/// A text of a single line.
pub(super) fn text(node: &Node, what: &str, report: &mut Report) -> Option<String> {
    words(node, what, false, report)
}

/// A text that may have several lines, which become one.
pub(super) fn paragraph(node: &Node, report: &mut Report) -> Option<String> {
    let text = words(node, "text", true, report)?;
    Some(text.split_whitespace().collect::<Vec<&str>>().join(" "))
}

/// Whether a key can name a version; reports one that cannot.
pub(super) fn version_name(name: &str, span: &Range<usize>, report: &mut Report) -> bool {
    if name.trim().is_empty() {
        let message = "the name of a version is empty";
        let mistake = Diagnostic::error(span.clone(), message, "needs a name");
        report.add(mistake.help("write a name such as `v1`"));
        return false;
    }
    if name.contains(steers) {
        report.add(unprintable(span.clone(), name));
        return false;
    }
    true
}

fn unprintable(span: Range<usize>, text: &str) -> Diagnostic {
    let message = format!("`{}` has characters that cannot be printed", shorten(text));
    Diagnostic::error(
        span,
        message,
        "line breaks and control characters are refused",
    )
    .help("write it in one line, with printable characters alone")
}

/// `true` or `false`.
pub(super) fn boolean(node: &Node, report: &mut Report) -> Option<bool> {
    match plain(node) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => {
            report.expected(node, "`true` or `false`");
            None
        }
    }
}

/// One of some words; the others get the nearest one suggested.
pub(super) fn one_of<T: Copy>(
    node: &Node,
    what: &str,
    choices: &[(&str, T)],
    report: &mut Report,
) -> Option<T> {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let (Value::Plain(word) | Value::Quoted(word)) = &node.value else {
        report.expected(node, what);
        return None;
    };
    let found = choices
        .iter()
        .find(|(choice, _)| choice == word)
        .map(|(_, value)| *value);
    if found.is_none() {
        let message = format!("{} is not {what}", node.kind());
        let diagnostic = Diagnostic::error(node.span.clone(), message, format!("not {what}"));
        report.add(diagnostic.help(suggestion(word, &words)));
    }
    found
}

/// Percentage points of a tolerance.
pub(super) fn tolerance(node: &Node, report: &mut Report) -> Option<Tolerance> {
    checked(
        node,
        decimal(node).and_then(Tolerance::from_points),
        report,
        || "percentage points above 0 and at most 100, such as 5 or 2.5".to_owned(),
    )
}

/// A confidence level or a probability, in percent.
pub(super) fn level(node: &Node, report: &mut Report) -> Option<ConfidenceLevel> {
    let level = decimal(node).and_then(ConfidenceLevel::from_percent);
    let level = checked(node, level, report, || {
        "a percentage above 0 and below 100, such as 95 or 99.9".to_owned()
    });
    if level.is_some_and(|level| level.probability() < 0.01) {
        let message = format!("{} is less than one percent", node.kind());
        let mistake = Diagnostic::error(node.span.clone(), message, "in percent");
        report.add(mistake.help("write 95 for 95%"));
        return None;
    }
    level
}

/// A share in percent, 0 to 100, as a fraction of one.
pub(super) fn percent(node: &Node, report: &mut Report) -> Option<Rational> {
    let hundred = Ratio::from_integer(100);
    let share = decimal(node)
        .filter(|&percent| percent <= hundred)
        .map(|percent| percent / 100);
    checked(node, share, report, || {
        "a percentage from 0 to 100".to_owned()
    })
}

/// A duration: `90s`, `5m`, `1h30m`, `500ms`, `250us` (or `µs`), or a number of seconds. Above zero.
pub(super) fn duration(node: &Node, report: &mut Report) -> Option<Duration> {
    let duration = with_unit(node)
        .and_then(parse_duration)
        .filter(|span| !span.is_zero());
    checked(node, duration, report, || {
        "a duration above zero, such as 90s, 5m, 1h30m, 500ms or 250us".to_owned()
    })
}

/// A moment: a duration that may be zero.
pub(super) fn moment(node: &Node, report: &mut Report) -> Option<Duration> {
    let moment = plain(node).and_then(parse_duration);
    checked(node, moment, report, || {
        "a moment, such as 0s, 1.5s or 2m".to_owned()
    })
}

/// A decimal above zero.
pub(super) fn positive_decimal(node: &Node, report: &mut Report) -> Option<Rational> {
    let number = decimal(node).filter(|number| *number.numer() > 0);
    checked(node, number, report, || {
        "a number above zero, such as 2 or 0.5".to_owned()
    })
}

/// A rate: `10/s`, `600/m`, `3600/h`, or a number per second. Above zero.
pub(super) fn rate(node: &Node, report: &mut Report) -> Option<Rate> {
    let rate = with_unit(node).and_then(parse_rate).and_then(Rate::new);
    checked(node, rate, report, || {
        "a rate above zero, such as 10/s, 600/m or 0.5".to_owned()
    })
}

fn checked<T>(
    node: &Node,
    value: Option<T>,
    report: &mut Report,
    expected: impl Fn() -> String,
) -> Option<T> {
    if value.is_none() {
        report.expected(node, &expected());
    }
    value
}

fn plain(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Plain(text) => Some(text),
        _ => None,
    }
}

/// What is written with a unit, such as `60s`: text, with quotes or without. A number alone is
/// refused in quotes, as everywhere.
fn with_unit(node: &Node) -> Option<&str> {
    let text = match &node.value {
        Value::Plain(text) => text,
        Value::Quoted(text) if parse_decimal(text).is_none() => text,
        _ => return None,
    };
    (!leading_zero(text)).then_some(text)
}

/// A decimal, with or without a percent sign. At most nine digits, so that products of two fit.
fn decimal(node: &Node) -> Option<Rational> {
    with_unit(node)
        .map(|text| text.strip_suffix('%').map_or(text, str::trim_end))
        .filter(|text| text.len() <= 10)
        .and_then(parse_decimal)
}

pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    if let Some(seconds) = parse_decimal(text) {
        return nanos(seconds, 1_000_000_000);
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(char::is_alphabetic)?;
        let unit_end = rest[digits..].find(|c: char| !c.is_alphabetic());
        let unit_end = unit_end.map_or(rest.len(), |end| digits + end);
        let unit = match &rest[digits..unit_end] {
            // The micro sign, and the Greek letter that looks like it.
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return None,
        };
        sum = sum.checked_add(nanos(parse_decimal(&rest[..digits])?, unit)?)?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(sum)
}

/// A number of units of so many nanoseconds; `None` if it is not whole, or beyond 584 years.
fn nanos(number: Rational, unit: u64) -> Option<Duration> {
    let product = u128::from(*number.numer()) * u128::from(unit);
    let denominator = u128::from(*number.denom());
    let whole = product
        .is_multiple_of(denominator)
        .then(|| product / denominator)?;
    u64::try_from(whole).ok().map(Duration::from_nanos)
}

fn parse_rate(text: &str) -> Option<Rational> {
    let (number, seconds) = match text.split_once('/') {
        None => (text, 1),
        Some((number, "s")) => (number, 1),
        Some((number, "m")) => (number, 60),
        Some((number, "h")) => (number, 3600),
        Some(_) => return None,
    };
    if number.len() > 12 {
        return None;
    }
    Some(parse_decimal(number.trim_end())? / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        let seconds = |text| parse_duration(text).map(|span| span.as_secs_f64());
        assert_eq!(seconds("90"), Some(90.0));
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("1.5s"), Some(1.5));
        for text in ["1500us", "1500\u{b5}s", "1500\u{3bc}s", "1ms500us", "1.5ms"] {
            assert_eq!(seconds(text), Some(0.0015), "{text}");
        }
        for text in [
            "",
            "s",
            "5x",
            "-5s",
            "5 s",
            "1e3s",
            "0.0000000001s",
            "0.0001us",
            "5\u{b5}",
            "9999999d9999999d",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_exact() {
        assert_eq!(parse_rate("10/s"), Some(Ratio::from_integer(10)));
        assert_eq!(parse_rate("90/m"), Some(Ratio::new(3, 2)));
        assert_eq!(parse_rate("0.5"), Some(Ratio::new(1, 2)));
        for text in ["", "/s", "10/x", "10/", "-1/s", "NaN"] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }
}
