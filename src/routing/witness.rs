//! Requests that meet given conditions: examples with which tables are compared.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::re2::translate;
use super::{
    Connection, Domain, HeaderMatch, Listener, MESH, QueryMatch, Re2, Request, RouteMatch, Source,
    SourceMatch, StringMatch, TcpMatch, UriMatch, UriPattern, VirtualHost,
};

/// Makes examples.
#[derive(Debug, Clone, Copy)]
pub struct Witness;

impl Witness {
    /// A request to a virtual host, under one of its domains, that meets the conditions as far as
    /// one can be found; `None` if none was.
    #[must_use]
    pub fn request(host: &VirtualHost, domain: &Domain, condition: &RouteMatch) -> Option<Request> {
        let port = condition.port.or(host.ports.first().copied()).unwrap_or(80);
        let authority = match &condition.authority {
            Some(pattern) => text(pattern)?,
            None if port == 80 => authority(domain),
            None => format!("{}:{port}", authority(domain)),
        };
        let path = condition.uri.as_ref().map_or(Some("/".into()), path)?;
        let mut query = Vec::new();
        for parameter in &condition.query {
            query.push(format!("{}={}", parameter.name, text(&parameter.value)?));
        }
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let mut request = Request::parse(&format!("http://{authority}{path}{query}")).ok()?;
        request.port = port;
        if let Some(method) = &condition.method {
            request.method = text(method)?;
        }
        if let Some(scheme) = &condition.scheme {
            request.scheme = text(scheme)?;
        }
        for header in &condition.headers {
            request.add_header(header.name(), &text(&header.value)?);
        }
        request.source = source(&condition.source, &host.gateways);
        condition.holds(&request).then_some(request)
    }

    /// A connection to a listener that meets the conditions as far as one can be found.
    #[must_use]
    pub fn connection(listener: &Listener, condition: &TcpMatch) -> Connection {
        let subnet = condition.destination_subnets.first();
        Connection {
            host: listener.domains.first().map(authority),
            port: listener.port,
            address: subnet.map(|subnet| subnet.address()),
            server_name: condition.server_names.first().map(authority),
            source: source(&condition.source, &listener.gateways),
        }
    }
}

impl RouteMatch {
    /// The conditions of both; where the two speak of the same thing, this one's count.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.uri = both.uri.or_else(|| other.uri.clone());
        both.method = both.method.or_else(|| other.method.clone());
        both.authority = both.authority.or_else(|| other.authority.clone());
        both.scheme = both.scheme.or_else(|| other.scheme.clone());
        both.port = both.port.or(other.port);
        let has_header = |header: &&HeaderMatch| {
            let mut own = self.headers.iter().chain(&self.without_headers);
            own.any(|one| one.name() == header.name())
        };
        let new = other.headers.iter().filter(|header| !has_header(header));
        both.headers.extend(new.cloned());
        let has_query = |query: &&QueryMatch| self.query.iter().any(|one| one.name == query.name);
        let new = other.query.iter().filter(|query| !has_query(query));
        both.query.extend(new.cloned());
        if both.source.is_empty() {
            both.source = other.source.clone();
        }
        both
    }
}

fn source(condition: &SourceMatch, gateways: &[String]) -> Source {
    let gateway = condition.gateways.first().or(gateways.first());
    let own = Source::default();
    Source {
        gateway: gateway.cloned().unwrap_or_else(|| MESH.into()),
        namespace: condition.namespace.clone().unwrap_or(own.namespace),
        labels: condition.labels.clone(),
    }
}

fn authority(domain: &Domain) -> String {
    match domain {
        Domain::Exact(exact) => exact.clone(),
        Domain::Suffix(suffix) => format!("any{suffix}"),
        Domain::Prefix(prefix) => format!("{prefix}any"),
        Domain::Any => "any.example".into(),
    }
}

fn path(uri: &UriMatch) -> Option<String> {
    match &uri.pattern {
        UriPattern::Exact(path) | UriPattern::Prefix(path) => Some(path.clone()),
        UriPattern::PathPrefix(path) => Some(format!("/{}", path.trim_matches('/'))),
        UriPattern::Regex(regex) => example(regex),
    }
}

fn text(pattern: &StringMatch) -> Option<String> {
    match pattern {
        StringMatch::Exact(text) | StringMatch::Prefix(text) => Some(text.clone()),
        StringMatch::Regex(regex) => example(regex),
        StringMatch::Present => Some("any".into()),
    }
}

/// A short text that fits the expression; `None` if none was found.
fn example(regex: &Re2) -> Option<String> {
    let syntax = regex_syntax::parse(&translate(regex.pattern())).ok()?;
    let mut text = Vec::new();
    write_example(&syntax, &mut text);
    let text = String::from_utf8(text).ok()?;
    regex.matches(&text).then_some(text)
}

fn write_example(syntax: &Hir, out: &mut Vec<u8>) {
    match syntax.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => out.extend(character(class).to_string().bytes()),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write_example(&repetition.sub, out);
            }
        }
        HirKind::Capture(capture) => write_example(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write_example(part, out)),
        HirKind::Alternation(parts) => {
            if let Some(first) = parts.first() {
                write_example(first, out);
            }
        }
    }
}

/// A character of the class: a letter or a digit if it has one.
fn character(class: &Class) -> char {
    let holds = |c: char| match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| range.start() <= c && c <= range.end()),
        Class::Bytes(class) => class.ranges().iter().any(|range| {
            u32::from(range.start()) <= c.into() && u32::from(c) <= range.end().into()
        }),
    };
    let visible = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain('!'..='~');
    visible.into_iter().find(|&c| holds(c)).unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_fits_its_expression() {
        let example = |pattern| example(&Re2::new(pattern).unwrap());
        assert_eq!(example("v[12]").as_deref(), Some("v1"));
        assert_eq!(example("/api/v\\d+/.*").as_deref(), Some("/api/v0/"));
        let cookie = "^(.*?;)?(user=jason)(;.*)?$";
        assert_eq!(example(cookie).as_deref(), Some("user=jason"));
        // The shortest text for this one would need a word before it.
        assert_eq!(example(r"\b"), None);
    }

    #[test]
    fn a_request_meets_all_conditions() {
        let host = VirtualHost {
            name: "reviews".into(),
            domains: vec![Domain::parse("*.example.com").unwrap()],
            gateways: vec!["default/edge".into()],
            ports: vec![9080],
            routes: Vec::new(),
        };
        let condition = RouteMatch {
            uri: Some(UriMatch {
                pattern: UriPattern::PathPrefix("/api/".into()),
                ignore_case: false,
            }),
            method: Some(StringMatch::Exact("POST".into())),
            headers: vec![HeaderMatch::new(
                "end-user",
                StringMatch::Exact("jason".into()),
            )],
            query: vec![QueryMatch {
                name: "q".into(),
                value: StringMatch::Present,
            }],
            ..RouteMatch::default()
        };
        let request = Witness::request(&host, &host.domains[0], &condition).unwrap();
        assert!(condition.holds(&request) && host.serves(&request));
        assert_eq!(
            (&*request.authority, request.port),
            ("any.example.com:9080", 9080)
        );
        assert_eq!((&*request.path, &*request.method), ("/api?q=any", "POST"));
    }
}
