//! `arrivals` and `rate`: when requests arrive.

use std::num::NonZeroU32;
use std::time::Duration;

use num_rational::Ratio;

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::recorded;
use crate::config::values;
use crate::config::yaml::{Entry, Node, Value};
use crate::scenario::{ArrivalProcess, Arrivals, Bursts, Daily};
use crate::units::Rate;

/// The names of arrival processes.
pub(in crate::config) const PROCESSES: [&str; 6] = [
    "constant",
    "poisson",
    "bursts",
    "daily",
    "closed-loop",
    "replay",
];
/// The settings of `bursts`.
pub(in crate::config) const BURST_KEYS: [&str; 3] = ["factor", "busy", "quiet"];
/// The settings of `daily`.
pub(in crate::config) const DAILY_KEYS: [&str; 3] = ["swing", "period", "peak"];
/// The settings of `closed-loop`.
pub(in crate::config) const CLOSED_LOOP_KEYS: [&str; 2] = ["viewers", "think"];

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
        "closed-loop" => {
            if let Some(rate) = rate {
                let message = "`rate` has no meaning in a closed loop";
                report.add(
                    Diagnostic::error(rate.span.clone(), message, "viewers decide")
                        .help("remove `rate`; more viewers or shorter thinking mean more traffic"),
                );
            }
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
