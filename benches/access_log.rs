//! What it costs to read an access log, as a ratio to reading its fields with the csv crate.
//!
//! A log of 1 GB is written into a temporary file. Reference and candidates take turns over the
//! same file in one process, and the ratio is that of the smallest times. The memory that reading
//! takes is printed too, where the system tells it. Run it with `cargo bench --bench access_log`;
//! `SHIFTSIM_BENCH_MEGABYTES` chooses another size.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark stops at the first surprise"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::Rng;
use shiftsim::config::observations::{Input, Observation, Question, read};
use shiftsim::random::{Purpose, stream};
use shiftsim::summary::check::{Observer, Settings, Target};
use shiftsim::units::{ConfidenceLevel, Tolerance};

const REPETITIONS: usize = 3;

const AGENTS: [&str; 4] = [
    "curl/8.5.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36",
    "Go-http-client/1.1",
    "python-requests/2.31.0",
];

/// Writes entries as Istio does, text or JSON, until `bytes` are reached; returns their number.
fn write_log(file: File, bytes: u64, json: bool) -> std::io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut random = stream(1, Purpose::Split, &[]);
    let (mut written, mut entries) = (0, 0);
    let mut entry = Vec::new();
    while written < bytes {
        let draw = random.next_u64();
        let version = if draw.is_multiple_of(10) { "v2" } else { "v1" };
        let agent = AGENTS[(draw >> 8) as usize % AGENTS.len()];
        let (port, duration) = (30_000 + (draw >> 16) % 30_000, (draw >> 32) % 900);
        let time = format!(
            "2024-05-14T08:{:02}:{:02}.{:03}Z",
            entries / 60_000 % 60,
            entries / 1000 % 60,
            entries % 1000
        );
        let cluster = format!("outbound|9080|{version}|reviews.default.svc.cluster.local");
        entry.clear();
        if json {
            writeln!(
                entry,
                r#"{{"authority":"reviews:9080","bytes_received":0,"bytes_sent":295,"connection_termination_details":null,"downstream_local_address":"10.96.12.7:9080","downstream_remote_address":"10.244.0.15:{port}","duration":{duration},"method":"GET","path":"/reviews/0","protocol":"HTTP/1.1","request_id":"{draw:016x}-89ab-cdef","requested_server_name":null,"response_code":200,"response_code_details":"via_upstream","response_flags":"-","route_name":"default","start_time":"{time}","upstream_cluster":"{cluster}","upstream_host":"10.244.0.12:9080","upstream_local_address":"10.244.0.15:41210","upstream_service_time":"11","upstream_transport_failure_reason":null,"user_agent":"{agent}","x_forwarded_for":null}}"#
            )?;
        } else {
            writeln!(
                entry,
                r#"[{time}] "GET /reviews/0 HTTP/1.1" 200 - via_upstream - "-" 0 295 {duration} 11 "-" "{agent}" "{draw:016x}-89ab-cdef" "reviews:9080" "10.244.0.12:9080" {cluster} 10.244.0.15:41210 10.96.12.7:9080 10.244.0.15:{port} - default"#
            )?;
        }
        out.write_all(&entry)?;
        written += entry.len() as u64;
        entries += 1;
    }
    out.flush()?;
    Ok(entries)
}

/// The reference: every field of every entry, without looking at any. Quotes are plain bytes, as
/// in the format, where nothing escapes them.
fn read_fields(path: &Path) -> u64 {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b' ')
        .has_headers(false)
        .flexible(true)
        .quoting(false)
        .from_path(path)
        .expect("the log can be opened");
    let mut record = csv::ByteRecord::new();
    let mut entries = 0;
    while reader
        .read_byte_record(&mut record)
        .expect("the log can be read")
    {
        entries += 1;
    }
    entries
}

/// What `shiftsim check` does with a log before it judges: the tally, and the sequential test after
/// every request.
fn observe(path: &Path) -> u64 {
    let weights = [("v1".to_owned(), 90), ("v2".to_owned(), 10)];
    let settings = Settings {
        target: Target::new(&weights).expect("weights are valid"),
        tolerance: Tolerance::default(),
        confidence: ConfidenceLevel::default(),
        concentration: 10.0,
    };
    let versions = weights.iter().map(|(name, _)| name.clone()).collect();
    let question = Question {
        versions,
        ..Question::default()
    };
    let mut observer = Observer::new(&settings).expect("settings are valid");
    let input = Input::File(path.to_path_buf());
    let reading = read(&input, &question, &mut |observation| match observation {
        Observation::Request { version } => observer.record(version),
        Observation::Requests { version, count } => observer.add(version, count),
    });
    assert_eq!(reading.expect("the log can be read").skipped.total, 0);
    observer
        .finish()
        .expect("the test can be computed")
        .tally()
        .requests()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn time(work: fn(&Path) -> u64, path: &Path, expected: u64) -> Duration {
    let start = Instant::now();
    assert_eq!(work(path), expected);
    start.elapsed()
}

/// The most memory that this process has held, in MiB; Linux alone tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib / 1024)
}

fn main() {
    let megabytes = std::env::var("SHIFTSIM_BENCH_MEGABYTES")
        .ok()
        .and_then(|text| text.parse().ok());
    let bytes = megabytes.unwrap_or(1000_u64) * 1_000_000;
    println!("{:<8} {:<34} {:>8} {:>7}", "log", "", "MB/s", "ratio");
    for (name, json) in [("text", false), ("JSON", true)] {
        let log = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        let entries = write_log(log.reopen().expect("it can be opened"), bytes, json)
            .expect("it can be written");
        let mut best = [Duration::MAX; 2];
        for _ in 0..REPETITIONS {
            best[0] = best[0].min(time(read_fields, log.path(), entries));
            best[1] = best[1].min(time(observe, log.path(), entries));
        }
        let names = ["reference: csv ByteRecord", "shiftsim: read and observe"];
        for (what, time) in names.iter().zip(best) {
            let speed = bytes as f64 / 1e6 / time.as_secs_f64();
            let ratio = best[0].as_secs_f64() / time.as_secs_f64();
            println!("{name:<8} {what:<34} {speed:>8.0} {ratio:>7.2}");
        }
    }
    if let Some(peak) = peak_memory() {
        println!("most memory held: {peak} MiB");
    }
}
