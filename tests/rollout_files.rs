//! Files of rollout tools: what is read from those in `tests/rollout_files/`, with all warnings, and
//! what is said of the broken ones in `tests/rollout_files/broken/`. `SNAPSHOTS=overwrite` renews the
//! expected texts; read them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use shiftsim::config::{ConfigError, GateFile, Source, parse_gates, read_gates};
use shiftsim::rollout::{
    ArgoStep, CanaryWeight, Controller, FlaggerStrategy, Judged, Measure, ValueRange,
};
use shiftsim::units::Rational;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/rollout_files")
        .join(name)
}

/// The YAML and JSON files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "json"))
        .collect();
    paths.sort();
    paths
}

fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Source::new(&name, &fs::read_to_string(path).unwrap())
}

/// Holds a text against the file beside `path`.
fn hold(path: &Path, extension: &str, text: &str) {
    let golden = path.with_extension(extension);
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        fs::write(&golden, text).unwrap();
    }
    let expected = fs::read_to_string(&golden)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert_eq!(text, expected, "{}", path.display());
}

#[test]
fn every_file_is_read_with_its_warnings() {
    let paths = files(&folder(""));
    for path in &paths {
        let loaded =
            parse_gates(&[source(path)]).unwrap_or_else(|error| panic!("{path:?}:\n{error}"));
        let gates: Vec<String> = loaded
            .gates
            .iter()
            .map(|gate| format!("{gate:#?}"))
            .collect();
        let text = format!("{}\n\n{}\n", loaded.warnings.join("\n\n"), gates.join("\n"));
        hold(path, "read", &text);
    }
    assert!(paths.len() >= 10, "{} files", paths.len());
}

#[test]
fn every_broken_file_gives_its_error() {
    let paths = files(&folder("broken"));
    for path in &paths {
        let error = match parse_gates(&[source(path)]) {
            Err(error) => error,
            Ok(loaded) => panic!("{} is accepted: {loaded:#?}", path.display()),
        };
        assert!(matches!(error, ConfigError::Mistakes { .. }), "{error}");
        hold(path, "stderr", &format!("{error}\n"));
    }
    assert!(paths.len() >= 10, "{} files", paths.len());
}

fn controller(name: &str) -> Controller {
    let loaded = read_gates(&[folder(name)]).unwrap();
    match loaded.gates.as_slice() {
        [GateFile::Rollout(rollout)] => rollout.controller.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_canary_has_its_weights_threshold_and_ranges() {
    let Controller::Flagger(flagger) = controller("flagger-tutorial.yaml") else {
        panic!("not Flagger")
    };
    assert_eq!(flagger.threshold(), 5);
    assert_eq!(flagger.interval(), Duration::from_secs(60));
    let FlaggerStrategy::Canary { weights, mirror } = flagger.strategy() else {
        panic!("{:?}", flagger.strategy())
    };
    let percents: Vec<u32> = weights.iter().map(|weight| weight.as_percent()).collect();
    assert_eq!((percents, mirror), (vec![10, 20, 30, 40, 50], &None));
    let [success, latency] = flagger.checks() else {
        panic!("{:?}", flagger.checks())
    };
    assert_eq!(success.measure, Measure::SuccessRate);
    assert_eq!(
        success.accepted,
        ValueRange::at_least(Rational::new(99, 100))
    );
    assert_eq!(latency.window(), Duration::from_secs(30));
    assert_eq!(
        latency.accepted,
        ValueRange::at_most(Rational::from_integer(500))
    );
}

#[test]
fn a_template_in_another_file_is_found() {
    let text = fs::read_to_string(folder("argo-background.yaml")).unwrap();
    let (rollout, template) = text.split_once("---\n").unwrap();
    let both = [
        Source::new("rollout.yaml", rollout),
        Source::new("template.yaml", template),
    ];
    let loaded = parse_gates(&both).unwrap();
    let [GateFile::Rollout(rollout)] = loaded.gates.as_slice() else {
        panic!("{:?}", loaded.gates)
    };
    let Controller::Argo(argo) = &rollout.controller else {
        panic!("not Argo")
    };
    // The scale step of the file is not a step here.
    assert_eq!(argo.steps().len(), 8);
    let background = argo.background().unwrap();
    assert_eq!(background.starting_step, 2);
    assert_eq!(
        argo.steps()[2],
        ArgoStep::SetWeight(CanaryWeight::percent(40).unwrap())
    );
    let metric = background.analysis.metrics()[0].parts();
    assert_eq!(metric.failure_limit, Some(3));
    assert_eq!(metric.count, None);
    // `irate` sees the time between two scrapes alone.
    assert_eq!(metric.window, Duration::from_secs(15));
    let warned = loaded.warnings.join("\n");
    assert!(warned.contains("--> template.yaml:8:13"), "{warned}");
    // Alone, the rollout is read without its analysis, and says so.
    let alone = parse_gates(&both[..1]).unwrap();
    assert!(alone.warnings.join("\n").contains("not in these files"));
}

#[test]
fn arguments_and_guards_are_read() {
    let Controller::Argo(argo) = controller("argo-inline.yaml") else {
        panic!("not Argo")
    };
    let analyses: Vec<_> = argo
        .steps()
        .iter()
        .filter_map(|step| match step {
            ArgoStep::Analysis(analysis) => Some(analysis),
            _ => None,
        })
        .collect();
    let [errors, slow, smoke] = analyses[0].metrics() else {
        panic!("{analyses:?}")
    };
    assert_eq!(smoke.parts().measure, Measure::not_simulated("smoke"));
    let errors = errors.parts();
    assert_eq!(errors.count, Some(4));
    assert_eq!(
        (errors.empty, errors.nan),
        (Judged::Successful, Judged::Successful)
    );
    assert_eq!(
        errors.success,
        Some(ValueRange::above(Rational::new(99, 100)))
    );
    assert_eq!(
        errors.failure,
        Some(ValueRange::below(Rational::new(95, 100)))
    );
    assert_eq!(errors.consecutive_success_limit, Some(3));
    let slow = slow.parts();
    assert!(slow.dry_run);
    // Half a second is 500 ms.
    assert_eq!(
        slow.success,
        Some(ValueRange::at_most(Rational::from_integer(500)))
    );
    assert_eq!((slow.empty, slow.nan), (Judged::Error, Judged::Failed));
}

#[test]
fn a_predefined_configuration_needs_no_file() {
    let loaded = read_gates(&["CodeDeployDefault.LambdaLinear10PercentEvery1Minute".into()]);
    assert_eq!(loaded.unwrap().gates.len(), 1);
    let error = read_gates(&["CodeDeployDefault.LambdaLinear10PercentEvery1Minutes".into()])
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean"), "{error}");
}

const GOOD: [&str; 3] = [
    include_str!("rollout_files/flagger-template.yaml"),
    include_str!("rollout_files/argo-inline.yaml"),
    include_str!("rollout_files/kayenta.json"),
];

proptest! {
    #[test]
    fn the_reader_never_panics_on_text(text in "\\PC{0,200}") {
        let _ = parse_gates(&[Source::new("any.yaml", &text)]);
    }

    #[test]
    fn the_reader_never_panics_on_changed_files(
        file in 0_usize..3, place in 0_usize..2500, length in 0_usize..30, insert in "\\PC{0,12}",
    ) {
        let mut text = GOOD[file].to_owned();
        let start = place.min(text.len());
        let end = (start + length).min(text.len());
        text.replace_range(start..end, &insert);
        let _ = parse_gates(&[Source::new("any.yaml", &text)]);
    }

    #[test]
    fn the_reader_never_panics_on_queries_and_conditions(
        query in "[a-z_]{0,9}[(){}\\[\\]a-z_0-9.,=~!\"+*/ -]{0,60}",
        condition in "[!(]{0,2}result[(){}\\[\\]a-zA-Z0-9.,=<>!&|#+*/ -]{0,40}",
    ) {
        let template = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: a}}\nspec:\n  \
             metrics:\n  - name: m\n    successCondition: |\n      {condition}\n    provider:\n      \
             prometheus:\n        query: |\n          {query}\n",
        );
        let _ = parse_gates(&[Source::new("any.yaml", &template)]);
    }
}
