//! How charts write numbers: `1 000`, `46.7%`.

/// Between groups of three digits: narrow, and no place to break a line.
const GROUP_SEPARATOR: char = '\u{202f}';

/// An integer with its digits in groups of three.
pub(super) fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(GROUP_SEPARATOR);
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with so many decimals.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}%", share * 100.0);
    match text.strip_prefix('-') {
        // No "-0.0%".
        Some(rest) if !rest.contains(|digit: char| ('1'..='9').contains(&digit)) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_by_three() {
        assert_eq!(integer(0), "0");
        assert_eq!(integer(999), "999");
        assert_eq!(integer(1_000), "1\u{202f}000");
        assert_eq!(integer(1_000_000_000), "1\u{202f}000\u{202f}000\u{202f}000");
    }

    #[test]
    fn writes_shares_as_percentages() {
        assert_eq!(percent(7.0 / 15.0, 1), "46.7%");
        assert_eq!(percent(1.0, 0), "100%");
        assert_eq!(percent(-0.0001, 1), "0.0%");
        assert_eq!(percent(-0.25, 0), "−25%");
    }
}
