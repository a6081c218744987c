//! Simulated rollouts against their exact characteristics: an exact binomial test that would fail
//! by chance in one of 10^9 seeds, and the seed is fixed.

use std::time::Duration;

use super::*;
use crate::rollout::{
    Analysis, Argo, ArgoMetric, ArgoMetricParts, Flagger, Measure, MetricCheck, Mirror, Staged,
    ValueRange, WindowArrivals,
};
use crate::stats::gates::cumulative::{Characteristic, characteristic};
use crate::stats::gates::measurements::{Limits, MeasurementLaw, Phase, metric};
use crate::stats::gates::patient::{self, Rule};
use crate::stats::gates::tick::{Requests, Shares, TickLaw, success_check};
use crate::stats::two_sided::{Convention, binomial_test};
use crate::units::{Rate, Rational};

const RUNS: u64 = 100_000;
const MINUTE: Duration = Duration::from_secs(60);

fn weights(percents: &[u32]) -> Vec<CanaryWeight> {
    let weights = percents
        .iter()
        .map(|&percent| CanaryWeight::percent(percent));
    weights.map(Option::unwrap).collect()
}

fn at_least_99() -> MetricCheck {
    let accepted = ValueRange::at_least(Rational::new(99, 100));
    MetricCheck::new(
        "request-success-rate",
        Measure::SuccessRate,
        accepted,
        MINUTE,
    )
    .unwrap()
}

fn traffic(rate: Rational, arrivals: WindowArrivals, error_rate: f64) -> GateTraffic {
    GateTraffic {
        arrivals,
        canary_error_rate: error_rate,
        stable_error_rate: 0.001,
        ..GateTraffic::of(Rate::new(rate).unwrap())
    }
}

fn flagger(strategy: FlaggerStrategy, threshold: u32) -> Rollout {
    let flagger = Flagger::new(MINUTE, threshold, strategy, vec![at_least_99()]).unwrap();
    Rollout {
        name: "podinfo".into(),
        controller: Controller::Flagger(flagger),
    }
}

fn canary(percents: &[u32]) -> FlaggerStrategy {
    FlaggerStrategy::Canary {
        weights: weights(percents),
        mirror: None,
    }
}

fn simulate(rollout: &Rollout, traffic: &GateTraffic) -> RolloutTally {
    simulate_rollouts(rollout, traffic, 1, 0, RUNS, &|_| {})
}

fn agrees(count: u64, probability: f64) {
    let exact = probability.clamp(0.0, 1.0);
    let p = binomial_test(count, RUNS, exact, Convention::MinimumLikelihood).unwrap();
    assert!(
        p > 1e-9,
        "{count} of {RUNS}, expected {probability}: p = {p}"
    );
}

fn all_agree(tally: &RolloutTally, exact: &Characteristic) {
    agrees(tally.promoted, exact.promoted);
    agrees(tally.rolled_back, exact.rolled_back);
    agrees(
        tally.rolled_back_without_data,
        exact.rolled_back_without_data,
    );
    agrees(tally.undecided, exact.undecided);
}

fn steps(requests: impl IntoIterator<Item = Requests>, error_rate: f64) -> Vec<TickLaw> {
    let accepted = Shares::at_least(Rational::new(99, 100));
    let requests = requests.into_iter();
    requests
        .map(|requests| success_check(requests, error_rate, &accepted).unwrap())
        .collect()
}

#[test]
fn flaggers_controller_agrees_with_its_exact_characteristic() {
    let percents = [10, 20, 30, 40, 50];
    for (per_second, error_rate, threshold) in [(1, 0.02, 5), (1, 0.005, 1), (5, 0.01, 5)] {
        let rollout = flagger(canary(&percents), threshold);
        let rate = Rational::from_integer(per_second);
        let means = percents.map(|percent| 60 * per_second * u64::from(percent) / 100);
        let fixed = traffic(rate, WindowArrivals::Fixed, error_rate);
        let exact = characteristic(&steps(means.map(Requests::Fixed), error_rate), threshold);
        let tally = simulate(&rollout, &fixed);
        all_agree(&tally, &exact.unwrap());
        let poisson = traffic(rate, WindowArrivals::Poisson, error_rate);
        let laws = steps(means.map(|mean| Requests::Poisson(mean as f64)), error_rate);
        let exact = characteristic(&laws, threshold).unwrap();
        let tally = simulate(&rollout, &poisson);
        all_agree(&tally, &exact);
        // The promotion comes K + f ticks after the first weight, the rollback one tick late.
        let first = tally
            .durations
            .get(&(5 * 60_000_000_000))
            .copied()
            .unwrap_or(0);
        let early = exact.promoted_at.get(5).copied().unwrap_or(0.0)
            + exact.rolled_back_at.get(4).copied().unwrap_or(0.0);
        agrees(first, early);
    }
}

#[test]
fn a_perfect_version_is_rolled_back_for_lack_of_traffic() {
    // 0.5, 1, … 2.5 requests in a window: 17.9%.
    let rollout = flagger(canary(&[10, 20, 30, 40, 50]), 5);
    let quiet = traffic(Rational::new(1, 12), WindowArrivals::Poisson, 0.0);
    let tally = simulate(&rollout, &quiet);
    agrees(tally.promoted, 0.821_158_615_685_818_4);
    assert_eq!(tally.rolled_back, tally.rolled_back_without_data);
}

#[test]
fn mirrors_and_iterations_are_ticks_too() {
    let half = CanaryWeight::percent(50).unwrap();
    let mirrored = FlaggerStrategy::Canary {
        weights: weights(&[10, 50]),
        mirror: Some(Mirror { weight: half }),
    };
    let blue_green = FlaggerStrategy::BlueGreen {
        iterations: 3,
        mirror: Some(Mirror { weight: half }),
    };
    let poisson = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    for (strategy, means) in [
        (mirrored, vec![30.0, 6.0, 30.0]),
        (blue_green, vec![30.0, 30.0, 30.0, 60.0]),
        (FlaggerStrategy::AbTest { iterations: 3 }, vec![60.0; 3]),
    ] {
        let laws = steps(means.into_iter().map(Requests::Poisson), 0.02);
        let tally = simulate(&flagger(strategy, 4), &poisson);
        all_agree(&tally, &characteristic(&laws, 4).unwrap());
    }
}

#[test]
fn too_few_requests_are_waited_for() {
    let rule = StagedRule::Checks {
        checks: vec![at_least_99()],
        failures: 2,
        minimum_requests: 30,
        patience: Some(4),
    };
    let staged = Staged::new(weights(&[10, 50]), MINUTE, rule).unwrap();
    let rollout = Rollout {
        name: "patient".into(),
        controller: Controller::Staged(staged),
    };
    let rate = Rational::from_integer(1);
    let exact = |requests: [Requests; 2]| {
        let rule = Rule {
            accepted: &Shares::at_least(Rational::new(99, 100)),
            failures: 2,
            minimum: 30,
            patience: Some(4),
        };
        patient::characteristic(&requests, 0.02, &rule).unwrap()
    };
    let poisson = traffic(rate, WindowArrivals::Poisson, 0.02);
    let law = exact([Requests::Poisson(6.0), Requests::Poisson(30.0)]);
    assert!(law.undecided > 0.1);
    all_agree(&simulate(&rollout, &poisson), &law);
    let fixed = traffic(rate, WindowArrivals::Fixed, 0.02);
    let law = exact([Requests::Fixed(6), Requests::Fixed(30)]);
    all_agree(&simulate(&rollout, &fixed), &law);
}

#[test]
fn argos_controller_agrees_with_its_exact_characteristic() {
    let measured = |limit, streak, count| {
        let mut parts = ArgoMetricParts::named("success-rate", Measure::SuccessRate, MINUTE);
        parts.success = Some(ValueRange::at_least(Rational::new(95, 100)));
        parts.interval = Some(MINUTE);
        parts.initial_delay = MINUTE;
        parts.count = Some(count);
        parts.failure_limit = limit;
        parts.consecutive_success_limit = streak;
        parts
    };
    let poisson = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.04);
    for (limit, streak, count) in [
        (Some(2), None, 10),
        (None, Some(4), 10),
        (Some(3), Some(4), 20),
    ] {
        let parts = measured(limit, streak, count);
        let analysis = Analysis::new(vec![ArgoMetric::new(parts).unwrap()]).unwrap();
        let steps = vec![
            ArgoStep::SetWeight(CanaryWeight::percent(40).unwrap()),
            ArgoStep::Analysis(analysis),
        ];
        let rollout = Rollout {
            name: "guestbook".into(),
            controller: Controller::Argo(Argo::new(steps, None).unwrap()),
        };
        let accepted = Shares::at_least(Rational::new(95, 100));
        let tick = success_check(Requests::Poisson(24.0), 0.04, &accepted).unwrap();
        let law = MeasurementLaw {
            successful: tick.pass,
            failed: tick.fails(),
            inconclusive: 0.0,
            error: 0.0,
        };
        let limits = Limits {
            count: Some(count),
            failures: limit,
            inconclusive: Some(0),
            errors_in_a_row: 4,
            successes_in_a_row: streak,
        };
        let ends = metric(&vec![law; count as usize], &limits).unwrap();
        let tally = simulate(&rollout, &poisson);
        agrees(tally.promoted, ends.probability(Phase::Successful));
        agrees(tally.rolled_back, ends.probability(Phase::Failed));
        agrees(tally.undecided, ends.probability(Phase::Inconclusive));
    }
}

#[test]
fn the_anytime_valid_test_keeps_its_level() {
    let rule = StagedRule::ErrorShare {
        level: Rational::new(1, 20),
        concentration: 10,
    };
    let staged = Staged::new(weights(&[10, 20, 30, 40, 50]), MINUTE, rule).unwrap();
    let rollout = Rollout {
        name: "error-share".into(),
        controller: Controller::Staged(staged),
    };
    let mut same = traffic(Rational::from_integer(10), WindowArrivals::Poisson, 0.02);
    same.stable_error_rate = 0.02;
    let tally = simulate(&rollout, &same);
    // At most 5%, and here only half of the crossings are on the side of a worse version.
    assert!(tally.rolled_back < RUNS * 5 / 100, "{tally:?}");
    let mut worse = same;
    worse.canary_error_rate = 0.08;
    assert!(simulate(&rollout, &worse).rolled_back > RUNS * 9 / 10);
}

#[test]
fn a_window_longer_than_the_interval_makes_checks_alike() {
    let accepted = ValueRange::at_least(Rational::new(99, 100));
    let long = MetricCheck::new("slow", Measure::SuccessRate, accepted, 5 * MINUTE).unwrap();
    let flagger = |check| {
        let rollout = Flagger::new(MINUTE, 3, canary(&[50; 5]), vec![check]).unwrap();
        Rollout {
            name: "window".into(),
            controller: Controller::Flagger(rollout),
        }
    };
    let poisson = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.01);
    let long = simulate(&flagger(long), &poisson).promoted;
    let short = simulate(&flagger(at_least_99()), &poisson).promoted;
    let exact = characteristic(&steps([Requests::Poisson(30.0); 5], 0.01), 3).unwrap();
    agrees(short, exact.promoted);
    assert!(long.abs_diff(short) > RUNS / 50, "{long} {short}");
}

#[test]
fn threads_do_not_show() {
    let rollout = flagger(canary(&[10, 50]), 2);
    let poisson = traffic(Rational::from_integer(1), WindowArrivals::Poisson, 0.02);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| simulate_rollouts(&rollout, &poisson, 3, 1, 5000, &|_| {}))
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(one.rollouts(), 5000);
    let replayed = replay_rollout(&rollout, &poisson, 3, 17);
    assert!(!replayed.ticks.is_empty());
    assert_eq!(replayed.nanos % 60_000_000_000, 0);
}
