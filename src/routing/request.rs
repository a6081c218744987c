//! What is routed: an HTTP request, or a TCP connection.

use std::net::IpAddr;

use super::Source;

/// An HTTP request as it reaches the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Host and, as far as the client sends it, port.
    pub authority: String,
    /// The path with its query, beginning with a slash.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    headers: Vec<(String, String)>,
    /// The port that the client connects to.
    pub port: u16,
    /// The proxy that routes it.
    pub source: Source,
}

/// Why a text is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// More or less than a method and an address.
    #[error("expected a method and an address, such as `GET http://reviews:9080/reviews/0`")]
    Form,
    /// Something other than http and https.
    #[error("`{0}` is not a scheme that is routed; http and https are")]
    Scheme(String),
    /// No host.
    #[error("the address has no host; write it in full, such as `http://reviews:9080/reviews/0`")]
    Host,
    /// No port number.
    #[error("`{0}` is not a port; ports are 1 to 65535")]
    Port(String),
}

impl Request {
    /// Reads `GET http://reviews:9080/reviews/0`; the method may be left out, and is GET then.
    ///
    /// # Errors
    /// [`RequestError`]: what is wrong with it, and the form that is expected.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (method, address) = match *words {
            [address] if address.contains('/') => ("GET", address),
            [method, address] => (method, address),
            _ => return Err(RequestError::Form),
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match &*scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(RequestError::Scheme(scheme)),
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if host_of(authority).is_empty() {
            return Err(RequestError::Host);
        }
        Ok(Self {
            method: method.to_owned(),
            scheme,
            port: port_of(authority)?.unwrap_or(default_port),
            authority: authority.to_owned(),
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
            headers: Vec::new(),
            source: Source::default(),
        })
    }

    /// Adds a header; `host` replaces the authority. Repeated names are kept.
    pub fn add_header(&mut self, name: &str, value: &str) {
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_owned();
        if name == "host" || name == ":authority" {
            self.authority = value;
        } else {
            self.headers.push((name, value));
        }
    }

    /// The request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.add_header(name, value);
        self
    }

    /// The headers, names in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The values of a header, its name in lower case. A condition holds if it does for any of them:
    /// Envoy compares them one by one.
    pub fn header_values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let named = self.headers.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The path without query and fragment.
    #[must_use]
    pub fn bare_path(&self) -> &str {
        let end = self.path.find(['?', '#']).unwrap_or(self.path.len());
        &self.path[..end]
    }

    /// The first value of a query parameter, as it was sent.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let query = query.split('#').next().unwrap_or(query);
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }

    /// The authority without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        host_of(&self.authority)
    }
}

/// The part before the port; an IPv6 address keeps its brackets.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

fn port_of(authority: &str) -> Result<Option<u16>, RequestError> {
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.contains(']') => match port.parse() {
            Ok(0) | Err(_) => Err(RequestError::Port(port.to_owned())),
            Ok(port) => Ok(Some(port)),
        },
        _ => Ok(None),
    }
}

/// A TCP connection as it reaches the proxy.
///
/// `tcp://tcp-echo:9000` connects to an address, `tls://shop.example.com:443` also shakes hands
/// for the name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// The name of the service whose address the client connects to, if it has one.
    pub host: Option<String>,
    /// The port that the client connects to.
    pub port: u16,
    /// The address that it connects to.
    pub address: Option<IpAddr>,
    /// The server name of a TLS handshake.
    pub server_name: Option<String>,
    /// The proxy that routes it.
    pub source: Source,
}

impl Connection {
    /// Reads `tcp://tcp-echo:9000` or `tls://shop.example.com:443`; `None` for any other scheme.
    ///
    /// # Errors
    /// [`RequestError::Port`]: there is no port from 1 to 65535.
    pub fn parse(text: &str) -> Option<Result<Self, RequestError>> {
        let is_tls = text.starts_with("tls://");
        let address = text
            .strip_prefix("tcp://")
            .or(text.strip_prefix("tls://"))?
            .trim_end_matches('/');
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let Some(port) = port.parse().ok().filter(|&port| port > 0) else {
            return Some(Err(RequestError::Port(port.to_owned())));
        };
        let host = host.trim_matches(['[', ']']);
        let ip = host.parse().ok();
        let name = (ip.is_none() && !host.is_empty()).then(|| host.to_owned());
        Some(Ok(Self {
            server_name: name.clone().filter(|_| is_tls),
            host: name,
            port,
            address: ip,
            source: Source::default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_connections() {
        let read = |text| Connection::parse(text).unwrap();
        let tcp = read("tcp://tcp-echo:9000/").unwrap();
        assert_eq!((tcp.host.as_deref(), tcp.port), (Some("tcp-echo"), 9000));
        assert_eq!((tcp.server_name, tcp.address), (None, None));
        let tls = read("tls://shop.example.com:443").unwrap();
        assert_eq!(tls.server_name.as_deref(), Some("shop.example.com"));
        let address = read("tcp://[::1]:9000").unwrap();
        assert_eq!((address.host, address.address.is_some()), (None, true));
        assert_eq!(Connection::parse("http://a:1/"), None);
        for wrong in ["tcp://a", "tcp://a:0", "tcp://a:x"] {
            assert!(matches!(read(wrong), Err(RequestError::Port(_))), "{wrong}");
        }
    }

    #[test]
    fn reads_method_authority_port_and_path() {
        let request = Request::parse("GET http://reviews:9080/reviews/0?a=1&b&a=2#top").unwrap();
        assert_eq!(
            (&*request.authority, request.host()),
            ("reviews:9080", "reviews")
        );
        assert_eq!(
            (request.port, &*request.path),
            (9080, "/reviews/0?a=1&b&a=2")
        );
        assert_eq!(request.bare_path(), "/reviews/0");
        assert_eq!(request.query("a"), Some("1"));
        assert_eq!(request.query("b"), Some(""));
        assert_eq!(request.query("c"), None);
        let short = Request::parse("https://[::1]?q").unwrap();
        assert_eq!(
            (&*short.method, short.port, short.host()),
            ("GET", 443, "[::1]")
        );
        assert_eq!(short.path, "/?q");
    }

    #[test]
    fn headers_keep_all_values_and_the_host_header_is_the_authority() {
        let request = Request::parse("GET reviews/")
            .unwrap()
            .with_header("End-User", " jason ")
            .with_header("x", "1")
            .with_header("X", "2")
            .with_header("Host", "example.com:8080");
        let values = |name| request.header_values(name).collect::<Vec<_>>();
        assert_eq!(values("end-user"), ["jason"]);
        assert_eq!(values("x"), ["1", "2"]);
        assert!(values("y").is_empty());
        assert_eq!(request.host(), "example.com");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text| Request::parse(text).unwrap_err();
        assert_eq!(error(""), RequestError::Form);
        assert_eq!(error("GET a b"), RequestError::Form);
        assert_eq!(error("reviews"), RequestError::Form);
        assert_eq!(error("GET ftp://a/"), RequestError::Scheme("ftp".into()));
        assert_eq!(error("GET http:///x"), RequestError::Host);
        assert_eq!(error("GET http://a:0/"), RequestError::Port("0".into()));
        assert_eq!(error("GET http://a:x/"), RequestError::Port("x".into()));
    }
}
