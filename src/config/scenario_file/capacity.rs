//! Whether the backends can cope at all: a queue without limit under too much load grows as long as
//! that lasts, and that is said before the run, with its numbers. One that is allowed to grow
//! (`queue: unlimited`) must fit in memory, and what waits must be served in time.

use std::ops::Range;

use super::phases::PhaseDraft;
use super::versions::NamedVersion;
use crate::config::Diagnostic;
use crate::config::reader::Report;
use crate::scenario::{
    Backend, MOST_WAITING, OfferedLoad, Phase, SlowReplica, VersionIndex, WAITING_BYTES,
    offered_share,
};
use crate::units::display::count;

/// What a run may last, in seconds of virtual time: half of what fits into 64 bits.
const LONGEST: f64 = 9.2e9;

/// Reports every version of every phase whose queue would grow without end.
pub(super) fn check(
    phases: &[Phase],
    versions: &[NamedVersion],
    drafts: &[PhaseDraft],
    report: &mut Report,
) {
    for (place, named) in versions.iter().enumerate() {
        let Some(backend) = &named.version.backend else {
            continue;
        };
        let (mut start, mut waiting) = (0.0, 0.0);
        for phase in phases {
            let share = offered_share(phase, VersionIndex(place), |version| {
                let backend = versions[version.0].version.backend.as_ref();
                backend.map_or(0, Backend::most_replicas)
            });
            let load = OfferedLoad::of(phase, start, share, backend);
            start += seconds(phase);
            let Some(load) = load else { continue };
            let draft = drafts.iter().find(|draft| draft.name == phase.name());
            let told = Told {
                version: &named.version.name,
                phase: phase.name(),
                span: named
                    .place
                    .as_ref()
                    .or(draft.map(|draft| &draft.span))
                    .cloned()
                    .unwrap_or_default(),
                load,
                repeats: backend.attempts_per_request() > 1.0,
            };
            // What waits at the end of the phase, as a fluid.
            waiting = match load.utilisation() >= 1.0 {
                true => waiting + load.growth() * load.seconds,
                false => f64::max(0.0, waiting - (load.capacity - load.rate) * load.seconds),
            };
            let most = most_waiting(backend, load.rate);
            let found = if load.utilisation() >= 1.0 && !backend.is_limited() && !named.may_grow {
                Some(told.without_limit(waiting))
            } else if waiting.min(most) > MOST_WAITING {
                Some(told.too_many(waiting.min(most)))
            } else if load.capacity > 0.0
                && start + waiting.min(most) / load.capacity + backend.service_time.mean() > LONGEST
            {
                Some(told.too_long())
            } else if load.utilisation() >= 1.0 && !backend.is_limited() {
                Some(told.grows(waiting))
            } else {
                None
            };
            found.into_iter().for_each(|found| report.add(found));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a length on average")]
fn seconds(phase: &Phase) -> f64 {
    phase
        .expected_nanos()
        .map_or(f64::INFINITY, |nanos| nanos as f64 / 1e9)
}

/// The most requests that may wait for a version that gets so many a second.
fn most_waiting(backend: &Backend, rate: f64) -> f64 {
    let stations = match backend.balancing.shares_queue {
        true => 1,
        false => backend.most_replicas(),
    };
    let resilience = &backend.resilience;
    let tries = resilience
        .retries
        .and_then(|retries| retries.per_try_timeout);
    let limits = [
        backend
            .queue
            .map(|queue| f64::from(queue) * f64::from(stations)),
        resilience.max_requests.map(f64::from),
        resilience.timeout.map(|span| rate * span.as_secs_f64()),
        tries.map(|span| rate * span.as_secs_f64()),
    ];
    limits.into_iter().flatten().fold(f64::INFINITY, f64::min)
}

/// What is told of one version in one phase.
struct Told<'a> {
    version: &'a str,
    phase: &'a str,
    span: Range<usize>,
    load: OfferedLoad,
    /// Whether retries are part of the load.
    repeats: bool,
}

impl Told<'_> {
    /// "`v1` gets 50.0 requests a second in `a` and can serve 40.0".
    fn numbers(&self) -> String {
        let Self {
            version,
            phase,
            load,
            ..
        } = self;
        match load.slow {
            Some(SlowReplica {
                replica,
                factor,
                rate,
                capacity,
            }) if load.rate < load.capacity => {
                format!(
                    "replica {replica} of `{version}`, {factor} times as slow as the others, gets \
                     {rate:.1} requests a second in `{phase}` and can serve {capacity:.1}"
                )
            }
            _ => format!(
                "`{version}` gets {:.1} requests a second in `{phase}`{} and can serve {:.1}",
                load.rate,
                if self.repeats { " (with retries)" } else { "" },
                load.capacity
            ),
        }
    }

    fn label(&self) -> String {
        let (rate, capacity) = match self.load.slow {
            Some(slow) if self.load.rate < self.load.capacity => (slow.rate, slow.capacity),
            _ => (self.load.rate, self.load.capacity),
        };
        format!("utilisation {:.0}%", rate / capacity * 100.0)
    }

    /// "grows by 10.0 a second, to 300".
    fn growth(&self, waiting: f64) -> String {
        match self.load.growth() {
            growth if growth < 0.05 => "its queue never settles".to_owned(),
            growth => format!(
                "its queue grows by {growth:.1} a second, to {} when the phase ends",
                rounded(waiting)
            ),
        }
    }

    fn without_limit(&self, waiting: f64) -> Diagnostic {
        let message = format!("{}: {}", self.numbers(), self.growth(waiting));
        Diagnostic::error(self.span.clone(), message, self.label()).help(format!(
            "give the backend more `replicas`, or a limit such as `queue: 100` or `timeout: 1s`; \
             `queue: unlimited` lets it grow (up to {} of memory)",
            bytes(waiting)
        ))
    }

    fn grows(&self, waiting: f64) -> Diagnostic {
        let message = format!("{}: {}", self.numbers(), self.growth(waiting));
        Diagnostic::warning(self.span.clone(), message, self.label()).help(format!(
            "it may, by `queue: unlimited`, and takes up to {} of memory; response times depend on \
             how long the run lasts",
            bytes(waiting)
        ))
    }

    fn too_many(&self, waiting: f64) -> Diagnostic {
        let message = format!(
            "{}: some {} requests would wait",
            self.numbers(),
            rounded(waiting)
        );
        Diagnostic::error(
            self.span.clone(),
            message,
            format!("up to {} of memory", bytes(waiting)),
        )
        .help(format!(
            "at most {} may wait: a shorter run, more `replicas`, or a limit such as \
                 `queue: 100`",
            rounded(MOST_WAITING)
        ))
    }

    fn too_long(&self) -> Diagnostic {
        let message = format!("{}: it would take more than 292 years", self.numbers());
        Diagnostic::error(self.span.clone(), message, "virtual time ends before")
            .help("a shorter `service-time`, fewer requests, or a limit such as `queue: 100`")
    }
}

fn rounded(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "for display; saturating is right"
    )]
    count(number.round() as u64)
}

/// The memory for so many requests.
fn bytes(waiting: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    match waiting * WAITING_BYTES as f64 {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.0} MB", bytes / 1e6),
        bytes => format!("{:.0} kB", (bytes / 1e3).max(1.0)),
    }
}
