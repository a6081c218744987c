//! A JSON value as YAML for people: blocks, one item a line.

use std::fmt::Write;

use serde_json::Value;

/// The value as a YAML document. Strings are quoted unless they are plain words.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// Writes a value that begins on a line of its own, at that depth.
fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (place, (key, value)) in fields.iter().enumerate() {
                // The first key of a list's item follows the dash.
                if place > 0 || !out.ends_with("- ") {
                    indent(out, depth);
                }
                let _ = write!(out, "{}:", word(key));
                write_after_key(out, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(out, depth);
                out.push_str("- ");
                match item {
                    Value::Object(fields) if !fields.is_empty() => {
                        write_value(out, item, depth + 1);
                    }
                    scalar => {
                        let _ = writeln!(out, "{}", inline(scalar));
                    }
                }
            }
        }
        scalar => {
            let _ = writeln!(out, "{}", inline(scalar));
        }
    }
}

fn write_after_key(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('\n');
            write_value(out, value, depth + 1);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_value(out, value, depth + 1);
        }
        scalar => {
            let _ = writeln!(out, " {}", inline(scalar));
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A value on one line: JSON, which YAML includes, or a plain word.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => other.to_string(),
    }
}

fn word(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = starts && text.chars().all(plain);
    if is_word && !reserved.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_are_indented_and_odd_words_quoted() {
        let value = json!({
            "name": "v1",
            "@type": "type.googleapis.com/a",
            "list": [{"a": 1, "b": ["x", "yes"]}, "127.0.0.1", []],
            "empty": {},
            "text": "v1\n",
        });
        assert_eq!(
            to_yaml(&value),
            "\
\"@type\": type.googleapis.com/a
empty: {}
list:
  - a: 1
    b:
      - x
      - \"yes\"
  - \"127.0.0.1\"
  - []
name: v1
text: \"v1\\n\"
"
        );
    }
}
