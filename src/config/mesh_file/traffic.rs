//! What clients do: `request` with `viewers` and `calls`, or `connection` with `lasts` and `drain`.

use std::time::Duration;

use super::phases::between;
use super::{calls, items};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::{Entry, Node};
use crate::config::{Diagnostic, values};
use crate::mesh::{Between, Connections, Requests, Traffic, Viewer};
use crate::routing::{Connection, MESH, Request, Source};

/// How long Istio lets connections go on when their listener changes.
const DRAIN: Duration = Duration::from_secs(45);
/// A connection that is closed as soon as it was answered.
const SHORT: Duration = Duration::from_millis(10);

/// The keys of a viewer.
pub(in crate::config) const VIEWER_KEYS: [&str; 2] = ["name", "headers"];
/// The keys that say something of requests alone.
const OF_REQUESTS: [&str; 2] = ["viewers", "calls"];
/// The keys that say something of connections alone.
const OF_CONNECTIONS: [&str; 2] = ["lasts", "drain"];

/// Requests or connections, whichever the file has.
pub(super) fn read(fields: &Fields, report: &mut Report) -> Option<Traffic> {
    let (strangers, traffic) = match fields.get("connection") {
        Some(_) => (&OF_REQUESTS, "connections"),
        None => (&OF_CONNECTIONS, "requests"),
    };
    for key in strangers {
        if let Some(node) = fields.get(key) {
            let message = format!("`{key}` says nothing of {traffic}");
            let label = "not of this story";
            report.add(Diagnostic::error(node.span.clone(), message, label).help("leave it out"));
        }
    }
    match (fields.get("connection"), fields.get("request")) {
        (Some(connection), Some(_)) => {
            let message = "a story has either requests or connections";
            report.add(
                Diagnostic::error(
                    connection.span.clone(),
                    message,
                    "and there is `request` too",
                )
                .help("leave one of them out"),
            );
            None
        }
        (Some(node), None) => connections(node, fields, report).map(Traffic::Connections),
        (None, _) => requests(fields, report).map(Traffic::Requests),
    }
}

fn requests(fields: &Fields, report: &mut Report) -> Option<Requests> {
    let node = fields.required("request", "GET http://productpage:9080/productpage", report)?;
    let read = request(node, report);
    let viewers = viewers(fields, report);
    let calls = calls::read(fields, report);
    let source = client(fields, report);
    let mut request = read?;
    request.source = source?;
    Some(Requests {
        request,
        viewers: viewers?,
        calls: calls?,
    })
}

fn connections(node: &Node, fields: &Fields, report: &mut Report) -> Option<Connections> {
    let text = values::text(node, "a connection", report);
    let connection = text.as_deref().and_then(|text| {
        let connection = Connection::parse(text).and_then(Result::ok);
        if connection.is_none() {
            let message = format!("{} is not a connection", node.kind());
            let help = "write host and port, such as `tcp://tcp-echo:9000`";
            let label = "expected tcp:// or tls://, a host and a port";
            report.add(Diagnostic::error(node.span.clone(), message, label).help(help));
        }
        connection
    });
    let lasts = fields.get("lasts").map_or(
        Some(Between {
            least: SHORT,
            most: SHORT,
        }),
        |node| between(node, report),
    );
    let drain = fields.get("drain");
    let drain = drain.map_or(Some(DRAIN), |node| values::duration(node, report));
    let source = client(fields, report);
    Some(Connections {
        connection: Connection {
            source: source?,
            ..connection?
        },
        address: text?,
        lasts: lasts?,
        drain: drain?,
    })
}

/// `gateway`: the proxy that clients come through; without it, their own sidecars.
fn client(fields: &Fields, report: &mut Report) -> Option<Source> {
    let gateway = fields.get("gateway").map_or(Some(MESH.to_owned()), |node| {
        values::text(node, "a gateway, such as default/edge", report)
    });
    Some(Source {
        gateway: gateway?,
        ..Source::default()
    })
}

/// A request such as `GET http://reviews:9080/reviews/0`.
pub(super) fn request(node: &Node, report: &mut Report) -> Option<Request> {
    let text = values::text(node, "a request", report)?;
    let request = Request::parse(&text);
    if let Err(error) = &request {
        let message = format!("{} is not a request", node.kind());
        let help = "write it as `GET http://reviews:9080/reviews/0`";
        report.add(Diagnostic::error(node.span.clone(), message, error.to_string()).help(help));
    }
    request.ok()
}

fn viewers(fields: &Fields, report: &mut Report) -> Option<Vec<Viewer>> {
    let Some(node) = fields.get("viewers") else {
        return Some(vec![Viewer {
            name: "everyone".into(),
            headers: Vec::new(),
        }]);
    };
    let items = items(node, "a list of at least one viewer", report)?;
    let viewers: Vec<Option<Viewer>> = items.iter().map(|item| viewer(item, report)).collect();
    viewers.into_iter().collect()
}

fn viewer(node: &Node, report: &mut Report) -> Option<Viewer> {
    let fields = Fields::of(node, "a viewer", &VIEWER_KEYS, report)?;
    let name = fields.required("name", "jason", report)?;
    let name = values::text(name, "a name", report);
    let headers = fields.get("headers").map_or(Some(Vec::new()), |node| {
        let fields = Fields::any(node, "a mapping of headers", report)?;
        let entries = fields.entries().iter();
        let pair = |entry: &Entry| {
            let value = values::text(&entry.value, "the value of a header", report)?;
            Some((entry.key.clone(), value))
        };
        let pairs: Vec<Option<(String, String)>> = entries.map(pair).collect();
        pairs.into_iter().collect()
    });
    Some(Viewer {
        name: name?,
        headers: headers?,
    })
}
