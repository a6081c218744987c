//! Filters of Gateway API's rules: mirrors, redirects, direct responses; the others are named.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/httproute_types.go`.

use super::gateway_api::backend;
use super::object::{Keys, doubt, number, object, refuse, text};
use super::resources::{Action, HttpRule, Meta, Target};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{DirectResponse, FractionalPercent, Redirect, RedirectPath};

/// One filter, added to its rule.
pub(super) fn filter(node: &Node, meta: &Meta, rule: &mut HttpRule, report: &mut Report) {
    const FILTER: Keys = Keys {
        read: &[
            "type",
            "requestMirror",
            "requestRedirect",
            "requestHeaderModifier",
            "responseHeaderModifier",
            "urlRewrite",
            "extensionRef",
            "cors",
            "directResponse",
            "externalAuth",
        ],
        not_simulated: &[],
    };
    let Some(fields) = object(node, "a filter", &FILTER, report) else {
        return;
    };
    match text(&fields, "type", report).unwrap_or_default().as_str() {
        "RequestMirror" => {
            let mirror = fields.get("requestMirror");
            rule.mirrors
                .extend(mirror.and_then(|node| mirrored(node, meta, report)));
        }
        "RequestRedirect" => {
            if let Some(node) = fields.get("requestRedirect") {
                rule.action = redirect(node, report).map_or(rule.action.clone(), Action::Redirect);
            }
        }
        "DirectResponse" => {
            if let Some(node) = fields.get("directResponse") {
                let response = direct_response(node, report);
                rule.action = response.map_or(rule.action.clone(), Action::DirectResponse);
            }
        }
        "" => refuse(report, node.span.clone(), "a filter needs a type"),
        other => {
            let message = format!("the filter {other} is not simulated");
            let effect = match other {
                "ExternalAuth" => "requests may be refused; here they all pass",
                "CORS" => "browsers may be refused; the route is the same",
                _ => "what the backend or the client sees is changed; the route is the same",
            };
            doubt(report, node.span.clone(), message, effect);
        }
    }
}

fn mirrored(node: &Node, meta: &Meta, report: &mut Report) -> Option<(Target, FractionalPercent)> {
    const MIRROR: Keys = Keys {
        read: &["backendRef", "percent", "fraction"],
        not_simulated: &[],
    };
    const FRACTION: Keys = Keys {
        read: &["numerator", "denominator"],
        not_simulated: &[],
    };
    let fields = object(node, "a mirror", &MIRROR, report)?;
    let target = backend(
        fields.required("backendRef", "{name: reviews-v2}", report)?,
        meta,
        report,
    )?;
    let share = if fields.get("percent").is_some() {
        FractionalPercent::percent(number(&fields, "percent", 0, 100, report)?)
    } else if let Some(node) = fields.get("fraction") {
        let fraction = object(node, "a fraction", &FRACTION, report)?;
        let most = i64::from(i32::MAX);
        let numerator: u32 = number(&fraction, "numerator", 0, most, report)?;
        let denominator = number::<u32>(&fraction, "denominator", 1, most, report).unwrap_or(100);
        // Istio: a percentage as a double, in millionths.
        FractionalPercent::istio(100.0 * f64::from(numerator) / f64::from(denominator))
    } else {
        FractionalPercent::ALWAYS
    };
    Some((target, share))
}

/// `{statusCode, body: {string}}`, an experimental filter.
fn direct_response(node: &Node, report: &mut Report) -> Option<DirectResponse> {
    const RESPONSE: Keys = Keys {
        read: &["statusCode", "body"],
        not_simulated: &[],
    };
    let fields = object(node, "a direct response", &RESPONSE, report)?;
    fields.required("statusCode", "503", report)?;
    let status = number(&fields, "statusCode", 200, 599, report)?;
    let body = fields.get("body").and_then(|node| {
        let body = Fields::any(node, "a body", report)?;
        text(&body, "string", report)
    });
    Some(DirectResponse {
        status,
        body: body.unwrap_or_default(),
    })
}

fn redirect(node: &Node, report: &mut Report) -> Option<Redirect> {
    const REDIRECT: Keys = Keys {
        read: &["scheme", "hostname", "path", "port", "statusCode"],
        not_simulated: &[],
    };
    let fields = object(node, "a redirect", &REDIRECT, report)?;
    let path = fields.get("path").and_then(|node| {
        let path = Fields::any(node, "a path", report)?;
        let full = text(&path, "replaceFullPath", report).map(RedirectPath::Full);
        let prefix = text(&path, "replacePrefixMatch", report).map(RedirectPath::ReplacePrefix);
        full.or(prefix)
    });
    Some(Redirect {
        status: number(&fields, "statusCode", 301, 308, report).unwrap_or(302),
        scheme: text(&fields, "scheme", report),
        authority: text(&fields, "hostname", report),
        port: number(&fields, "port", 1, 65535, report),
        path,
    })
}
