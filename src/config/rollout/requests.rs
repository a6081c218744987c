//! Which requests a selector of a Prometheus query counts: all, the successful or the failed.

use std::fmt;

use regex::Regex;

/// The requests that a selector counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Requests {
    /// All.
    All,
    /// Those that do not fail.
    Successful,
    /// Those that fail.
    Failed,
}

/// A label's condition: `code!~"5.*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) operator: &'static str,
    pub(super) value: String,
}

impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            label,
            operator,
            value,
        } = self;
        write!(formatter, "{label}{operator}\"{value}\"")
    }
}

impl Matcher {
    /// Whether a label with this value is selected; `None` if the pattern is not one.
    fn accepts(&self, value: &str) -> Option<bool> {
        let equal = || value == self.value;
        let matches = || {
            Regex::new(&format!("^(?:{})$", self.value))
                .ok()
                .map(|pattern| pattern.is_match(value))
        };
        match self.operator {
            "=" => Some(equal()),
            "!=" => Some(!equal()),
            "=~" => matches(),
            _ => matches().map(|found| !found),
        }
    }
}

/// Values of a label that tell successes from failures: successes, failures on the server, failures
/// of the caller.
struct Sample {
    successes: &'static [&'static str],
    failures: &'static [&'static str],
    others: &'static [&'static str],
}

const HTTP: Sample = Sample {
    successes: &["200", "201"],
    failures: &["500", "502", "503", "504"],
    others: &["400", "404"],
};
const HTTP_CLASS: Sample = Sample {
    successes: &["2xx"],
    failures: &["5xx"],
    others: &["4xx"],
};
const CLASS_DIGIT: Sample = Sample {
    successes: &["2"],
    failures: &["5"],
    others: &["4"],
};
const GRPC_NAME: Sample = Sample {
    successes: &["OK"],
    failures: &["Internal", "Unavailable"],
    others: &[],
};
const GRPC_NUMBER: Sample = Sample {
    successes: &["0"],
    failures: &["13", "14"],
    others: &[],
};
const CLASSIFICATION: Sample = Sample {
    successes: &["success"],
    failures: &["failure"],
    others: &[],
};
const OUTCOME: Sample = Sample {
    successes: &["SUCCESS"],
    failures: &["SERVER_ERROR"],
    others: &["CLIENT_ERROR"],
};

/// The values that a label may have, as far as its condition shows; `None` if it says nothing about
/// how requests end.
fn sample_of(label: &str, value: &str) -> Option<&'static Sample> {
    let label = label.to_ascii_lowercase();
    let lettered = value.chars().any(|c| c.is_ascii_alphabetic());
    if label.contains("grpc") {
        Some(if lettered { &GRPC_NAME } else { &GRPC_NUMBER })
    } else if value.contains("xx") {
        Some(&HTTP_CLASS)
    } else if label.ends_with("class") {
        Some(&CLASS_DIGIT)
    } else if label == "classification" {
        Some(&CLASSIFICATION)
    } else if label == "outcome" {
        Some(&OUTCOME)
    } else if label.contains("code") || label.contains("status") {
        Some(if lettered { &GRPC_NAME } else { &HTTP })
    } else {
        None
    }
}

/// What all matchers together count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) requests: Requests,
    /// A condition that tells some failures from others, such as `response_code="503"`.
    pub(super) some_failures: Option<String>,
}

/// The requests that all matchers together count; `None` if a matcher that looks like one on the
/// outcome is not understood.
pub(super) fn counted(matchers: &[Matcher]) -> Option<Counted> {
    let mut counted = Requests::All;
    let mut some_failures = None;
    for matcher in matchers {
        let Some(sample) = sample_of(&matcher.label, &matcher.value) else {
            continue;
        };
        let accepted = |values: &[&str]| -> Option<(bool, bool)> {
            let found: Option<Vec<bool>> =
                values.iter().map(|value| matcher.accepts(value)).collect();
            let found = found?;
            Some((
                found.iter().any(|&one| one),
                found.iter().all(|&one| one) && !found.is_empty(),
            ))
        };
        let (any_success, _) = accepted(sample.successes)?;
        let (any_failure, all_failures) = accepted(sample.failures)?;
        let (any_other, all_others) = accepted(sample.others)?;
        let others_too = all_others || sample.others.is_empty();
        let one = match (any_success, any_failure || any_other) {
            (true, _) if all_failures && others_too => Requests::All,
            (true, _) => Requests::Successful,
            (false, true) => Requests::Failed,
            (false, false) => return None,
        };
        let partly = match one {
            Requests::All => false,
            Requests::Successful => any_failure,
            Requests::Failed => !all_failures,
        };
        if partly {
            some_failures = Some(matcher.to_string());
        }
        counted = match (counted, one) {
            (Requests::All, one) | (one, Requests::All) => one,
            (a, b) if a == b => a,
            _ => return None,
        };
    }
    Some(Counted {
        requests: counted,
        some_failures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(label: &str, operator: &'static str, value: &str) -> Option<Requests> {
        one_of(label, operator, value).map(|counted| counted.requests)
    }

    fn one_of(label: &str, operator: &'static str, value: &str) -> Option<Counted> {
        counted(&[
            Matcher {
                label: "destination_service".into(),
                operator: "=~",
                value: "shop".into(),
            },
            Matcher {
                label: label.into(),
                operator,
                value: value.into(),
            },
        ])
    }

    #[test]
    fn conditions_that_tell_failures_apart_are_known() {
        let some = |operator, value| {
            one_of("response_code", operator, value)
                .unwrap()
                .some_failures
        };
        assert_eq!(some("=", "503").as_deref(), Some("response_code=\"503\""));
        assert!(some("!=", "503").is_some() && some("=~", "502|504").is_some());
        assert!(some("!=", "404").is_some() && some("=", "404").is_some());
        assert_eq!(some("=~", "5.*"), None);
        assert_eq!(some("!~", "5.."), None);
        assert_eq!(some("=~", "2.."), None);
        assert_eq!(some("=~", "5..|4.."), None);
        let class = one_of("envoy_response_code_class", "=", "5").unwrap();
        assert_eq!(class.some_failures, None);
    }

    #[test]
    fn the_usual_selectors_are_understood() {
        use Requests::{All, Failed, Successful};
        let cases = [
            ("response_code", "!~", "5.*", Some(Successful)),
            ("response_code", "!=", "404", Some(Successful)),
            ("response_code", "=~", "5.*", Some(Failed)),
            ("code", "=~", "5..|4..", Some(Failed)),
            ("status", "=~", "2..", Some(Successful)),
            ("status", "!~", "[4-5].*", Some(Successful)),
            ("code", "=~", ".+", Some(All)),
            ("code", "=", "404", Some(Failed)),
            ("grpc_code", "!=", "OK", Some(Failed)),
            ("grpc_status", "=", "0", Some(Successful)),
            ("envoy_response_code_class", "=", "5", Some(Failed)),
            ("classification", "=", "failure", Some(Failed)),
            ("code", "=~", "5xx", Some(Failed)),
            ("code", "=", "418", None),
            ("code", "=~", "(", None),
            ("reporter", "=", "source", Some(All)),
        ];
        for (label, operator, value, expected) in cases {
            assert_eq!(
                one(label, operator, value),
                expected,
                "{label}{operator}{value}"
            );
        }
    }
}
