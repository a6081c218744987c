//! Every quantity computes its example, and every function of `stats` is registered.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Functions of `stats` that are parts of another quantity, or that take no numbers of a user.
const UNNAMED: &[&str] = &[
    // two_sided::p_value takes the law with an exact share
    "binomial_test",
    // gof::exact_multinomial_by, with its default order
    "exact_multinomial",
    // the times of equally spaced looks
    "equally_spaced",
    // part of planning::exact_size
    "stable_requests",
    // a latency check takes a histogram and its law: `shiftsim gate` answers
    "joint_check",
    // laws under weights, parts of `shiftsim gate`
    "attempts",
    "mass",
    "requests",
    // Kayenta's judge takes whole series: `shiftsim gate` answers
    "classify",
    "clean",
    "percentile",
    "remove_outliers",
    "score",
];

fn all() -> impl Iterator<Item = &'static Quantity> {
    GROUPS.iter().flat_map(|(_, group)| group.iter())
}

#[test]
fn every_example_computes() {
    for quantity in all() {
        let given: Vec<String> = quantity.example.split(' ').map(str::to_owned).collect();
        let value = quantity.value(&given);
        let value = value.unwrap_or_else(|error| panic!("{}: {error}", quantity.name));
        match value {
            Value::Real(value) => assert!(value.is_finite(), "{}: {value}", quantity.name),
            Value::Several(values) => assert!(!values.is_empty(), "{}", quantity.name),
            Value::Whole(_) | Value::None => {}
        }
    }
}

#[test]
fn names_are_unique_and_texts_are_short() {
    let names: BTreeSet<&str> = all().map(|quantity| quantity.name).collect();
    assert_eq!(names.len(), all().count());
    for quantity in all() {
        assert!(quantity.meaning.len() <= 90, "{}", quantity.name);
        assert!(quantity.name.len() <= 30, "{}", quantity.name);
    }
}

#[test]
fn every_free_function_of_the_library_has_a_name() {
    let registered: BTreeSet<&str> = all()
        .filter_map(|quantity| quantity.function.rsplit("::").next())
        .collect();
    let mut functions = 0;
    for text in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stats")) {
        for line in text.lines() {
            // Free functions alone: methods are indented.
            let Some(rest) = line.strip_prefix("pub fn ") else {
                continue;
            };
            let name = rest.split(['(', '<']).next().unwrap();
            functions += 1;
            assert!(
                registered.contains(name) || UNNAMED.contains(&name),
                "`{name}` is not a quantity of `shiftsim stat`"
            );
        }
    }
    assert!(functions > 60, "only {functions} functions");
}

fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}

#[test]
fn numbers_are_read_exactly() {
    let within = |arguments: &str| {
        let given: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        find("within-tolerance").unwrap().value(&given).unwrap()
    };
    let value = within("n=20 p=0.2 tolerance=0.05");
    // 3 and 5 of 20 are inside, which they are not in binary fractions
    assert!(matches!(value, Value::Real(p) if (p - 0.598_123_066_511).abs() < 1e-12));
    assert_eq!(value, within("n=2e1 p=1/5 tolerance=5%"));
}

#[test]
fn mistakes_are_named() {
    let error = |name: &str, arguments: &[&str]| {
        let given: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        find(name)
            .and_then(|quantity| quantity.value(&given))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error("all-sen", &[]), "there is no quantity `all-sen`");
    assert_eq!(
        find("all-sen").unwrap_err(),
        QuantityError::Unknown {
            name: "all-sen".into(),
            nearest: Some("all-seen")
        }
    );
    assert_eq!(error("all-seen", &["weights=1,1"]), "`n` is missing");
    assert_eq!(
        error("all-seen", &["n"]),
        "`n` is not of the form key=value"
    );
    assert_eq!(error("all-seen", &["m=1"]), "there is no argument `m`");
    assert_eq!(error("all-seen", &["n=1", "n=2"]), "`n` is given twice");
    assert_eq!(
        error("all-seen", &["weights=0,0", "n=2"]),
        "`weights` is weights such as 80,20 or 0.8,0.2, not `0,0`"
    );
    assert_eq!(
        error("runs-test", &["sequence=123"]),
        "`sequence` is a sequence of two signs such as 1222211, not `123`"
    );
    assert_eq!(
        error("wilson", &["count=5", "n=4"]),
        "count must be at most n, and n at least 1, not 5 of 4"
    );
}
