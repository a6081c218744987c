//! One JSON object per line: Istio's access log as JSON, or any log with a key for the version.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Question;
use super::cluster;
use super::collector::Collector;
use super::lines::Lines;

/// Istio's key of the chosen cluster.
const CLUSTER: &str = "upstream_cluster";

/// Reads a log to its end, and says how the version was found.
pub(super) fn read(
    text: impl Read,
    question: &Question,
    collector: &mut Collector,
) -> io::Result<String> {
    let key = question.column.as_deref().unwrap_or(CLUSTER);
    collector
        .suggest("each line needs one JSON object; name the key of the version with --column KEY");
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next()? {
        // Collected logs may put a name before the object.
        let object = memchr::memchr(b'{', line.bytes).map(|at| &line.bytes[at..]);
        let value = match object {
            Some(object) => value_of(object, key),
            None if line.bytes.trim_ascii().is_empty() => continue,
            None => Err(if line.ended {
                "not a JSON object"
            } else {
                "cut off at the end of the input"
            }),
        };
        match value.and_then(|value| version(&value, key, collector)) {
            Ok(version) => collector.request(version),
            Err(_) if !line.ended => {
                collector.skip(line.number, line.bytes, "cut off at the end of the input");
            }
            Err(reason) => collector.skip(line.number, line.bytes, reason),
        }
    }
    Ok(match question.column.as_deref() {
        None => {
            "an Istio access log (JSON), the version from the subset in upstream_cluster".into()
        }
        Some(key) => format!("JSON lines, the version from the key `{key}`"),
    })
}

fn version(value: &str, key: &str, collector: &mut Collector) -> Result<usize, &'static str> {
    if key == CLUSTER {
        return cluster::version(value.as_bytes(), collector);
    }
    match value {
        "" | "-" => Err("no version"),
        name => Ok(collector.version(name.as_bytes())),
    }
}

/// The value of a key of an object, the other values unread.
fn value_of<'a>(object: &'a [u8], key: &'a str) -> Result<Cow<'a, str>, &'static str> {
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    match deserializer.deserialize_map(KeyVisitor { key }) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err("no such key"),
        Err(_) => Err("not a JSON object"),
    }
}

struct KeyVisitor<'k> {
    key: &'k str,
}

/// A key, lent where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A text, lent where it has no escapes, or a number as it is written.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Value<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Number(serde_json::Number),
    Other(IgnoredAny),
}

impl<'de> Visitor<'de> for KeyVisitor<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Key(key)) = map.next_key()? {
            if key == self.key {
                found = match map.next_value::<Value<'de>>()? {
                    Value::Text(text) => Some(text),
                    Value::Number(number) => Some(Cow::Owned(number.to_string())),
                    Value::Other(_) => None,
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_found_among_others_of_any_kind() {
        let object = br#"{"a":{"version":"no"},"b":[1,{}],"version":"v\u0032","n":7}"#;
        assert_eq!(value_of(object, "version").unwrap(), "v2");
        assert_eq!(value_of(object, "n").unwrap(), "7");
        assert_eq!(value_of(object, "a"), Err("no such key"));
        assert_eq!(value_of(object, "missing"), Err("no such key"));
        assert_eq!(value_of(&object[..20], "version"), Err("not a JSON object"));
    }
}
