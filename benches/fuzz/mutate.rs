//! Changes of a text: bytes, words, lines, and blocks of lines as YAML nests them.

use rand::{Rng, RngExt};

use super::corpus::Corpus;

/// Values at the ends of what readers take, and marks that mean something in YAML.
const SPECIAL: &[&str] = &[
    "0",
    "-1",
    "1",
    "100",
    "101",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "-0",
    "0x1F",
    "0o17",
    "1e309",
    "1e-7",
    "nan",
    ".nan",
    ".inf",
    "-.inf",
    "0.000001",
    "99.99999999",
    "null",
    "~",
    "true",
    "yes",
    "{}",
    "[]",
    "''",
    "\"\"",
    "&a",
    "*a",
    "<<",
    "!!str",
    "!!binary",
    "---",
    "...",
    "|",
    ">-",
    "?",
    "- -",
    ": :",
    "\t",
    "\r",
    "\u{feff}",
    "é",
    "\u{1f600}",
    "\u{202e}",
    "\u{0}",
    "\u{2028}",
    "*",
    "*.",
    "*.example.com",
    ".",
    "..",
    "a/b",
    "/",
    "mesh",
    "1h1h",
    "0s",
    "9999999999h",
    "1ns",
    "(",
    "[a-",
    "(?i)x",
    "\\",
    "%",
    "100%",
    "#",
    "a: b",
    "{a: b}",
    "[a, b]",
    "\"\\u00e9\"",
    "\"\\x\"",
    "apiVersion: v1",
    "kind: List",
    "items:",
    "metadata:",
    "spec:",
];

/// The text with one change.
pub(crate) fn mutate(text: &str, corpus: &Corpus, random: &mut impl Rng) -> String {
    match random.random_range(0..14) {
        0 => bytes(text, random),
        1 => characters(text, random),
        2..=5 => replace_word(text, corpus, random),
        6 => insert(text, corpus, random),
        7 => delete_lines(text, random),
        8 => repeat_lines(text, random),
        9 => swap_lines(text, random),
        10 => indent(text, random),
        11 | 12 => splice(text, corpus, random),
        _ => match random.random_range(0..3) {
            0 => cut(text, random),
            1 => format!("{text}\n---\n{}", corpus.pick(random)),
            _ => nest(text, random),
        },
    }
}

/// A place between two characters.
fn place(text: &str, random: &mut impl Rng) -> usize {
    let mut place = random.random_range(0..=text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

fn word<'a>(corpus: &'a Corpus, random: &mut impl Rng) -> &'a str {
    match random.random_range(0..3) {
        0 => SPECIAL[random.random_range(0..SPECIAL.len())],
        _ => corpus.word(random),
    }
}

fn bytes(text: &str, random: &mut impl Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    if !bytes.is_empty() {
        let place = random.random_range(0..bytes.len());
        bytes[place] ^= 1 << random.random_range(0..8);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn characters(text: &str, random: &mut impl Rng) -> String {
    let (one, other) = (place(text, random), place(text, random));
    let (start, end) = (one.min(other), one.max(other));
    let end = (start..end.min(start + 20))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(start);
    format!("{}{}", &text[..start], &text[end..])
}

fn replace_word(text: &str, corpus: &Corpus, random: &mut impl Rng) -> String {
    let at = place(text, random);
    let is_end = |at: char| at.is_whitespace() || "{}[],:".contains(at);
    let start = text[..at].rfind(is_end).map_or(0, |end| {
        end + text[end..].chars().next().map_or(0, char::len_utf8)
    });
    let end = text[at..].find(is_end).map_or(text.len(), |end| at + end);
    format!("{}{}{}", &text[..start], word(corpus, random), &text[end..])
}

fn insert(text: &str, corpus: &Corpus, random: &mut impl Rng) -> String {
    let at = place(text, random);
    format!("{}{}{}", &text[..at], word(corpus, random), &text[at..])
}

fn cut(text: &str, random: &mut impl Rng) -> String {
    text[..place(text, random)].to_owned()
}

fn nest(text: &str, random: &mut impl Rng) -> String {
    let at = place(text, random);
    let many = random.random_range(1..200);
    let opening = ["[", "{a: ", "- ", "? ", "\"", "'", "a:\n "][random.random_range(0..7)];
    format!("{}{}{}", &text[..at], opening.repeat(many), &text[at..])
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The first of some lines, and the line after the last.
fn range(lines: &[&str], random: &mut impl Rng) -> (usize, usize) {
    if lines.is_empty() {
        return (0, 0);
    }
    let start = random.random_range(0..lines.len());
    let most = (lines.len() - start).min(12);
    (start, start + random.random_range(1..=most))
}

fn delete_lines(text: &str, random: &mut impl Rng) -> String {
    let mut lines = lines(text);
    let (start, end) = range(&lines, random);
    lines.drain(start..end);
    lines.concat()
}

fn repeat_lines(text: &str, random: &mut impl Rng) -> String {
    let lines = lines(text);
    let (start, end) = range(&lines, random);
    let times = match random.random_range(0..50) {
        0 => 300,
        _ => random.random_range(2..4),
    };
    let repeated = lines[start..end].concat().repeat(times);
    let mut changed = format!(
        "{}{repeated}{}",
        lines[..start].concat(),
        lines[end..].concat()
    );
    let mut most = changed.len().min(200_000);
    while !changed.is_char_boundary(most) {
        most -= 1;
    }
    changed.truncate(most);
    changed
}

fn swap_lines(text: &str, random: &mut impl Rng) -> String {
    let mut lines = lines(text);
    if !lines.is_empty() {
        let (one, other) = (
            random.random_range(0..lines.len()),
            random.random_range(0..lines.len()),
        );
        lines.swap(one, other);
    }
    lines.concat()
}

fn indent(text: &str, random: &mut impl Rng) -> String {
    let lines = lines(text);
    let (start, end) = range(&lines, random);
    let more = random.random_bool(0.5);
    let changed = lines[start..end].iter().map(|line| match more {
        true => format!("  {line}"),
        false => line.strip_prefix("  ").unwrap_or(line).to_owned(),
    });
    let changed: String = changed.collect();
    format!(
        "{}{changed}{}",
        lines[..start].concat(),
        lines[end..].concat()
    )
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A block of another text, as deep as the line after which it is put.
fn splice(text: &str, corpus: &Corpus, random: &mut impl Rng) -> String {
    let (own, others) = (lines(text), lines(corpus.pick(random)));
    if own.is_empty() || others.is_empty() {
        return text.to_owned();
    }
    let start = random.random_range(0..others.len());
    let from = depth(others[start]);
    let block = others[start..]
        .iter()
        .enumerate()
        .take_while(|(place, line)| *place == 0 || depth(line) > from)
        .take(40);
    let at = random.random_range(0..own.len());
    let to = depth(own[at]);
    let block: String = block
        .map(|(_, line)| {
            format!(
                "{}{line}",
                " ".repeat(to + depth(line) - from),
                line = line.trim_start_matches(' ')
            )
        })
        .collect();
    let before = own[..=at].concat();
    let gap = if before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{gap}{block}{}", own[at + 1..].concat())
}
