//! What is observed of backends: the dashboard, `series.csv`, `responses.csv`, `metrics.prom`, the
//! sentences of the report, and intervals over replications.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a test stops at the first surprise"
)]

#[path = "../support/mod.rs"]
mod support;

mod openmetrics;
mod requests;

use shiftsim::config::{Source, parse_scenario};
use shiftsim::scenario::Scenario;
use shiftsim::summary::figures::{Dashboard, Figure};
use shiftsim::{sim, summary};
use support::{Folder, root, shiftsim, text};

/// The ready scenarios with backends.
const READY: [&str; 6] = [
    "autoscaler-lag",
    "long-connections",
    "outlier-never-ejects",
    "overload-at-50",
    "retries-hide-errors",
    "slow-replica",
];

/// Runs a ready scenario without charts; returns what it printed and its folder.
fn ready(name: &str) -> (String, Folder) {
    let folder = Folder::new();
    let file = root().join(format!("scenarios/{name}.yaml"));
    let file = file.to_str().unwrap();
    let output = shiftsim(&folder.path, &["run", file, "--no-charts", "--out", "out"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), folder)
}

fn parse(yaml: &str) -> Scenario {
    let source = Source::new("test.yaml", yaml);
    parse_scenario(&source).unwrap().scenario
}

/// Lines of a CSV file as fields.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    csv.lines().map(fields).collect()
}

/// The metrics of a folder, and the sums of the columns of its `responses.csv`.
struct Measured {
    metrics: openmetrics::Series,
    responses: Vec<Vec<String>>,
}

impl Measured {
    fn read(folder: &Folder) -> Self {
        Self {
            metrics: openmetrics::read(&text(&folder.read("out/metrics.prom"))),
            responses: rows(&text(&folder.read("out/responses.csv"))),
        }
    }

    /// The sum of the last values of a metric.
    fn last(&self, metric: &str) -> f64 {
        self.last_with(metric, &[])
    }

    /// The same of those with these labels.
    fn last_with(&self, metric: &str, wanted: &[(&str, &str)]) -> f64 {
        let series = self.metrics.iter().filter(|((name, labels), _)| {
            let has = |label: &(&str, &str)| labels.contains(&format!("{label:?}"));
            name == metric && wanted.iter().all(has)
        });
        series.map(|(_, points)| points.last().unwrap().1).sum()
    }

    fn sum(&self, column: &str) -> f64 {
        let (header, rows) = self.responses.split_first().unwrap();
        let place = header.iter().position(|name| name == column).unwrap();
        let numbers = rows.iter().map(|row| row[place].parse::<f64>().unwrap());
        numbers.sum()
    }
}

#[test]
fn metrics_keep_the_rules_of_openmetrics_and_count_every_request() {
    for name in READY {
        let (_, folder) = ready(name);
        let found = Measured::read(&folder);
        let requests = found.sum("requests");
        let source = [("reporter", "source")];
        let all = found.last_with("istio_requests_total", &source);
        assert_eq!(all, requests, "{name}");
        let timed = requests - found.sum("refused");
        let times = found.last_with("istio_request_duration_milliseconds_count", &source);
        assert_eq!(times, timed, "{name}");
        // What was refused never reached a server; what was tried again came more than once.
        let destination = [("reporter", "destination")];
        let at_servers = found.last_with("istio_requests_total", &destination);
        let attempts = found.sum("attempts") - found.sum("refused");
        assert_eq!(at_servers, attempts, "{name}");
        let times = found.last_with("istio_request_duration_milliseconds_count", &destination);
        assert_eq!(times, attempts, "{name}");
    }
}

/// One replica that is too slow for a quarter of the requests, tried once more.
const TIMEOUTS: &str = "name: timeouts\narrivals: poisson\nrate: 10/s\nduration: 300s\n\
    backend: {replicas: 4, service-time: {exponential: {mean: 100ms}}, errors: 10%, \
    retries: {attempts: 1, per-try-timeout: 150ms, back-off: 1ms}}\nweights: {v1: 80, v2: 20}\n";

#[test]
fn servers_report_attempts_and_callers_who_hang_up() {
    let folder = Folder::new();
    folder.write("timeouts.yaml", TIMEOUTS);
    let arguments = ["run", "timeouts.yaml", "--no-charts", "--out", "out"];
    let output = shiftsim(&folder.path, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let found = Measured::read(&folder);
    let seen = |reporter, code, flags| {
        let labels = [
            ("reporter", reporter),
            ("response_code", code),
            ("response_flags", flags),
        ];
        found.last_with("istio_requests_total", &labels)
    };
    let client = |code, flags| seen("source", code, flags);
    let server = |code, flags| seen("destination", code, flags);
    // The server never answers 504: its callers hung up. Each success is one at the server, too.
    assert_eq!(server("200", "-"), client("200", "-"));
    assert_eq!([server("504", "UT"), client("0", "DC")], [0.0, 0.0]);
    assert!(client("504", "UT") > 50.0 && server("0", "DC") > client("504", "UT"));
    assert!(server("500", "-") > client("500", "-"));
    let attempts = server("200", "-") + server("500", "-") + server("0", "DC");
    assert_eq!(attempts, found.sum("attempts"));
    // At the server nothing takes longer than an attempt may; at the client two of them, and a wait.
    let up_to = |reporter, le| {
        let labels = [("reporter", reporter), ("le", le)];
        found.last_with("istio_request_duration_milliseconds_bucket", &labels)
    };
    assert_eq!(up_to("destination", "250.0"), attempts);
    assert!(up_to("source", "250.0") < found.sum("requests"));
}

#[test]
fn open_connections_stand_beside_the_requests_that_they_carry() {
    let (_, folder) = ready("long-connections");
    let found = Measured::read(&folder);
    let opened = found.last("istio_tcp_connections_opened_total");
    let closed = found.last("istio_tcp_connections_closed_total");
    let open = found.last("envoy_cluster_upstream_cx_active");
    assert_eq!(opened - closed, open);
    let series = rows(&text(&folder.read("out/series.csv")));
    let place = series[0].iter().position(|name| name == "open_connections");
    let last = series[series.len() - 2..]
        .iter()
        .map(|row| &row[place.unwrap()]);
    let last: f64 = last.map(|open| open.parse::<f64>().unwrap()).sum();
    assert_eq!(last, open);
    // Two a second for ten minutes, and none is refused: a row each.
    let requests = rows(&text(&folder.read("out/requests.csv")));
    assert_eq!((requests.len() - 1) as f64, opened);
}

/// Connections that carry nothing that could be counted.
const CONNECTIONS: &str = "name: old-connections\nprotocol: tcp\narrivals: poisson\nrate: 2/s\n\
    duration: 300s\n\
    backend: {replicas: 1, concurrency: 1000, service-time: {exponential: {mean: 120s}}}\n\
    phases:\n- {name: before, weights: {v1: 100, v2: 0}}\n\
    - {name: after, weights: {v1: 0, v2: 100}}\n";

#[test]
fn connections_are_opened_and_closed_and_hold_the_old_split() {
    let folder = Folder::new();
    folder.write("tcp.yaml", CONNECTIONS);
    let arguments = ["run", "tcp.yaml", "--no-charts", "--out", "out"];
    let printed = text(&shiftsim(&folder.path, &arguments).stdout);
    let found = Measured::read(&folder);
    for name in ["opened", "closed"] {
        let metric = format!("istio_tcp_connections_{name}_total");
        assert_eq!(found.last(&metric), found.sum("requests"));
    }
    assert_eq!(found.last("istio_requests_total"), 0.0);
    let flat = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("connections of v1 are under way; half of them"),
        "{printed}"
    );
    // Minutes are told in seconds, not in milliseconds.
    assert!(flat.contains("responses · seconds"), "{printed}");
}

#[test]
fn the_report_says_what_happened() {
    for (name, sentences) in [
        (
            "overload-at-50",
            vec![
                "v2 is overloaded in phase 50%: 2 replicas serve at most",
                "refused (503)",
            ],
        ),
        ("autoscaler-lag", vec!["It takes", "replicas are enough"]),
        ("slow-replica", vec!["The p99 of v1 is", "times that of v2"]),
        (
            "retries-hide-errors",
            vec!["Retries make", "of the attempts fail"],
        ),
        (
            "outlier-never-ejects",
            vec!["ejects nobody: at most 10% of 5 replicas may be ejected, which is none"],
        ),
        (
            "long-connections",
            vec!["v1 has a weight of zero in phase after, and connections from before still"],
        ),
    ] {
        let (printed, _) = ready(name);
        assert!(
            printed.lines().all(|line| line.chars().count() <= 80),
            "{printed}"
        );
        let flat = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in sentences {
            assert!(flat.contains(sentence), "{name}: {sentence}\n{printed}");
        }
        assert!(flat.contains("Little's law, L = λW, holds"), "{printed}");
    }
}

const QUEUE: &str = "name: queue\nweights: {v1: 70, v2: 30}\nrequests: 6000\nrate: 100/s\n\
    arrivals: poisson\nwarm-up: 5s\nscrape-interval: 2s\n\
    backend: {service-time: {exponential: {mean: 10ms}}}\n\
    versions:\n  v1: {}\n  v2: {backend: {queue: 2, balancing: least-request}}\n";

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let run = |threads: &str| {
        let folder = Folder::new();
        folder.write("queue.yaml", QUEUE);
        let arguments = ["run", "queue.yaml", "--replications", "5", "--out", "out"];
        let output = shiftsim(
            &folder.path,
            &[&arguments[..], &["--threads", threads]].concat(),
        );
        assert!(output.status.success(), "{}", text(&output.stderr));
        let files = folder.files();
        assert!(files.contains(&"out/dashboard.svg".to_owned()), "{files:?}");
        let bytes: Vec<Vec<u8>> = files.iter().map(|file| folder.read(file)).collect();
        (output.stdout, files, bytes)
    };
    let one = run("1");
    assert!(one == run("3"));
    let printed = text(&one.0);
    assert!(printed.contains("over 5 runs"), "{printed}");
    assert!(
        printed.contains("left out as warm-up") || printed.contains("are left"),
        "{printed}"
    );
}

#[test]
fn replications_surround_what_theory_says() {
    let scenario = parse(&QUEUE.replace("requests: 6000", "requests: 20000\nreplications: 25"));
    let run = sim::run(&scenario, 0, &|_| {});
    let replications = sim::replicate(&scenario, &summary::shapes(&scenario), &|_| {});
    let summary = summary::summarise(&scenario, &run, Some(&replications)).unwrap();
    let service = summary.service.unwrap();
    let models: Vec<&str> = service
        .responses
        .iter()
        .map(|row| row.theory.as_ref().unwrap().model.as_str())
        .collect();
    assert_eq!(models, ["M/M/1", "M/M/1/3"]);
    for row in &service.responses {
        let (theory, replicated) = (row.theory.as_ref().unwrap(), row.replicated.unwrap());
        let mean = replicated.mean_seconds.unwrap();
        let interval = mean.interval.unwrap();
        assert_eq!(mean.runs, 25);
        // Five half-widths of 95% are ten standard errors: a wrong formula, not bad luck.
        let half = (interval.high - interval.low) / 2.0;
        assert!(
            (mean.mean - theory.mean_seconds).abs() < 2.5 * half,
            "{row:?}"
        );
        assert!(half < 0.1 * mean.mean, "{row:?}");
        let refused = replicated.refused.unwrap();
        assert!((refused.mean - theory.refused).abs() < 0.01, "{row:?}");
        if let (Some(p99), Some(found)) = (theory.p99_seconds, replicated.p99_seconds) {
            assert!((found.mean / p99 - 1.0).abs() < 0.1, "{row:?}");
        }
    }
    // M/M/1 at 70%: 1 / (µ − λ) = 1 / (100 − 70).
    let first = service.responses[0].theory.as_ref().unwrap();
    assert!((first.mean_seconds - 1.0 / 30.0).abs() < 1e-12);
    assert!((first.p99_seconds.unwrap() - 100.0_f64.ln() / 30.0).abs() < 1e-12);
}

#[test]
fn theory_is_silent_where_it_does_not_apply() {
    for (found, other) in [
        ("arrivals: poisson", "arrivals: constant"),
        ("warm-up: 5s", "algorithm: smooth-wrr"),
        (
            "{v1: 70, v2: 30}\nrequests: 6000",
            "{v1: 70, v2: 30}\nphases: [{name: a, requests: 3000}, {name: b, requests: 3000}]",
        ),
        ("{mean: 10ms}}}", "{mean: 10ms}}, timeout: 1s}"),
        ("{mean: 10ms}}}", "{mean: 10ms}}, replicas: 2}"),
        (
            "{mean: 10ms}}}",
            "{mean: 10ms}}, faults: [{replica: 0, slow: 1.2}]}",
        ),
    ] {
        let scenario = parse(&QUEUE.replace(found, other));
        let run = sim::run(&scenario, 0, &|_| {});
        let summary = summary::summarise(&scenario, &run, None).unwrap();
        let rows = summary.service.unwrap().responses;
        assert!(
            rows.iter().all(|row| row.theory.is_none()),
            "{other}: {rows:?}"
        );
    }
}

#[test]
fn the_scrape_interval_is_that_of_the_files() {
    let folder = Folder::new();
    folder.write("queue.yaml", QUEUE);
    let output = shiftsim(
        &folder.path,
        &[
            "run",
            "queue.yaml",
            "--no-charts",
            "--out",
            "out",
            "--format",
            "json",
        ],
    );
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let service = &printed["runs"][0]["service"];
    assert_eq!(service["scrape_interval_seconds"], 2.0);
    assert_eq!(service["responses"][1]["theory"]["model"], "M/M/1/3");
    assert!(service["warm_up_requests"].as_u64().unwrap() > 400);
    let series = rows(&text(&folder.read("out/series.csv")));
    let ends: Vec<f64> = series[1..]
        .iter()
        .step_by(2)
        .map(|row| row[0].parse().unwrap())
        .collect();
    assert!(
        (0..ends.len()).all(|place| ends[place] == 2.0 * (place + 1) as f64),
        "{ends:?}"
    );
    assert_eq!(series[1][3], "0.7", "the configured share");
}

fn dashboard(scenario: &Scenario) -> Dashboard {
    let run = sim::run(scenario, 0, &|_| {});
    let summary = summary::summarise(scenario, &run, None).unwrap();
    let figures = summary::figures(scenario, &run, None, &summary).unwrap();
    let found = figures.into_iter().find_map(|figure| match figure {
        Figure::Dashboard(dashboard) => Some(dashboard),
        _ => None,
    });
    found.expect("a dashboard")
}

#[test]
fn the_dashboard_marks_what_changes() {
    let scenario = parse(
        "name: story\narrivals: poisson\nrate: 50/s\nduration: 60s\nscrape-interval: 1s\n\
         backend: {service-time: {exponential: {mean: 10ms}}, replicas: 3, queue: 50}\n\
         phases:\n- {name: low, weights: {v1: 90, v2: 10}}\n\
         - {name: high, weights: {v1: 50, v2: 50}}\n\
         versions:\n  v1: {backend: {faults: [{replica: 1, crash-at: 30s, restart: 20s}]}}\n  \
         v2: {backend: {schedule: [{at: 90s, replicas: 5}]}}\n",
    );
    let dashboard = dashboard(&scenario);
    let marks: Vec<(f64, &str)> = dashboard
        .marks
        .iter()
        .map(|(seconds, label)| (*seconds, label.as_str()))
        .collect();
    assert_eq!(
        marks,
        [
            (0.0, "low: 90/10"),
            (30.0, "v1: replica 1 crashes"),
            (50.0, "v1: 2 → 3 replicas"),
            (60.0, "high: 50/50"),
            (90.0, "v2: 3 → 5 replicas"),
        ]
    );
    let names: Vec<&str> = dashboard
        .panels
        .iter()
        .map(|panel| panel.name.split([' ', ',']).next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "requests", "share", "success", "response", "requests", "replicas"
        ]
    );
    // Requests per second in intervals of one second add up to the requests.
    let run = sim::run(&scenario, 0, &|_| {});
    let arrived: u64 = run.phases.iter().map(|tally| tally.requests()).sum();
    let rates = dashboard.panels[0]
        .lines
        .iter()
        .filter(|line| line.dash == shiftsim::summary::figures::Dash::Solid);
    let drawn: f64 = rates
        .flat_map(|line| line.stretches.concat())
        .map(|(_, rate)| rate)
        .sum();
    assert!(
        (drawn - arrived as f64).abs() < 1e-6,
        "{drawn} of {arrived}"
    );
    // Every line is inside its panel and its time.
    for panel in &dashboard.panels {
        for &(seconds, value) in panel
            .lines
            .iter()
            .flat_map(|line| line.stretches.iter().flatten())
        {
            assert!(
                (0.0..=dashboard.end_seconds).contains(&seconds),
                "{}",
                panel.name
            );
            assert!(
                (panel.range.0..=panel.range.1).contains(&value),
                "{}: {value}",
                panel.name
            );
        }
    }
}
