//! Where requests are forwarded: destinations by index, with weights that each API reads its own
//! way.

use std::fmt;

use crate::split::{Thresholds, envoy};
use crate::units::Rational;

/// What stands behind a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Backend {
    /// It is defined, and something answers there; assumed where nothing is said to the contrary.
    #[default]
    Ready,
    /// It is defined, and no endpoint answers: 503, flag UH.
    Empty,
    /// It is not defined: a subset that no DestinationRule names, a service that does not exist.
    Missing,
}

/// A host, one of its subsets, and a port: what Envoy calls a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The host, fully qualified: `reviews.default.svc.cluster.local`.
    pub host: String,
    /// The subset, such as `v2`.
    pub subset: Option<String>,
    /// The port of the service.
    pub port: Option<u16>,
    /// What stands behind it.
    pub backend: Backend,
}

impl Destination {
    /// The name of its cluster as Istio forms it: `outbound|9080|v2|reviews.default.svc.cluster.local`.
    ///
    /// Source: istio/istio, `pilot/pkg/model/push_context.go` (`BuildSubsetKey`).
    #[must_use]
    pub fn cluster(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| port.to_string());
        let subset = self.subset.as_deref().unwrap_or("");
        format!("outbound|{port}|{subset}|{}", self.host)
    }

    /// The first label of its host.
    #[must_use]
    pub fn short_host(&self) -> &str {
        self.host
            .split_once('.')
            .map_or(&self.host, |(first, _)| first)
    }

    /// Its host as short as it is clear: services of the namespace `default` by their name, others of
    /// the cluster with their namespace, everything else in full.
    fn clear_host(&self) -> &str {
        let service = self.host.strip_suffix(".svc.cluster.local");
        service.map_or(&self.host, |service| {
            service.strip_suffix(".default").unwrap_or(service)
        })
    }

    /// What people call it: its subset, or the first label of its host.
    #[must_use]
    pub fn version(&self) -> &str {
        self.subset.as_deref().unwrap_or_else(|| self.short_host())
    }
}

impl fmt::Display for Destination {
    /// `reviews v2 :9080`, as far as there is something to say.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.clear_host())?;
        if let Some(subset) = &self.subset {
            write!(formatter, " {subset}")?;
        }
        if let Some(port) = self.port {
            write!(formatter, " :{port}")?;
        }
        Ok(())
    }
}

/// A destination and its weight as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedDestination {
    /// Where.
    pub destination: Destination,
    /// The weight as written.
    pub weight: u32,
}

/// Why weights cannot be a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// There is no destination.
    #[error("a route needs a destination")]
    NoDestination,
    /// More than one destination, and none gets traffic; in the words of Istio's validation.
    #[error("total destination weight = 0")]
    AllZero,
    /// Envoy's limit.
    #[error("the sum of the weights exceeds 4294967295")]
    SumTooLarge,
}

/// Weighted destinations, in the order of the list, which decides who gets which random number.
///
/// Nothing is renormalised: a destination that is missing or empty keeps its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    destinations: Vec<WeightedDestination>,
    /// The weights that count; all zero where the API answers with an error instead.
    weights: Vec<u32>,
    /// The status of a request whose destination is missing, or that has none.
    missing_status: u16,
}

impl Forward {
    /// Istio's rules: the weight of an only destination is ignored, even if it is zero; of several,
    /// those with weight zero get nothing; a missing one answers 503.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/route.go`
    /// (`applyHTTPRouteDestination`), and `networkfilter.go` for TCP.
    ///
    /// # Errors
    /// [`ForwardError`]: no destination, several whose weights are all zero, or a sum beyond 2^32−1.
    pub fn istio(destinations: Vec<WeightedDestination>) -> Result<Self, ForwardError> {
        let weights = match &*destinations {
            [] => return Err(ForwardError::NoDestination),
            [_] => vec![1],
            several => several.iter().map(|one| one.weight).collect(),
        };
        match sum(&weights)? {
            0 => Err(ForwardError::AllZero),
            _ => Ok(Self {
                destinations,
                weights,
                missing_status: 503,
            }),
        }
    }

    /// Gateway API's rules: the share is weight over sum, an only destination with weight zero gets
    /// nothing, and requests that have no destination, or a missing one, are answered with 500 (a
    /// connection is refused).
    ///
    /// # Errors
    /// [`ForwardError::SumTooLarge`]: a sum beyond 2^32−1.
    pub fn gateway_api(destinations: Vec<WeightedDestination>) -> Result<Self, ForwardError> {
        let weights: Vec<u32> = destinations.iter().map(|one| one.weight).collect();
        sum(&weights)?;
        Ok(Self {
            destinations,
            weights,
            missing_status: 500,
        })
    }

    /// The destinations with their weights as written.
    #[must_use]
    pub fn destinations(&self) -> &[WeightedDestination] {
        &self.destinations
    }

    /// The weights that count, one for each destination.
    #[must_use]
    pub fn weights(&self) -> &[u32] {
        &self.weights
    }

    /// Whether the weights as written count: Istio ignores that of an only destination.
    #[must_use]
    pub fn weights_count(&self) -> bool {
        let written = self.destinations.iter().map(|one| one.weight);
        self.destinations.len() > 1 || written.eq(self.weights.iter().copied())
    }

    /// The share of each destination; `None` if none gets anything.
    #[must_use]
    pub fn shares(&self) -> Option<Vec<Rational>> {
        let total: u64 = self.weights.iter().map(|&weight| u64::from(weight)).sum();
        let share = |&weight: &u32| Rational::new(weight.into(), total);
        (total > 0).then(|| self.weights.iter().map(share).collect())
    }

    /// The destination that Envoy picks for a given R; `None` if none gets anything.
    #[must_use]
    pub fn pick(&self, random_value: u64) -> Option<usize> {
        envoy::pick(&self.weights, random_value)
    }

    /// The sampler in bulk, with the same law; `None` if none gets anything.
    #[must_use]
    pub fn thresholds(&self) -> Option<Thresholds> {
        Thresholds::new(&self.weights)
    }

    /// The status of a request whose destination is missing, or that has none: 503 or 500.
    #[must_use]
    pub fn missing_status(&self) -> u16 {
        self.missing_status
    }
}

fn sum(weights: &[u32]) -> Result<u32, ForwardError> {
    weights
        .iter()
        .try_fold(0_u32, |sum, &weight| sum.checked_add(weight))
        .ok_or(ForwardError::SumTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted(weights: &[u32]) -> Vec<WeightedDestination> {
        let one = |(place, &weight): (usize, &u32)| WeightedDestination {
            destination: Destination {
                host: "reviews.default.svc.cluster.local".into(),
                subset: Some(format!("v{}", place + 1)),
                port: Some(9080),
                backend: Backend::Ready,
            },
            weight,
        };
        weights.iter().enumerate().map(one).collect()
    }

    #[test]
    fn istio_accepts_and_refuses_what_its_validation_does() {
        // TestValidateRouteDestination in pkg/config/validation/validation_test.go
        for valid in [&[25, 75][..], &[550, 500], &[49, 50], &[100, 0], &[0]] {
            assert!(Forward::istio(weighted(valid)).is_ok(), "{valid:?}");
        }
        let refused = |weights| Forward::istio(weighted(weights)).unwrap_err();
        assert_eq!(refused(&[0, 0]), ForwardError::AllZero);
        assert_eq!(refused(&[]), ForwardError::NoDestination);
        // Upstream's own pair beyond the limit.
        assert_eq!(
            refused(&[2_394_967_295, 2_394_967_295]),
            ForwardError::SumTooLarge
        );
    }

    #[test]
    fn an_only_destination_of_weight_zero_gets_all_in_istio_and_nothing_in_gateway_api() {
        let istio = Forward::istio(weighted(&[0])).unwrap();
        assert_eq!((istio.pick(7), istio.weights()), (Some(0), &[1][..]));
        let gateway_api = Forward::gateway_api(weighted(&[0])).unwrap();
        assert_eq!((gateway_api.pick(7), gateway_api.shares()), (None, None));
        assert_eq!(
            (istio.missing_status(), gateway_api.missing_status()),
            (503, 500)
        );
    }

    #[test]
    fn picks_by_index_in_the_order_of_the_list() {
        let forward = Forward::istio(weighted(&[30, 0, 30, 40])).unwrap();
        assert_eq!(
            [115, 445, 560].map(|r| forward.pick(r)),
            [0, 2, 3].map(Some)
        );
        let share = |numer| Rational::new(numer, 10);
        assert_eq!(forward.shares(), Some([3, 0, 3, 4].map(share).to_vec()));
    }

    #[test]
    fn the_names_are_istios() {
        let destination = &weighted(&[1])[0].destination;
        assert_eq!(
            destination.cluster(),
            "outbound|9080|v1|reviews.default.svc.cluster.local"
        );
        assert_eq!(destination.to_string(), "reviews v1 :9080");
    }
}
