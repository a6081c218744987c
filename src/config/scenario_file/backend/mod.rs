//! `backend`: what a version does with a request. The keys may stand once for all versions, under
//! `backend` of the file, and again under a version, where they go first.

mod balance;
mod protection;
mod scaling;
pub(super) mod service_time;

use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use crate::balance::Kind;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::scenario::{Backend, ErrorRamp, Errors, MAX_SLOTS, Scaling};
use crate::units::to_f64;

#[cfg(test)]
pub(in crate::config) use protection::{OUTLIER_KEYS, RETRY_KEYS, SLOW_START_KEYS};
#[cfg(test)]
pub(in crate::config) use scaling::{AUTOSCALER_KEYS, FAULT_KEYS, STEP_KEYS};

/// The keys of a backend.
pub(in crate::config) const BACKEND_KEYS: [&str; 17] = [
    "replicas",
    "concurrency",
    "queue",
    "service-time",
    "slowdown",
    "errors",
    "balancing",
    "timeout",
    "retries",
    "outlier-detection",
    "panic-threshold",
    "slow-start",
    "max-requests",
    "schedule",
    "autoscaler",
    "start-up",
    "faults",
];

/// The settings of `errors`.
pub(in crate::config) const ERROR_KEYS: [&str; 4] = ["share", "ramp-to", "over", "slower-than"];

/// The backend of one version: its own keys, then those of the file.
struct Keys<'a, 'b> {
    own: Option<&'b Fields<'a>>,
    file: Option<&'b Fields<'a>>,
}

impl<'a> Keys<'a, '_> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        let own = self.own.and_then(|own| own.get(key));
        own.or_else(|| self.file.and_then(|file| file.get(key)))
    }

    fn start(&self) -> Range<usize> {
        let fields = self.own.or(self.file);
        fields.map_or(0..0, |fields| fields.start())
    }

    fn whole(&self, key: &str, least: u32, report: &mut Report) -> Option<u32> {
        let node = self.get(key)?;
        let number = values::whole(node, least.into(), u32::MAX.into(), report)?;
        u32::try_from(number).ok()
    }

    fn positive(&self, key: &str, report: &mut Report) -> NonZeroU32 {
        let number = self.whole(key, 1, report);
        number.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }

    fn share(&self, key: &str, report: &mut Report) -> Option<f64> {
        let node = self.get(key)?;
        values::percent(node, report).map(to_f64)
    }

    fn duration(&self, key: &str, report: &mut Report) -> Option<Duration> {
        let node = self.get(key)?;
        values::duration(node, report)
    }
}

/// The keys under `backend` of the file, if there are any.
pub(super) fn defaults<'a>(file: &Fields<'a>, report: &mut Report) -> Option<Fields<'a>> {
    let node = file.get("backend")?;
    Fields::of(node, "a backend", &BACKEND_KEYS, report)
}

/// The backend of a version, if it or the file says anything about it.
pub(super) fn read(
    own: Option<&Node>,
    file: Option<&Fields>,
    report: &mut Report,
) -> Option<Backend> {
    let own = match own {
        Some(node) => Some(Fields::of(node, "a backend", &BACKEND_KEYS, report)?),
        None => None,
    };
    if own.is_none() && file.is_none() {
        return None;
    }
    let keys = Keys {
        own: own.as_ref(),
        file,
    };
    build(&keys, report)
}

/// The node of a key: that of the version, else that of the file.
fn entry<'a>(own: Option<&'a Node>, file: Option<&Fields<'a>>, key: &str) -> Option<&'a Node> {
    let own = own.and_then(|own| match &own.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
        _ => None,
    });
    own.map(|entry| &entry.value)
        .or_else(|| file.and_then(|file| file.get(key)))
}

/// Where it says how much the version can do.
pub(super) fn capacity_place(own: Option<&Node>, file: Option<&Fields>) -> Option<Range<usize>> {
    let node = entry(own, file, "replicas").or_else(|| entry(own, file, "service-time"));
    node.map(|node| node.span.clone())
}

/// Whether a queue may grow without limit, because that is written.
pub(super) fn may_grow(own: Option<&Node>, file: Option<&Fields>) -> bool {
    entry(own, file, "queue").is_some_and(|node| node.value == Value::Plain("unlimited".into()))
}

fn build(keys: &Keys, report: &mut Report) -> Option<Backend> {
    let service_time = match keys.get("service-time") {
        Some(node) => service_time::read(node, report),
        None => {
            report.add(
                Diagnostic::error(
                    keys.start(),
                    "`service-time` is missing",
                    "how long does a request take?",
                )
                .help(
                    "add `service-time: 20ms`, or \
                     `service-time: {log-normal: {p50: 20ms, p99: 200ms}}`",
                ),
            );
            None
        }
    };
    let backend = Backend {
        replicas: keys.positive("replicas", report),
        concurrency: keys.positive("concurrency", report),
        queue: keys.get("queue").and_then(|node| queue(node, report)),
        service_time: service_time?,
        slowdown: keys
            .get("slowdown")
            .and_then(|node| values::positive_decimal(node, report))
            .map_or(0.0, to_f64),
        errors: errors(keys, report),
        balancing: keys
            .get("balancing")
            .and_then(|node| balance::read(node, report))
            .unwrap_or(Kind::round_robin()),
        resilience: protection::read(keys, report),
        scaling: scaling::read(keys, report),
        start_up: keys.duration("start-up", report).unwrap_or(Duration::ZERO),
        replica_faults: scaling::faults(keys, report),
    };
    limits(&backend, keys, report);
    Some(backend)
}

/// What only the backend as a whole shows.
fn limits(backend: &Backend, keys: &Keys, report: &mut Report) {
    let slots = u64::from(backend.most_replicas()) * u64::from(backend.concurrency.get());
    if slots > MAX_SLOTS {
        let message = format!("{slots} slots (replicas × concurrency)");
        report.add(
            Diagnostic::error(keys.start(), message, "too many")
                .help(format!("a version has at most {MAX_SLOTS}")),
        );
    }
    let starts_inside = match &backend.scaling {
        Scaling::Autoscaler(autoscaler) => {
            (autoscaler.min..=autoscaler.max).contains(&backend.replicas)
        }
        Scaling::Fixed | Scaling::Schedule(_) => true,
    };
    if !starts_inside {
        let message = "`replicas` is not between `min` and `max` of the autoscaler";
        report.add(Diagnostic::error(
            keys.start(),
            message,
            "the autoscaler would change it at once",
        ));
    }
    shared_queue(backend, keys, report);
    for fault in &backend.replica_faults {
        let most = backend.most_replicas();
        if fault.replica >= most {
            let message = format!("there is no replica {}", fault.replica);
            report.add(
                Diagnostic::error(keys.start(), message, "a fault names it")
                    .help(format!("replicas are 0 to {}", most - 1)),
            );
        }
    }
}

/// Reports what needs a choice among replicas, where they take from one queue instead.
fn shared_queue(backend: &Backend, keys: &Keys, report: &mut Report) {
    let resilience = &backend.resilience;
    let needs_a_choice = [
        ("outlier-detection", resilience.outlier_detection.is_some()),
        ("slow-start", resilience.slow_start.is_some()),
    ];
    for (key, there) in needs_a_choice {
        if backend.balancing.shares_queue && there {
            let message = format!("`{key}` does not go with `balancing: shared-queue`");
            let span = keys.get(key).map_or(0..0, |node| node.span.clone());
            report.add(
                Diagnostic::error(span, message, "nobody chooses among these replicas").help(
                    "each takes the next request when it is free; choose another `balancing`, \
                     such as `round-robin`, or remove this key",
                ),
            );
        }
    }
}

/// A number, or `unlimited`.
fn queue(node: &Node, report: &mut Report) -> Option<u32> {
    if node.value == Value::Plain("unlimited".into()) {
        return None;
    }
    let number = values::whole(node, 0, 1_000_000_000, report);
    if number.is_none() {
        report.add_help("requests that may wait, such as `queue: 100`, or `queue: unlimited`");
    }
    number.and_then(|number| u32::try_from(number).ok())
}

fn errors(keys: &Keys, report: &mut Report) -> Errors {
    let Some(node) = keys.get("errors") else {
        return Errors::default();
    };
    if !matches!(node.value, Value::Mapping(_)) {
        let share = values::percent(node, report).map_or(0.0, to_f64);
        return Errors {
            share,
            ..Errors::default()
        };
    }
    let Some(fields) = Fields::of(node, "`errors`", &ERROR_KEYS, report) else {
        return Errors::default();
    };
    let share_of = |key, report: &mut Report| {
        let node = fields.get(key)?;
        values::percent(node, report).map(to_f64)
    };
    let ramp = share_of("ramp-to", report);
    let over = fields
        .get("over")
        .and_then(|node| values::duration(node, report));
    if ramp.is_some() != over.is_some() {
        let message = "`ramp-to` and `over` belong together";
        report.add(
            Diagnostic::error(fields.start(), message, "one of the two is missing")
                .help("write `errors: {share: 0%, ramp-to: 5%, over: 5m}`"),
        );
    }
    Errors {
        share: share_of("share", report).unwrap_or(0.0),
        ramp: ramp
            .zip(over)
            .map(|(share, over)| ErrorRamp { share, over }),
        slower_than: fields
            .get("slower-than")
            .and_then(|node| values::duration(node, report)),
    }
}
