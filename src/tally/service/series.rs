//! What a metrics system would have scraped: load and response times over virtual time.

use hdrhistogram::Histogram;

/// Times below this many nanoseconds are not told apart in a series.
const RESOLUTION: u64 = 1_000;
/// Nor times beyond this.
const LONGEST: u64 = 1 << 47;

/// One version over virtual time, in buckets of equal width, and the next version, …
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The width of a bucket in nanoseconds.
    pub width: u64,
    /// Per version: its buckets, from the start of the run.
    pub versions: Vec<Vec<Bucket>>,
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
    latency: Option<Box<Histogram<u32>>>,
}

impl Bucket {
    /// Records the time of a response, in nanoseconds.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        if let Some(histogram) = &mut self.latency {
            histogram.saturating_record(nanos);
            return;
        }
        let histogram = Histogram::new_with_bounds(RESOLUTION, LONGEST, 2).ok();
        self.latency = histogram.map(Box::new);
        if let Some(histogram) = &mut self.latency {
            histogram.saturating_record(nanos);
        }
    }

    /// A quantile of the response times in seconds; `None` without a response.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let histogram = self.latency.as_ref()?;
        Some(histogram.value_at_quantile(quantile) as f64 / 1e9)
    }

    /// Responses that took at most `nanos` nanoseconds, to within the resolution.
    #[must_use]
    pub fn count_up_to(&self, nanos: u64) -> u64 {
        let histogram = self.latency.as_ref();
        histogram.map_or(0, |histogram| histogram.count_between(0, nanos))
    }

    /// The sum of the response times in seconds, to within the resolution.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn latency_sum(&self) -> f64 {
        let histogram = self.latency.as_ref();
        histogram.map_or(0.0, |histogram| {
            histogram.mean() * histogram.len() as f64 / 1e9
        })
    }
}

/// A quantile of the response times of several buckets together, in seconds; `None` without a
/// response.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
pub fn quantile_of(buckets: &[Bucket], quantile: f64) -> Option<f64> {
    let mut histograms = buckets.iter().filter_map(|bucket| bucket.latency.as_ref());
    let mut all = histograms.next()?.clone();
    for histogram in histograms {
        // Equal bounds always add.
        all.add(histogram.as_ref()).ok()?;
    }
    Some(all.value_at_quantile(quantile) as f64 / 1e9)
}

impl Series {
    /// Empty series of so many versions, in buckets of `width` nanoseconds.
    #[must_use]
    pub fn new(versions: usize, width: u64) -> Self {
        Self {
            width: width.max(1),
            versions: vec![Vec::new(); versions],
        }
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
        if nanos.wrapping_sub(self.start) >= width || self.place >= buckets.len() {
            self.move_to(buckets, width, nanos);
        }
        &mut buckets[self.place]
    }

    #[cold]
    fn move_to(&mut self, buckets: &mut Vec<Bucket>, width: u64, nanos: u64) {
        let number = nanos / width;
        self.start = number * width;
        self.place = usize::try_from(number).unwrap_or(usize::MAX);
        if buckets.len() <= self.place {
            buckets.resize_with(self.place + 1, Bucket::default);
        }
    }
}
