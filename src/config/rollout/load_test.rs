//! Webhooks of a Flagger analysis: what they may do to the gate, and the load test among them.

use regex::Regex;

use super::keys::{self, Keys, scalar};
use crate::config::Diagnostic;
use crate::config::reader::Report;
use crate::config::yaml::Node;

const WEBHOOK: Keys = Keys {
    read: &["name", "type", "metadata"],
    not_simulated: &[],
    ignored: &[
        "url",
        "timeout",
        "muteAlert",
        "retries",
        "disableTLS",
        "checksum",
    ],
};

/// Warns of what webhooks do to the gate.
pub(super) fn webhooks(node: &Node, report: &mut Report) {
    for item in keys::list(node, "a list of webhooks", report) {
        let Some(fields) = keys::open(item, "a webhook", &WEBHOOK, report) else {
            continue;
        };
        let word = |key: &str| fields.get(key).and_then(scalar);
        let rate = fields
            .get("metadata")
            .and_then(|node| keys_text(node, "cmd"))
            .and_then(requests_per_second);
        let name = word("name").unwrap_or("webhook");
        if let Some(rate) = rate {
            report.add(
                Diagnostic::warning(
                    fields.start(),
                    format!(
                        "`{name}` sends {rate} requests per second straight to the new version"
                    ),
                    "they count in the metrics, and dilute the errors of real users",
                )
                .help(format!(
                    "they are left out here; give --load-test {rate} to take them in"
                )),
            );
            continue;
        }
        let effect = match word("type").unwrap_or("rollout") {
            "rollout" => "taken as passing at every tick",
            "pre-rollout" => "taken as passing before the first weight",
            "confirm-rollout" | "confirm-promotion" | "confirm-traffic-increase" => {
                "may wait for somebody; taken as open"
            }
            "rollback" => "may roll back at any tick; taken as silent",
            _ => continue,
        };
        report.add(keys::not_simulated(fields.start(), name, effect));
    }
}

fn keys_text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let crate::config::yaml::Value::Mapping(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == key)?;
    scalar(&entry.value)
}

/// The rate of a `hey` command: `-q` requests per second and worker, `-c` workers (50 if absent).
fn requests_per_second(command: &str) -> Option<u64> {
    if !command.split_whitespace().any(|word| word == "hey") {
        return None;
    }
    let number = |flag: &str| -> Option<u64> {
        let pattern = Regex::new(&format!(r"\s-{flag}\s*(\d+)")).ok()?;
        pattern.captures(command)?.get(1)?.as_str().parse().ok()
    };
    number("q")?.checked_mul(number("c").unwrap_or(50))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hey_multiplies_workers_and_rate() {
        let rate = requests_per_second;
        assert_eq!(rate("hey -z 1m -q 10 -c 2 http://podinfo/"), Some(20));
        assert_eq!(rate("hey -z 1m -q 5 http://podinfo/"), Some(250));
        assert_eq!(rate("hey -z 1m http://podinfo/"), None);
        assert_eq!(rate("curl -q 5 http://podinfo/"), None);
    }
}
