//! The schema names the same keys as the reader, and accepts the ready scenarios.

use serde_json::{Map, Value as Json};

use super::parse_scenario;
use super::scenario_file::{
    AUTOSCALER_KEYS, BACKEND_KEYS, BURST_KEYS, CLAIM_KEYS, CLASS_KEYS, CLOSED_LOOP_KEYS,
    CONNECTION_KEYS, COOKIE_KEYS, DAILY_KEYS, ERROR_KEYS, FAULT_KEYS, KEYS, LEGACY_KEYS, NAMES,
    OUTLIER_KEYS, PHASE_KEYS, PROCESSES, RETRY_KEYS, SLOW_START_KEYS, STATEMENTS, STEP_KEYS,
    STICKY_KEYS, VERSION_KEYS,
};
use super::source::Source;
use super::yaml::{Node, Value, parse};
use super::{mesh_file, rollout_file};

fn schema() -> Json {
    serde_json::from_str(super::scenario_schema()).unwrap()
}

fn keys(value: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn sorted<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.sort_unstable();
    words
}

#[test]
fn the_schema_names_the_keys_of_the_reader() {
    let schema = schema();
    let defs = &schema["$defs"];
    assert_eq!(keys(&schema["properties"]), sorted(KEYS));
    assert_eq!(keys(&defs["phase"]["properties"]), sorted(PHASE_KEYS));
    assert_eq!(keys(&defs["version"]["properties"]), sorted(VERSION_KEYS));
    let claim = CLAIM_KEYS.into_iter().chain(STATEMENTS);
    assert_eq!(keys(&defs["claim"]["properties"]), sorted(claim));
    let named = &defs["algorithm"]["oneOf"][1]["properties"];
    assert_eq!(keys(named), sorted(NAMES));
    assert_eq!(
        keys(&named["envoy-legacy"]["properties"]),
        sorted(LEGACY_KEYS)
    );
    assert_eq!(keys(&named["sticky"]["properties"]), sorted(STICKY_KEYS));
    assert_eq!(
        keys(&named["sticky-cookie"]["properties"]),
        sorted(COOKIE_KEYS)
    );
}

#[test]
fn the_schema_of_rollouts_names_the_keys_of_its_reader() {
    let schema: Json = serde_json::from_str(super::rollout_schema()).unwrap();
    assert_eq!(keys(&schema["properties"]), sorted(rollout_file::KEYS));
    let gates = &schema["properties"]["rollout"]["properties"];
    let known = |gate: &str| keys(&gates[gate]["properties"]);
    assert_eq!(known("flagger"), sorted(rollout_file::FLAGGER_KEYS));
    assert_eq!(known("argo"), sorted(rollout_file::ARGO_KEYS));
    assert_eq!(known("staged"), sorted(rollout_file::STAGED_KEYS));
    assert_eq!(known("schedule"), sorted(rollout_file::SCHEDULE_KEYS));

    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/rollouts");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let value = json(&parse(&text, &mut Vec::new()).unwrap());
        let errors = validator.iter_errors(&value);
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    let two = "name: a\nrollout: {flagger: {weights: 10}, schedule: {weights: 10}}";
    let misspelt = "name: a\nrollout: {flagger: {weights: 10, treshold: 1}}";
    for text in [two, misspelt, "name: a\nrollout: {}"] {
        let value = json(&parse(text, &mut Vec::new()).unwrap());
        assert!(!validator.is_valid(&value), "{text}");
    }
}

#[test]
fn the_schema_of_stories_names_the_keys_of_its_reader() {
    let schema: Json = serde_json::from_str(super::story_schema()).unwrap();
    let properties = &schema["properties"];
    assert_eq!(keys(properties), sorted(mesh_file::KEYS));
    let items = |key: &str| keys(&properties[key]["items"]["properties"]);
    assert_eq!(items("viewers"), sorted(mesh_file::VIEWER_KEYS));
    assert_eq!(items("calls"), sorted(mesh_file::CALL_KEYS));
    assert_eq!(items("phases"), sorted(mesh_file::PHASE_KEYS));
    let kinds = &properties["versions"]["additionalProperties"]["anyOf"];
    let version = &kinds[1]["additionalProperties"]["anyOf"][1]["properties"];
    assert_eq!(keys(version), sorted(mesh_file::VERSION_KEYS));
}

#[test]
fn the_schema_of_stories_and_its_reader_agree() {
    let schema: Json = serde_json::from_str(super::story_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/stories");
    let agree = |name: &str, text: &str, good: bool| {
        let reader = super::parse_story(&Source::new(name, text), &folder).is_ok();
        let value = json(&parse(text, &mut Vec::new()).unwrap());
        let errors = validator.iter_errors(&value);
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        assert_eq!(
            (reader, errors.is_empty()),
            (good, good),
            "{name}: {text}\n{errors:?}"
        );
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        agree(&path.to_string_lossy(), &text, true);
        seen += 1;
    }
    assert!(seen >= 14, "{seen} stories");
    let story = |more: &str| {
        format!("name: a\nrequest: http://a/\nrequests: 1\nphases: [{{name: p}}]\n{more}\n")
    };
    for (more, good) in [
        (
            "versions: {a: [v1], b: {v1: , v2: {takes: 1s}}, c: a v1}",
            true,
        ),
        ("versions: {a: {v1: {fails: 20%, status: 500}}}", true),
        ("versions: {a: {v1: {fails: 120%}}}", false),
        ("versions: {a: {v1: {status: 200}}}", false),
        ("versions: {a: {v1: {take: 1s}}}", false),
        ("versions: {a: {}}", false),
        ("versions: {a: v1}", false),
        ("propagation: [0s, 4s]", true),
        ("propagation: [1s]", false),
        ("connection: tcp://a:1", false),
        ("lasts: 10s", false),
        ("calls: [{from: a, to: http://b/, retries: 1}]", true),
        ("calls: [{from: a}]", false),
        ("viewers: [{name: x, headers: {a: b}}]", true),
        ("proxies: 0", false),
        ("gateway: default/edge", true),
    ] {
        agree("a.yaml", &story(more), good);
    }
    let tcp = |more: &str| {
        format!("name: a\nconnection: tcp://a:1\nrequests: 1\nphases: [{{name: p}}]\n{more}\n")
    };
    for (more, good) in [
        ("lasts: [0s, 2m]\ndrain: 5s", true),
        ("drain: 0s", false),
        ("viewers: [{name: x}]", false),
    ] {
        agree("a.yaml", &tcp(more), good);
    }
    let http = tcp("").replace("tcp://", "http://");
    agree("a.yaml", &http, false);
}

#[test]
fn the_schema_names_the_keys_of_backends_and_arrivals() {
    let schema = schema();
    let defs = &schema["$defs"];
    let backend = &defs["backend"]["properties"];
    assert_eq!(keys(backend), sorted(BACKEND_KEYS));
    let inside = |key: &str| keys(&backend[key]["properties"]);
    assert_eq!(inside("retries"), sorted(RETRY_KEYS));
    assert_eq!(inside("outlier-detection"), sorted(OUTLIER_KEYS));
    assert_eq!(inside("slow-start"), sorted(SLOW_START_KEYS));
    assert_eq!(inside("autoscaler"), sorted(AUTOSCALER_KEYS));
    let item = |key: &str| keys(&backend[key]["items"]["properties"]);
    assert_eq!(item("schedule"), sorted(STEP_KEYS));
    assert_eq!(item("faults"), sorted(FAULT_KEYS));
    let errors = &backend["errors"]["oneOf"][1]["properties"];
    assert_eq!(keys(errors), sorted(ERROR_KEYS));
    let policies: Vec<&str> = backend["balancing"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let known = crate::balance::KINDS.iter().map(|kind| kind.name);
    assert_eq!(policies, known.collect::<Vec<_>>());
    let laws = &defs["service-time"]["oneOf"][1]["properties"];
    let recording = &defs["recording"]["properties"];
    assert_eq!(
        keys(recording),
        sorted(crate::config::recorded::RECORDING_KEYS)
    );
    let connections = &schema["properties"]["connections"]["properties"];
    assert_eq!(keys(connections), sorted(CONNECTION_KEYS));
    let known = crate::service_time::KINDS;
    assert_eq!(keys(laws), sorted(known.iter().map(|kind| kind.name)));
    for kind in known {
        let parameters = kind.parameters.iter().map(|one| one.key);
        let named = &laws[kind.name]["properties"];
        assert_eq!(keys(named), sorted(parameters), "{}", kind.name);
    }
    let processes = &defs["arrivals"]["oneOf"][1]["properties"];
    assert_eq!(keys(processes), sorted(PROCESSES[2..].iter().copied()));
    let settings = |name: &str| keys(&processes[name]["properties"]);
    assert_eq!(settings("bursts"), sorted(BURST_KEYS));
    assert_eq!(settings("daily"), sorted(DAILY_KEYS));
    assert_eq!(settings("closed-loop"), sorted(CLOSED_LOOP_KEYS));
    let class = &processes["classes"]["items"]["properties"];
    assert_eq!(keys(class), sorted(CLASS_KEYS));
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Quoted(text) => Json::String(text.clone()),
        Value::Plain(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => {
            let pairs = entries
                .iter()
                .map(|entry| (entry.key.clone(), json(&entry.value)));
            Json::Object(pairs.collect::<Map<String, Json>>())
        }
    }
}

#[test]
fn the_ready_scenarios_are_valid_and_a_misspelt_one_is_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let value = json(&parse(&text, &mut Vec::new()).unwrap());
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 8, "{seen} scenarios");
    for text in [
        "name: a\nrequest: 3",
        "requests: 3",
        "name: a\nweights: {v1: -1}",
    ] {
        let value = json(&parse(text, &mut Vec::new()).unwrap());
        assert!(!validator.is_valid(&value), "{text}");
    }
}

/// Broken files that the schema takes for good, because it cannot compare one place with
/// another, nor tell how a number or a character is spelled.
const ONLY_THE_READER: &[&str] = &[
    "autoscaler-reversed",
    "claim-between-reversed",
    "claim-of-ready-replicas",
    "claim-unknown-phase",
    "claim-version-elsewhere",
    "claim-which-phase",
    "connections-of-http",
    "connections-too-many",
    "connections-with-retries",
    "control-characters",
    "cookie-version-unknown",
    "default-all-zero",
    "default-version-unknown",
    "fault-of-nobody",
    "fault-of-nothing",
    "mean-and-two-percentiles",
    "mean-below-median",
    "mean-beyond-p99",
    "pareto-without-mean",
    "percentile-alone",
    "percentiles-impossible",
    "phase-names-twice",
    "queue-limit-too-large",
    "queue-unlimited-too-large",
    "rate-of-closed-loop",
    "replicas-none",
    "replicas-of-nobody",
    "replicas-said-twice",
    "replicas-stray",
    "replicas-without-backend",
    "requests-exponent",
    "retries-overload",
    "schedule-goes-back",
    "schedule-too-few",
    "scrape-interval-short",
    "service-time-missing",
    "shared-queue-with-ejection",
    "slow-replica-overloaded",
    "sync-period-tiny",
    "tolerance-too-fine",
    "too-long",
    "too-many-requests",
    "trace-file-goes-back",
    "trace-file-missing",
    "trace-goes-back",
    "trace-too-short",
    "utilisation-above-one",
    "version-undeclared",
    "warm-up-too-long",
    "weights-all-zero",
    "weights-sum-too-large",
];

#[test]
fn the_schema_and_the_reader_agree_on_every_broken_file() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut accepted = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let mut mistakes = Vec::new();
        let text = std::fs::read_to_string(&path).unwrap();
        let tree = parse(&text, &mut mistakes).filter(|_| mistakes.is_empty());
        if tree.is_some_and(|tree| validator.is_valid(&json(&tree))) {
            accepted.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    accepted.sort_unstable();
    assert_eq!(accepted, ONLY_THE_READER);
}

#[test]
fn the_schema_and_the_reader_agree_on_spellings() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let read = |line: &str, good: bool| {
        let text = format!("name: a\nweights: {{v1: 8, v2: 2}}\n{line}\n");
        let reader = parse_scenario(&Source::new("a.yaml", &text)).is_ok();
        let value = json(&parse(&text, &mut Vec::new()).unwrap());
        let verdicts = (reader, validator.is_valid(&value));
        assert_eq!(verdicts, (good, good), "{line}");
    };
    for (line, good) in [
        ("duration: 60s\nrate: 10/s", true),
        ("duration: '60s'\nrate: '10 /s'", true),
        ("duration: 1h30m\nrate: 0.5", true),
        ("duration: 1m500us\nrate: 0.5", true),
        ("duration: 1m500\u{b5}s\nrate: 0.5", true),
        ("duration: 500ks\nrate: 1", false),
        ("duration: '60'\nrate: 1", false),
        ("duration: 60\nrate: '1'", false),
        ("duration: 1 h\nrate: 1", false),
        ("duration: 60s\nrate: 10/day", false),
        ("duration: 60s\nrate: 0", false),
        ("requests: '20'", false),
        ("requests: 1e6x", false),
        ("requests: 20\ntolerance: 5%", true),
        ("requests: 20\ntolerance: '5 %'", true),
        ("requests: 20\ntolerance: '5'", false),
        ("requests: 20\ntolerance: five", false),
        ("requests: 20\nconfidence: 99.9%", true),
        ("requests: 20\nconfidence: 0.95", false),
        ("requests: 20\nconfidence: 100", false),
        (
            "requests: 20\nalgorithm: {sticky: {sticky-share: 50%}}",
            true,
        ),
        (
            "requests: 20\nalgorithm: {sticky: {sticky-share: half}}",
            false,
        ),
        ("requests: 20\nalgorithm: {sticky: }", true),
        ("requests: 20\nalgorithm: 'edf'", true),
        ("requests: 20\nprotocol: TCP", false),
        (
            "requests: 20\nversions: {v1: , v2: {telemetry: 'true'}}",
            false,
        ),
        ("requests: 20\ntitle: ' '", false),
        ("requests: 20\nreplicas: {}", false),
        (
            "requests: 20\nclaims: [{observed-share: {version: v2, between: [10%, 30]}}]",
            true,
        ),
    ] {
        read(line, good);
    }
}
