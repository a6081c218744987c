//! The embedded font: how wide a text is, and the outlines of its characters.
//!
//! Sizes are em sizes in logical pixels, as in CSS.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, GlyphId, OutlineCurve};

/// A subset of DejaVu Sans; `font/README.md` says how it was made.
static BYTES: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

/// A character in its place: the glyph and its distance from the start of the text, in font units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// The glyph.
    pub(super) glyph: GlyphId,
    /// The distance of its origin from the start of the text, in font units.
    pub(super) x: f32,
    /// Whether it leaves no mark, as a space does.
    pub(super) blank: bool,
}

/// The font, parsed once.
pub(super) fn face() -> &'static FontRef<'static> {
    static FACE: OnceLock<FontRef<'static>> = OnceLock::new();
    #[expect(
        clippy::expect_used,
        reason = "the bytes are part of the program; a test parses them"
    )]
    FACE.get_or_init(|| FontRef::try_from_slice(BYTES).expect("the embedded font is valid"))
}

/// Font units per em.
pub(super) fn units_per_em() -> f64 {
    f64::from(face().units_per_em().unwrap_or(2048.0))
}

/// The glyphs of a text, kerned, and the width of the text in font units.
pub(super) fn place(text: &str) -> (Vec<Placed>, f32) {
    let face = face();
    let mut x = 0.0;
    let mut previous: Option<GlyphId> = None;
    let mut glyphs = Vec::with_capacity(text.len());
    for character in text.chars() {
        let glyph = face.glyph_id(character);
        if let Some(previous) = previous {
            x += face.kern_unscaled(previous, glyph);
        }
        glyphs.push(Placed {
            glyph,
            x,
            blank: character.is_whitespace(),
        });
        x += face.h_advance_unscaled(glyph);
        previous = Some(glyph);
    }
    (glyphs, x)
}

/// The width of a text at an em size, in logical pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    f64::from(place(text).1) * size / units_per_em()
}

/// The text, shortened with an ellipsis if it is wider than the room for it.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&short, size) <= room {
            return short;
        }
    }
    String::new()
}

/// The text in lines no wider than the room, broken at spaces; a word wider than the room is
/// broken where it must be.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&longer, size) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if width(&line, size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(character);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The outline of a glyph as the data of an SVG path, in font units with y upwards.
pub(super) fn path(glyph: GlyphId) -> String {
    use std::fmt::Write as _;

    let mut data = String::new();
    let Some(outline) = face().outline(glyph) else {
        return data;
    };
    let mut pen = None;
    for curve in outline.curves {
        let (start, end) = match curve {
            OutlineCurve::Line(start, end)
            | OutlineCurve::Quad(start, _, end)
            | OutlineCurve::Cubic(start, _, _, end) => (start, end),
        };
        if pen != Some(start) {
            let _ = write!(data, "M{} {}", start.x, start.y);
        }
        let _ = match curve {
            OutlineCurve::Line(..) => write!(data, "L{} {}", end.x, end.y),
            OutlineCurve::Quad(_, control, _) => {
                write!(data, "Q{} {} {} {}", control.x, control.y, end.x, end.y)
            }
            OutlineCurve::Cubic(_, first, second, _) => write!(
                data,
                "C{} {} {} {} {} {}",
                first.x, first.y, second.x, second.y, end.x, end.y
            ),
        };
        pen = Some(end);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_signs_that_charts_use() {
        for sign in "aZ09äßéžŁ–—…≤≥±≈√∞Σ·×→←Ωμ₁²⁻¹ %\u{202f}\u{a0}".chars()
        {
            assert_ne!(face().glyph_id(sign), GlyphId(0), "{sign:?}");
        }
    }

    #[test]
    fn widths_are_those_of_dejavu_sans() {
        // DejaVu Sans 2.37: the digits advance 1303 of 2048 units, the space 651.
        assert!((width("00", 2048.0) - 2606.0).abs() < 1e-3);
        assert!((width(" ", 2048.0) - 651.0).abs() < 1e-3);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing() {
        let text = "seed 1 · 1 000 requests · averyveryverylongwordwithoutanybreak v1=50, v2=50";
        let lines = wrap(text, 12.0, 120.0);
        assert!(
            lines.iter().all(|line| width(line, 12.0) <= 120.0),
            "{lines:?}"
        );
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn a_fitted_text_ends_in_an_ellipsis_only_if_it_was_cut() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit("a much longer text than that", 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 100.0, "{cut}");
    }
}
