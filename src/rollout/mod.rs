//! Rollouts: the steps by which traffic moves to a new version, and the gate that decides whether
//! it does.
//!
//! One type per tool, each with the decision rule of that tool's code, always valid once built.
//! No file formats here (that is `config`), no probabilities (that is `stats`), and nothing
//! happens here (that is `sim`).
//!
//! | type | whose rule |
//! |---|---|
//! | [`Flagger`] | Flagger's `Canary`: failed checks add up over the whole rollout |
//! | [`Argo`] | Argo Rollouts: a limit per metric and analysis run, inline or in the background |
//! | [`Staged`] | our own few-line form: also a minimum of requests, and sequential tests |
//! | [`Schedule`] | weights by the clock, without a gate |
//! | [`KayentaConfig`] | Kayenta's judge, which compares two rows of points |

mod argo;
mod error;
mod flagger;
mod given;
mod kayenta;
mod metric;
mod retries;
mod schedule;
mod staged;
mod traffic;
mod weight;

pub use argo::{
    Analysis, Argo, ArgoMetric, ArgoMetricParts, ArgoStep, Background, ERROR_RETRY, Judged,
};
pub use error::RolloutError;
pub use flagger::{Flagger, FlaggerStrategy, Mirror, SHORTEST_INTERVAL};
pub use kayenta::{
    KayentaConfig, KayentaDirection, KayentaEffect, KayentaMetric, KayentaThresholds,
};
pub use metric::{Bound, Buckets, Measure, MetricCheck, ValueRange};
pub use retries::{CountedAt, Retries};
pub use schedule::{Schedule, ScheduleStep};
pub use staged::{Staged, StagedRule};
pub use traffic::{GateTraffic, Latency, Route, WindowArrivals};
pub use weight::CanaryWeight;

use std::fmt;

/// The most steps that a rollout may have.
pub const MAX_STEPS: usize = 1000;

/// A rollout with its gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// What it is called, such as the name of the manifest.
    pub name: String,
    /// Who decides, and by which rule.
    pub controller: Controller,
}

/// Who decides, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controller {
    /// Flagger.
    Flagger(Flagger),
    /// Argo Rollouts.
    Argo(Argo),
    /// Our own form.
    Staged(Staged),
    /// Nobody: weights follow the clock.
    Schedule(Schedule),
}

impl Controller {
    /// The tool whose rule it is.
    #[must_use]
    pub fn tool(&self) -> Tool {
        match self {
            Self::Flagger(_) => Tool::Flagger,
            Self::Argo(_) => Tool::Argo,
            Self::Staged(_) => Tool::Staged,
            Self::Schedule(_) => Tool::Schedule,
        }
    }
}

/// The tools whose rules are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Flagger.
    Flagger,
    /// Argo Rollouts.
    Argo,
    /// Our own form.
    Staged,
    /// A fixed schedule.
    Schedule,
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flagger => "Flagger",
            Self::Argo => "Argo Rollouts",
            Self::Staged => "staged gate",
            Self::Schedule => "fixed schedule",
        })
    }
}
