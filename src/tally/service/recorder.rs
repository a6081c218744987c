//! Turns what happens to requests into a [`ServiceTally`].

use super::series::Cursor;
use super::{Change, Changes, Outcome, Series, ServiceTally, VersionLoad, VersionService, What};

/// A response, as the tally sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The phase in which the request arrived.
    pub phase: usize,
    /// The version that it went to.
    pub version: usize,
    /// Its number, as [`ServiceRecorder::arrival`] gave it.
    pub number: u64,
    /// When it arrived, in nanoseconds.
    pub arrived: u64,
    /// When it was answered, in nanoseconds.
    pub answered: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// Requests of one version that were served, one after the other.
#[derive(Debug, Default)]
pub struct ServedBlock {
    /// When each arrived, in nanoseconds, ascending.
    pub arrived: Vec<u64>,
    /// When each was answered, in nanoseconds.
    pub answered: Vec<u64>,
    /// Whether it was answered with an error.
    pub fails: Vec<bool>,
}

impl ServedBlock {
    /// Adds a request.
    #[inline]
    pub fn push(&mut self, arrived: u64, answered: u64, fails: bool) {
        self.arrived.push(arrived);
        self.answered.push(answered);
        self.fails.push(fails);
    }

    /// Forgets the requests.
    pub fn clear(&mut self) {
        self.arrived.clear();
        self.answered.clear();
        self.fails.clear();
    }
}

/// Records a run.
#[derive(Debug)]
pub struct ServiceRecorder {
    tally: ServiceTally,
    arrivals: Vec<Cursor>,
    responses: Vec<Cursor>,
    /// Replicas that take requests, per version; `None` before the first word of them.
    replicas: Vec<Option<u32>>,
}

impl ServiceRecorder {
    /// A recorder for so many phases and versions, with a series in buckets of `width` nanoseconds.
    #[must_use]
    pub fn new(phases: usize, versions: usize, width: u64, warm_up_nanos: u64) -> Self {
        Self {
            tally: ServiceTally {
                phases: vec![vec![VersionService::default(); versions]; phases],
                series: Series::new(versions, width),
                changes: Changes::default(),
                load: vec![VersionLoad::default(); versions],
                end_nanos: 0,
                warm_up_nanos,
                connections: None,
                events: 0,
            },
            arrivals: vec![Cursor::default(); versions],
            responses: vec![Cursor::default(); versions],
            replicas: vec![None; versions],
        }
    }

    /// A request arrives; returns its number among those of its phase and version that arrived
    /// after the warm-up.
    #[inline]
    pub fn arrival(&mut self, phase: usize, version: usize, nanos: u64) -> u64 {
        let series = &mut self.tally.series;
        let bucket =
            self.arrivals[version].bucket(&mut series.versions[version], series.width, nanos);
        bucket.arrivals += 1;
        let service = &mut self.tally.phases[phase][version];
        let number = service.measured;
        service.measured += u64::from(nanos >= self.tally.warm_up_nanos);
        number
    }

    /// Requests of one phase and version that were served, in the order of their arrival: the same
    /// as [`Self::arrival`], [`Self::attempt`] and [`Self::response`] for each of them.
    pub fn served_block(&mut self, phase: usize, version: usize, served: &ServedBlock) {
        self.count_arrivals(version, &served.arrived);
        let series = &mut self.tally.series;
        let buckets = &mut series.versions[version];
        let service = &mut self.tally.phases[phase][version];
        let cursor = &mut self.responses[version];
        let warm_up = self.tally.warm_up_nanos;
        let (mut sum, mut failed, mut last) = (0_u128, 0_u64, 0);
        let times = served.arrived.iter().zip(&served.answered);
        for ((&arrived, &answered), &fails) in times.zip(&served.fails) {
            let nanos = answered - arrived;
            let bucket = cursor.bucket(buckets, series.width, answered);
            bucket.responses[usize::from(fails)] += 1;
            bucket.record(nanos);
            sum += u128::from(nanos);
            failed += u64::from(fails);
            last = last.max(answered);
            if arrived >= warm_up {
                service.latency.record(service.measured, nanos);
                service.measured += 1;
            }
        }
        let all = served.arrived.len() as u64;
        service.attempts += all;
        service.outcomes[Outcome::Ok as usize] += all - failed;
        service.outcomes[Outcome::Error as usize] += failed;
        self.tally.load[version].sojourn_nanos += sum;
        self.tally.end_nanos = self.tally.end_nanos.max(last);
    }

    /// Counts arrivals, which ascend, bucket by bucket.
    fn count_arrivals(&mut self, version: usize, mut arrived: &[u64]) {
        let series = &mut self.tally.series;
        while let Some(&first) = arrived.first() {
            let buckets = &mut series.versions[version];
            let bucket = self.arrivals[version].bucket(buckets, series.width, first);
            let edge = (first / series.width + 1).saturating_mul(series.width);
            let inside = arrived.partition_point(|&moment| moment < edge).max(1);
            bucket.arrivals += inside as u64;
            bucket.attempts += inside as u64;
            arrived = &arrived[inside..];
        }
    }

    /// An attempt is sent to a replica, or refused.
    #[inline]
    pub fn attempt(&mut self, phase: usize, version: usize, nanos: u64) {
        let series = &mut self.tally.series;
        let bucket =
            self.arrivals[version].bucket(&mut series.versions[version], series.width, nanos);
        bucket.attempts += 1;
        self.tally.phases[phase][version].attempts += 1;
    }

    /// A request is answered. Responses of one version may come out of order.
    #[inline]
    pub fn response(&mut self, response: Response) {
        let Response {
            phase,
            version,
            number,
            arrived,
            answered,
            outcome,
        } = response;
        let nanos = answered - arrived;
        let series = &mut self.tally.series;
        let buckets = &mut series.versions[version];
        let bucket = self.responses[version].bucket(buckets, series.width, answered);
        let service = &mut self.tally.phases[phase][version];
        bucket.responses[outcome as usize] += 1;
        service.outcomes[outcome as usize] += 1;
        if outcome != Outcome::Refused {
            bucket.record(nanos);
            if arrived >= self.tally.warm_up_nanos {
                service.latency.record(number, nanos);
            }
        }
        self.tally.load[version].sojourn_nanos += u128::from(nanos);
        self.tally.end_nanos = self.tally.end_nanos.max(answered);
    }

    /// The number of replicas that can take requests has changed.
    pub fn replicas(&mut self, version: usize, nanos: u64, replicas: u32) {
        let series = &mut self.tally.series;
        let bucket =
            self.arrivals[version].bucket(&mut series.versions[version], series.width, nanos);
        bucket.replicas = Some(replicas);
        let before = self.replicas[version].replace(replicas);
        if let Some(from) = before.filter(|&from| from != replicas) {
            let to = replicas;
            self.change(version, nanos, What::Replicas { from, to });
        }
    }

    /// Something else of a version has changed.
    pub fn change(&mut self, version: usize, nanos: u64, what: What) {
        self.tally.changes.push(Change {
            nanos,
            version,
            what,
        });
    }

    /// The load of a version, to be added to.
    pub fn load(&mut self, version: usize) -> &mut VersionLoad {
        &mut self.tally.load[version]
    }

    /// The tally of the run, after so many events.
    #[must_use]
    pub fn finish(mut self, events: u64) -> ServiceTally {
        self.tally.events = events;
        let longest = self.tally.series.versions.iter().map(Vec::len).max();
        for buckets in &mut self.tally.series.versions {
            buckets.resize_with(longest.unwrap_or(0), Default::default);
        }
        self.tally
    }
}
