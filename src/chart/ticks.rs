//! Where the ticks of an axis stand, and what they say.

use super::font;
use super::number;

/// A tick: its value and its label; a tick without a label is a plain mark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it stands.
    pub(super) value: f64,
    /// What it says.
    pub(super) label: String,
}

/// The smallest of 1, 2 and 5 times a power of ten that parts `span` into at most `parts`.
pub(super) fn nice_step(span: f64, parts: usize) -> f64 {
    let rough = span / parts.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(rough.log10().floor());
    // The tolerance keeps a rough step of 0.2000…01 at 0.2.
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// The multiples of a step within `low..=high`.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|multiple| multiple as f64 * step)
        .collect()
}

/// Whole numbers.
pub(super) fn integers(low: f64, high: f64, parts: usize) -> Vec<Tick> {
    let step = nice_step(high - low, parts).max(1.0);
    let label = |value: f64| number::integer(value.round().max(0.0) as u64);
    multiples(low, high, step)
        .into_iter()
        .map(|value| Tick {
            value,
            label: label(value),
        })
        .collect()
}

/// Shares, labelled as percentages with as many decimals as their step needs.
pub(super) fn percentages(low: f64, high: f64, parts: usize) -> Vec<Tick> {
    let step = nice_step(high - low, parts);
    let decimals = (-(step * 100.0).log10().floor()).max(0.0) as usize;
    multiples(low, high, step)
        .into_iter()
        .map(|value| Tick {
            value,
            label: number::percent(value, decimals),
        })
        .collect()
}

/// Plain numbers from zero on with as many decimals as their step needs, such as rates.
pub(super) fn decimals(high: f64, parts: usize) -> Vec<Tick> {
    let step = nice_step(high, parts);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let label = |value: f64| {
        if decimals == 0 {
            number::integer(value.round() as u64)
        } else {
            format!("{value:.decimals$}")
        }
    };
    multiples(0.0, high, step)
        .into_iter()
        .map(|value| Tick {
            value,
            label: label(value),
        })
        .collect()
}

/// 1, 2, 5, 10, 20, 50, … within a range, for a logarithmic axis; `at` gives their pixels. Labels
/// that would touch are left out, the powers of ten last.
pub(super) fn logarithmic(
    (low, high): (f64, f64),
    at: impl Fn(f64) -> f64,
    size: f64,
) -> Vec<Tick> {
    // Long axes count in powers of ten from 10⁴ on.
    let label = |value: f64| {
        let value = value.round() as u64;
        if high >= 1e7 && value >= 10_000 {
            number::power(value)
        } else {
            number::integer(value)
        }
    };
    uncrowded(&one_two_five(low, high), label, at, size)
}

/// The same for numbers that may be below one, such as milliseconds, on an upright axis.
pub(super) fn logarithmic_decimals(
    (low, high): (f64, f64),
    at: impl Fn(f64) -> f64,
    size: f64,
) -> Vec<Tick> {
    let label = |value: f64| {
        let decimals = (-value.log10() - 1e-9).ceil().max(0.0) as usize;
        match decimals {
            0 => number::integer(value.round() as u64),
            _ => format!("{value:.decimals$}"),
        }
    };
    let (mut taken, mut ticks) = (Vec::<f64>::new(), Vec::new());
    for powers in [true, false] {
        for (value, power) in one_two_five(low, high) {
            let free = |other: &f64| (other - at(value)).abs() >= size + 2.0;
            if power == powers && taken.iter().all(free) {
                taken.push(at(value));
                let label = label(value);
                ticks.push(Tick { value, label });
            }
        }
    }
    ticks
}

/// The same for shares from `low` to `high`, labelled as percentages.
pub(super) fn logarithmic_shares(
    (low, high): (f64, f64),
    at: impl Fn(f64) -> f64,
    size: f64,
) -> Vec<Tick> {
    let label = |value: f64| {
        let decimals = (-(value * 100.0).log10() - 1e-9).ceil().max(0.0) as usize;
        number::percent(value, decimals)
    };
    uncrowded(&one_two_five(low, high), label, at, size)
}

/// A value of a logarithmic axis, and whether it is a power of ten.
type Marked = (f64, bool);

/// 1, 2 and 5 times the powers of ten within `low..=high`.
fn one_two_five(low: f64, high: f64) -> Vec<Marked> {
    let powers = (low.log10() - 1e-9).floor() as i32..=(high.log10() + 1e-9).floor() as i32;
    let values = powers.flat_map(|power| {
        // Negative powers are quotients, so that 0.01 is the nearest double.
        let times = move |factor: f64| match power {
            0.. => factor * 10f64.powi(power),
            _ => factor / 10f64.powi(-power),
        };
        [(times(1.0), true), (times(2.0), false), (times(5.0), false)]
    });
    let within = |value: f64| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
    values.filter(|(value, _)| within(*value)).collect()
}

/// Ticks at all values, with labels where they do not touch; powers of ten have theirs first.
fn uncrowded(
    values: &[Marked],
    label: impl Fn(f64) -> String,
    at: impl Fn(f64) -> f64,
    size: f64,
) -> Vec<Tick> {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut labels = vec![String::new(); values.len()];
    for powers in [true, false] {
        for (place, &(value, power)) in values.iter().enumerate() {
            if powers != power {
                continue;
            }
            let label = label(value);
            let half = font::width(&label, size) / 2.0 + 4.0;
            let middle = at(value);
            let room = (middle - half, middle + half);
            if taken
                .iter()
                .all(|other| room.1 <= other.0 || other.1 <= room.0)
            {
                taken.push(room);
                labels[place] = label;
            }
        }
    }
    let tick = |(&(value, _), label): (&Marked, String)| Tick { value, label };
    values.iter().zip(labels).map(tick).collect()
}

/// Steps of time that people count in, in seconds: up to an hour by 1, 2, 5, 10, 15 and 30.
const TIME_STEPS: [f64; 19] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0,
];

/// Moments from 0 to `high` seconds, labelled in one unit, and the name of the unit.
pub(super) fn times(high: f64, parts: usize) -> (Vec<Tick>, &'static str) {
    let rough = high / parts.max(1) as f64;
    let step = if rough <= 1.0 {
        nice_step(high, parts)
    } else {
        let known = TIME_STEPS.into_iter().find(|step| *step >= rough);
        known.unwrap_or_else(|| nice_step(high / 86_400.0, parts) * 86_400.0)
    };
    let (unit, name) = match step {
        step if step < 60.0 && high < 600.0 => (1.0, "seconds"),
        step if step < 3600.0 => (60.0, "minutes"),
        step if step < 86_400.0 => (3600.0, "hours"),
        _ => (86_400.0, "days"),
    };
    let decimals = (-(step / unit).log10().floor()).clamp(0.0, 9.0) as usize;
    let label = |value: f64| {
        let text = format!("{:.decimals$}", value / unit);
        if decimals == 0 {
            number::integer((value / unit).round() as u64)
        } else {
            text
        }
    };
    let ticks = multiples(0.0, high, step)
        .into_iter()
        .map(|value| Tick {
            value,
            label: label(value),
        })
        .collect();
    (ticks, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn steps_are_one_two_five() {
        assert_eq!(nice_step(1.0, 5), 0.2);
        assert_eq!(nice_step(100.0, 10), 10.0);
        assert_eq!(nice_step(100.0, 9), 20.0);
        assert_eq!(nice_step(0.0, 9), 1.0);
    }

    #[test]
    fn integer_ticks_never_repeat() {
        assert_eq!(labels(&integers(0.0, 2.0, 10)), ["0", "1", "2"]);
        assert_eq!(
            labels(&integers(0.0, 2000.0, 2)),
            ["0", "1\u{202f}000", "2\u{202f}000"]
        );
    }

    #[test]
    fn percentages_have_the_decimals_of_their_step() {
        assert_eq!(
            labels(&percentages(0.0, 1.0, 5)),
            ["0%", "20%", "40%", "60%", "80%", "100%"]
        );
        assert_eq!(labels(&percentages(0.0, 0.01, 2)), ["0.0%", "0.5%", "1.0%"]);
    }

    #[test]
    fn logarithmic_ticks_keep_the_powers_of_ten() {
        let wide = logarithmic((1.0, 100.0), |value| value.ln() * 100.0, 12.0);
        assert_eq!(labels(&wide), ["1", "2", "5", "10", "20", "50", "100"]);
        let narrow = logarithmic((1.0, 1000.0), |value| value.log10() * 40.0, 12.0);
        assert_eq!(labels(&narrow).concat(), "1101001\u{202f}000");
        let long = logarithmic((1.0, 1e7), |value| value.log10() * 60.0, 12.0);
        assert_eq!(long.last().map(|tick| tick.label.as_str()), Some("10⁷"));
        assert_eq!(
            logarithmic((1.0, 1.8e19), |value| value.log10() * 30.0, 12.0).len(),
            58
        );
    }

    #[test]
    fn times_come_in_units_that_people_use() {
        let (ticks, unit) = times(90.0, 6);
        assert_eq!(
            (labels(&ticks).join(" "), unit),
            ("0 15 30 45 60 75 90".into(), "seconds")
        );
        let (ticks, unit) = times(3600.0, 6);
        assert_eq!(
            (labels(&ticks).join(" "), unit),
            ("0 10 20 30 40 50 60".into(), "minutes")
        );
        let (ticks, unit) = times(0.5, 5);
        assert_eq!(
            (labels(&ticks).join(" "), unit),
            ("0.0 0.1 0.2 0.3 0.4 0.5".into(), "seconds")
        );
    }
}
