//! The lines of the panels, from the series of the tally.

use super::ready;
use crate::scenario::Scenario;
use crate::sim::RunTally;
use crate::tally::service::{Bucket, Changes, Outcome, Series, ServiceTally, What, quantile_of};
use crate::units::to_f64;

/// Stretches without a gap: (seconds, value).
pub(super) type Stretches = Vec<Vec<(f64, f64)>>;

/// A success rate or a quantile looks back until it has so many responses,
pub(super) const ENOUGH: u64 = 20;
/// but over no more intervals than this,
pub(super) const LOOKS_BACK: usize = 5;
/// and needs at least so many.
pub(super) const FEWEST: u64 = 5;

/// A run over time, in seconds.
pub(super) struct Over<'a> {
    series: &'a Series,
    changes: &'a Changes,
    /// The width of an interval.
    width: f64,
    /// When the last request arrived, at the latest.
    arrivals_end: f64,
    /// When each phase begins and ends.
    phases: Vec<(f64, f64)>,
    /// When the last response was sent.
    pub(super) end: f64,
    /// Whether requests were sent over connections.
    pub(super) carries: bool,
    /// What each version has at the start.
    first_replicas: Vec<u32>,
}

impl<'a> Over<'a> {
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn new(scenario: &Scenario, run: &RunTally, service: &'a ServiceTally) -> Self {
        let ends = run.phases.iter().map(|tally| tally.end.as_seconds());
        let arrivals_end = ends.fold(0.0, f64::max);
        let first = |version: &crate::scenario::Version| {
            let backend = version.backend.as_ref();
            backend.map_or(0, |backend| backend.replicas.get())
        };
        Self {
            series: &service.series,
            changes: &service.changes,
            width: service.series.width as f64 / 1e9,
            arrivals_end,
            phases: run
                .phases
                .iter()
                .map(|tally| (tally.start.as_seconds(), tally.end.as_seconds()))
                .collect(),
            end: arrivals_end.max(service.end_nanos as f64 / 1e9),
            carries: service.connections.is_some(),
            first_replicas: scenario.versions().iter().map(first).collect(),
        }
    }

    pub(super) fn versions(&self) -> std::ops::Range<usize> {
        0..self.series.versions.len()
    }

    /// The middle of an interval and what of it lies before `end`, in seconds; `None` if that is
    /// less than half of it, for a rate over a sliver says nothing.
    fn interval(&self, place: usize, end: f64) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "for drawing")]
        let start = place as f64 * self.width;
        let span = (end - start).min(self.width);
        (span >= self.width / 2.0).then_some((start + span / 2.0, span))
    }

    /// A value for each interval before the end of the arrivals.
    fn while_arriving(&self, value: impl Fn(usize, f64) -> Option<f64>) -> Stretches {
        let places = 0..self.series.versions.first().map_or(0, Vec::len);
        gathered(places.filter_map(|place| {
            let (middle, span) = self.interval(place, self.arrivals_end)?;
            Some((middle, value(place, span)))
        }))
    }

    /// A value for each interval, of what was answered in it or, where that is little, in it and
    /// those before it.
    fn of_responses(&self, version: usize, value: impl Fn(&[Bucket]) -> Option<f64>) -> Stretches {
        let buckets = &self.series.versions[version];
        let answered = |bucket: &Bucket| bucket.responses.iter().sum::<u64>();
        // A short rest after the last arrival would show the slowest alone.
        let end = if self.end > 1.05 * self.arrivals_end {
            self.end
        } else {
            self.arrivals_end
        };
        let in_flight = self.series.in_flight(version);
        gathered((0..buckets.len()).filter_map(|place| {
            let (middle, _) = self.interval(place, end)?;
            if answered(&buckets[place]) == 0 && in_flight[place] == 0 {
                return Some((middle, None));
            }
            let mut from = place;
            let mut responses = answered(&buckets[place]);
            while responses < ENOUGH && from > 0 && place - from + 1 < LOOKS_BACK {
                from -= 1;
                responses += answered(&buckets[from]);
            }
            let enough = responses >= FEWEST;
            let value = enough.then(|| value(&buckets[from..=place])).flatten();
            Some((middle, value))
        }))
    }

    /// Whether anything was tried more than once.
    pub(super) fn is_retried(&self) -> bool {
        let mut buckets = self.series.versions.iter().flatten();
        let sums = buckets.by_ref().fold((0, 0), |(arrivals, attempts), one| {
            (arrivals + one.arrivals, attempts + one.attempts)
        });
        sums.1 > sums.0
    }

    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn arrival_rate(&self, version: usize) -> Stretches {
        let buckets = &self.series.versions[version];
        self.while_arriving(|place, span| Some(buckets[place].arrivals as f64 / span))
    }

    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn attempt_rate(&self, version: usize) -> Stretches {
        let buckets = &self.series.versions[version];
        self.while_arriving(|place, span| Some(buckets[place].attempts as f64 / span))
    }

    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn observed_share(&self, version: usize) -> Stretches {
        let versions = &self.series.versions;
        self.while_arriving(|place, _| {
            let all: u64 = versions.iter().map(|one| one[place].arrivals).sum();
            (all > 0).then(|| versions[version][place].arrivals as f64 / all as f64)
        })
    }

    /// Steps at the phases and, where the split follows the ready replicas, at each change of these.
    pub(super) fn target_share(&self, scenario: &Scenario, version: usize) -> Stretches {
        let mut steps = Vec::new();
        for (phase, &(start, end)) in scenario.phases().iter().zip(&self.phases) {
            if phase.algorithm().follows_replicas() {
                let own = phase.destinations().iter().map(|one| one.version.0);
                let ready: Vec<Stretches> = own.clone().map(|one| self.replicas(one)).collect();
                let place = own.clone().position(|one| one == version);
                steps.extend(ready::shares(&ready, place, (start, end)));
                continue;
            }
            let destinations = phase.destinations().iter().zip(phase.target_shares());
            let share = destinations
                .filter(|(destination, _)| destination.version.0 == version)
                .map(|(_, share)| to_f64(share))
                .sum();
            steps.extend([(start, share), (end, share)]);
        }
        vec![steps]
    }

    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn success(&self, version: usize) -> Stretches {
        self.of_responses(version, |buckets| {
            let all: u64 = buckets.iter().flat_map(|one| one.responses).sum();
            let ok = |bucket: &Bucket| bucket.responses[Outcome::Ok as usize];
            let ok: u64 = buckets.iter().map(ok).sum();
            (all > 0).then(|| ok as f64 / all as f64)
        })
    }

    /// In seconds.
    pub(super) fn quantile(&self, version: usize, quantile: f64) -> Stretches {
        self.of_responses(version, |buckets| quantile_of(buckets, quantile))
    }

    /// At the end of each interval.
    pub(super) fn in_flight(&self, version: usize) -> Stretches {
        self.at_ends(self.series.in_flight(version))
    }

    /// At the end of each interval; `None` where requests stand alone.
    pub(super) fn open_connections(&self, version: usize) -> Option<Stretches> {
        Some(self.at_ends(self.series.open_connections(version)?))
    }

    /// Numbers at the ends of the intervals, from 0 at the start.
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    fn at_ends(&self, numbers: Vec<u64>) -> Stretches {
        let points = (1_u32..).zip(numbers).map(|(place, number)| {
            let moment = f64::from(place) * self.width;
            (moment.min(self.end), number as f64)
        });
        vec![std::iter::once((0.0, 0.0)).chain(points).collect()]
    }

    /// Steps where something changed; after very many changes, at the ends of intervals.
    pub(super) fn replicas(&self, version: usize) -> Stretches {
        let first = self.first_replicas[version];
        let mut points = vec![(0.0, f64::from(first))];
        let mut step = |moment: f64, to: u32| {
            let before = points.last().map_or(0.0, |point| point.1);
            if f64::from(to) != before {
                let moment = moment.min(self.end);
                points.extend([(moment, before), (moment, f64::from(to))]);
            }
        };
        if self.changes.more == 0 {
            for change in &self.changes.first {
                if let (true, What::Replicas { to, .. }) = (change.version == version, change.what)
                {
                    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
                    step(change.nanos as f64 / 1e9, to);
                }
            }
        } else {
            for (place, number) in (1_u32..).zip(self.series.replicas(version, first)) {
                step(f64::from(place) * self.width, number);
            }
        }
        let last = points.last().map_or(0.0, |point| point.1);
        points.push((self.end, last));
        vec![points]
    }

    /// Requests per second that the replicas can serve, of a version that at some time gets nearly
    /// as many or more.
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub(super) fn limit(&self, scenario: &Scenario, version: usize) -> Option<Stretches> {
        let backend = scenario.versions()[version].backend.as_ref()?;
        let each = backend.capacity() / f64::from(backend.replicas.get());
        let numbers = self.series.replicas(version, self.first_replicas[version]);
        let buckets = self.series.versions[version].iter();
        let near = |(bucket, replicas): (&Bucket, u32)| {
            let attempts = bucket.attempts as f64 / self.width;
            attempts > 0.8 * each * f64::from(replicas)
        };
        if !buckets.zip(numbers).any(near) {
            return None;
        }
        let mut stretches = self.replicas(version);
        let points = stretches.iter_mut().flatten();
        points.for_each(|point| point.1 *= each);
        Some(stretches)
    }
}

/// The stretches of what has a value.
fn gathered(points: impl Iterator<Item = (f64, Option<f64>)>) -> Stretches {
    let mut stretches = vec![Vec::new()];
    for (moment, value) in points {
        match (value, stretches.last_mut()) {
            (Some(value), Some(last)) => last.push((moment, value)),
            (None, Some(last)) if !last.is_empty() => stretches.push(Vec::new()),
            _ => {}
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

/// The stretches without what lies above `most`.
pub(super) fn cut(stretches: &Stretches, most: f64) -> Stretches {
    let points = stretches.iter().flatten();
    gathered(points.map(|&(moment, value)| (moment, (value <= most).then_some(value))))
}
