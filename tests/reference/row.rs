//! A row of the table: what is asked, and the value it must have.

use std::collections::BTreeMap;
use std::path::Path;

use shiftsim::stats::Rational;

/// One value, with its inputs by name.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) quantity: String,
    /// The expected value; infinite for "none", which stands for never.
    pub(crate) value: f64,
    inputs: BTreeMap<String, String>,
    tolerance: Tolerance,
}

enum Tolerance {
    Relative(f64),
    Absolute(f64),
    Exact,
}

/// All rows of the tables.
pub(crate) fn read() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut rows = Vec::new();
    for table in [
        "values.csv",
        "sequential_and_planning.csv",
        "more_values.csv",
        "gates.csv",
    ] {
        let mut reader = csv::Reader::from_path(folder.join(table)).unwrap();
        rows.extend(reader.records().map(|record| Row::new(&record.unwrap())));
    }
    rows
}

impl Row {
    fn new(record: &csv::StringRecord) -> Self {
        let pairs = record[2].split(';').filter_map(|pair| pair.split_once('='));
        let inputs = pairs.map(|(name, value)| (name.trim().into(), value.trim().into()));
        let tolerance = match record[4].split_once('=') {
            Some(("rel", bound)) => Tolerance::Relative(bound.parse().unwrap()),
            Some(("abs", bound)) => Tolerance::Absolute(bound.parse().unwrap()),
            _ => Tolerance::Exact,
        };
        Self {
            id: record[0].into(),
            quantity: record[1].into(),
            value: match &record[3] {
                "none" => f64::INFINITY,
                number => number.parse().unwrap(),
            },
            inputs: inputs.collect(),
            tolerance,
        }
    }

    /// The group: the first letter of the identifier.
    pub(crate) fn group(&self) -> char {
        self.id.chars().next().unwrap()
    }

    /// The end of the identifier, after its first underscore: which of several quantities is meant.
    pub(crate) fn kind(&self) -> &str {
        self.id.split_once('_').map_or("", |(_, kind)| kind)
    }

    /// The relative error of a computed value, or the absolute one where zero is expected.
    pub(crate) fn error(&self, value: f64) -> f64 {
        let error = (value - self.value).abs();
        if value == self.value {
            0.0
        } else if self.value == 0.0 {
            error
        } else {
            error / self.value.abs()
        }
    }

    /// Whether a computed value is within the tolerance.
    pub(crate) fn accepts(&self, value: f64) -> bool {
        match self.tolerance {
            Tolerance::Relative(bound) => self.error(value) <= bound,
            Tolerance::Absolute(bound) => (value - self.value).abs() <= bound,
            Tolerance::Exact => value == self.value,
        }
    }

    /// An input as text, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.inputs.get(name).map(String::as_str)
    }

    /// An input as a whole number.
    pub(crate) fn whole(&self, name: &str) -> u64 {
        self.need(name).parse().unwrap()
    }

    /// An input as a floating-point number.
    pub(crate) fn real(&self, name: &str) -> f64 {
        self.need(name).parse().unwrap()
    }

    /// An input as the exact fraction that its decimals say.
    pub(crate) fn fraction(&self, name: &str) -> Rational {
        fraction(self.need(name))
    }

    /// A list of exact fractions.
    pub(crate) fn fractions(&self, name: &str) -> Vec<Rational> {
        self.need(name).split(',').map(fraction).collect()
    }

    /// A list of floating-point numbers.
    pub(crate) fn reals(&self, name: &str) -> Vec<f64> {
        self.need(name)
            .split(',')
            .map(|text| text.parse().unwrap())
            .collect()
    }

    /// A list of whole numbers.
    pub(crate) fn wholes(&self, name: &str) -> Vec<u64> {
        self.need(name)
            .split(',')
            .map(|text| text.parse().unwrap())
            .collect()
    }

    fn need(&self, name: &str) -> &str {
        self.text(name)
            .unwrap_or_else(|| panic!("{} has no input {name}", self.id))
    }
}

fn fraction(decimal: &str) -> Rational {
    let (whole, rest) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits: u64 = format!("{whole}{rest}").parse().unwrap();
    Rational::new(digits, 10u64.pow(rest.len() as u32))
}
