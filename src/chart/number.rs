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

/// 1, 2 or 5 times a power of ten, as `10⁴` or `2·10⁴`.
pub(super) fn power(value: u64) -> String {
    let (mut factor, mut exponent) = (value, 0);
    while factor >= 10 && factor.is_multiple_of(10) {
        factor /= 10;
        exponent += 1;
    }
    let raised = |digit: char| match digit {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    };
    let exponent: String = exponent.to_string().chars().map(raised).collect();
    if factor == 1 {
        format!("10{exponent}")
    } else {
        format!("{factor}·10{exponent}")
    }
}

/// A share as a percentage with one decimal, or more where it would otherwise look like 0% or 100%.
pub(super) fn share(share: f64) -> String {
    let distance = share.abs().min((1.0 - share).abs());
    let decimals = match distance {
        0.0 => 1,
        near if near < 1e-4 => 4,
        near if near < 1e-3 => 3,
        near if near < 1e-2 => 2,
        _ => 1,
    };
    percent(share, decimals)
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
    fn powers_and_small_shares_stay_legible() {
        assert_eq!(
            [10_000, 20_000, 1_000_000_000_000].map(power),
            ["10⁴", "2·10⁴", "10¹²"]
        );
        assert_eq!(
            [0.5, 0.0, 0.001, 0.0005, 0.999].map(share),
            ["50.0%", "0.0%", "0.10%", "0.050%", "99.90%"]
        );
    }

    #[test]
    fn writes_shares_as_percentages() {
        assert_eq!(percent(7.0 / 15.0, 1), "46.7%");
        assert_eq!(percent(1.0, 0), "100%");
        assert_eq!(percent(-0.0001, 1), "0.0%");
        assert_eq!(percent(-0.25, 0), "−25%");
    }
}
