//! Files of progressive-delivery tools → rollouts and judges.
//!
//! | tool | file | module |
//! |---|---|---|
//! | Flagger | `Canary`, `MetricTemplate` | `flagger`, `flagger_metric`, `load_test` |
//! | Argo Rollouts | `Rollout`, `AnalysisTemplate`, `ClusterAnalysisTemplate` | `argo`, `argo_analysis`, `argo_metric`, `argo_replicas` |
//! | Kayenta | canary configuration (JSON) | `kayenta` |
//! | OpenKruise | `Rollout` | `openkruise` |
//! | AWS CodeDeploy | a predefined configuration, by name | `codedeploy` |
//!
//! What is measured is read from Prometheus queries (`query`, `requests`) and Argo's conditions
//! (`condition`) into a range of the share of successful requests or of a latency (`signal`). Where a
//! tool's documentation and its code differ, the code is followed, and a warning says so. What is
//! known and not simulated is a warning with its consequence; what a tool does not know has no
//! effect there, and is a warning too.

mod argo;
mod argo_analysis;
mod argo_metric;
mod argo_replicas;
mod codedeploy;
mod condition;
mod exact;
mod files;
mod flagger;
mod flagger_metric;
mod kayenta;
mod keys;
mod load_test;
mod openkruise;
mod query;
mod requests;
mod signal;
mod tokens;

pub use files::{GateFile, LoadedGates, parse_gates, read_gates};
