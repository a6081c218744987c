//! `service-time`: a duration, or a distribution by its name and parameters.

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::recorded;
use crate::config::values;
use crate::config::yaml::{Entry, Node, Value};
use crate::service_time::{KINDS, Kind, ParameterKind, Parameters, ServiceTime, Value as Given};
use crate::units::to_f64;

/// Reads `20ms`, or `{log-normal: {p50: 20ms, p99: 200ms}}`.
pub(in crate::config) fn read(node: &Node, report: &mut Report) -> Option<ServiceTime> {
    match &node.value {
        Value::Plain(_) => {
            let mean = values::duration(node, report)?.as_secs_f64();
            let parameters = Parameters::default().with("mean", Given::Time(mean));
            Kind::named("constant")?.build(&parameters).ok()
        }
        Value::Mapping(entries) => match entries.as_slice() {
            [entry] => distribution(entry, report),
            _ => {
                report.expected(
                    node,
                    "one distribution, such as `{exponential: {mean: 20ms}}`",
                );
                None
            }
        },
        _ => {
            report.expected(
                node,
                "a duration or a distribution, such as `{exponential: {mean: 20ms}}`",
            );
            None
        }
    }
}

fn distribution(entry: &Entry, report: &mut Report) -> Option<ServiceTime> {
    let Some(kind) = Kind::named(&entry.key) else {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let message = format!("there is no distribution `{}`", entry.key);
        report.add(
            Diagnostic::error(entry.key_span.clone(), message, "unknown distribution")
                .help(suggestion(&entry.key, &names)),
        );
        return None;
    };
    let known: Vec<&str> = kind.parameters.iter().map(|one| one.key).collect();
    let what = format!("`{}`", kind.name);
    let fields = Fields::of(&entry.value, &what, &known, report)?;
    let mut parameters = Parameters::default();
    for parameter in kind.parameters {
        if let Some(node) = fields.get(parameter.key) {
            parameters = parameters.with(parameter.key, value(node, parameter.kind, report)?);
        }
    }
    kind.build(&parameters)
        .map_err(|error| {
            let message = format!("`{}`: {error}", kind.name);
            report.add(
                Diagnostic::error(entry.key_span.clone(), message, "no such distribution")
                    .help(format!("give {}", kind.usage)),
            );
        })
        .ok()
}

fn value(node: &Node, kind: ParameterKind, report: &mut Report) -> Option<Given> {
    match kind {
        ParameterKind::Time => {
            let span = values::duration(node, report)?;
            Some(Given::Time(span.as_secs_f64()))
        }
        ParameterKind::Number => {
            let number = values::positive_decimal(node, report)?;
            Some(Given::Number(to_f64(number)))
        }
        ParameterKind::Times if matches!(node.value, Value::Mapping(_)) => {
            recorded::times(node, report).map(Given::Times)
        }
        ParameterKind::Times => {
            let Value::List(items) = &node.value else {
                report.expected(
                    node,
                    "a list of durations, or a file such as `{file: times.csv}`",
                );
                return None;
            };
            let times = items
                .iter()
                .map(|item| values::duration(item, report).map(|span| span.as_secs_f64()));
            Some(Given::Times(times.collect::<Option<Vec<f64>>>()?))
        }
    }
}
