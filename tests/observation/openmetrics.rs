//! The rules of the OpenMetrics text format that `promtool tsdb create-blocks-from openmetrics`
//! relies on, checked line by line.

use std::collections::{BTreeMap, BTreeSet};

/// A series: name and labels, and its samples as (seconds, value).
pub(crate) type Series = BTreeMap<(String, String), Vec<(f64, f64)>>;

/// Reads a file, or panics at the first line that breaks a rule.
pub(crate) fn read(text: &str) -> Series {
    let body = text
        .strip_suffix("# EOF\n")
        .expect("the last line is # EOF");
    assert!(!body.contains("# EOF"), "one # EOF");
    let mut series = Series::new();
    let mut families = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut helped = String::new();
    // A metric is a family with labels, without `le`; its lines stand together.
    let mut metrics = BTreeSet::new();
    let mut metric = (String::new(), String::new());
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("help has words");
            assert!(!help.is_empty() && help.ends_with('.'), "{line}");
            helped = name.to_owned();
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').expect("a type");
            assert_eq!(name, helped, "help comes first");
            assert!(families.insert(name.to_owned()), "{name} stands together");
            assert!(["counter", "gauge", "histogram"].contains(&of), "{line}");
            (family, kind) = (name.to_owned(), of.to_owned());
            continue;
        }
        let (name, labels, value, time) = sample(line);
        belongs(&name, &family, &kind);
        let (le, others): (Vec<_>, Vec<_>) = labels.iter().partition(|(key, _)| key == "le");
        assert_eq!(le.len(), usize::from(name.ends_with("_bucket")), "{line}");
        let own = (family.clone(), format!("{others:?}"));
        if own != metric {
            assert!(metrics.insert(own.clone()), "lines apart: {line}");
            metric = own;
        }
        let points = series.entry((name, format!("{labels:?}"))).or_default();
        if let Some(&(before, last)) = points.last() {
            assert!(time > before, "times ascend: {line}");
            assert!(kind == "gauge" || value >= last, "counters grow: {line}");
        } else if kind != "gauge" {
            assert_eq!((time, value), (0.0, 0.0), "begins at nothing: {line}");
        }
        points.push((time, value));
    }
    histograms(body);
    series
}

fn belongs(name: &str, family: &str, kind: &str) {
    let endings: &[&str] = match kind {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_count", "_sum"],
        _ => &[""],
    };
    let known = endings
        .iter()
        .any(|ending| name == format!("{family}{ending}"));
    assert!(known, "{name} in {kind} {family}");
}

/// Name, labels, value and time of a line.
fn sample(line: &str) -> (String, Vec<(String, String)>, f64, f64) {
    let (name, rest) = line.split_once('{').expect("labels");
    assert!(is_name(name), "{line}");
    let (labels, rest) = labels(rest);
    let names: BTreeSet<&String> = labels.iter().map(|(key, _)| key).collect();
    assert_eq!(names.len(), labels.len(), "a label twice: {line}");
    let mut numbers = rest.strip_prefix(' ').expect("a blank").split(' ');
    let mut number = || -> f64 { numbers.next().unwrap().parse().unwrap() };
    let (value, time) = (number(), number());
    assert!(value.is_finite() && value >= 0.0 && time >= 0.0, "{line}");
    assert!(numbers.next().is_none(), "{line}");
    (name.to_owned(), labels, value, time)
}

fn is_name(name: &str) -> bool {
    let mut signs = name.chars();
    signs
        .next()
        .is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '_')
        && signs.all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// The labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut labels = Vec::new();
    loop {
        let (key, after) = rest.split_once("=\"").expect("a label");
        assert!(is_name(key), "{key}");
        let (mut value, mut signs) = (String::new(), after.char_indices());
        let end = loop {
            match signs.next().expect("the value ends") {
                (at, '"') => break at,
                (_, '\\') => value.push(match signs.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, sign @ ('\\' | '"'))) => sign,
                    other => panic!("escape {other:?}"),
                }),
                (_, sign) => value.push(sign),
            }
        };
        labels.push((key.to_owned(), value));
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, rest.strip_prefix('}').expect("a brace")),
        }
    }
}

/// Within one scrape the edges ascend, the counts do not fall, and the last one is the count.
fn histograms(body: &str) {
    let (mut edge, mut count) = (f64::NEG_INFINITY, 0.0);
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let (name, labels, value, _) = sample(line);
        if name.ends_with("_bucket") {
            let (_, le) = labels.last().unwrap();
            let next: f64 = le.replace('+', "").to_lowercase().parse().unwrap();
            assert!(next > edge && value >= count, "{line}");
            assert!(next.is_infinite() || le.contains('.'), "1.0, not 1: {line}");
            (edge, count) = (next, value);
        } else if name.ends_with("_count") {
            assert!(edge.is_infinite(), "+Inf is last: {line}");
            assert!((value - count).abs() < f64::EPSILON, "{line}");
            (edge, count) = (f64::NEG_INFINITY, 0.0);
        }
    }
}
