//! From the command line to scenarios: files or `--weights`, with the flags laid over them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use super::CommandError;
use super::split::{from_manifests, refuse_without_request};
use crate::cli::{Common, RunArgs, Seed};
use crate::config::{self, AnyScenario, Loaded, LoadedRollout, LoadedStory};
use crate::scenario::{
    Algorithm, Arrivals, Destination, Length, MAX_REPLICATIONS, Parts, Phase, PhaseError, Protocol,
    Scenario, ScenarioError, ScenarioName, Version, VersionIndex,
};
use crate::units::{ConfidenceLevel, Tolerance};

/// What `run` is asked for, flags applied.
#[derive(Debug)]
pub(super) enum ToRun {
    /// Phases with weights of their own.
    Phases(Box<Loaded>),
    /// A rollout, whose weights follow a gate.
    Rollout(Box<LoadedRollout>),
    /// A story of a mesh, whose phases apply manifests.
    Story(Box<LoadedStory>),
}

impl ToRun {
    /// The name of the scenario.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Phases(loaded) => loaded.scenario.name().as_str(),
            Self::Rollout(loaded) => loaded.scenario.name.as_str(),
            Self::Story(loaded) => loaded.story.name.as_str(),
        }
    }

    /// What its author should know.
    pub(super) fn warnings(&self) -> &[String] {
        match self {
            Self::Phases(loaded) => &loaded.warnings,
            Self::Rollout(loaded) => &loaded.warnings,
            Self::Story(loaded) => &loaded.warnings,
        }
    }
}

/// The scenarios that `run` is asked for, flags applied. All inputs are read before any error is
/// returned, so that one call reports all mistakes.
pub(super) fn load(arguments: &RunArgs) -> Result<Vec<ToRun>, CommandError> {
    refuse_without_request(&arguments.split)?;
    let loaded = match (
        &arguments.weights,
        &arguments.split.request,
        arguments.requests,
    ) {
        (Some(weights), _, Some(requests)) => vec![ToRun::Phases(Box::new(Loaded {
            scenario: from_weights(weights, requests)?,
            warnings: Vec::new(),
        }))],
        (_, Some(request), requests) => {
            let requests = requests.ok_or_else(|| CommandError::Usage {
                problem: format!("--request {request} is to be sent, but how often?"),
                help: "add --requests 100".into(),
            })?;
            let loaded = from_manifests(&arguments.scenarios, &arguments.split, requests)?;
            vec![ToRun::Phases(Box::new(loaded))]
        }
        _ => read_all(arguments)?,
    };
    refuse_repeated_names(&loaded)?;
    loaded
        .into_iter()
        .map(|one| match one {
            ToRun::Phases(loaded) => {
                let scenario = with_flags(loaded.scenario, arguments)?;
                let warnings = loaded.warnings;
                Ok(ToRun::Phases(Box::new(Loaded { scenario, warnings })))
            }
            ToRun::Rollout(mut loaded) => {
                let scenario = &mut loaded.scenario;
                scenario.seed = chosen_seed(arguments.seed, scenario.seed);
                if let Some(replications) = arguments.replications {
                    check_replications(replications)?;
                    scenario.replications = replications;
                }
                Ok(ToRun::Rollout(loaded))
            }
            ToRun::Story(mut loaded) => {
                if let Some(replications) = arguments.replications {
                    check_replications(replications)?;
                }
                loaded.story.seed = chosen_seed(arguments.seed, loaded.story.seed);
                Ok(ToRun::Story(loaded))
            }
        })
        .collect()
}

fn check_replications(replications: u32) -> Result<(), CommandError> {
    if (1..=MAX_REPLICATIONS).contains(&replications) {
        return Ok(());
    }
    Err(CommandError::Usage {
        problem: ScenarioError::Replications(replications).to_string(),
        help: "see the command's --help".into(),
    })
}

fn read_all(arguments: &RunArgs) -> Result<Vec<ToRun>, CommandError> {
    let mut loaded = Vec::new();
    let mut problems = Vec::new();
    for path in &arguments.scenarios {
        match config::read_any_scenario(path) {
            Ok(AnyScenario::Phases(scenario)) => loaded.push(ToRun::Phases(scenario)),
            Ok(AnyScenario::Rollout(scenario)) => loaded.push(ToRun::Rollout(scenario)),
            Ok(AnyScenario::Story(story)) => loaded.push(ToRun::Story(story)),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(CommandError::Inputs(problems))
    }
}

/// One phase under today's Envoy, named `weights`.
pub(super) fn from_weights(weights: &str, requests: u64) -> Result<Scenario, CommandError> {
    let wrong = |problem: String, help: &str| CommandError::Usage {
        problem: format!("--weights {weights}: {problem}"),
        help: help.to_owned(),
    };
    let usage = |problem: String| {
        wrong(
            problem,
            "whole numbers, at least one above 0, such as --weights v1=80,v2=20",
        )
    };
    let weights = config::parse_weights_list(weights).map_err(|error| usage(error.to_string()))?;
    let destination = |(place, &(_, weight)): (usize, &(String, u32))| Destination {
        version: VersionIndex(place),
        weight,
        replicas: 1,
    };
    let phase = Phase::new(
        "weights".into(),
        weights.iter().enumerate().map(destination).collect(),
        Length::Requests(requests),
        Arrivals::default(),
        Algorithm::Envoy,
    )
    .map_err(|error| match error {
        PhaseError::Empty | PhaseError::TooLong => wrong(
            format!("{requests} requests: {error}"),
            "choose another --requests",
        ),
        _ => usage(error.to_string()),
    })?;
    let parts = Parts {
        name: ScenarioName::new("weights").map_err(|error| usage(error.to_string()))?,
        title: None,
        description: None,
        protocol: Protocol::Http,
        versions: weights
            .iter()
            .map(|(name, _)| Version::named(name))
            .collect(),
        phases: vec![phase],
        seed: 1,
        replications: 1,
        tolerance: Tolerance::default(),
        confidence: ConfidenceLevel::default(),
        claims: Vec::new(),
        warm_up: std::time::Duration::ZERO,
        scrape_interval: None,
        connections: None,
    };
    Scenario::new(parts).map_err(|error| usage(error.to_string()))
}

fn refuse_repeated_names(loaded: &[ToRun]) -> Result<(), CommandError> {
    let mut names = BTreeSet::new();
    for name in loaded.iter().map(ToRun::name) {
        // Folders of names that differ in case alone would be one on some file systems.
        if !names.insert(name.to_lowercase()) {
            return Err(CommandError::Usage {
                problem: format!("two scenarios are named `{name}`"),
                help: "their files would overwrite each other: give each its own `name`".into(),
            });
        }
    }
    Ok(())
}

fn with_flags(scenario: Scenario, arguments: &RunArgs) -> Result<Scenario, CommandError> {
    let scenario = with_common(scenario, &arguments.common, arguments.seed)?;
    let Some(replications) = arguments.replications else {
        return Ok(scenario);
    };
    let mut parts = scenario.into_parts();
    parts.replications = replications;
    rebuilt(parts)
}

/// A scenario with the flags laid over it that all commands have in common.
pub(super) fn with_common(
    scenario: Scenario,
    common: &Common,
    seed: Option<Seed>,
) -> Result<Scenario, CommandError> {
    let mut parts = scenario.into_parts();
    parts.seed = chosen_seed(seed, parts.seed);
    parts.tolerance = common.tolerance.unwrap_or(parts.tolerance);
    parts.confidence = common.confidence.unwrap_or(parts.confidence);
    rebuilt(parts)
}

/// The seed that was asked for, or else that of the scenario.
pub(super) fn chosen_seed(asked: Option<Seed>, own: u64) -> u64 {
    match asked {
        Some(Seed::Given(seed)) => seed,
        // Small enough to be read out and typed again.
        Some(Seed::Random) => RandomState::new().hash_one("seed") % 1_000_000_000,
        None => own,
    }
}

fn rebuilt(parts: Parts) -> Result<Scenario, CommandError> {
    Scenario::new(parts).map_err(|error| CommandError::Usage {
        problem: error.to_string(),
        help: "see the command's --help".into(),
    })
}
