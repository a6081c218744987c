//! From values to pixels.

/// A linear or logarithmic map from an interval of values to an interval of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    logarithmic: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Maps `from..to` to the pixels `start..end`, evenly.
    pub(super) fn linear((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self {
            logarithmic: false,
            from,
            to,
            start,
            end,
        }
    }

    /// Maps `from..to`, both positive, to the pixels `start..end`, a decade always as wide.
    pub(super) fn logarithmic((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self {
            logarithmic: true,
            from: from.ln(),
            to: to.ln(),
            start,
            end,
        }
    }

    /// The pixel of a value; a value outside the interval is put at the nearer end. An interval of
    /// no width lies in the middle.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.start + self.fraction(value).clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// The pixel of a value, which may lie beyond the ends.
    pub(super) fn beyond(&self, value: f64) -> f64 {
        self.start + self.fraction(value) * (self.end - self.start)
    }

    fn fraction(&self, value: f64) -> f64 {
        let value = if self.logarithmic {
            value.max(f64::MIN_POSITIVE).ln()
        } else {
            value
        };
        let span = self.to - self.from;
        let fraction = if span > 0.0 {
            (value - self.from) / span
        } else {
            0.5
        };
        // A value that is not a number lands at the start.
        if fraction.is_nan() { 0.0 } else { fraction }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_scales_map_evenly_and_hold_at_the_ends() {
        let scale = Scale::linear((0.0, 10.0), (100.0, 200.0));
        assert_eq!(
            [0.0, 5.0, 10.0, 11.0, -1.0].map(|x| scale.at(x)),
            [100.0, 150.0, 200.0, 200.0, 100.0]
        );
    }

    #[test]
    fn a_decade_is_always_as_wide() {
        let scale = Scale::logarithmic((1.0, 1000.0), (0.0, 300.0));
        for (value, pixel) in [(1.0, 0.0), (10.0, 100.0), (100.0, 200.0), (1000.0, 300.0)] {
            assert!((scale.at(value) - pixel).abs() < 1e-9);
        }
    }

    #[test]
    fn an_interval_of_no_width_lies_in_the_middle() {
        assert_eq!(Scale::linear((1.0, 1.0), (0.0, 10.0)).at(1.0), 5.0);
        assert_eq!(Scale::linear((0.0, 1.0), (0.0, 10.0)).at(f64::NAN), 0.0);
    }
}
