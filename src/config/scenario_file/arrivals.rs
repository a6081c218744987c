//! `arrivals` and `rate`: when requests arrive.

use std::num::NonZeroU32;
use std::time::Duration;

use num_rational::Ratio;

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::recorded;
use crate::config::values;
use crate::config::yaml::{Entry, Node, Value, shorten};
use crate::scenario::{ArrivalProcess, Arrivals, Bursts, Daily, TrafficClass};
use crate::units::Rate;

/// The names of arrival processes.
pub(in crate::config) const PROCESSES: [&str; 7] = [
    "constant",
    "poisson",
    "bursts",
    "daily",
    "closed-loop",
    "replay",
    "classes",
];
/// The keys of a class of traffic.
pub(in crate::config) const CLASS_KEYS: [&str; 4] = ["name", "rate", "arrivals", "work"];
/// The settings of `bursts`.
pub(in crate::config) const BURST_KEYS: [&str; 3] = ["factor", "busy", "quiet"];
/// The settings of `daily`.
pub(in crate::config) const DAILY_KEYS: [&str; 3] = ["swing", "period", "peak"];
/// The settings of `closed-loop`.
pub(in crate::config) const CLOSED_LOOP_KEYS: [&str; 2] = ["viewers", "think"];

/// The most classes of traffic in a phase.
const MOST_CLASSES: usize = 64;

/// Reads both keys; what is wrong has been reported, and the default stands in.
pub(super) fn read(process: Option<&Node>, rate: Option<&Node>, report: &mut Report) -> Arrivals {
    let per_second = rate.and_then(|node| values::rate(node, report));
    let open = |process| Arrivals {
        process,
        rate: per_second.unwrap_or_else(Rate::one_per_second),
    };
    let Some(node) = process else {
        return open(ArrivalProcess::Constant);
    };
    match &node.value {
        Value::Mapping(entries) if entries.len() == 1 => {
            let Some(entry) = entries.first() else {
                return Arrivals::default();
            };
            with_settings(entry, &open, rate, report).unwrap_or_default()
        }
        Value::Plain(name) | Value::Quoted(name) if PROCESSES[2..].contains(&name.as_str()) => {
            let message = format!("`{name}` needs settings");
            report.add(
                Diagnostic::error(node.span.clone(), message, "which ones?").help(example(name)),
            );
            Arrivals::default()
        }
        _ => {
            let choices = [
                ("constant", &ArrivalProcess::Constant),
                ("poisson", &ArrivalProcess::Poisson),
                // Known, so that they are suggested; reported above.
                ("bursts", &ArrivalProcess::Constant),
                ("daily", &ArrivalProcess::Constant),
                ("closed-loop", &ArrivalProcess::Constant),
                ("replay", &ArrivalProcess::Constant),
                ("classes", &ArrivalProcess::Constant),
            ];
            let found = values::one_of(node, "an arrival process", &choices, report);
            open(found.cloned().unwrap_or(ArrivalProcess::Constant))
        }
    }
}

fn example(name: &str) -> &'static str {
    match name {
        "bursts" => "write `arrivals: {bursts: {factor: 5, busy: 10s, quiet: 60s}}`",
        "daily" => "write `arrivals: {daily: {swing: 50%, period: 24h, peak: 14h}}`",
        "classes" => {
            "write `arrivals: {classes: [{name: people, rate: 40/s, arrivals: poisson}, \
             {name: job, rate: 10/s}]}`"
        }
        "closed-loop" => "write `arrivals: {closed-loop: {viewers: 50, think: 2s}}`",
        _ => {
            "write `arrivals: {replay: [0.5s, 1s, 2.25s]}`, or name a file: `{replay: {file: arrivals.csv}}`"
        }
    }
}

fn with_settings(
    entry: &Entry,
    open: &dyn Fn(ArrivalProcess) -> Arrivals,
    rate: Option<&Node>,
    report: &mut Report,
) -> Option<Arrivals> {
    let name = entry.key.as_str();
    let process = match name {
        "bursts" => ArrivalProcess::Bursts(bursts(&entry.value, report)?),
        "daily" => ArrivalProcess::Daily(daily(&entry.value, report)?),
        "replay" => return replay(&entry.value, report),
        "classes" => {
            let help = "remove `rate`: each class has its own";
            refuse_rate(
                rate,
                "beside classes of traffic",
                "the sum is known",
                help,
                report,
            );
            return classes(&entry.value, report);
        }
        "closed-loop" => {
            let help = "remove `rate`; more viewers or shorter thinking mean more traffic";
            refuse_rate(rate, "in a closed loop", "viewers decide", help, report);
            return closed_loop(&entry.value, report);
        }
        "constant" | "poisson" => {
            let message = format!("`{name}` has no settings");
            report.add(
                Diagnostic::error(entry.value.span.clone(), message, "nothing can be set")
                    .help(format!("write `arrivals: {name}`")),
            );
            return None;
        }
        _ => {
            let message = format!("there is no arrival process `{name}`");
            report.add(
                Diagnostic::error(entry.key_span.clone(), message, "unknown arrival process")
                    .help(suggestion(name, &PROCESSES)),
            );
            return None;
        }
    };
    Some(open(process))
}

fn refuse_rate(rate: Option<&Node>, place: &str, label: &str, help: &str, report: &mut Report) {
    if let Some(rate) = rate {
        let message = format!("`rate` has no meaning {place}");
        report.add(Diagnostic::error(rate.span.clone(), message, label).help(help));
    }
}

/// Several classes of traffic, each with a name and arrivals of its own.
fn classes(node: &Node, report: &mut Report) -> Option<Arrivals> {
    let Value::List(items) = &node.value else {
        report.expected(node, "a list such as `[{name: people, rate: 40/s}]`");
        return None;
    };
    let mut classes: Vec<TrafficClass> = Vec::with_capacity(items.len());
    for item in items {
        let class = class(item, report)?;
        if classes.iter().any(|other| other.name == class.name) {
            let message = format!("two classes are named `{}`", shorten(&class.name));
            let label = "give each class its own name";
            report.add(Diagnostic::error(item.span.clone(), message, label));
        }
        classes.push(class);
    }
    if classes.is_empty() || classes.len() > MOST_CLASSES {
        report.expected(node, &format!("1 to {MOST_CLASSES} classes"));
        return None;
    }
    Arrivals::of_classes(classes)
}

fn class(node: &Node, report: &mut Report) -> Option<TrafficClass> {
    let fields = Fields::of(node, "a class of traffic", &CLASS_KEYS, report)?;
    let name = fields.required("name", "people", report)?;
    let rate = fields.required("rate", "40/s", report)?;
    let own = fields.get("arrivals");
    let arrivals = read(own, Some(rate), report);
    let simple = matches!(
        arrivals.process,
        ArrivalProcess::Constant
            | ArrivalProcess::Poisson
            | ArrivalProcess::Bursts(_)
            | ArrivalProcess::Daily(_)
    );
    if let (Some(node), false) = (own, simple) {
        let message = "a class of traffic has a rate";
        report.add(
            Diagnostic::error(node.span.clone(), message, "arrivals without one")
                .help("use `constant`, `poisson`, `bursts` or `daily` here"),
        );
        return None;
    }
    Some(TrafficClass {
        name: values::text(name, "a name", report)?,
        arrivals,
        work: match fields.get("work") {
            Some(node) => values::positive_decimal(node, report)?,
            None => Ratio::from_integer(1),
        },
    })
}

fn duration(fields: &Fields, key: &str, example: &str, report: &mut Report) -> Option<Duration> {
    let node = fields.required(key, example, report)?;
    values::duration(node, report)
}

fn bursts(node: &Node, report: &mut Report) -> Option<Bursts> {
    let fields = Fields::of(node, "`bursts`", &BURST_KEYS, report)?;
    let node = fields.required("factor", "5", report)?;
    let factor = values::positive_decimal(node, report)?;
    if factor <= Ratio::from_integer(1) {
        report.expected(node, "how many times the quiet rate a burst has, above 1");
        return None;
    }
    Some(Bursts {
        factor,
        busy: duration(&fields, "busy", "10s", report)?,
        quiet: duration(&fields, "quiet", "60s", report)?,
    })
}

fn daily(node: &Node, report: &mut Report) -> Option<Daily> {
    let fields = Fields::of(node, "`daily`", &DAILY_KEYS, report)?;
    let node = fields.required("swing", "50%", report)?;
    let period = fields.get("period");
    let peak = fields.get("peak");
    Some(Daily {
        swing: values::percent(node, report)?,
        period: match period {
            Some(node) => values::duration(node, report)?,
            None => Duration::from_secs(86_400),
        },
        peak: match peak {
            Some(node) => values::duration(node, report)?,
            None => Duration::ZERO,
        },
    })
}

fn closed_loop(node: &Node, report: &mut Report) -> Option<Arrivals> {
    let fields = Fields::of(node, "`closed-loop`", &CLOSED_LOOP_KEYS, report)?;
    let viewers = fields.required("viewers", "50", report)?;
    let viewers = values::whole(viewers, 1, 10_000_000, report)?;
    let viewers = NonZeroU32::new(u32::try_from(viewers).ok()?)?;
    let think = duration(&fields, "think", "2s", report)?;
    Arrivals::closed_loop(viewers, think)
}

/// Moments in ascending order: a list, or a recording.
fn replay(node: &Node, report: &mut Report) -> Option<Arrivals> {
    let moments = match &node.value {
        Value::List(items) => listed(items, report)?,
        Value::Mapping(_) => recorded::moments(node, report)?,
        _ => {
            let example = "moments such as `[0.5s, 1s]`, or a file such as `{file: arrivals.csv}`";
            report.expected(node, example);
            return None;
        }
    };
    if moments.is_empty() {
        report.expected(node, "at least one moment");
        return None;
    }
    Some(Arrivals {
        process: ArrivalProcess::Replay(moments.into()),
        rate: Rate::one_per_second(),
    })
}

fn listed(items: &[Node], report: &mut Report) -> Option<Vec<Duration>> {
    let mut moments: Vec<Duration> = Vec::with_capacity(items.len());
    for item in items {
        let moment = values::moment(item, report)?;
        if moments.last().is_some_and(|&last| last > moment) {
            let message = "the recorded arrivals go back in time";
            report.add(
                Diagnostic::error(item.span.clone(), message, "earlier than the one before")
                    .help("put the moments in ascending order"),
            );
            return None;
        }
        moments.push(moment);
    }
    Some(moments)
}
