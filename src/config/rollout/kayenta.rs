//! Kayenta's canary configuration (JSON), alone or in a request (`canaryConfig` beside
//! `executionRequest`).
//!
//! Keys and defaults are kayenta-core's CanaryConfig.java and what NetflixACAJudge.scala reads from
//! `analysisConfigurations.canary`.

use super::exact;
use super::keys::{self, Keys, not_simulated, scalar};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::rollout::{
    KayentaConfig, KayentaDirection, KayentaEffect, KayentaMetric, KayentaThresholds,
};

const CONFIG: Keys = Keys {
    read: &["name", "judge", "metrics", "classifier"],
    not_simulated: &[],
    ignored: &[
        "id",
        "createdTimestamp",
        "createdTimestampIso",
        "updatedTimestamp",
        "updatedTimestampIso",
        "description",
        "configVersion",
        "applications",
        "services",
        "templates",
        "owner",
        "isNew",
    ],
};

const METRIC: Keys = Keys {
    read: &["name", "groups", "analysisConfigurations"],
    not_simulated: &[],
    ignored: &["query", "scopeName"],
};

const ANALYSIS: Keys = Keys {
    read: &[
        "direction",
        "nanStrategy",
        "outliers",
        "effectSize",
        "critical",
        "mustHaveData",
        "muted",
    ],
    not_simulated: &[],
    ignored: &["criticality"],
};

const OUTLIERS: Keys = Keys {
    read: &["strategy", "outlierFactor"],
    not_simulated: &[],
    ignored: &[],
};

const EFFECT: Keys = Keys {
    read: &[
        "measure",
        "allowedIncrease",
        "allowedDecrease",
        "criticalIncrease",
        "criticalDecrease",
    ],
    not_simulated: &[],
    ignored: &[],
};

const CLASSIFIER: Keys = Keys {
    read: &["groupWeights", "scoreThresholds"],
    not_simulated: &[],
    ignored: &[],
};

/// The judge that is simulated.
const JUDGE: &str = "NetflixACAJudge-v1.0";

/// The thresholds that Kayenta's documentation suggests, where none are given.
const USUAL: KayentaThresholds = KayentaThresholds {
    pass: 95.0,
    marginal: 75.0,
};

/// Whether a document looks like a canary configuration.
pub(super) fn is_config(document: &Node) -> bool {
    let Value::Mapping(entries) = &document.value else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    !has("apiVersion")
        && (has("canaryConfig") || (has("metrics") && (has("classifier") || has("judge"))))
}

/// Reads a configuration.
pub(super) fn read(document: &Node, report: &mut Report) -> Option<KayentaConfig> {
    let outer = Fields::any(document, "a canary configuration", report)?;
    let node = outer.get("canaryConfig").unwrap_or(document);
    let config = keys::open(node, "a canary configuration", &CONFIG, report)?;
    judge(&config, report);
    let metrics = metrics(&config, report);
    let classifier = match config.get("classifier") {
        Some(node) => Some(keys::open(node, "a classifier", &CLASSIFIER, report)?),
        None => None,
    };
    let group_weights = group_weights(classifier.as_ref(), &metrics, report);
    let thresholds = thresholds(&outer, classifier.as_ref(), &config, report);
    let name = config.get("name").and_then(scalar).unwrap_or("canary");
    (!metrics.is_empty()).then(|| KayentaConfig {
        name: name.to_owned(),
        metrics,
        group_weights,
        thresholds,
    })
}

fn judge(config: &Fields, report: &mut Report) {
    let name = config
        .get("judge")
        .and_then(|node| Fields::any(node, "a judge", report))
        .and_then(|judge| judge.get("name"));
    if let Some(node) = name
        && scalar(node).is_some_and(|name| name != JUDGE)
    {
        report.add(
            not_simulated(
                node.span.clone(),
                scalar(node).unwrap_or_default(),
                "only Kayenta's default judge is",
            )
            .help(format!("judged by `{JUDGE}` instead")),
        );
    }
}

fn metrics(config: &Fields, report: &mut Report) -> Vec<KayentaMetric> {
    let Some(node) = config.required("metrics", "[{name: errors, groups: [errors]}]", report)
    else {
        return Vec::new();
    };
    let items = keys::list(node, "a list of metrics", report);
    if items.is_empty() {
        report.add(Diagnostic::error(
            node.span.clone(),
            "there is no metric to judge",
            "at least one is needed",
        ));
    }
    items
        .iter()
        .filter_map(|item| metric(item, report))
        .collect()
}

fn metric(node: &Node, report: &mut Report) -> Option<KayentaMetric> {
    let fields = keys::open(node, "a metric", &METRIC, report)?;
    let name = fields.required("name", "\"errors\"", report)?;
    let groups: Vec<String> = fields.get("groups").map_or_else(Vec::new, |node| {
        keys::list(node, "a list of groups", report)
            .iter()
            .filter_map(|group| values::text(group, "a group's name", report))
            .collect()
    });
    if groups.is_empty() {
        report.add(
            Diagnostic::warning(
                name.span.clone(),
                "this metric is in no group",
                "it never changes the score, unless it is critical",
            )
            .help("add `\"groups\": [\"errors\"]`"),
        );
    }
    let mut metric = KayentaMetric {
        name: scalar(name)?.to_owned(),
        groups,
        direction: KayentaDirection::Either,
        missing_is_zero: false,
        outlier_factor: None,
        effect: KayentaEffect::any(false),
        critical: false,
        must_have_data: false,
        muted: false,
    };
    let canary = fields
        .get("analysisConfigurations")
        .and_then(|node| Fields::any(node, "`analysisConfigurations`", report))
        .and_then(|fields| fields.get("canary"));
    if let Some(node) = canary {
        analysis(node, &mut metric, report)?;
    }
    Some(metric)
}

/// What `analysisConfigurations.canary` says.
fn analysis(node: &Node, metric: &mut KayentaMetric, report: &mut Report) -> Option<()> {
    let fields = keys::open(node, "`canary`", &ANALYSIS, report)?;
    if let Some(node) = fields.get("direction") {
        let choices = [
            ("increase", KayentaDirection::Increase),
            ("decrease", KayentaDirection::Decrease),
            ("either", KayentaDirection::Either),
        ];
        metric.direction = word(node, "either", &choices, report);
    }
    if let Some(node) = fields.get("nanStrategy") {
        let choices = [("remove", false), ("replace", true)];
        metric.missing_is_zero = word(node, "remove", &choices, report);
    }
    if let Some(node) = fields.get("outliers") {
        metric.outlier_factor = outliers(node, report);
    }
    if let Some(node) = fields.get("effectSize") {
        metric.effect = effect(node, report)?;
    }
    let mut truth = |key: &str| {
        fields
            .get(key)
            .and_then(|node| values::boolean(node, report))
            .unwrap_or(false)
    };
    metric.critical = truth("critical");
    metric.must_have_data = truth("mustHaveData");
    metric.muted = truth("muted");
    Some(())
}

/// One of some words; Kayenta takes its default for any other, without a word.
fn word<T: Copy + Default>(
    node: &Node,
    default: &str,
    choices: &[(&str, T)],
    report: &mut Report,
) -> T {
    let written = scalar(node).unwrap_or_default();
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == written) {
        return *value;
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    report.add(
        Diagnostic::warning(
            node.span.clone(),
            format!("Kayenta does not know {} here", node.kind()),
            format!("it takes `{default}` instead"),
        )
        .help(format!("use {}", crate::config::reader::list(&words))),
    );
    T::default()
}

fn outliers(node: &Node, report: &mut Report) -> Option<f64> {
    let fields = keys::open(node, "`outliers`", &OUTLIERS, report)?;
    let strategy = fields.get("strategy")?;
    let removes = word(
        strategy,
        "keep",
        &[("keep", false), ("remove", true)],
        report,
    );
    let factor = match fields.get("outlierFactor") {
        Some(node) => number(node, report)?,
        None => 3.0,
    };
    removes.then_some(factor)
}

fn effect(node: &Node, report: &mut Report) -> Option<KayentaEffect> {
    let fields = keys::open(node, "`effectSize`", &EFFECT, report)?;
    let common_language = fields.get("measure").and_then(scalar) == Some("cles");
    let mut effect = KayentaEffect::any(common_language);
    let mut limit = |key: &str, place: &mut f64| {
        if let Some(node) = fields.get(key) {
            *place = number(node, report).unwrap_or(*place);
        }
    };
    limit("allowedIncrease", &mut effect.allowed_increase);
    limit("allowedDecrease", &mut effect.allowed_decrease);
    limit("criticalIncrease", &mut effect.critical_increase);
    limit("criticalDecrease", &mut effect.critical_decrease);
    Some(effect)
}

fn number(node: &Node, report: &mut Report) -> Option<f64> {
    let number = scalar(node)
        .filter(|text| exact::parse(text).is_some())
        .and_then(|text| text.parse().ok());
    if number.is_none() {
        report.expected(node, "a number, such as 1.1");
    }
    number
}

fn group_weights(
    classifier: Option<&Fields>,
    metrics: &[KayentaMetric],
    report: &mut Report,
) -> Vec<(String, f64)> {
    let Some(weights) = classifier
        .and_then(|classifier| classifier.get("groupWeights"))
        .and_then(|node| Fields::any(node, "`groupWeights`", report))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in weights.entries() {
        if let Some(weight) = number(&entry.value, report) {
            found.push((entry.key.clone(), weight));
        }
        let used = metrics
            .iter()
            .any(|metric| metric.groups.contains(&entry.key));
        if !used {
            report.add(Diagnostic::warning(
                entry.key_span.clone(),
                format!("no metric is in the group `{}`", entry.key),
                "its weight is lost: the score cannot reach 100",
            ));
        }
    }
    let sum: f64 = found.iter().map(|(_, weight)| weight).sum();
    let all_named = metrics
        .iter()
        .flat_map(|metric| &metric.groups)
        .all(|group| found.iter().any(|(name, _)| name == group));
    if (all_named && (sum - 100.0).abs() > 1e-9 && !found.is_empty()) || sum > 100.0 {
        report.add(Diagnostic::warning(
            weights.start(),
            format!("the weights of the groups sum to {sum}, not 100"),
            "scores are scaled by this",
        ));
    }
    found
}

fn thresholds(
    outer: &Fields,
    classifier: Option<&Fields>,
    config: &Fields,
    report: &mut Report,
) -> KayentaThresholds {
    let requested = outer
        .get("executionRequest")
        .and_then(|node| Fields::any(node, "an execution request", report))
        .and_then(|request| request.get("thresholds"));
    let node = requested.or_else(|| classifier.and_then(|one| one.get("scoreThresholds")));
    let read = node
        .and_then(|node| Fields::any(node, "thresholds", report))
        .and_then(|fields| {
            let mut limit = |key: &str| {
                let node = fields.required(key, "95", report)?;
                number(node, report)
            };
            Some(KayentaThresholds {
                pass: limit("pass")?,
                marginal: limit("marginal")?,
            })
        });
    if node.is_none() {
        report.add(
            Diagnostic::warning(
                config.start(),
                "the thresholds of the score stand in the canary stage, not here",
                "taken as pass 95 and marginal 75",
            )
            .help("add `\"scoreThresholds\": {\"pass\": 95, \"marginal\": 75}` to the classifier"),
        );
    }
    read.unwrap_or(USUAL)
}
