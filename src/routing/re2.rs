//! Regular expressions as Envoy reads them: RE2's syntax, and the whole text has to fit.
//!
//! The `regex` crate descends from RE2; where the two read the same pattern differently, the
//! pattern is rewritten: RE2's `\d`, `\w`, `\s` and `\b` know ASCII only, `\Q…\E` quotes, and inside
//! brackets `[`, `&` and `~` are plain characters.
//!
//! Source: google/re2, `doc/syntax.txt`.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// A regular expression that a whole text has to fit.
#[derive(Debug, Clone)]
pub struct Re2 {
    pattern: String,
    compiled: Regex,
}

/// Why a text is not a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Re2Error(String);

impl Re2 {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`Re2Error`]: its syntax is wrong, or it would be too large; the text says what.
    pub fn new(pattern: &str) -> Result<Self, Re2Error> {
        // On its own first, so that a stray bracket cannot pair with those put around it.
        let translated = translate(pattern);
        let build = |text: &str| RegexBuilder::new(text).octal(true).build();
        build(&translated)
            .and_then(|_| build(&format!(r"\A(?:{translated})\z")))
            .map(|compiled| Self {
                pattern: pattern.to_owned(),
                compiled,
            })
            .map_err(|error| Re2Error(last_line(&error.to_string())))
    }

    /// Whether the whole text fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// As it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl PartialEq for Re2 {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Re2 {}

impl fmt::Display for Re2 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.pattern)
    }
}

/// The crate draws the pattern with a marker below it; the reason stands in the last line.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// RE2's syntax in that of the `regex` crate.
pub(super) fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars();
    // Inside brackets: how many characters have been seen, since a `]` in front is a plain one.
    let mut in_class: Option<usize> = None;
    while let Some(c) = rest.next() {
        match (c, in_class) {
            ('\\', _) => {
                escape(&mut out, &mut rest, in_class.is_some());
                in_class = in_class.map(|seen| seen + 1);
            }
            ('[', None) => {
                in_class = Some(0);
                out.push('[');
                if rest.as_str().starts_with('^') {
                    rest.next();
                    out.push('^');
                }
            }
            (']', Some(seen)) if seen > 0 => {
                in_class = None;
                out.push(']');
            }
            ('[', Some(seen)) => {
                in_class = Some(seen + 1);
                match named_class(rest.as_str()) {
                    Some(name) => {
                        out.push('[');
                        out.push_str(name);
                        rest = rest.as_str()[name.len()..].chars();
                    }
                    None => out.push_str(r"\["),
                }
            }
            (']' | '&' | '~', Some(seen)) => {
                in_class = Some(seen + 1);
                out.push('\\');
                out.push(c);
            }
            (_, seen) => {
                in_class = seen.map(|seen| seen + 1);
                out.push(c);
            }
        }
    }
    out
}

/// `:alpha:]`, if the text after a bracket begins with such a name.
fn named_class(after: &str) -> Option<&str> {
    let end = after.strip_prefix(':')?.find(":]")? + ":]".len() + 1;
    let name = &after[..end];
    name.trim_matches([':', '^', ']'])
        .bytes()
        .all(|byte| byte.is_ascii_lowercase())
        .then_some(name)
}

/// Writes what follows a backslash.
fn escape(out: &mut String, rest: &mut std::str::Chars<'_>, in_class: bool) {
    let Some(c) = rest.next() else {
        // A trailing backslash is an error in both syntaxes.
        out.push('\\');
        return;
    };
    match c {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str(r"[\t\n\f\r ]"),
        'S' => out.push_str(r"[^\t\n\f\r ]"),
        'b' if !in_class => out.push_str(r"(?-u:\b)"),
        'Q' if !in_class => {
            let quoted = rest.as_str();
            let (text, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(text));
            *rest = after.chars();
        }
        '<' | '>' => out.push(c),
        _ => {
            out.push('\\');
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(pattern: &str, fits: &[&str], does_not: &[&str]) {
        let regex = Re2::new(pattern).unwrap();
        for text in fits {
            assert!(regex.matches(text), "{pattern} should fit {text:?}");
        }
        for text in does_not {
            assert!(!regex.matches(text), "{pattern} should not fit {text:?}");
        }
    }

    #[test]
    fn the_whole_text_has_to_fit() {
        holds("v[12]", &["v1", "v2"], &["v3", "v1x", "xv1", "v1\n"]);
        holds("a|ab", &["a", "ab"], &["abc", "b"]);
        holds("", &[""], &["a"]);
        // The cookie of the old Bookinfo rules.
        holds(
            "^(.*?;)?(user=jason)(;.*)?$",
            &["user=jason", "a=b;user=jason;c=d"],
            &["user=jasons", "xuser=jason"],
        );
        holds(".*", &["", "anything"], &["two\nlines"]);
    }

    #[test]
    fn classes_know_ascii_only() {
        holds(r"\d+", &["42"], &["٤٢"]);
        holds(r"[\w-]+", &["a-b_9"], &["é"]);
        holds(r"[^\D]", &["7"], &["x"]);
        holds(r"\bx\b.*", &["x é"], &["xy"]);
    }

    #[test]
    fn quotes_brackets_and_sets_are_those_of_re2() {
        holds(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
        holds("[]a]", &["]", "a"], &["b"]);
        holds("[^]a]", &["b"], &["]", "a"]);
        holds("[[a]", &["[", "a"], &["b"]);
        holds("[a&&b]", &["a", "&", "b"], &["c"]);
        holds("[[:alpha:]~]+", &["ab~"], &["1"]);
        holds(r"\<a\>", &["<a>"], &["a"]);
    }

    #[test]
    fn mistakes_say_what_is_wrong() {
        let error = Re2::new("a(b").unwrap_err();
        assert_eq!(error.to_string(), "unclosed group");
        for pattern in ["a)|(b", "[", "(?=a)", r"\"] {
            assert!(Re2::new(pattern).is_err(), "{pattern}");
        }
    }
}
