//! shiftsim: a discrete-event simulator of traffic shifting, the weighted routing with which
//! service meshes move traffic from one version of a service to the next (canary releases).
//!
//! A request's way through the code is one direction:
//!
//! ```text
//!  scenario file ─ config ─► Scenario ─ sim ─► tally ─ summary ─► report ─► text, CSV, JSON, page
//!                              │  seed   │               ▲  └───► chart ──► SVG, PNG
//!                              └─────────┴─ split        └─ stats
//! ```
//!
//! | room | holds |
//! |---|---|
//! | [`config`] | files → domain types, with the place of every mistake |
//! | [`scenario`] | the domain, always valid once built |
//! | [`rollout`] | rollouts and their gates, a type per tool, always valid once built |
//! | [`routing`] | what the mesh says should happen to a request |
//! | [`mesh`] | requests through several services while manifests are applied and deleted |
//! | [`export`] | a route table as configuration for other programs |
//! | [`balance`] | which replica of a version gets a request, a file each |
//! | [`service_time`] | the laws of service times, a file each |
//! | [`split`] | the weighting algorithms, a file each, upstream source named |
//! | [`sim`] | virtual clock, event queue, arrivals, counting, replications |
//! | [`tally`] | what was observed, in constant memory |
//! | [`stats`] | exact distributions, intervals, tests: numbers in, numbers out |
//! | [`quantities`] | every quantity of `stats` by its name |
//! | [`summary`] | observations joined with exact answers; the only room that judges |
//! | [`report`], [`chart`] | one summary rendered; nothing is computed there |
//! | [`commands`], [`cli`] | one file per command: wiring and exit status |
//! | [`random`], [`units`] | named random streams; time, rate, tolerance as types |
//!
//! Everything between the file and the summary is a pure function of the scenario and its seed:
//!
//! ```
//! use shiftsim::{config, sim, summary};
//!
//! let text = "name: tcp-echo\nweights: {v1: 80, v2: 20}\nrequests: 20\n";
//! let scenario = config::parse_scenario(&config::Source::new("tcp-echo.yaml", text))?.scenario;
//! let run = sim::run(&scenario, 0, &|_| {});
//! let summary = summary::summarise(&scenario, &run, None)?;
//! let v2 = &summary.phases[0].versions[1];
//! assert!((v2.within_tolerance_probability.unwrap() - 0.598_123_066_511).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod balance;
pub mod chart;
pub mod cli;
pub mod commands;
pub mod config;
pub mod export;
pub mod mesh;
pub mod quantities;
pub mod random;
pub mod report;
pub mod rollout;
pub mod routing;
pub mod scenario;
pub mod service_time;
pub mod sim;
pub mod split;
pub mod stats;
pub mod summary;
pub mod tally;
pub mod units;
