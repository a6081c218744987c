//! Domains of virtual hosts, and which of them an authority belongs to.
//!
//! Source: envoyproxy/envoy, `source/common/router/config_impl.cc` (`findVirtualHost`): exact, then
//! the longest suffix wildcard, then the longest prefix wildcard, then `*`; a wildcard stands for
//! at least one character; case does not count.

use std::fmt;

/// A domain of a virtual host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Domain {
    /// The whole authority: `reviews`, `reviews:9080`.
    Exact(String),
    /// `*.example.com`: held without the star.
    Suffix(String),
    /// `example.*`: held without the star.
    Prefix(String),
    /// `*`.
    Any,
}

/// A text that is not a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a domain may have one `*`, at its beginning or at its end")]
pub struct DomainError;

impl Domain {
    /// Reads a domain.
    ///
    /// # Errors
    /// [`DomainError`]: it is empty, or has a star elsewhere than at one end.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let lower = text.to_ascii_lowercase();
        if lower == "*" {
            return Ok(Self::Any);
        }
        let domain = if let Some(suffix) = lower.strip_prefix('*') {
            Self::Suffix(suffix.to_owned())
        } else if let Some(prefix) = lower.strip_suffix('*') {
            Self::Prefix(prefix.to_owned())
        } else {
            Self::Exact(lower)
        };
        match &domain {
            Self::Exact(rest) | Self::Suffix(rest) | Self::Prefix(rest)
                if rest.is_empty() || rest.contains('*') =>
            {
                Err(DomainError)
            }
            _ => Ok(domain),
        }
    }

    /// How closely it fits an authority in lower case; the larger the closer. `None` if it does not.
    pub(super) fn closeness(&self, authority: &str) -> Option<Closeness> {
        match self {
            Self::Exact(exact) => (exact == authority).then_some(Closeness::Exact),
            Self::Suffix(suffix) => (authority.len() > suffix.len()
                && authority.ends_with(suffix.as_str()))
            .then_some(Closeness::Suffix(suffix.len())),
            Self::Prefix(prefix) => (authority.len() > prefix.len()
                && authority.starts_with(prefix.as_str()))
            .then_some(Closeness::Prefix(prefix.len())),
            Self::Any => Some(Closeness::Any),
        }
    }
}

/// How closely a domain fits, the closest greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    Any,
    Prefix(usize),
    Suffix(usize),
    Exact,
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => formatter.write_str(exact),
            Self::Suffix(suffix) => write!(formatter, "*{suffix}"),
            Self::Prefix(prefix) => write!(formatter, "{prefix}*"),
            Self::Any => formatter.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_envoys_test() {
        // TestDomainMatchOrderConfig in test/common/router/config_impl_test.cc
        let domains = [
            "www.example.com",
            "www.example.cc",
            "wwww.example.com",
            "*w.example.com",
            "www.example.c*",
            "ww.example.c*",
            "*",
        ]
        .map(|text| Domain::parse(text).unwrap());
        let closest = |authority| {
            let fits = |domain: &&Domain| domain.closeness(authority);
            domains.iter().max_by_key(fits).unwrap().to_string()
        };
        assert_eq!(closest("www.example.com"), "www.example.com");
        assert_eq!(closest("ww.example.com"), "*w.example.com");
        assert_eq!(closest("www.example.co"), "www.example.c*");
        assert_eq!(closest("w.example.com"), "*");
        // A wildcard stands for at least one character.
        assert_eq!(closest("www.example.c"), "*");
    }

    #[test]
    fn a_star_stands_at_one_end() {
        for text in ["", "**", "*a*", "a*b"] {
            assert_eq!(Domain::parse(text), Err(DomainError), "{text}");
        }
    }
}
