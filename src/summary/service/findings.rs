//! What happened, in sentences: who was overloaded, what retries and ejection did, what lagged.

use super::{ConnectionSummary, ResponseSummary, ServiceSummary};
use crate::scenario::{ArrivalProcess, Backend, Scaling, Scenario};
use crate::sim::RunTally;
use crate::tally::service::{Series, ServiceTally};
use crate::units::display::{count, percent};
use crate::units::to_f64;

/// Attempts per request from which on retries are worth a word.
const RETRIED: f64 = 1.05;
/// A p99 so many times that of another version is worth a word.
const SLOWER: f64 = 3.0;
/// A share of failures that is worth a word.
const FAILING: f64 = 0.05;
/// A share of requests over old connections that is worth a word.
const HELD: f64 = 0.01;
/// A share of failures that is worth a word although failing replicas are ejected.
const LEAKING: f64 = 0.01;
/// Below this utilisation replicas are enough: what has piled up is worked off.
const AT_EASE: f64 = 0.95;
/// Requests under way that are worth a word when their version gets no more.
const LEFT: u64 = 5;

/// The sentences of a run, phase by phase.
pub(super) fn findings(
    scenario: &Scenario,
    run: &RunTally,
    tally: &ServiceTally,
    summary: &ServiceSummary,
) -> Vec<String> {
    let mut sentences = Vec::new();
    for (place, phase) in scenario.phases().iter().enumerate() {
        let rows = || {
            let of_phase = |row: &&ResponseSummary| row.phase == phase.name();
            summary.responses.iter().filter(of_phase)
        };
        let mut overloaded = false;
        for row in rows() {
            let known = scenario
                .versions()
                .iter()
                .position(|one| one.name == row.version);
            let Some((version, backend)) =
                known.and_then(|at| Some((at, scenario.versions()[at].backend.as_ref()?)))
            else {
                continue;
            };
            let told = Told {
                scenario,
                run,
                series: &tally.series,
                phase: place,
                version,
                backend,
                row,
            };
            let overload = told.overload();
            overloaded |= overload.is_some();
            let retries = told.retries();
            if overload.is_none() && retries.is_none() {
                sentences.extend(told.unanswered());
            }
            sentences.extend(overload);
            sentences.extend(retries);
            let ejections = tally.load.get(version).map_or(0, |load| load.ejections);
            sentences.extend(told.no_ejection(ejections));
            sentences.extend(told.slow_ejection(ejections));
        }
        if !overloaded {
            sentences.extend(slower(scenario, rows()));
        }
        let connections = summary.connections.iter();
        let here = connections.filter(|row| row.phase == phase.name());
        sentences.extend(here.filter_map(held));
        sentences.extend(left_over(scenario, run, &tally.series, place));
    }
    sentences
}

/// What is told of one version in one phase.
struct Told<'a> {
    scenario: &'a Scenario,
    run: &'a RunTally,
    series: &'a Series,
    phase: usize,
    version: usize,
    backend: &'a Backend,
    row: &'a ResponseSummary,
}

impl Told<'_> {
    /// " in phase 50%", where there are several phases.
    fn place(&self) -> String {
        if self.scenario.phases().len() > 1 {
            format!(" in phase {}", self.row.phase)
        } else {
            String::new()
        }
    }

    /// The seconds at which the phase begins and ends.
    fn span(&self) -> (f64, f64) {
        let tally = &self.run.phases[self.phase];
        (tally.start.as_seconds(), tally.end.as_seconds())
    }

    fn overload(&self) -> Option<String> {
        let (start, end) = self.span();
        let rate = as_f64(self.row.attempts) / (end - start).max(1e-9);
        let each = self.backend.capacity() / f64::from(self.backend.replicas.get());
        let replicas = self.replicas_over_phase();
        let &(_, first) = replicas.first()?;
        let most = each * f64::from(first);
        // Three standard deviations of a Poisson count are not taken for an overload.
        let chance = 3.0 * as_f64(self.row.attempts).sqrt() / (end - start).max(1e-9);
        if rate <= most + chance || self.load_moves_with_the_replicas() {
            return None;
        }
        let (name, place) = (&self.row.version, self.place());
        let enough = replicas
            .iter()
            .find(|(_, replicas)| AT_EASE * each * f64::from(*replicas) >= rate);
        let mut sentence = format!(
            "{name} is overloaded{place}: {} at most {most:.1}/s, {rate:.1}/s arrive{}.",
            serve(first),
            if self.row.attempts > self.row.requests {
                ", retries included"
            } else {
                ""
            }
        );
        match enough {
            Some((seconds, replicas)) => {
                sentence += &format!(
                    " It takes {} until {replicas} replicas are enough.",
                    span(seconds - start)
                );
            }
            None if first != self.last(&replicas) => {
                sentence += &format!(
                    " In the end {} replicas are not enough.",
                    self.last(&replicas)
                );
            }
            None => {}
        }
        Some(sentence + &self.lost())
    }

    /// Whether the mean load of the phase says nothing of the replicas at its beginning: the load
    /// follows the replicas, or both follow the time of day.
    fn load_moves_with_the_replicas(&self) -> bool {
        let phase = &self.scenario.phases()[self.phase];
        let daily = matches!(phase.arrivals().process, ArrivalProcess::Daily(_));
        phase.algorithm().follows_replicas() || (daily && self.backend.scaling != Scaling::Fixed)
    }

    fn last(&self, replicas: &[(f64, u32)]) -> u32 {
        replicas.last().map_or(0, |&(_, replicas)| replicas)
    }

    /// The replicas when the phase begins, and at the end of each interval of it.
    fn replicas_over_phase(&self) -> Vec<(f64, u32)> {
        let (start, end) = self.span();
        let width = as_f64(self.series.width) / 1e9;
        let first = self.backend.replicas.get();
        let numbers = self.series.replicas(self.version, first);
        let mut over = vec![(start, first)];
        for (place, replicas) in (1_u32..).zip(numbers) {
            let moment = f64::from(place) * width;
            if moment <= start + width * 1e-9 {
                over = vec![(start, replicas)];
            } else if moment <= end {
                over.push((moment, replicas));
            }
        }
        over
    }

    /// What became of the requests that were too many.
    fn lost(&self) -> String {
        let share = |number: u64| as_f64(number) / as_f64(self.row.requests).max(1.0);
        let parts = [
            (self.row.refused, "refused (503)"),
            (self.row.timed_out, "timed out (504)"),
        ];
        let told: Vec<String> = parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", percent(share(number))))
            .collect();
        match told.as_slice() {
            [] => " None is refused: they wait.".to_owned(),
            told => format!(" {}.", told.join(", ")),
        }
    }

    /// Requests that were refused or not answered in time, if they are many.
    fn unanswered(&self) -> Option<String> {
        let row = self.row;
        let without = as_f64(row.refused + row.timed_out) / as_f64(row.requests).max(1.0);
        (without > FAILING).then(|| {
            let (name, place) = (&row.version, self.place());
            format!(
                "{name} leaves requests without an answer{place}:{}",
                self.lost()
            )
        })
    }

    fn retries(&self) -> Option<String> {
        let row = self.row;
        let times = as_f64(row.attempts) / as_f64(row.requests).max(1.0);
        if times < RETRIED {
            return None;
        }
        let failed = row.attempts.saturating_sub(row.ok);
        let of_attempts = as_f64(failed) / as_f64(row.attempts);
        let of_requests = as_f64(row.requests - row.ok) / as_f64(row.requests);
        Some(format!(
            "Retries{} make {} attempts of {}'s {} requests (× {times:.2}): {} of the attempts \
             fail, and {} of the requests.",
            self.place(),
            count(row.attempts),
            row.version,
            count(row.requests),
            percent(of_attempts),
            percent(of_requests),
        ))
    }

    fn no_ejection(&self, ejections: u64) -> Option<String> {
        let detection = self.backend.resilience.outlier_detection?;
        let failing = as_f64(self.row.errors) / as_f64(self.row.requests).max(1.0);
        let (most, replicas) = (detection.max_ejection_percent, self.backend.replicas.get());
        let allowed = u64::from(most) * u64::from(replicas) / 100;
        (ejections == 0 && failing > FAILING && allowed == 0).then(|| {
            format!(
                "{} fails {} of its requests{}, and outlier detection ejects nobody: at most \
                 {most}% of {replicas} replicas may be ejected, which is none.",
                self.row.version,
                percent(failing),
                self.place(),
            )
        })
    }

    /// Many proxies, each of which has to learn by itself. Ejections are counted over the run.
    fn slow_ejection(&self, ejections: u64) -> Option<String> {
        let failing = as_f64(self.row.errors) / as_f64(self.row.requests).max(1.0);
        let [phase] = self.scenario.phases() else {
            return None;
        };
        let proxies = phase.proxies().get();
        (ejections > 0 && proxies > 1 && failing > LEAKING).then(|| {
            format!(
                "{} fails {} of its requests, although replicas are ejected {} times: each of {} \
                 proxies learns of a failing one from its own errors alone.",
                self.row.version,
                percent(failing),
                count(ejections),
                count(u64::from(proxies)),
            )
        })
    }
}

fn serve(replicas: u32) -> String {
    match replicas {
        1 => "1 replica serves".to_owned(),
        replicas => format!("{replicas} replicas serve"),
    }
}

/// One version much slower than another with the same requests.
fn slower<'a>(
    scenario: &Scenario,
    rows: impl Iterator<Item = &'a ResponseSummary>,
) -> Option<String> {
    let mut times: Vec<(f64, &ResponseSummary)> = rows
        .filter_map(|row| Some((row.p99_seconds?, row)))
        .collect();
    times.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (&(fast, one), &(slow, other)) = times.first().zip(times.last())?;
    let place = if scenario.phases().len() > 1 {
        format!(" in phase {}", other.phase)
    } else {
        String::new()
    };
    (fast > 0.0 && slow >= SLOWER * fast).then(|| {
        format!(
            "The p99 of {}{place} is {:.1} times that of {}: {} against {}.",
            other.version,
            slow / fast,
            one.version,
            span(slow),
            span(fast)
        )
    })
}

/// Requests that old connections bring to a version with a weight of zero.
fn held(row: &ConnectionSummary) -> Option<String> {
    let share = row.request_share.filter(|share| *share > HELD)?;
    (row.target_share == 0.0).then(|| {
        format!(
            "{} has a weight of zero in phase {}, and connections from before still bring it {} of \
             the requests{}.",
            row.version,
            row.phase,
            percent(share),
            match row.cut {
                0 => String::new(),
                cut => format!(", until those that are left ({}) are cut", count(cut)),
            }
        )
    })
}

/// Requests or connections of versions that get no more of them from this phase on.
fn left_over(scenario: &Scenario, run: &RunTally, series: &Series, phase: usize) -> Vec<String> {
    if phase == 0 {
        return Vec::new();
    }
    let share = |phase: usize, version: usize| -> f64 {
        let phase = &scenario.phases()[phase];
        let destinations = phase.destinations().iter().zip(phase.target_shares());
        destinations
            .filter(|(destination, _)| destination.version.0 == version)
            .map(|(_, share)| to_f64(share))
            .sum()
    };
    let width = as_f64(series.width) / 1e9;
    let start = run.phases[phase].start.as_seconds();
    let gone = |version: &usize| share(phase, *version) == 0.0 && share(phase - 1, *version) > 0.0;
    let tell = |version: usize| {
        let numbers = series.in_flight(version);
        let mut later = (1_u32..)
            .zip(numbers)
            .map(|(place, number)| (f64::from(place) * width, number))
            .skip_while(|(moment, _)| *moment < start - width * 1e-9);
        let (_, first) = later.next().filter(|&(_, number)| number >= LEFT)?;
        let later: Vec<(f64, u64)> = later.collect();
        let (half, _) = later.iter().find(|&&(_, number)| number <= first / 2)?;
        // Requests that end within an interval or two say nothing.
        if half - start < 2.5 * width {
            return None;
        }
        let end = later.iter().find(|&&(_, number)| number == 0);
        let end = end.map_or(String::new(), |(moment, _)| {
            format!(", the last ends after {}", span(moment - start))
        });
        Some(format!(
            "When phase {} begins, {} {} of {} are under way; half of them have ended after {}{end}.",
            scenario.phases()[phase].name(),
            count(first),
            scenario.protocol().noun(first),
            scenario.versions()[version].name,
            span(half - start),
        ))
    };
    (0..scenario.versions().len())
        .filter(gone)
        .filter_map(tell)
        .collect()
}

/// A time for a sentence.
fn span(seconds: f64) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1e3),
        ..10.0 => format!("{seconds:.1} s"),
        ..120.0 => format!("{seconds:.0} s"),
        _ => format!("{:.1} min", seconds / 60.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
