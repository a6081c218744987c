//! Words, numbers, texts and signs of query languages and conditions.

use std::iter::Peekable;
use std::str::Chars;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name: letters, digits, `_`, `:`; it may hold dots.
    Word(String),
    /// A number, with its unit if one follows at once (`5m`).
    Number(String),
    /// Text in quotes.
    Text(String),
    /// Anything else, of one or two characters.
    Sign(&'static str),
}

/// All signs, longer ones first.
const SIGNS: [&str; 29] = [
    "=~", "!~", "!=", "==", ">=", "<=", "&&", "||", "??", "(", ")", "[", "]", "{", "}", ",", "+",
    "-", "*", "/", "%", "=", "<", ">", "!", "#", ".", "?", ":",
];

/// The tokens of a text; `None` if it has a character that none begins with, or text without an
/// end.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return Some(found);
        };
        let (token, length) = match first {
            '"' | '\'' | '`' => quoted(rest, first)?,
            '0'..='9' => {
                let length = number_length(rest);
                (Token::Number(rest[..length].to_owned()), length)
            }
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let length = 1 + number_length(&rest[1..]);
                (Token::Number(rest[..length].to_owned()), length)
            }
            _ if is_word(first) && first != ':' => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
                (Token::Sign(sign), sign.len())
            }
        };
        found.push(token);
        rest = &rest[length..];
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Digits, a fraction, an exponent or a unit.
fn number_length(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    let mut end = 0;
    while let Some(&(at, c)) = characters.peek() {
        let exponent_sign = matches!(c, '+' | '-') && text[..at].ends_with(['e', 'E']);
        if !(c.is_ascii_alphanumeric() || c == '.' || exponent_sign) {
            break;
        }
        end = at + c.len_utf8();
        characters.next();
    }
    end
}

fn quoted(text: &str, quote: char) -> Option<(Token, usize)> {
    let mut content = String::new();
    let mut characters = text[1..].chars().peekable();
    let mut length = 1;
    while let Some(c) = characters.next() {
        length += c.len_utf8();
        match c {
            _ if c == quote => return Some((Token::Text(content), length)),
            '\\' if quote != '`' => length += escaped(&mut characters, &mut content)?,
            _ => content.push(c),
        }
    }
    None
}

/// The character after a backslash.
fn escaped(characters: &mut Peekable<Chars>, content: &mut String) -> Option<usize> {
    let c = characters.next()?;
    content.push(c);
    Some(c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_split() {
        let found = tokens("sum(rate(a_total{code!~\"5.*\"}[5m])) / .5e-3").unwrap();
        assert_eq!(found.len(), 17);
        assert!(found.contains(&Token::Text("5.*".into())));
        assert!(found.contains(&Token::Number("5m".into())));
        assert_eq!(found.last(), Some(&Token::Number(".5e-3".into())));
        assert_eq!(tokens("a = \"open"), None);
        assert_eq!(tokens("a € b"), None);
    }
}
