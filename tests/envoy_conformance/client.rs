//! A client that sends requests one after the other, and one that opens connections so.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use shiftsim::routing::Request;

/// What the client sees of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

const PATIENCE: Duration = Duration::from_secs(60);

fn dial(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends the kinds in turn over one connection; a request's number is its request id.
pub fn send(port: u16, kinds: &[Request], requests: usize) -> Vec<Reply> {
    let texts: Vec<String> = kinds.iter().map(as_text).collect();
    let mut connection = BufReader::new(dial(port).unwrap());
    (0..requests)
        .map(|number| {
            let request = &texts[number % texts.len()];
            let request = format!("{request}x-request-id: {number}\r\n\r\n");
            connection.get_mut().write_all(request.as_bytes()).unwrap();
            let (reply, closes) = read_reply(&mut connection);
            if closes {
                connection = BufReader::new(dial(port).unwrap());
            }
            reply
        })
        .collect()
}

fn as_text(request: &Request) -> String {
    let Request {
        method,
        path,
        authority,
        ..
    } = request;
    let headers = request.headers().iter();
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{method} {path} HTTP/1.1\r\nhost: {authority}\r\n{headers}")
}

fn read_reply(connection: &mut BufReader<TcpStream>) -> (Reply, bool) {
    let (mut status, mut length, mut closes) = (0, 0, false);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            assert!(status > 0, "the connection was closed");
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        } else if line == "connection: close" {
            closes = true;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap().trim_end().to_owned();
    (Reply { status, body }, closes)
}

/// Opens connections one after the other, and reads each to its end: what it was greeted with.
pub fn connect(port: u16, connections: usize) -> Vec<String> {
    (0..connections)
        .map(|_| {
            let mut greeting = String::new();
            let read = dial(port).and_then(|mut stream| stream.read_to_string(&mut greeting));
            // Envoy may reset a connection that it has no cluster for.
            match (read, greeting.trim_end()) {
                (_, "") => "closed".to_owned(),
                (Ok(_), greeting) => greeting.to_owned(),
                (Err(error), greeting) => panic!("{error} after {greeting}"),
            }
        })
        .collect()
}

/// The status of an administration page; `None` if nobody answers.
pub fn ask_admin(port: u16, method: &str, path: &str) -> Option<u16> {
    let mut stream = dial(port).ok()?;
    let request = format!("{method} {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.get(9..12)?.parse().ok()
}
