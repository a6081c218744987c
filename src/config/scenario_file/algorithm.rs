//! `algorithm`: a name, or a name with settings.

use std::num::{NonZeroU32, NonZeroU64};
use std::ops::Range;

use super::versions::{self, NamedVersion};
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report, suggestion};
use crate::config::values;
use crate::config::yaml::{Node, Value, shorten};
use crate::scenario::{Algorithm, Destination, UserGroups};
use crate::units::to_f64;

/// The names of the algorithms.
pub(in crate::config) const NAMES: [&str; 8] = [
    "envoy",
    "envoy-legacy",
    "smooth-wrr",
    "edf",
    "static-stride",
    "replicas",
    "sticky",
    "sticky-cookie",
];

/// The settings of `envoy-legacy`.
pub(in crate::config) const LEGACY_KEYS: [&str; 1] = ["stride"];
/// The settings of `sticky`.
pub(in crate::config) const STICKY_KEYS: [&str; 3] = ["users", "requests-per-user", "sticky-share"];
/// The settings of `sticky-cookie`.
pub(in crate::config) const COOKIE_KEYS: [&str; 4] =
    ["users", "requests-per-user", "sticky-share", "version"];

/// An algorithm whose version is still a name.
#[derive(Clone)]
pub(super) enum AlgorithmDraft {
    Ready(Algorithm),
    Cookie(UserGroups, Option<(String, Range<usize>)>),
}

impl Default for AlgorithmDraft {
    fn default() -> Self {
        Self::Ready(Algorithm::Envoy)
    }
}

impl AlgorithmDraft {
    pub(super) fn is_replicas(&self) -> bool {
        matches!(self, Self::Ready(Algorithm::Replicas))
    }
}

/// Reads `envoy`, or `{envoy-legacy: {stride: 3}}`.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<AlgorithmDraft> {
    match &node.value {
        Value::Plain(name) | Value::Quoted(name) => with_settings(name, &node.span, None, report),
        Value::Mapping(entries) => match entries.as_slice() {
            [entry] => {
                let settings = (entry.value.value != Value::Null).then_some(&entry.value);
                with_settings(&entry.key, &entry.key_span, settings, report)
            }
            _ => {
                report.expected(
                    node,
                    "one algorithm, such as `envoy` or `{envoy-legacy: {stride: 3}}`",
                );
                None
            }
        },
        _ => {
            report.expected(node, "an algorithm, such as `envoy`");
            None
        }
    }
}

fn with_settings(
    name: &str,
    span: &Range<usize>,
    settings: Option<&Node>,
    report: &mut Report,
) -> Option<AlgorithmDraft> {
    let known: &[&str] = match name {
        "envoy-legacy" => &LEGACY_KEYS,
        "sticky" => &STICKY_KEYS,
        "sticky-cookie" => &COOKIE_KEYS,
        _ if NAMES.contains(&name) => &[],
        _ => {
            let message = format!("there is no algorithm `{}`", shorten(name));
            let diagnostic = Diagnostic::error(span.clone(), message, "unknown algorithm");
            report.add(diagnostic.help(suggestion(name, &NAMES)));
            return None;
        }
    };
    if let (Some(settings), []) = (settings, known) {
        let message = format!("`{name}` has no settings");
        report.add(
            Diagnostic::error(settings.span.clone(), message, "nothing can be set")
                .help(format!("write `algorithm: {name}`")),
        );
        return None;
    }
    let fields = match settings {
        Some(settings) => Some(Fields::of(settings, &format!("`{name}`"), known, report)?),
        None => None,
    };
    let fields = fields.as_ref();
    Some(AlgorithmDraft::Ready(match name {
        "envoy-legacy" => {
            let stride = number(fields, "stride", 1, u32::MAX.into(), report);
            Algorithm::EnvoyLegacy {
                stride: NonZeroU64::new(stride)?,
            }
        }
        "smooth-wrr" => Algorithm::SmoothWrr,
        "edf" => Algorithm::Edf,
        "static-stride" => Algorithm::StaticStride,
        "replicas" => Algorithm::Replicas,
        "sticky" => Algorithm::Sticky(users(fields, report)?),
        "sticky-cookie" => {
            let named = fields
                .and_then(|fields| fields.get("version"))
                .and_then(|node| {
                    let name = values::text(node, "the name of a version", report)?;
                    Some((name, node.span.clone()))
                });
            return Some(AlgorithmDraft::Cookie(users(fields, report)?, named));
        }
        _ => Algorithm::Envoy,
    }))
}

/// A setting, or its default, which is also what stands in for one that is wrong.
fn number(fields: Option<&Fields>, key: &str, default: u64, most: u64, report: &mut Report) -> u64 {
    let node = fields.and_then(|fields| fields.get(key));
    node.and_then(|node| values::whole(node, 1, most, report))
        .unwrap_or(default)
}

fn users(fields: Option<&Fields>, report: &mut Report) -> Option<UserGroups> {
    let at_once = number(fields, "users", 5, 65_535, report);
    let requests_each = number(fields, "requests-per-user", 10, 1_000_000_000, report);
    let share = fields
        .and_then(|fields| fields.get("sticky-share"))
        .and_then(|node| values::percent(node, report))
        .map_or(1.0, to_f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is from 0 to 1"
    )]
    let sticky_per_mille = (share * 1000.0).round() as u16;
    Some(UserGroups {
        at_once: NonZeroU32::new(u32::try_from(at_once).ok()?)?,
        requests_each: NonZeroU64::new(requests_each)?,
        sticky_per_mille,
    })
}

/// The algorithm, once versions are known. The cookie is set by the last version unless another
/// one is named.
pub(super) fn resolve(
    draft: &AlgorithmDraft,
    destinations: &[Destination],
    known: &[NamedVersion],
    report: &mut Report,
) -> Option<Algorithm> {
    match draft {
        AlgorithmDraft::Ready(algorithm) => Some(*algorithm),
        AlgorithmDraft::Cookie(users, named) => {
            let version = match named {
                Some((name, span)) => versions::lookup(known, name, span, report)?,
                None => destinations.last()?.version,
            };
            Some(Algorithm::StickyCookie {
                users: *users,
                version,
            })
        }
    }
}
