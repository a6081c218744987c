//! What a metrics system would have scraped: load and response times over virtual time.

use super::counts::Counts;
use super::servers::ServerBucket;

/// The most buckets: four times as many as arrivals are expected to fill. When responses come in much
/// later, the last bucket holds all that is left, so that memory stays bounded.
pub const MOST_BUCKETS: usize = 8_000;

/// One version over virtual time, in buckets of equal width, and the next version, …
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The width of a bucket in nanoseconds.
    pub width: u64,
    /// Per version: its buckets, from the start of the run; at most [`MOST_BUCKETS`].
    pub versions: Vec<Vec<Bucket>>,
    /// Per version: TCP connections in the same buckets; empty where requests stand alone.
    pub connections: Vec<Vec<ConnectionBucket>>,
    /// Per version: what its servers saw; `None` where each request is one attempt, which its server
    /// sees as its client does.
    pub(super) servers: Vec<Option<Vec<ServerBucket>>>,
}

/// The TCP connections of one version in one bucket of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionBucket {
    /// Connections that were established; refused ones are none.
    pub opened: u64,
    /// Connections that ended: closed by their client, lost with their replica, or cut.
    pub closed: u64,
}

/// One version in one bucket of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bucket {
    /// Requests that arrived.
    pub arrivals: u64,
    /// Responses by outcome, in the order of [`super::Outcome::ALL`].
    pub responses: [u64; 4],
    /// Attempts that were sent, retries included.
    pub attempts: u64,
    /// Replicas that could take requests at the end of the bucket; `None` if nothing changed.
    pub replicas: Option<u32>,
    /// Response times by cohort: in the end a single one, of all responses.
    latency: Vec<(Cohort, Counts)>,
}

/// The requests whose response times are counted together, because they are reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cohort {
    /// Arrived during the warm-up.
    WarmUp,
    /// Arrived after it, in this phase.
    Phase(usize),
}

impl Bucket {
    /// The counts of a cohort.
    #[inline]
    pub(super) fn counts(&mut self, cohort: Cohort) -> &mut Counts {
        let found = self.latency.iter().position(|&(one, _)| one == cohort);
        let place = found.unwrap_or_else(|| {
            self.latency.push((cohort, Counts::default()));
            self.latency.len() - 1
        });
        &mut self.latency[place].1
    }

    /// The counts of a cohort, if it has any.
    pub(super) fn find(&self, cohort: Cohort) -> Option<&Counts> {
        let found = self.latency.iter().find(|&&(one, _)| one == cohort);
        found.map(|(_, counts)| counts)
    }

    /// Joins all cohorts to one.
    pub(super) fn join_cohorts(&mut self) {
        self.latency.sort_unstable_by_key(|&(cohort, _)| cohort);
        while self.latency.len() > 1
            && let Some((_, last)) = self.latency.pop()
        {
            self.latency[0].1.add(&last);
        }
    }

    fn joined(&self) -> Option<&Counts> {
        self.latency.first().map(|(_, counts)| counts)
    }

    /// A quantile of the response times in seconds, at most [`super::LATENCY_ERROR`] too high;
    /// `None` without a response.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let histogram = self.joined()?.histogram();
        Some(histogram.value_at_quantile(quantile) as f64 / 1e9)
    }

    /// How long the responses took that were not refused.
    #[must_use]
    pub fn durations(&self) -> Durations<'_> {
        Durations::of(self.joined())
    }
}

/// How long something took, many times, to within the resolution.
#[derive(Debug)]
pub struct Durations<'a> {
    counts: Option<&'a Counts>,
}

impl<'a> Durations<'a> {
    pub(super) fn of(counts: Option<&'a Counts>) -> Self {
        Self { counts }
    }

    /// For each of these edges in nanoseconds, how many took at most so long.
    #[must_use]
    pub fn counts_up_to(&self, edges: &[u64]) -> Vec<u64> {
        let Some(counts) = self.counts else {
            return vec![0; edges.len()];
        };
        let histogram = counts.histogram();
        let below = |&edge: &u64| histogram.count_between(0, edge);
        edges.iter().map(below).collect()
    }

    /// The sum in seconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn sum_seconds(&self) -> f64 {
        self.counts.map_or(0.0, |counts| {
            let histogram = counts.histogram();
            histogram.mean() * histogram.len() as f64 / 1e9
        })
    }
}

/// A quantile of the response times of several buckets together, in seconds; `None` without a
/// response.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
pub fn quantile_of(buckets: &[Bucket], quantile: f64) -> Option<f64> {
    let mut joined = buckets.iter().filter_map(Bucket::joined);
    let mut all = joined.next()?.clone();
    for counts in joined {
        all.add(counts);
    }
    Some(all.histogram().value_at_quantile(quantile) as f64 / 1e9)
}

impl Series {
    /// Empty series of so many versions, in buckets of `width` nanoseconds.
    #[must_use]
    pub fn new(versions: usize, width: u64) -> Self {
        Self {
            width: width.max(1),
            versions: vec![Vec::new(); versions],
            connections: Vec::new(),
            servers: vec![None; versions],
        }
    }

    /// The connections of a version in the bucket of a moment; buckets up to it are made.
    pub(super) fn connections_at(&mut self, version: usize, nanos: u64) -> &mut ConnectionBucket {
        let versions = self.versions.len();
        self.connections.resize_with(versions, Vec::new);
        let place = usize::try_from(nanos / self.width).unwrap_or(usize::MAX);
        let buckets = &mut self.connections[version];
        if buckets.len() <= place {
            buckets.resize(place + 1, ConnectionBucket::default());
        }
        &mut buckets[place]
    }

    /// Gives all versions as many buckets, as the longest of them has.
    pub(super) fn even_out(&mut self) {
        let requests = self.versions.iter().map(Vec::len);
        let longest = requests.chain(self.connections.iter().map(Vec::len)).max();
        let longest = longest.unwrap_or(0);
        for buckets in &mut self.versions {
            buckets.resize_with(longest, Bucket::default);
        }
        for buckets in &mut self.connections {
            buckets.resize(longest, ConnectionBucket::default());
        }
    }

    /// TCP connections of a version that are open at the end of each bucket; `None` where requests
    /// stand alone.
    #[must_use]
    pub fn open_connections(&self, version: usize) -> Option<Vec<u64>> {
        let mut open = 0_u64;
        let buckets = self.connections.get(version)?.iter();
        let at_end = buckets.map(|bucket| {
            open = (open + bucket.opened).saturating_sub(bucket.closed);
            open
        });
        Some(at_end.collect())
    }

    /// Requests of a version under way at the end of each bucket.
    #[must_use]
    pub fn in_flight(&self, version: usize) -> Vec<u64> {
        let mut under_way = 0_u64;
        self.versions[version]
            .iter()
            .map(|bucket| {
                under_way += bucket.arrivals;
                under_way = under_way.saturating_sub(bucket.responses.iter().sum());
                under_way
            })
            .collect()
    }

    /// Replicas of a version at the end of each bucket, from `first` at the start.
    #[must_use]
    pub fn replicas(&self, version: usize, first: u32) -> Vec<u32> {
        let mut replicas = first;
        self.versions[version]
            .iter()
            .map(|bucket| {
                replicas = bucket.replicas.unwrap_or(replicas);
                replicas
            })
            .collect()
    }
}

/// One version's place in its buckets, which mostly stays where it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    start: u64,
    place: usize,
}

impl Cursor {
    /// The bucket of a moment; buckets up to it are made.
    #[inline]
    pub(super) fn bucket<'a>(
        &mut self,
        buckets: &'a mut Vec<Bucket>,
        width: u64,
        nanos: u64,
    ) -> &'a mut Bucket {
        if !self.stays(width, nanos) || self.place >= buckets.len() {
            self.move_to(buckets, width, nanos);
        }
        &mut buckets[self.place]
    }

    /// Whether a moment lies in the bucket that the last call of [`Self::bucket`] found.
    #[inline]
    pub(super) fn stays(self, width: u64, nanos: u64) -> bool {
        nanos.wrapping_sub(self.start) < width
    }

    #[cold]
    fn move_to(&mut self, buckets: &mut Vec<Bucket>, width: u64, nanos: u64) {
        let number = nanos / width;
        self.start = number * width;
        self.place = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .min(MOST_BUCKETS - 1);
        if buckets.len() <= self.place {
            buckets.resize_with(self.place + 1, Bucket::default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bucket_holds_all_that_is_later() {
        let (mut buckets, mut cursor) = (Vec::new(), Cursor::default());
        for nanos in [5, 79_990, 79_999, 80_000, 1 << 60, u64::MAX, 80_001] {
            cursor.bucket(&mut buckets, 10, nanos).arrivals += 1;
            assert!(cursor.stays(10, nanos));
        }
        assert_eq!(buckets.len(), MOST_BUCKETS);
        assert_eq!(
            (buckets[0].arrivals, buckets[MOST_BUCKETS - 1].arrivals),
            (1, 6)
        );
    }
}
