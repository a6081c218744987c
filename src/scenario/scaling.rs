//! How the number of replicas of a version changes while it runs.

use std::num::NonZeroU32;
use std::time::Duration;

/// How the number of replicas of a version changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Scaling {
    /// Not at all.
    #[default]
    Fixed,
    /// At given moments, which ascend.
    Schedule(Vec<ScalingStep>),
    /// By load.
    Autoscaler(Autoscaler),
}

/// From this moment on there shall be so many replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScalingStep {
    /// When, from the start of the run.
    pub at: Duration,
    /// How many.
    pub replicas: NonZeroU32,
}

/// Kubernetes' HorizontalPodAutoscaler on the share of busy slots.
///
/// Every `sync_period`: desired = ⌈current × utilisation / target⌉, unless the ratio is within 10%
/// of 1; never below the highest recommendation of the stabilisation window; at most doubled or
/// four more per 15 s (`pkg/controller/podautoscaler/horizontal.go`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Autoscaler {
    /// Never fewer.
    pub min: NonZeroU32,
    /// Never more.
    pub max: NonZeroU32,
    /// The share of busy slots that it aims at, above 0, at most 1.
    pub target: f64,
    /// Between two decisions; 15 s in Kubernetes.
    pub sync_period: Duration,
    /// Scaling down uses the highest recommendation of this window; 300 s in Kubernetes.
    pub stabilisation: Duration,
}

/// Within this distance of 1, the ratio of utilisation to target changes nothing.
pub const AUTOSCALER_TOLERANCE: f64 = 0.1;

impl Scaling {
    /// The most replicas that it may ask for; 0 if it asks for none.
    #[must_use]
    pub fn most(&self) -> u32 {
        match self {
            Self::Fixed => 0,
            Self::Schedule(steps) => {
                let asked = steps.iter().map(|step| step.replicas.get());
                asked.max().unwrap_or(0)
            }
            Self::Autoscaler(autoscaler) => autoscaler.max.get(),
        }
    }
}
