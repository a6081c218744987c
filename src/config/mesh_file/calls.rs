//! Which services call which: `calls` of a story.

use super::traffic::request;
use super::{items, texts};
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::Node;
use crate::mesh::Call;

/// The keys of a call.
pub(in crate::config) const KEYS: [&str; 6] =
    ["from", "versions", "to", "timeout", "retries", "required"];

/// All calls; none if the key is left out.
pub(super) fn read(fields: &Fields, report: &mut Report) -> Option<Vec<Call>> {
    let Some(node) = fields.get("calls") else {
        return Some(Vec::new());
    };
    let items = items(node, "a list of at least one call", report)?;
    let calls: Vec<Option<Call>> = items.iter().map(|item| call(item, report)).collect();
    calls.into_iter().collect()
}

fn call(node: &Node, report: &mut Report) -> Option<Call> {
    let fields = Fields::of(node, "a call", &KEYS, report)?;
    let from = fields.required("from", "productpage", report)?;
    let from = values::text(from, "the name of a service", report);
    let to = fields.required("to", "GET http://reviews:9080/reviews/0", report)?;
    let to = request(to, report);
    let versions = fields.get("versions").map_or(Some(Vec::new()), |node| {
        texts(node, "a list of at least one version", report)
    });
    let timeout = fields.get("timeout");
    let timeout = timeout.map(|node| values::duration(node, report));
    let retries = super::number(&fields, "retries", 0, (0, 100), report);
    let required = fields.get("required");
    let required = required.map_or(Some(false), |node| values::boolean(node, report));
    Some(Call {
        from: from?,
        versions: versions?,
        request: to?,
        timeout: match timeout {
            Some(timeout) => Some(timeout?),
            None => None,
        },
        retries: u32::try_from(retries?).ok()?,
        required: required?,
    })
}
