//! Routes as text for a terminal of 80 columns: one request explained, a whole table, a
//! difference.

use std::fmt::Write;

use super::table::Table;
use super::text::{BOLD, Detail, paragraph, shorten};
use crate::summary::explain::{
    Change, DestinationSummary, DiffSummary, Explanation, HostSummary, PickSummary, RouteSummary,
    TableSummary,
};
use crate::units::display::{count, percent, short_percent};

/// Destinations in a table are cut to so many characters; two narrow columns stand beside them.
const LONGEST_DESTINATION: usize = 56;
/// Answers in a difference, beside three columns.
const LONGEST_ANSWER: usize = 44;

/// One request or connection.
#[must_use]
pub fn explanation(explanation: &Explanation, detail: Detail) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", explanation.request);
    for header in &explanation.headers {
        paragraph(&mut text, "  ", header);
    }
    let host = explanation
        .host
        .as_deref()
        .unwrap_or("no host of the table");
    paragraph(&mut text, "", &format!("{host} · {}", explanation.from));
    if detail != Detail::Quiet && !explanation.passed_over.is_empty() {
        let _ = writeln!(text, "\n{BOLD}Passed over{BOLD:#}");
        for passed in &explanation.passed_over {
            rule(&mut text, passed.place, &passed.rule, passed.at.as_deref());
            let found = passed.found.as_deref();
            let found = found.map_or("the request has none".into(), |found| {
                format!("the request has {found}")
            });
            paragraph(
                &mut text,
                "     ",
                &format!("{}; {found}", passed.condition),
            );
        }
    }
    let _ = writeln!(text, "\n{BOLD}Answer{BOLD:#}");
    if let Some(reason) = &explanation.no_answer {
        paragraph(&mut text, "  ", reason);
    }
    if let Some(route) = &explanation.answer {
        whole_rule(&mut text, route, detail);
    }
    if let Some(pick) = &explanation.pick {
        text.push('\n');
        picked(&mut text, pick);
    }
    text
}

/// A whole table in order.
#[must_use]
pub fn table(table: &TableSummary, detail: Detail) -> String {
    let hosts = table.virtual_hosts.iter();
    let hosts: Vec<String> = hosts
        .map(|one| host(one, "", detail))
        .chain(table.listeners.iter().map(|one| host(one, "TCP ", detail)))
        .collect();
    if hosts.is_empty() {
        return "No routes.\n".into();
    }
    hosts.join("\n")
}

/// A difference between two tables.
#[must_use]
pub fn diff(diff: &DiffSummary, detail: Detail) -> String {
    let mut text = String::new();
    let requests = count(diff.requests as u64);
    let heading = match diff.changes.len() {
        0 => "No request changes its shares".to_owned(),
        1 => "1 kind of request changes its shares".to_owned(),
        many => format!("{many} kinds of requests change their shares"),
    };
    let _ = writeln!(text, "{BOLD}{heading}{BOLD:#}");
    let asked = format!(
        "{requests} requests were asked of both: a plain one for each host, one for each rule, and \
         one for each pair of rules."
    );
    paragraph(&mut text, "", &asked);
    if detail == Detail::Quiet {
        return text;
    }
    for change in &diff.changes {
        text.push('\n');
        changed(&mut text, change);
    }
    text
}

fn changed(text: &mut String, change: &Change) {
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", change.request);
    for header in &change.headers {
        paragraph(text, "  ", header);
    }
    for (word, rule) in [("old", &change.old_rule), ("new", &change.new_rule)] {
        let rule = rule.as_deref().unwrap_or("no rule");
        paragraph(text, "  ", &format!("{word}: {rule}"));
    }
    let mut table = Table::new(vec!["answer", "old", "new", "change"]);
    for share in &change.shares {
        let points = (share.new_share - share.old_share) * 100.0;
        table.row(vec![
            shorten(&share.answer, LONGEST_ANSWER),
            percent(share.old_share),
            percent(share.new_share),
            format!("{points:+.1} points"),
        ]);
    }
    write_table(text, "  ", table);
}

fn host(host: &HostSummary, kind: &str, detail: Detail) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{kind}{}{BOLD:#}", host.name);
    let facts = [
        (!host.domains.is_empty()).then(|| format!("for {}", host.domains.join(", "))),
        ports(&host.ports),
        (!host.gateways.is_empty()).then(|| format!("at {}", host.gateways.join(", "))),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    if !facts.is_empty() {
        paragraph(&mut text, "", &facts.join(" · "));
    }
    for route in &host.routes {
        whole_rule(&mut text, route, detail);
    }
    if host.routes.is_empty() {
        paragraph(&mut text, "  ", "no rule: 404, flag NR");
    }
    text
}

fn ports(ports: &[u16]) -> Option<String> {
    let numbers: Vec<String> = ports.iter().map(u16::to_string).collect();
    match numbers.len() {
        0 => None,
        1 => Some(format!("port {}", numbers[0])),
        _ => Some(format!("ports {}", numbers.join(", "))),
    }
}

fn rule(text: &mut String, place: usize, rule: &str, at: Option<&str>) {
    let at = at.map_or_else(String::new, |at| format!(" ({at})"));
    paragraph(text, &format!("{place:>3}  "), &format!("{rule}{at}"));
}

/// A rule with all that it does.
fn whole_rule(text: &mut String, route: &RouteSummary, detail: Detail) {
    rule(text, route.place, &route.rule, route.at.as_deref());
    let conditions = if route.conditions.is_empty() {
        "every request".to_owned()
    } else {
        route.conditions.join(" and ")
    };
    paragraph(text, "     if ", &conditions);
    if route.unreachable {
        let never = "never used: a rule before it answers all of its requests";
        paragraph(text, "     ", never);
    }
    for fault in &route.faults {
        paragraph(text, "     ", fault);
    }
    if let Some(answer) = &route.local_answer {
        paragraph(text, "     ", answer);
    }
    destinations(text, &route.destinations);
    for mirror in &route.mirrors {
        let copied = format!(
            "copies {} of what is forwarded to {}",
            short_percent(mirror.share),
            mirror.destination
        );
        let note = mirror.note.as_ref();
        let note = note.map_or_else(String::new, |note| format!(" ({note})"));
        paragraph(text, "     ", &format!("{copied}{note}"));
    }
    if let Some(seconds) = route.timeout_seconds {
        paragraph(
            text,
            "     ",
            &format!("answers within {seconds} s, or 504"),
        );
    }
    if detail == Detail::Verbose
        && let Some(attempts) = route.retry_attempts
    {
        let retries = match attempts {
            0 => "no retries".to_owned(),
            many => format!("{many} retries on {}", route.retry_on.join(", ")),
        };
        paragraph(text, "     ", &retries);
    }
}

fn destinations(text: &mut String, destinations: &[DestinationSummary]) {
    if destinations.is_empty() {
        return;
    }
    let mut table = Table::new(vec!["destination", "weight", "target"]);
    for destination in destinations {
        table.row(vec![
            shorten(&destination.destination, LONGEST_DESTINATION),
            weight(destination),
            percent(destination.target_share),
        ]);
    }
    write_table(text, "    ", table);
    for destination in destinations {
        if let Some(note) = &destination.note {
            paragraph(
                text,
                "     ",
                &format!("{}: {note}", destination.destination),
            );
        }
    }
}

/// The weight of an only destination counts for nothing.
fn weight(destination: &DestinationSummary) -> String {
    if destination.weight_counts {
        count(destination.weight.into())
    } else {
        "–".into()
    }
}

fn picked(text: &mut String, pick: &PickSummary) {
    let sentence = format!(
        "R = {} goes to {}: {} mod {} is {}.",
        pick.random_value, pick.destination, pick.random_value, pick.total, pick.remainder
    );
    paragraph(text, "  ", &sentence);
    for mirror in &pick.mirrored_to {
        paragraph(text, "  ", &format!("It is copied to {mirror}."));
    }
}

/// Writes a table, indented.
fn write_table(text: &mut String, indent: &str, table: Table) {
    for line in table.lines() {
        let _ = writeln!(text, "{indent}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::explain::{MirrorSummary, PassedOverSummary};

    fn answer() -> RouteSummary {
        let destination =
            |subset: &str, weight, target_share, note: Option<&str>| DestinationSummary {
                destination: format!("reviews {subset} :9080"),
                host: "reviews.default.svc.cluster.local".into(),
                subset: Some(subset.into()),
                port: Some(9080),
                cluster: format!("outbound|9080|{subset}|reviews.default.svc.cluster.local"),
                weight,
                weight_counts: true,
                target_share,
                note: note.map(str::to_owned),
            };
        RouteSummary {
            place: 2,
            rule: "VirtualService default/reviews http[1]".into(),
            at: Some("reviews.yaml:18".into()),
            conditions: Vec::new(),
            unreachable: false,
            destinations: vec![
                destination("v1", 80, 0.8, None),
                destination(
                    "v3",
                    20,
                    0.2,
                    Some("not defined: its share gets 503, flag NC"),
                ),
            ],
            local_answer: None,
            faults: vec!["delay of 7 s for 50% of requests".into()],
            mirrors: vec![MirrorSummary {
                destination: "reviews v2 :9080".into(),
                cluster: "outbound|9080|v2|reviews.default.svc.cluster.local".into(),
                share: 0.1,
                note: None,
            }],
            timeout_seconds: Some(2.5),
            retry_attempts: Some(2),
            retry_on: vec!["connect-failure".into(), "5xx".into()],
        }
    }

    #[test]
    fn an_explanation_says_who_was_passed_over_who_answers_and_what_a_number_picks() {
        let explained = Explanation {
            request: "GET http://reviews:9080/reviews/0".into(),
            headers: vec!["end-user: mary".into()],
            from: "a sidecar in default".into(),
            host: Some("reviews.default.svc.cluster.local".into()),
            passed_over: vec![PassedOverSummary {
                place: 1,
                rule: "VirtualService default/reviews http[0]".into(),
                at: Some("reviews.yaml:12".into()),
                condition: "header end-user = jason".into(),
                found: Some("mary".into()),
            }],
            answer: Some(answer()),
            no_answer: None,
            pick: Some(PickSummary {
                random_value: 115,
                total: 100,
                remainder: 15,
                index: 0,
                destination: "reviews v1 :9080".into(),
                mirrored_to: vec!["reviews v2 :9080".into()],
            }),
        };
        let shown =
            anstream::adapter::strip_str(&explanation(&explained, Detail::Verbose)).to_string();
        assert_eq!(
            shown,
            "\
GET http://reviews:9080/reviews/0
  end-user: mary
reviews.default.svc.cluster.local · a sidecar in default

Passed over
  1  VirtualService default/reviews http[0] (reviews.yaml:12)
     header end-user = jason; the request has mary

Answer
  2  VirtualService default/reviews http[1] (reviews.yaml:18)
     if every request
     delay of 7 s for 50% of requests
     destination       weight  target
     reviews v1 :9080      80   80.0%
     reviews v3 :9080      20   20.0%
     reviews v3 :9080: not defined: its share gets 503, flag NC
     copies 10% of what is forwarded to reviews v2 :9080
     answers within 2.5 s, or 504
     2 retries on connect-failure, 5xx

  R = 115 goes to reviews v1 :9080: 115 mod 100 is 15.
  It is copied to reviews v2 :9080.
"
        );
    }
}
