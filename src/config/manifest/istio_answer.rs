//! Istio's redirects and direct responses: what the proxy answers itself.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use super::istio_target::first_line;
use super::object::{Keys, number, object, refuse, text};
use crate::config::reader::Report;
use crate::config::yaml::Node;
use crate::routing::{DirectResponse, Redirect, RedirectPath};

/// `{uri, authority, port, scheme, redirectCode}`.
pub(super) fn read_redirect(node: &Node, report: &mut Report) -> Option<Redirect> {
    const REDIRECT: Keys = Keys {
        read: &["uri", "authority", "port", "scheme", "redirectCode"],
        not_simulated: &[("derivePort", "the port of the new address is left as it is")],
    };
    let fields = object(node, "a redirect", &REDIRECT, report)?;
    let says = ["uri", "authority", "port", "derivePort", "scheme"];
    if says.iter().all(|key| fields.get(key).is_none()) {
        let message = "redirect must specify URI, authority, scheme, or port";
        refuse(report, first_line(node, &fields), message);
        return None;
    }
    let code = number(&fields, "redirectCode", 0, i64::from(u16::MAX), report).unwrap_or(0);
    if code != 0 && !(300..400).contains(&code) {
        let message = format!("{code} is not a valid redirect code, must be 3xx");
        refuse(report, first_line(node, &fields), message);
    }
    let scheme = text(&fields, "scheme", report).filter(|scheme| !scheme.is_empty());
    if scheme
        .as_deref()
        .is_some_and(|scheme| !matches!(scheme, "http" | "https"))
    {
        let message = "invalid redirect scheme, must be \"http\" or \"https\"";
        refuse(report, first_line(node, &fields), message);
    }
    Some(Redirect {
        status: if code == 0 { 301 } else { code },
        scheme,
        authority: text(&fields, "authority", report),
        port: number(&fields, "port", 1, 65535, report),
        path: text(&fields, "uri", report).map(RedirectPath::Full),
    })
}

/// `{status, body}`.
pub(super) fn direct_response(node: &Node, report: &mut Report) -> Option<DirectResponse> {
    const RESPONSE: Keys = Keys {
        read: &["status", "body"],
        not_simulated: &[],
    };
    const BODY: Keys = Keys {
        read: &["string"],
        not_simulated: &[("bytes", "the body is left empty")],
    };
    let fields = object(node, "a direct response", &RESPONSE, report)?;
    let status = number(&fields, "status", 0, i64::from(u16::MAX), report);
    let Some(status) = status.filter(|status| (200..=599).contains(status)) else {
        let status = status.unwrap_or(0);
        let message = format!("HTTP status {status} is not in range 200-599");
        refuse(report, fields.start(), message);
        return None;
    };
    let body = match fields.get("body") {
        Some(body) => {
            let body = object(body, "a body", &BODY, report)?;
            text(&body, "string", report).unwrap_or_default()
        }
        None => String::new(),
    };
    Some(DirectResponse { status, body })
}
