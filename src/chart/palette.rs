//! Colours, and which version has which.
//!
//! The colours are Paul Tol's high-contrast and medium-contrast sets (SRON technical note
//! EPS/TN/09-002, issue 3.2), made for colour-blind readers; they are ordered so that neighbours
//! differ in lightness too and remain apart in grey. After six versions the colours come again,
//! hatched.

/// A colour with an opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Colour {
    /// Red, green and blue.
    pub(super) rgb: [u8; 3],
    /// 0 (clear) to 1 (solid).
    pub(super) opacity: f64,
}

impl Colour {
    /// A solid colour.
    pub(super) const fn solid(red: u8, green: u8, blue: u8) -> Self {
        Self {
            rgb: [red, green, blue],
            opacity: 1.0,
        }
    }

    /// The same colour, mixed with white: `strength` 1 is the colour itself, 0 is white.
    pub(super) fn tint(self, strength: f64) -> Self {
        let mix = |channel: u8| {
            let value = 255.0 - (255.0 - f64::from(channel)) * strength;
            value.round() as u8
        };
        Self {
            rgb: self.rgb.map(mix),
            opacity: self.opacity,
        }
    }

    /// The same colour with another opacity.
    pub(super) fn with_opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Text, and the target line.
pub(super) const INK: Colour = Colour::solid(0x22, 0x22, 0x22);
/// Less important text.
pub(super) const FAINT_INK: Colour = Colour::solid(0x55, 0x55, 0x55);
/// Axes.
pub(super) const AXIS: Colour = Colour::solid(0x88, 0x88, 0x88);
/// Grid lines.
pub(super) const GRID: Colour = Colour::solid(0xe6, 0xe6, 0xe6);
/// The zone within the tolerance.
pub(super) const TOLERANCE: Colour = Colour::solid(0xec, 0xef, 0xe6);
/// A single run among many.
pub(super) const RUN: Colour = Colour::solid(0xc4, 0xc4, 0xc4);
/// The paper.
pub(super) const PAPER: Colour = Colour::solid(0xff, 0xff, 0xff);

/// Lines over a fill, to tell versions that share a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hatch {
    /// Rising to the right.
    Rising,
    /// Falling to the right.
    Falling,
    /// Both.
    Crossed,
}

/// What an area is filled with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paint {
    /// The colour of the ground.
    pub(super) colour: Colour,
    /// White lines over it.
    pub(super) hatch: Option<Hatch>,
}

impl From<Colour> for Paint {
    fn from(colour: Colour) -> Self {
        Self {
            colour,
            hatch: None,
        }
    }
}

/// The colour of a version: for areas, and a darker one that holds as a thin line on white.
const VERSIONS: [(Colour, Colour); 6] = [
    (
        Colour::solid(0x00, 0x44, 0x88),
        Colour::solid(0x00, 0x44, 0x88),
    ),
    (
        Colour::solid(0xdd, 0xaa, 0x33),
        Colour::solid(0x99, 0x70, 0x00),
    ),
    (
        Colour::solid(0xbb, 0x55, 0x66),
        Colour::solid(0xa8, 0x3a, 0x4e),
    ),
    (
        Colour::solid(0x66, 0x99, 0xcc),
        Colour::solid(0x33, 0x6f, 0xa8),
    ),
    (
        Colour::solid(0x99, 0x77, 0x00),
        Colour::solid(0x77, 0x5c, 0x00),
    ),
    (
        Colour::solid(0xee, 0x99, 0xaa),
        Colour::solid(0xb8, 0x55, 0x6a),
    ),
];

/// What the areas of a version are filled with, by its place.
pub(super) fn fill(version: usize) -> Paint {
    let hatch = match (version / VERSIONS.len()) % 4 {
        0 => None,
        1 => Some(Hatch::Rising),
        2 => Some(Hatch::Falling),
        _ => Some(Hatch::Crossed),
    };
    Paint {
        colour: VERSIONS[version % VERSIONS.len()].0,
        hatch,
    }
}

/// The colour of a version's lines, by its place.
pub(super) fn line(version: usize) -> Colour {
    VERSIONS[version % VERSIONS.len()].1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.1 defines them.
    fn luminance(colour: Colour) -> f64 {
        let linear = colour.rgb.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.03928 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(one: Colour, other: Colour) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn neighbours_differ_in_grey() {
        for version in 0..3 {
            let ratio = contrast(fill(version).colour, fill(version + 1).colour);
            assert!(ratio > 1.4, "{version}: {ratio}");
        }
    }

    #[test]
    fn lines_stand_out_from_the_paper() {
        for version in 0..6 {
            assert!(contrast(line(version), PAPER) > 4.0, "{version}");
        }
    }

    #[test]
    fn twenty_versions_have_twenty_looks() {
        for one in 0..20 {
            for other in 0..one {
                assert_ne!(fill(one), fill(other));
            }
        }
    }
}
