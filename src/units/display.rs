//! How numbers are written for people.

/// A count with commas between thousands: 1,000,000.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: 1 request, 1,000 requests.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    let ending = if value == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(value))
}

/// A share as a percentage with one decimal, or with as many as a share near 0 or 1 needs, at most
/// six: 20.0%, 99.994%, 0.003%. Rounding never shows 0% or 100% for what is neither.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let edge = value.min(100.0 - value);
    if edge <= 0.0 {
        return format!("{value:.1}%");
    }
    for decimals in [1, 2, 3, 4, 5, 6] {
        // Two digits of the distance to the edge are enough.
        if edge >= 5.0 * 10_f64.powi(-decimals) {
            return format!("{value:.0$}%", usize::try_from(decimals).unwrap_or(1));
        }
    }
    if value < 50.0 {
        "<0.000005%".into()
    } else {
        ">99.999995%".into()
    }
}

/// A share as a percentage for a sentence, with no more decimals than it needs: 20%, 33.3%, 0.1%.
#[must_use]
pub fn short_percent(share: f64) -> String {
    let tenths = (share * 1000.0).round() / 10.0;
    if (share * 100.0 - tenths).abs() < 1e-9 {
        format!("{tenths}%")
    } else {
        percent(share)
    }
}

/// A share for a sentence or a narrow column: 87.6%, <0.01%, >99.99%; 0% and 100% only for what is
/// that to twelve digits.
#[must_use]
pub fn brief_percent(share: f64) -> String {
    match share {
        ..=1e-12 => "0%".into(),
        ..1e-4 => "<0.01%".into(),
        share if share >= 1.0 - 1e-12 => "100%".into(),
        share if share > 1.0 - 1e-4 => ">99.99%".into(),
        share => percent(share),
    }
}

/// A rate of requests: 1 request/s, 20 requests/s, and 5 requests/min below one in two seconds.
#[must_use]
pub fn rate(per_second: f64) -> String {
    let (value, unit) = if per_second < 0.5 {
        (per_second * 60.0, "min")
    } else {
        (per_second, "s")
    };
    let value = (value * 1e6).round() / 1e6;
    let noun = if value == 1.0 { "request" } else { "requests" };
    format!("{value} {noun}/{unit}")
}

/// A probability for a table: four decimals, or three digits and an exponent when it is small.
#[must_use]
pub fn probability(value: f64) -> String {
    if value == 0.0 || value >= 0.0001 {
        format!("{value:.4}")
    } else {
        format!("{value:.2e}")
    }
}

/// A p-value: four decimals, or three significant digits where it is small: 0.2282, 0.0163,
/// 0.000296, 2.96e-9. Zero is 0.
#[must_use]
pub fn p_value(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        0.1.. => format!("{value:.4}"),
        ..1e-5 => format!("{value:.2e}"),
        _ => {
            let decimals = (2.0 - value.log10().floor()).clamp(3.0, 7.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "3 to 7"
            )]
            let decimals = decimals as usize;
            format!("{value:.decimals$}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        let written: Vec<String> = [0, 999, 1000, 1_234_567].into_iter().map(count).collect();
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn one_is_singular() {
        let written = [0, 1, 2000].map(|number| counted(number, "request"));
        assert_eq!(written, ["0 requests", "1 request", "2,000 requests"]);
    }

    #[test]
    fn percentages_keep_their_distance_from_the_edges() {
        let written: Vec<String> = [0.0, 1.0, 0.2, 0.598_123, 0.999_938_96, 0.000_031, 1e-12]
            .into_iter()
            .map(percent)
            .collect();
        assert_eq!(
            written,
            [
                "0.0%",
                "100.0%",
                "20.0%",
                "59.8%",
                "99.994%",
                "0.0031%",
                "<0.000005%"
            ]
        );
    }

    #[test]
    fn rates_are_said_in_the_unit_that_fits() {
        let written = [1.0, 20.0, 2.5, 1.0 / 12.0].map(rate);
        let expected = [
            "1 request/s",
            "20 requests/s",
            "2.5 requests/s",
            "5 requests/min",
        ];
        assert_eq!(written, expected);
        let written = [0.0, 1e-9, 0.876, 0.999_99, 1.0].map(brief_percent);
        assert_eq!(written, ["0%", "<0.01%", "87.6%", ">99.99%", "100%"]);
    }

    #[test]
    fn small_probabilities_get_an_exponent() {
        assert_eq!(probability(0.598_123), "0.5981");
        assert_eq!(probability(2.96e-9), "2.96e-9");
        assert_eq!(probability(0.0), "0.0000");
    }

    #[test]
    fn p_values_keep_three_digits() {
        let written: Vec<String> = [
            1.0,
            0.228_2,
            0.099_96,
            0.016_36,
            0.001_634_9,
            0.000_296_1,
            0.000_012_3,
            2.96e-9,
            0.0,
        ]
        .into_iter()
        .map(p_value)
        .collect();
        let expected = [
            "1.0000",
            "0.2282",
            "0.1000",
            "0.0164",
            "0.00163",
            "0.000296",
            "0.0000123",
            "2.96e-9",
            "0",
        ];
        assert_eq!(written, expected);
    }
}
