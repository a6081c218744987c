//! Turns what happens to requests into a [`ServiceTally`].

use std::ops::Range;

use super::counts::Sum;
use super::series::{Bucket, Cohort, Cursor};
use super::{
    Change, Changes, Outcome, ReadyShares, Series, ServerEnd, ServiceTally, VersionLoad,
    VersionService, What,
};
use crate::units::sum_nanos;

/// A response, as the tally sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The phase in which the request arrived.
    pub phase: usize,
    /// The version that it went to.
    pub version: usize,
    /// Its number, as [`ServiceRecorder::arrivals`] gave it.
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
    /// After how many nanoseconds each was answered.
    pub nanos: Vec<u64>,
    /// Whether it was answered with an error; empty if none was.
    pub fails: Vec<bool>,
}

impl ServedBlock {
    /// Takes those of the given requests that go to the version: `goes` says so for each
    /// destination. Nothing branches on where a request goes.
    pub fn take(&mut self, moments: &[u64], picks: &[usize], goes: &[bool]) {
        let mut places = (0..goes.len()).filter(|&place| goes[place]);
        match (places.next(), places.next()) {
            (Some(only), None) => self.take_if(moments, picks, |pick| pick == only),
            _ => self.take_if(moments, picks, |pick| goes[pick]),
        }
        self.nanos.clear();
        self.fails.clear();
    }

    fn take_if(&mut self, moments: &[u64], picks: &[usize], goes: impl Fn(usize) -> bool) {
        self.arrived.resize(moments.len(), 0);
        let mut taken = 0;
        for (&moment, &pick) in moments.iter().zip(picks) {
            self.arrived[taken] = moment;
            taken += usize::from(goes(pick));
        }
        self.arrived.truncate(taken);
    }
}

/// Responses of one version that went well, to requests of one phase, in the order in which they
/// were sent.
#[derive(Debug)]
pub struct AnsweredBlock {
    phase: usize,
    warm_up: bool,
    /// Requests of this phase belong here if they arrived then.
    arrived_in: Range<u64>,
    /// How many there are.
    length: usize,
    arrived: Box<[u64; BLOCK]>,
    nanos: Box<[u64; BLOCK]>,
    numbers: Box<[u64; BLOCK]>,
}

/// Responses in a block, at most.
const BLOCK: usize = 1024;

impl Default for AnsweredBlock {
    fn default() -> Self {
        let empty = || Box::new([0; BLOCK]);
        Self {
            phase: 0,
            warm_up: false,
            arrived_in: 0..0,
            length: 0,
            arrived: empty(),
            nanos: empty(),
            numbers: empty(),
        }
    }
}

impl AnsweredBlock {
    /// Whether a response may be added.
    #[inline]
    #[must_use]
    pub fn takes(&self, response: &Response) -> bool {
        self.length < BLOCK
            && response.phase == self.phase
            && self.arrived_in.contains(&response.arrived)
    }

    /// Begins a new block, of such responses as this one; `warm_up_nanos` is when the warm-up ends.
    pub fn begin(&mut self, response: &Response, warm_up_nanos: u64) {
        self.phase = response.phase;
        self.warm_up = response.arrived < warm_up_nanos;
        self.arrived_in = match self.warm_up {
            true => 0..warm_up_nanos,
            false => warm_up_nanos..u64::MAX,
        };
        self.length = 0;
    }

    /// Adds a response, if [`Self::takes`] says so.
    #[inline]
    pub fn push(&mut self, response: &Response) {
        let place = self.length % BLOCK;
        self.arrived[place] = response.arrived;
        self.nanos[place] = response.answered - response.arrived;
        self.numbers[place] = response.number;
        self.length += 1;
    }
}

/// Response times of requests, and when these arrived.
#[derive(Clone, Copy)]
struct Times<'a> {
    arrived: &'a [u64],
    nanos: &'a [u64],
    /// Whether it was answered with an error; empty if none was.
    fails: &'a [bool],
}

/// Records a run.
#[derive(Debug)]
pub struct ServiceRecorder {
    tally: ServiceTally,
    arrivals: Vec<Cursor>,
    responses: Vec<Cursor>,
    changes: Vec<Changes>,
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
                classes: vec![Vec::new(); phases],
                connections: None,
                ready: vec![None; phases],
                events: 0,
            },
            arrivals: vec![Cursor::default(); versions],
            responses: vec![Cursor::default(); versions],
            changes: vec![Changes::default(); versions],
            replicas: vec![None; versions],
        }
    }

    /// When the warm-up ends, in nanoseconds.
    #[must_use]
    pub fn warm_up_nanos(&self) -> u64 {
        self.tally.warm_up_nanos
    }

    /// Requests arrive, in this order, and are sent to replicas for the first time; returns the
    /// number of the first of them that arrived after the warm-up among all such of its phase and
    /// version. The others follow it one by one.
    #[inline]
    pub fn arrivals(&mut self, phase: usize, version: usize, arrived: &[u64]) -> u64 {
        self.count_arrivals(version, arrived);
        let cold = arrived.partition_point(|&moment| moment < self.tally.warm_up_nanos);
        let service = &mut self.tally.phases[phase][version];
        let number = service.measured;
        service.measured += (arrived.len() - cold) as u64;
        service.attempts += arrived.len() as u64;
        number
    }

    /// Requests of one phase and version that were served, in the order of their arrival: the same
    /// as [`Self::arrivals`], and [`Self::response`] for each of them.
    pub fn served_block(&mut self, phase: usize, version: usize, served: &ServedBlock) {
        let ServedBlock {
            arrived,
            nanos,
            fails,
        } = served;
        let number = self.arrivals(phase, version, arrived);
        let warm_up = self.tally.warm_up_nanos;
        let cold = arrived.partition_point(|&moment| moment < warm_up);
        let warm = cold..arrived.len();
        let times = Times {
            arrived,
            nanos,
            fails,
        };
        self.count_responses(version, Cohort::WarmUp, times, 0..cold);
        self.count_responses(version, Cohort::Phase(phase), times, warm);
        let service = &mut self.tally.phases[phase][version];
        let measured = service.latency.add_row(number, &nanos[cold..]);
        let all = arrived.len() as u64;
        let failed = fails.iter().map(|&fails| u64::from(fails)).sum::<u64>();
        service.outcomes[Outcome::Ok as usize] += all - failed;
        service.outcomes[Outcome::Error as usize] += failed;
        self.tally.load[version].sojourn_nanos += measured + sum_nanos(&nanos[..cold]);
        let answered = arrived.iter().zip(nanos).map(|(from, nanos)| from + nanos);
        self.tally.end_nanos = answered.fold(self.tally.end_nanos, u64::max);
    }

    /// Responses of a version; the same as [`Self::response`] for each of them.
    pub fn answered_block(&mut self, version: usize, block: &AnsweredBlock) {
        let (phase, all) = (block.phase, ..block.length);
        let (numbers, nanos) = (&block.numbers[all], &block.nanos[all]);
        let times = Times {
            arrived: &block.arrived[all],
            nanos,
            fails: &[],
        };
        let cohort = match block.warm_up {
            true => Cohort::WarmUp,
            false => Cohort::Phase(phase),
        };
        self.count_responses(version, cohort, times, 0..block.length);
        let service = &mut self.tally.phases[phase][version];
        service.outcomes[Outcome::Ok as usize] += block.length as u64;
        if !block.warm_up {
            for (&number, &nanos) in numbers.iter().zip(nanos) {
                service.latency.add(number, nanos);
            }
        }
        self.tally.load[version].sojourn_nanos += sum_nanos(nanos);
        let last = times.arrived.last().zip(nanos.last());
        let last = last.map_or(0, |(arrived, nanos)| arrived + nanos);
        self.tally.end_nanos = self.tally.end_nanos.max(last);
    }

    /// Counts the responses to a range of requests, from one bucket of the series to the next.
    fn count_responses(
        &mut self,
        version: usize,
        cohort: Cohort,
        times: Times,
        range: Range<usize>,
    ) {
        let series = &mut self.tally.series;
        let (buckets, width) = (&mut series.versions[version], series.width);
        let cursor = &mut self.responses[version];
        let (arrived, nanos) = (&times.arrived[..range.end], &times.nanos[..range.end]);
        let mut from = range.start;
        while from < range.end {
            let bucket = cursor.bucket(buckets, width, arrived[from] + nanos[from]);
            let counts = bucket.counts(cohort);
            let mut to = from;
            for (arrived, &nanos) in arrived[from..].iter().zip(&nanos[from..]) {
                if !cursor.stays(width, arrived + nanos) {
                    break;
                }
                counts.record(nanos);
                to += 1;
            }
            let failed = match times.fails.get(from..to) {
                Some(fails) => fails.iter().map(|&fails| u64::from(fails)).sum(),
                None => 0,
            };
            bucket.responses[Outcome::Ok as usize] += (to - from) as u64 - failed;
            bucket.responses[Outcome::Error as usize] += failed;
            from = to;
        }
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

    /// A request is sent to a replica again.
    pub fn retry(&mut self, phase: usize, version: usize, nanos: u64) {
        let series = &mut self.tally.series;
        let buckets = &mut series.versions[version];
        let bucket = self.arrivals[version].bucket(buckets, series.width, nanos);
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
            let mut cohort = Cohort::WarmUp;
            if arrived >= self.tally.warm_up_nanos {
                cohort = Cohort::Phase(phase);
                service.latency.add(number, nanos);
            }
            bucket.counts(cohort).record(nanos);
        }
        self.tally.load[version].sojourn_nanos += u128::from(nanos);
        self.tally.end_nanos = self.tally.end_nanos.max(answered);
    }

    /// A phase has so many classes of traffic.
    pub fn classes(&mut self, phase: usize, classes: usize) {
        self.tally.classes[phase].resize_with(classes, VersionService::default);
    }

    /// A request of a class of traffic, which arrived in `phase`, is answered.
    pub fn class_response(
        &mut self,
        phase: usize,
        class: usize,
        arrived: u64,
        answered: u64,
        outcome: Outcome,
    ) {
        let Some(service) = self.tally.classes[phase].get_mut(class) else {
            return;
        };
        service.outcomes[outcome as usize] += 1;
        if outcome != Outcome::Refused && arrived >= self.tally.warm_up_nanos {
            service.latency.record(service.measured, answered - arrived);
            service.measured += 1;
        }
    }

    /// What the servers of a version see is noted too, because it is not what its clients see.
    pub fn watch_servers(&mut self, version: usize) {
        self.tally.series.servers[version] = Some(Vec::new());
    }

    /// An attempt that was sent at `sent` ends at its server; noted if servers are watched.
    #[inline]
    pub fn ends_at_server(&mut self, version: usize, sent: u64, nanos: u64, end: ServerEnd) {
        let series = &mut self.tally.series;
        if let Some(buckets) = &mut series.servers[version] {
            let place = usize::try_from(nanos / series.width).unwrap_or(usize::MAX);
            if buckets.len() <= place {
                buckets.resize_with(place + 1, Default::default);
            }
            buckets[place].record(end, nanos - sent);
        }
    }

    /// A TCP connection to a version is established.
    pub fn connection_opens(&mut self, version: usize, nanos: u64) {
        self.tally.series.connections_at(version, nanos).opened += 1;
    }

    /// A TCP connection to a version ends.
    pub fn connection_ends(&mut self, version: usize, nanos: u64) {
        self.tally.series.connections_at(version, nanos).closed += 1;
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

    /// What the ready replicas gave in a phase whose split follows them.
    pub fn ready_shares(&mut self, phase: usize, shares: ReadyShares) {
        self.tally.ready[phase] = Some(shares);
    }

    /// Something else of a version has changed.
    pub fn change(&mut self, version: usize, nanos: u64, what: What) {
        self.changes[version].push(Change {
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
        self.tally.changes = Changes::join(std::mem::take(&mut self.changes));
        self.sum_response_times();
        self.tally.series.even_out();
        self.tally
    }

    /// Sums the response times of each phase from the buckets of the series, and joins those of
    /// each bucket.
    fn sum_response_times(&mut self) {
        for (version, buckets) in self.tally.series.versions.iter_mut().enumerate() {
            for (number, phase) in self.tally.phases.iter_mut().enumerate() {
                let counts = buckets
                    .iter()
                    .filter_map(|bucket| bucket.find(Cohort::Phase(number)));
                phase[version].latency.count_all(&Sum::of(counts));
            }
            buckets.iter_mut().for_each(Bucket::join_cohorts);
        }
    }
}
