//! Retries: a proxy tries a failed request again, and the user sees the last attempt alone.
//!
//! Envoy chooses the version once per request, so that all attempts go to the same one
//! (source/common/router/router.cc). A copy of a mirrored request is never tried again.

/// Failed attempts are made again, and a metric counts either what users see or what is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// How often a request is tried again at most, from 1 to [`Retries::MOST`].
    most: u32,
    /// Where the metrics count.
    pub counted: CountedAt,
}

/// Where requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountedAt {
    /// At the client, after retries: one count for a request, failed if its last attempt fails
    /// (Istio's `reporter="source"`, an ingress).
    Client,
    /// At the server: one count for each attempt (Istio's `reporter="destination"`, which is what
    /// Flagger asks for).
    #[default]
    Server,
}

impl Retries {
    /// The most retries of a request.
    pub const MOST: u32 = 10;

    /// `None` unless `most` lies in 1..=10.
    #[must_use]
    pub fn new(most: u32, counted: CountedAt) -> Option<Self> {
        (1..=Self::MOST)
            .contains(&most)
            .then_some(Self { most, counted })
    }

    /// How often a request is tried again at most.
    #[must_use]
    pub fn most(self) -> u32 {
        self.most
    }

    /// The share of requests whose last attempt fails: eᴺ⁺¹ if an attempt fails with probability e.
    #[must_use]
    pub fn failing(self, attempt: f64) -> f64 {
        attempt.powi(self.most as i32 + 1)
    }

    /// The mean number of attempts of a request: 1 + e + … + eᴺ.
    #[must_use]
    pub fn attempts(self, attempt: f64) -> f64 {
        (0..=self.most)
            .map(|again| attempt.powi(again as i32))
            .sum()
    }
}
