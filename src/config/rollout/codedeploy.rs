//! AWS CodeDeploy's predefined configurations for Lambda functions and ECS services, by name:
//! weights by the clock. They roll back on an alarm alone, without any statistics.
//!
//! Source: AWS CodeDeploy User Guide, "Working with deployment configurations in CodeDeploy".

use std::time::Duration;

use crate::config::reader::suggestion;
use crate::rollout::{CanaryWeight, Controller, Rollout, Schedule, ScheduleStep};

/// What all names begin with.
pub(super) const PREFIX: &str = "CodeDeployDefault.";

/// The names after the prefix, with the share of the first step and the minutes between two steps;
/// a linear one goes on by the same share.
const PREDEFINED: [(&str, Plan); 14] = [
    ("LambdaAllAtOnce", Plan::AllAtOnce),
    ("LambdaCanary10Percent5Minutes", Plan::Canary(10, 5)),
    ("LambdaCanary10Percent10Minutes", Plan::Canary(10, 10)),
    ("LambdaCanary10Percent15Minutes", Plan::Canary(10, 15)),
    ("LambdaCanary10Percent30Minutes", Plan::Canary(10, 30)),
    ("LambdaLinear10PercentEvery1Minute", Plan::Linear(10, 1)),
    ("LambdaLinear10PercentEvery2Minutes", Plan::Linear(10, 2)),
    ("LambdaLinear10PercentEvery3Minutes", Plan::Linear(10, 3)),
    ("LambdaLinear10PercentEvery10Minutes", Plan::Linear(10, 10)),
    ("ECSAllAtOnce", Plan::AllAtOnce),
    ("ECSCanary10Percent5Minutes", Plan::Canary(10, 5)),
    ("ECSCanary10Percent15Minutes", Plan::Canary(10, 15)),
    ("ECSLinear10PercentEvery1Minutes", Plan::Linear(10, 1)),
    ("ECSLinear10PercentEvery3Minutes", Plan::Linear(10, 3)),
];

#[derive(Clone, Copy)]
enum Plan {
    AllAtOnce,
    Canary(u32, u64),
    Linear(u32, u64),
}

/// The configuration of a name that begins with the prefix; `Err` says what else there is.
pub(super) fn named(name: &str) -> Result<Rollout, String> {
    let short = name.strip_prefix(PREFIX).unwrap_or(name);
    let Some((_, plan)) = PREDEFINED.iter().find(|(known, _)| *known == short) else {
        if ["AllAtOnce", "HalfAtATime", "OneAtATime"].contains(&short) {
            return Err("it replaces servers, and has no share of traffic".into());
        }
        let known: Vec<&str> = PREDEFINED.iter().map(|(known, _)| *known).collect();
        return Err(suggestion(short, &known));
    };
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    let steps: Vec<(u32, Option<Duration>)> = match *plan {
        Plan::AllAtOnce => vec![(100, Some(Duration::ZERO))],
        Plan::Canary(share, every) => vec![(share, minutes(every))],
        Plan::Linear(share, every) => (1..)
            .map(|step| step * share)
            .take_while(|&weight| weight < 100)
            .map(|weight| (weight, minutes(every)))
            .collect(),
    };
    let steps = steps
        .into_iter()
        .filter_map(|(percent, duration)| {
            let weight = CanaryWeight::percent(percent)?;
            Some(ScheduleStep { weight, duration })
        })
        .collect();
    Ok(Rollout {
        name: name.to_owned(),
        controller: Controller::Schedule(Schedule::new(steps).map_err(|error| error.to_string())?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(name: &str) -> Vec<(u32, u64)> {
        let Controller::Schedule(schedule) = named(name).unwrap().controller else {
            panic!("{name}")
        };
        let minutes = |step: &ScheduleStep| step.duration.unwrap().as_secs() / 60;
        schedule
            .steps()
            .iter()
            .map(|step| (step.weight.as_percent(), minutes(step)))
            .collect()
    }

    #[test]
    fn predefined_configurations_are_known_by_name() {
        assert_eq!(
            steps("CodeDeployDefault.LambdaCanary10Percent5Minutes"),
            [(10, 5)]
        );
        let linear = steps("CodeDeployDefault.ECSLinear10PercentEvery3Minutes");
        assert_eq!(linear.len(), 9);
        assert_eq!(linear.last(), Some(&(90, 3)));
        assert_eq!(steps("CodeDeployDefault.LambdaAllAtOnce"), [(100, 0)]);
        let error = named("CodeDeployDefault.LambdaCanary10Percent6Minutes").unwrap_err();
        assert!(error.contains("did you mean"), "{error}");
        let servers = named("CodeDeployDefault.OneAtATime").unwrap_err();
        assert!(servers.contains("servers"), "{servers}");
    }
}
