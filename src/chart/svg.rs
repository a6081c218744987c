//! A scene as SVG. Text is drawn as outlines, each character defined once and used by reference,
//! so every viewer shows the same; title and description speak to screen readers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::font;
use super::palette::Colour;
use super::scene::{Point, Rect, Scene, Shape, Stroke};

/// The document.
pub(super) fn write(scene: &Scene) -> String {
    let id = identifier(&scene.name);
    let (width, height) = (decimal(scene.width), decimal(scene.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
        escape(&scene.title),
        escape(&scene.description),
    );
    define_glyphs(&mut out, scene, &id);
    let _ = writeln!(out, "<path fill=\"#fff\" d=\"M0 0H{width}V{height}H0z\"/>");
    for shape in &scene.shapes {
        match shape {
            Shape::Rects { rects, fill } => write_rects(&mut out, rects, *fill),
            Shape::Polygon { points, fill } => {
                let _ = writeln!(out, "<path{} d=\"{}z\"/>", filled(*fill), path(points));
            }
            Shape::Lines { lines, stroke } => {
                let data: String = lines.iter().map(|points| path(points)).collect();
                let _ = writeln!(
                    out,
                    "<path fill=\"none\" stroke-linejoin=\"round\"{} d=\"{data}\"/>",
                    stroked(*stroke)
                );
            }
            Shape::Circles {
                centres,
                radius,
                fill,
                outline,
            } => {
                let outline = outline.map(stroked).unwrap_or_default();
                let _ = writeln!(out, "<g{}{outline}>", filled(*fill));
                for Point { x, y } in centres {
                    let (x, y, r) = (decimal(*x), decimal(*y), decimal(*radius));
                    let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
                }
                out.push_str("</g>\n");
            }
            Shape::Text { .. } => {}
        }
    }
    for shape in &scene.shapes {
        if let Shape::Text {
            at,
            size,
            colour,
            text,
        } = shape
        {
            write_text(&mut out, &id, *at, *size, *colour, text);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// The outline of every character in use, once.
fn define_glyphs(out: &mut String, scene: &Scene, id: &str) {
    let mut used = BTreeSet::new();
    for shape in &scene.shapes {
        if let Shape::Text { text, .. } = shape {
            used.extend(
                font::place(text)
                    .0
                    .iter()
                    .filter(|at| !at.blank)
                    .map(|at| at.glyph),
            );
        }
    }
    out.push_str("<defs>\n");
    for glyph in used {
        let _ = writeln!(
            out,
            "<path id=\"{id}-g{}\" d=\"{}\"/>",
            glyph.0,
            font::path(glyph)
        );
    }
    out.push_str("</defs>\n");
}

fn write_rects(out: &mut String, rects: &[Rect], fill: Colour) {
    let _ = write!(out, "<path{} d=\"", filled(fill));
    for Rect {
        left,
        top,
        right,
        bottom,
    } in rects
    {
        let [left, top, right, bottom] = [left, top, right, bottom].map(|v| decimal(*v));
        let _ = write!(out, "M{left} {top}H{right}V{bottom}H{left}z");
    }
    out.push_str("\"/>\n");
}

fn write_text(out: &mut String, id: &str, at: Point, size: f64, colour: Colour, text: &str) {
    let scale = size / font::units_per_em();
    let _ = write!(
        out,
        "<g{} transform=\"translate({} {}) scale({scale:.6} {:.6})\">",
        filled(colour),
        decimal(at.x),
        decimal(at.y),
        -scale
    );
    for place in font::place(text).0.iter().filter(|place| !place.blank) {
        let _ = write!(out, "<use xlink:href=\"#{id}-g{}\"", place.glyph.0);
        if place.x != 0.0 {
            let _ = write!(out, " x=\"{}\"", place.x);
        }
        out.push_str("/>");
    }
    out.push_str("</g>\n");
}

/// The data of a path through points, in tenths of a pixel, each relative to the one before.
fn path(points: &[Point]) -> String {
    let tenths = |value: f64| (value * 10.0).round() as i64;
    let mut data = String::new();
    let mut pen: Option<(i64, i64)> = None;
    for Point { x, y } in points {
        let next = (tenths(*x), tenths(*y));
        let _ = match pen {
            None => write!(data, "M{} {}", tenth(next.0), tenth(next.1)),
            Some(pen) if pen == next => continue,
            Some(pen) if pen.1 == next.1 => write!(data, "h{}", tenth(next.0 - pen.0)),
            Some(pen) if pen.0 == next.0 => write!(data, "v{}", tenth(next.1 - pen.1)),
            Some(pen) => {
                let (right, down) = (tenth(next.0 - pen.0), tenth(next.1 - pen.1));
                let gap = if down.starts_with('-') { "" } else { " " };
                write!(data, "l{right}{gap}{down}")
            }
        };
        pen = Some(next);
    }
    data
}

/// A number of tenths, as short as SVG allows.
fn tenth(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    match (tenths.abs() / 10, tenths.abs() % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, part) => format!("{sign}.{part}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

/// A length, to the tenth of a pixel.
fn decimal(value: f64) -> String {
    tenth((value * 10.0).round() as i64)
}

fn filled(colour: Colour) -> String {
    paint("fill", colour)
}

fn stroked(stroke: Stroke) -> String {
    let mut text = paint("stroke", stroke.colour);
    let _ = write!(text, " stroke-width=\"{}\"", decimal(stroke.width));
    if let Some((dash, gap)) = stroke.dash {
        let _ = write!(
            text,
            " stroke-dasharray=\"{} {}\"",
            decimal(dash),
            decimal(gap)
        );
    }
    text
}

fn paint(attribute: &str, colour: Colour) -> String {
    let [red, green, blue] = colour.rgb;
    let mut text = format!(" {attribute}=\"#{red:02x}{green:02x}{blue:02x}\"");
    if colour.opacity < 1.0 {
        let _ = write!(text, " {attribute}-opacity=\"{:.2}\"", colour.opacity);
    }
    text
}

/// A name as a part of XML identifiers: letters and digits of ASCII stay, `-` and `_` too;
/// others become their code points, so that two names never meet.
fn identifier(name: &str) -> String {
    let mut id = String::from("c-");
    for sign in name.chars() {
        if sign.is_ascii_alphanumeric() || sign == '-' {
            id.push(sign);
        } else {
            let _ = write!(id, "_{:x}_", u32::from(sign));
        }
    }
    id
}

/// Text for XML: markup escaped, characters that XML 1.0 forbids dropped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            sign if sign.is_control() && !matches!(sign, '\t' | '\n' | '\r') => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::scene::point;
    use super::*;

    #[test]
    fn paths_are_relative_and_do_not_drift() {
        let points = [
            point(1.04, 2.0),
            point(1.08, 2.0),
            point(4.0, 2.0),
            point(3.5, 1.5),
        ];
        assert_eq!(path(&points), "M1 2h.1h2.9l-.5-.5");
    }

    #[test]
    fn identifiers_of_different_names_differ() {
        assert_eq!(identifier("fan-v1"), "c-fan-v1");
        let ids: BTreeSet<String> = ["é", "è", "a b", "a_20_b", "ab", "a\"b"]
            .map(identifier)
            .into_iter()
            .collect();
        assert_eq!(ids.len(), 6);
        assert!(ids.iter().all(|id| {
            id.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        }));
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<b>&\"\u{1}"), "&lt;b&gt;&amp;&quot;");
    }
}
