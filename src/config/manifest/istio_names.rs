//! The names that Istio's validation accepts: hosts, subsets, gateways, namespaces.
//!
//! Source: istio/istio, `pkg/config/validation/agent/validation.go` (`ValidateWildcardDomain`) and
//! `pkg/config/labels` (`IsDNS1123Label`, `IsWildcardDNS1123Label`), `pkg/config/host/name.go`
//! (`Matches`); the messages are theirs.

/// The longest label, and the longest name.
const LONGEST: (usize, usize) = (63, 255);

/// Whether a name is a DNS label: letters, digits and dashes, no dash at either end.
pub(super) fn is_label(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=LONGEST.0).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Why a host cannot be, if so; its first label may begin with a wildcard.
pub(super) fn host_problem(host: &str) -> Option<String> {
    if host.len() > LONGEST.1 {
        return Some(format!(
            "domain name \"{host}\" too long (max {})",
            LONGEST.1
        ));
    }
    if host.is_empty() {
        return Some("empty domain name not allowed".to_owned());
    }
    let invalid = |name: &str, label: &str| {
        Some(format!(
            "domain name \"{name}\" invalid (label \"{label}\" invalid)"
        ))
    };
    let (first, rest) = match host.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (host, None),
    };
    let without_wildcard = match first.strip_prefix('*') {
        Some("") => None,
        Some(after) => Some(after.strip_prefix('-').unwrap_or(after)),
        None => Some(first),
    };
    if first.len() > LONGEST.0 || without_wildcard.is_some_and(|label| !is_label(label)) {
        return invalid(host, first);
    }
    let rest = rest?;
    let labels: Vec<&str> = rest.split('.').collect();
    let (last, others) = labels.split_last()?;
    if last.parse::<i64>().is_ok() {
        return Some(format!(
            "domain name \"{rest}\" invalid (top level domain \"{last}\" cannot be all-numeric)"
        ));
    }
    // The last label may be empty: `istio.io.`.
    let wrong = others.iter().chain((!last.is_empty()).then_some(last));
    let wrong = wrong.into_iter().find(|label| !is_label(label));
    wrong.and_then(|label| invalid(rest, label))
}

/// Why a host cannot be that of a destination, if so.
pub(super) fn destination_problem(host: &str) -> Option<String> {
    match host {
        "*" => Some("invalid destination host *".to_owned()),
        _ => host_problem(host),
    }
}

/// Whether two names, which may begin with `*`, have a name in common.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    match (one.strip_prefix('*'), other.strip_prefix('*')) {
        (None, None) => one == other,
        (Some(end), None) => other.ends_with(end),
        (None, Some(end)) => one.ends_with(end),
        (Some(one), Some(other)) => one.ends_with(other) || other.ends_with(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_overlap_by_their_ends() {
        assert!(overlap("*.example.com", "shop.example.com"));
        assert!(overlap("*.com", "*.example.com"));
        assert!(!overlap("*.example.com", "example.com"));
        assert!(!overlap("reviews", "reviews.default.svc.cluster.local"));
    }

    #[test]
    fn hosts_are_accepted_as_upstream_validates_them() {
        // TestValidateRouteDestination and TestValidateWildcardDomain
        for good in [
            "foo.baz",
            "*-foo.baz",
            "*foo.baz",
            "*.foo",
            "reviews",
            "a.b.",
            "bookinfo.com",
        ] {
            assert_eq!(destination_problem(good), None, "{good}");
        }
        for (bad, message) in [
            ("*", "invalid destination host *"),
            ("foo.*", "domain name \"*\" invalid (label \"*\" invalid)"),
            (
                "default/baz",
                "domain name \"default/baz\" invalid (label \"default/baz\" invalid)",
            ),
            ("", "empty domain name not allowed"),
            (
                "-a.b",
                "domain name \"-a.b\" invalid (label \"-a\" invalid)",
            ),
            (
                "a.1",
                "domain name \"1\" invalid (top level domain \"1\" cannot be all-numeric)",
            ),
            ("a..b", "domain name \".b\" invalid (label \"\" invalid)"),
        ] {
            assert_eq!(destination_problem(bad).as_deref(), Some(message), "{bad}");
        }
        let long = format!("{}.b", "a".repeat(64));
        assert!(host_problem(&long).is_some());
        assert!(host_problem(&"a.".repeat(200)).is_some_and(|text| text.contains("too long")));
    }
}
