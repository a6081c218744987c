//! Batch means: an interval for the mean of samples that depend on each other.
//!
//! Response times in a queue follow one another closely, so that the naive s/√n is far too small.
//! The samples of consecutive arrivals are averaged in batches that are long enough to be nearly
//! independent, and the interval comes from the spread of the batch means (Law, Simulation Modeling
//! and Analysis, section 9.5.3). Memory stays constant: when [`MOST`] batches are full, neighbours
//! are joined. Samples may come in any order; the batch follows from the number of the arrival.

/// The most batches; then neighbours are joined, so that at least half of it remain.
const MOST: usize = 64;

/// Sums over consecutive batches of 2^k arrivals each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batches {
    shift: u32,
    batches: Vec<Batch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Batch {
    sum: u128,
    count: u64,
}

/// A mean with its standard error, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean of the batch means.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Batches; Student's t with one degree of freedom less.
    pub batches: u32,
    /// The correlation of neighbouring batch means: near 0 if the batches are long enough.
    pub lag_one: f64,
}

impl Batches {
    /// Adds the sample of arrival number `number`, in nanoseconds.
    #[inline]
    pub fn record(&mut self, number: u64, nanos: u64) {
        let mut place = (number >> self.shift) as usize;
        if place >= self.batches.len() {
            place = self.open(number);
        }
        let batch = &mut self.batches[place];
        batch.sum += u128::from(nanos);
        batch.count += 1;
    }

    /// Makes the batch of an arrival, joining neighbours until it is one of [`MOST`].
    #[cold]
    fn open(&mut self, number: u64) -> usize {
        while (number >> self.shift) as usize >= MOST {
            let joined = |pair: &[Batch]| Batch {
                sum: pair.iter().map(|batch| batch.sum).sum(),
                count: pair.iter().map(|batch| batch.count).sum(),
            };
            self.batches = self.batches.chunks(2).map(joined).collect();
            self.shift += 1;
        }
        let place = (number >> self.shift) as usize;
        if self.batches.len() <= place {
            self.batches.resize(place + 1, Batch::default());
        }
        place
    }

    /// The mean of the batches, without the last one, which may not be full, and its standard
    /// error; `None` with fewer than ten batches of sixteen arrivals.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only means are rounded")]
    pub fn estimate(&self) -> Option<Estimate> {
        let (_, full) = self.batches.split_last()?;
        let means: Vec<f64> = full
            .iter()
            .filter(|batch| batch.count > 0)
            .map(|batch| batch.sum as f64 / batch.count as f64 / 1e9)
            .collect();
        if means.len() < 10 || self.shift < 4 {
            return None;
        }
        let count = means.len() as f64;
        let mean = means.iter().sum::<f64>() / count;
        let spread: f64 = means.iter().map(|x| (x - mean).powi(2)).sum();
        let together: f64 = means
            .windows(2)
            .map(|pair| (pair[0] - mean) * (pair[1] - mean))
            .sum();
        Some(Estimate {
            mean,
            standard_error: (spread / (count - 1.0) / count).sqrt(),
            batches: u32::try_from(means.len()).unwrap_or(u32::MAX),
            lag_one: if spread > 0.0 { together / spread } else { 0.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_batches_keep_every_sample_whatever_the_order() {
        let (mut forwards, mut backwards) = (Batches::default(), Batches::default());
        (0..1_000_u64).for_each(|number| forwards.record(number, number));
        (0..1_000_u64)
            .rev()
            .for_each(|number| backwards.record(number, number));
        assert_eq!(forwards, backwards);
        // 1000 arrivals in at most 64 batches: 63 of 16, the last one with 8.
        assert_eq!((forwards.shift, forwards.batches.len()), (4, 63));
        assert_eq!(forwards.batches[1].sum, (16..32).sum::<u128>());
        let estimate = forwards.estimate().unwrap();
        assert!((estimate.mean * 1e9 - 495.5).abs() < 1e-6);
        assert_eq!(estimate.batches, 62);
        // A trend: neighbours are alike.
        assert!(estimate.lag_one > 0.9);
    }
}
