//! Names of hosts, as Istio's validation takes them.
//!
//! Source: istio/istio, `pkg/config/validation/agent/validation.go` (`ValidateWildcardDomain`),
//! `pkg/config/host/name.go` (`Matches`), `pkg/config/labels/instance.go`.

/// The longest label of a name.
const LONGEST_LABEL: usize = 63;
/// The longest name.
const LONGEST_NAME: usize = 255;

/// What is wrong with a name, whose first label may be or begin with `*`; `None` if nothing is.
pub(super) fn host_mistake(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return Some(format!(
            "domain name \"{name}\" too long (max {LONGEST_NAME})"
        ));
    }
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let without_star = first.strip_prefix('*').unwrap_or(first);
    let without_star = match first.starts_with('*') {
        true => without_star.strip_prefix('-').unwrap_or(without_star),
        false => without_star,
    };
    let wrong = |label: &str| format!("domain name \"{name}\" invalid (label \"{label}\" invalid)");
    if first != "*" && !is_label(without_star) {
        return Some(wrong(first));
    }
    let labels: Vec<&str> = match rest {
        Some(rest) => rest.split('.').collect(),
        None if first.starts_with('*') => return None,
        None => vec![first],
    };
    let last = labels.last().copied().unwrap_or_default();
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!(
            "domain name \"{name}\" invalid (top level domain \"{last}\" cannot be all-numeric)"
        ));
    }
    let place = |label: &str| labels.len() > 1 && label.is_empty();
    let inner = match place(last) {
        // A name may end with a dot.
        true => &labels[..labels.len() - 1],
        false => &labels[..],
    };
    let found = inner.iter().find(|label| !is_label(label));
    found.map(|label| wrong(label))
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
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
    fn names_are_checked_label_by_label() {
        for good in [
            "reviews",
            "a.b.com",
            "*",
            "*.com",
            "*-foo.baz",
            "*foo.baz",
            "a.b.",
        ] {
            assert_eq!(host_mistake(good), None, "{good}");
        }
        for (bad, label) in [
            ("foo.*", "*"),
            ("default/baz", "default/baz"),
            ("a..b", ""),
            ("my_host", "my_host"),
            ("-a.com", "-a"),
        ] {
            let mistake = host_mistake(bad).unwrap_or_default();
            assert!(
                mistake.contains(&format!("(label \"{label}\" invalid)")),
                "{bad}: {mistake}"
            );
        }
        let mistake = host_mistake("10.0.0.1").unwrap_or_default();
        assert!(mistake.contains("cannot be all-numeric"), "{mistake}");
        assert!(host_mistake(&"a".repeat(64)).is_some());
        assert!(host_mistake(&"a.".repeat(200)).is_some());
    }

    #[test]
    fn names_overlap_by_their_ends() {
        assert!(overlap("*.example.com", "shop.example.com"));
        assert!(overlap("*.com", "*.example.com"));
        assert!(!overlap("*.example.com", "example.com"));
        assert!(!overlap("reviews", "reviews.default.svc.cluster.local"));
    }
}
