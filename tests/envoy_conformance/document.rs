//! Writes the table to `docs/conformance.md`.

use std::fmt::Write;
use std::path::Path;

use shiftsim::units::display::{count, p_value, percent};

use crate::judge::Family;
use crate::{CONNECTIONS, REQUESTS};

pub fn write(family: &Family, version: String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md");
    std::fs::write(path, document(family, &version)).unwrap();
}

fn document(family: &Family, version: &str) -> String {
    let mut text = heading(family, version);
    text.push_str(
        "\n## Shares\n\n| configuration | request | answer | requests | predicted | seen | p |\n\
         |---|---|---|---:|---:|---:|---:|\n",
    );
    for row in &family.rows {
        let seen = row.seen as f64 / row.requests as f64;
        let p = row.p_value.map_or_else(|| "certain".to_owned(), p_value);
        let _ = writeln!(
            text,
            "| {} | `{}` | `{}` | {} | {} | {} | {p} |",
            row.configuration,
            row.kind.replace('|', r"\|"),
            row.outcome.replace('|', r"\|"),
            count(row.requests),
            percent(row.predicted),
            percent(seen),
        );
    }
    text.push_str(
        "\n## Order\n\n| configuration | request | p of the runs test |\n|---|---|---:|\n",
    );
    for (configuration, kind, p) in &family.orders {
        let _ = writeln!(text, "| {configuration} | `{kind}` | {} |", p_value(*p));
    }
    text
}

fn heading(family: &Family, version: &str) -> String {
    format!(
        "# Held against a real Envoy\n\n\
         The routing of shiftsim, and that of Envoy {version} under the configuration that `shiftsim \
         export envoy` writes. Through each configuration went {requests} HTTP requests, one after \
         the other over one connection, and {connections} TCP connections. Route, status and flag \
         of every request were among those predicted.\n\n\
         An answer is the rule, the status, the flags of the access log (NR no route, NC no cluster, \
         UH no healthy upstream, DI delay injected, FI fault injected), the version that answered, \
         and the versions that got a copy. p is exact: binomial, two-sided by minimum likelihood, \
         for each answer against all others; for the order, Wald and Wolfowitz' runs test on whether \
         the likeliest answer came. The {tests} tests are one family: none may be below 10⁻⁶ / \
         {tests}, so that a right prediction fails once in a million runs. Answers with a \
         prediction of 100% have to come every time.\n\n\
         This page is written by\n\n\
         ```sh\nENVOY_BIN=/path/to/envoy CONFORMANCE=overwrite cargo test --test envoy_conformance\n```\n",
        requests = count(REQUESTS as u64),
        connections = count(CONNECTIONS as u64),
        tests = family.tests(),
    )
}
