//! What Envoy logged of a request: the access log of the proxy, joined with those of the upstreams.

use std::collections::BTreeSet;

use crate::client::Reply;
use crate::proxy::Logs;

/// A request as the logs have it.
#[derive(Debug, Clone)]
pub struct Entry {
    status: u16,
    flags: String,
    cluster: String,
    route: String,
    /// The upstreams that it reached, mirrors included.
    reached: BTreeSet<String>,
}

/// What became of a request, as text that a prediction can be compared with.
pub type Outcome = String;

/// The entries by the number of the request, which is its id. Each has to be there once.
pub fn by_request(logs: &Logs, requests: usize) -> Vec<Entry> {
    let mut entries: Vec<Option<Entry>> = vec![None; requests];
    for line in logs.proxy.lines() {
        let fields = Fields::of(line);
        // Lines without an id are of TCP connections.
        let Ok(number) = fields.quoted[4].parse::<usize>() else {
            continue;
        };
        let entry = Entry {
            status: fields.plain[0].parse().unwrap(),
            flags: fields.plain[1].to_owned(),
            cluster: fields.cluster.to_owned(),
            route: fields.route.to_owned(),
            reached: BTreeSet::new(),
        };
        assert!(entries[number].replace(entry).is_none(), "{line}");
    }
    for line in logs.upstreams.lines() {
        let fields = Fields::of(line);
        let number: usize = fields.quoted[4].parse().unwrap();
        let entry = entries[number].as_mut().unwrap();
        assert!(entry.reached.insert(fields.route.to_owned()), "{line}");
    }
    entries.into_iter().map(Option::unwrap).collect()
}

/// The fields of a line in Istio's format.
struct Fields<'l> {
    /// After the request line: status, flags and what follows them.
    plain: Vec<&'l str>,
    /// Request line, failure, forwarded-for, user agent, request id, authority, upstream host.
    quoted: Vec<&'l str>,
    cluster: &'l str,
    route: &'l str,
}

impl<'l> Fields<'l> {
    fn of(line: &'l str) -> Self {
        let parts: Vec<&str> = line.split('"').collect();
        let tail: Vec<&str> = parts.last().unwrap().split_whitespace().collect();
        Self {
            plain: parts[2].split_whitespace().collect(),
            quoted: parts.iter().skip(1).step_by(2).copied().collect(),
            cluster: tail[0],
            route: tail[tail.len() - 1],
        }
    }
}

impl Entry {
    /// What became of the request. Fails if the client saw something else than the log says.
    pub fn check(&self, reply: &Reply) -> Outcome {
        assert_eq!(self.status, reply.status, "{self:?}");
        let answered = self.status == 200 && self.cluster != "-";
        let destination = if answered {
            let version = self.cluster.split('|').nth(2).unwrap();
            assert_eq!(version, reply.body, "{self:?}");
            assert!(self.reached.contains(&self.cluster), "{self:?}");
            version
        } else {
            "-"
        };
        let copies = self
            .reached
            .iter()
            .filter(|&one| !answered || *one != self.cluster);
        let copies: Vec<&str> = copies.map(|one| one.split('|').nth(2).unwrap()).collect();
        outcome(&self.route, self.status, &self.flags, destination, &copies)
    }
}

/// Names an outcome.
pub fn outcome(route: &str, status: u16, flags: &str, to: &str, copies: &[&str]) -> Outcome {
    let copies = if copies.is_empty() {
        String::new()
    } else {
        format!(", copied to {}", copies.join(" and "))
    };
    let flags = if flags == "-" {
        String::new()
    } else {
        format!(" {flags}")
    };
    format!("{route}: {status}{flags} {to}{copies}")
}
