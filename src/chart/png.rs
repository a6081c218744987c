//! A scene as PNG, at twice the logical size. Shapes are drawn by plotters' bitmap backend on a
//! finer raster and averaged, which smooths their edges; text is blended on top.

use std::cell::Cell;

use ab_glyph::{Font as _, PxScale, point as glyph_point};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::RGBAColor;

use super::ChartError;
use super::font;
use super::palette::Colour;
use super::scene::{Point, Rect, Scene, Shape, Stroke};

/// Pixels of the file per logical pixel.
const SCALE: f64 = 2.0;
/// Pixels of the raster per pixel of the file, in each direction.
const OVERSAMPLING: usize = 2;
/// The largest raster, in pixels; a picture of more is drawn at a smaller scale.
const MOST_PIXELS: f64 = 2e7;

/// The file.
pub(super) fn write(scene: &Scene) -> Result<Vec<u8>, ChartError> {
    let area = scene.width * scene.height;
    let fine = SCALE * OVERSAMPLING as f64;
    let (scale, oversampling) = if area * fine * fine <= MOST_PIXELS {
        (SCALE, OVERSAMPLING)
    } else if area * SCALE * SCALE <= MOST_PIXELS {
        (SCALE, 1)
    } else {
        ((MOST_PIXELS / area).sqrt().min(1.0), 1)
    };
    let width = (scene.width * scale).ceil().max(1.0) as usize;
    let height = (scene.height * scale).ceil().max(1.0) as usize;

    let mut memory = MEMORY.take();
    draw_shapes(
        scene,
        width,
        height,
        scale,
        oversampling,
        &mut memory.raster,
    )?;
    if oversampling == 1 {
        std::mem::swap(&mut memory.raster, &mut memory.pixels);
    } else {
        average(&memory.raster, width, &mut memory.pixels);
    }
    let pixels = &mut memory.pixels;
    for shape in &scene.shapes {
        if let Shape::Text {
            at,
            size,
            colour,
            text,
        } = shape
        {
            blend_text(pixels, width, *at, size * scale, scale, *colour, text);
        }
    }
    let file = encode(pixels, width, height);
    MEMORY.set(memory);
    file
}

/// The memory of a picture, kept for the next one: to touch fresh memory costs as much time as to
/// draw on it.
#[derive(Default)]
struct Memory {
    raster: Vec<u8>,
    pixels: Vec<u8>,
}

thread_local! {
    static MEMORY: Cell<Memory> = Cell::default();
}

/// Everything but the text, on the fine raster.
fn draw_shapes(
    scene: &Scene,
    width: usize,
    height: usize,
    scale: f64,
    oversampling: usize,
    raster: &mut Vec<u8>,
) -> Drawn {
    let (width, height) = (width * oversampling, height * oversampling);
    raster.clear();
    raster.resize(width * height * 3, 255);
    let size = (
        u32::try_from(width).map_err(failed)?,
        u32::try_from(height).map_err(failed)?,
    );
    let backend = BitMapBackend::with_buffer_and_format(raster, size).map_err(failed)?;
    let mut pen = Pen {
        backend,
        scale: scale * oversampling as f64,
    };
    for shape in &scene.shapes {
        match shape {
            Shape::Rects { rects, fill } => {
                rects.iter().try_for_each(|rect| pen.rect(*rect, *fill))
            }
            Shape::Polygon { points, fill } => pen.polygon(points, *fill),
            Shape::Lines { lines, stroke } => lines
                .iter()
                .try_for_each(|points| pen.line(points, *stroke)),
            Shape::Circles {
                centres,
                radius,
                fill,
                outline,
            } => centres
                .iter()
                .try_for_each(|centre| pen.circle(*centre, *radius, *fill, *outline)),
            Shape::Text { .. } => Ok(()),
        }?;
    }
    Ok(())
}

/// Draws shapes of logical pixels on plotters' raster.
struct Pen<'a> {
    backend: BitMapBackend<'a>,
    /// Pixels of the raster per logical pixel.
    scale: f64,
}

type Drawn = Result<(), ChartError>;

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

impl Pen<'_> {
    fn pixel(&self, at: Point) -> (i32, i32) {
        (
            (at.x * self.scale).round() as i32,
            (at.y * self.scale).round() as i32,
        )
    }

    fn rect(&mut self, rect: Rect, fill: Colour) -> Drawn {
        let (left, top) = self.pixel(Point {
            x: rect.left,
            y: rect.top,
        });
        let (right, bottom) = self.pixel(Point {
            x: rect.right,
            y: rect.bottom,
        });
        // A shape thinner than a pixel keeps one.
        let far = (right.max(left + 1), bottom.max(top + 1));
        self.backend
            .draw_rect((left, top), far, &ink(fill), true)
            .map_err(failed)
    }

    fn polygon(&mut self, points: &[Point], fill: Colour) -> Drawn {
        let pixels: Vec<(i32, i32)> = points.iter().map(|at| self.pixel(*at)).collect();
        self.backend
            .fill_polygon(pixels, &ink(fill))
            .map_err(failed)
    }

    fn line(&mut self, points: &[Point], stroke: Stroke) -> Drawn {
        match stroke.dash {
            None => self.solid_line(points, stroke),
            Some(dash) => dashes(points, dash)
                .iter()
                .try_for_each(|points| self.solid_line(points, stroke)),
        }
    }

    fn solid_line(&mut self, points: &[Point], stroke: Stroke) -> Drawn {
        for pair in points.windows(2) {
            self.segment(pair[0], pair[1], stroke)?;
        }
        Ok(())
    }

    /// Upright and level segments as rectangles that overlap at corners, others as polygons.
    fn segment(&mut self, from: Point, to: Point, stroke: Stroke) -> Drawn {
        let half = stroke.width / 2.0;
        let (right, down) = (to.x - from.x, to.y - from.y);
        let length = right.hypot(down);
        if length == 0.0 {
            return Ok(());
        }
        if right.abs().min(down.abs()) * self.scale < 0.5 {
            // A dash keeps its length; a corner between solid segments is filled.
            let (wide, high) = if right.abs() > down.abs() {
                (0.0, half)
            } else {
                (half, 0.0)
            };
            let cap = if stroke.dash.is_none() { half } else { 0.0 };
            let (wide, high) = if wide == 0.0 {
                (cap, high)
            } else {
                (wide, cap)
            };
            let rect = Rect {
                left: from.x.min(to.x) - wide,
                top: from.y.min(to.y) - high,
                right: from.x.max(to.x) + wide,
                bottom: from.y.max(to.y) + high,
            };
            return self.rect(rect, stroke.colour);
        }
        let (across, along) = (-down / length * half, right / length * half);
        let corner = |at: Point, side: f64| Point {
            x: at.x + side * across,
            y: at.y + side * along,
        };
        let corners = [
            corner(from, 1.0),
            corner(to, 1.0),
            corner(to, -1.0),
            corner(from, -1.0),
        ];
        self.polygon(&corners, stroke.colour)
    }

    fn circle(
        &mut self,
        centre: Point,
        radius: f64,
        fill: Colour,
        outline: Option<Stroke>,
    ) -> Drawn {
        let at = self.pixel(centre);
        let pixels = |radius: f64| (radius * self.scale).round().max(1.0) as u32;
        match outline {
            None => self.disc(at, pixels(radius), fill),
            Some(stroke) => {
                let (outer, inner) = (
                    pixels(radius + stroke.width / 2.0),
                    pixels(radius - stroke.width / 2.0),
                );
                self.disc(at, outer, stroke.colour)?;
                self.disc(at, inner, fill)
            }
        }
    }

    fn disc(&mut self, at: (i32, i32), radius: u32, fill: Colour) -> Drawn {
        self.backend
            .draw_circle(at, radius, &ink(fill), true)
            .map_err(failed)
    }
}

fn ink(colour: Colour) -> RGBAColor {
    let [red, green, blue] = colour.rgb;
    RGBAColor(red, green, blue, colour.opacity)
}

/// A line cut into dashes.
fn dashes(points: &[Point], (dash, gap): (f64, f64)) -> Vec<Vec<Point>> {
    let mut cut = Vec::new();
    let mut current = points.first().map(|first| vec![*first]).unwrap_or_default();
    let (mut drawing, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.x - from.x).hypot(to.y - from.y);
            if length <= left {
                left -= length;
                if drawing {
                    current.push(to);
                }
                break;
            }
            let part = left / length;
            from = Point {
                x: from.x + (to.x - from.x) * part,
                y: from.y + (to.y - from.y) * part,
            };
            if drawing {
                current.push(from);
                cut.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            drawing = !drawing;
            left = if drawing { dash } else { gap };
        }
    }
    if drawing {
        cut.push(current);
    }
    cut
}

/// Each pixel of the file as the mean of its part of the raster.
fn average(raster: &[u8], width: usize, pixels: &mut Vec<u8>) {
    pixels.clear();
    pixels.reserve(raster.len() / (OVERSAMPLING * OVERSAMPLING));
    for rows in raster.chunks_exact(width * OVERSAMPLING * 3 * OVERSAMPLING) {
        let (upper, lower) = rows.split_at(width * OVERSAMPLING * 3);
        for (upper, lower) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for channel in 0..3 {
                let sum = u16::from(upper[channel])
                    + u16::from(upper[channel + 3])
                    + u16::from(lower[channel])
                    + u16::from(lower[channel + 3]);
                pixels.push(((sum + 2) / 4) as u8);
            }
        }
    }
}

/// Blends a text into the pixels; `size` is its em size in pixels.
fn blend_text(
    pixels: &mut [u8],
    width: usize,
    at: Point,
    size: f64,
    scale: f64,
    colour: Colour,
    text: &str,
) {
    let face = font::face();
    let per_unit = size / font::units_per_em();
    let px_scale = PxScale::from((f64::from(face.height_unscaled()) * per_unit) as f32);
    for place in font::place(text).0.iter().filter(|place| !place.blank) {
        let left = at.x * scale + f64::from(place.x) * per_unit;
        let baseline = at.y * scale;
        let glyph = place
            .glyph
            .with_scale_and_position(px_scale, glyph_point(left as f32, baseline as f32));
        let Some(outlined) = face.outline_glyph(glyph) else {
            continue;
        };
        let bounds = outlined.px_bounds();
        outlined.draw(|x, y, coverage| {
            let (x, y) = (
                i64::from(x) + bounds.min.x as i64,
                i64::from(y) + bounds.min.y as i64,
            );
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
                return;
            };
            if x >= width {
                return;
            }
            if let Some(pixel) = pixels.get_mut((y * width + x) * 3..(y * width + x) * 3 + 3) {
                blend(pixel, colour, coverage);
            }
        });
    }
}

fn blend(pixel: &mut [u8], colour: Colour, coverage: f32) {
    let coverage = coverage.clamp(0.0, 1.0) * colour.opacity as f32;
    for (channel, ink) in pixel.iter_mut().zip(colour.rgb) {
        let mixed = f32::from(*channel) + (f32::from(ink) - f32::from(*channel)) * coverage;
        *channel = mixed.round() as u8;
    }
}

fn encode(pixels: &[u8], width: usize, height: usize) -> Result<Vec<u8>, ChartError> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(
        &mut bytes,
        u32::try_from(width).map_err(failed)?,
        u32::try_from(height).map_err(failed)?,
    );
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_compression(::png::Compression::Fast);
    encoder.set_filter(::png::FilterType::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::scene::point;
    use super::*;

    #[test]
    fn dashes_go_round_corners() {
        let cut = dashes(
            &[point(0.0, 0.0), point(3.0, 0.0), point(3.0, 10.0)],
            (4.0, 2.0),
        );
        assert_eq!(
            cut,
            [
                vec![point(0.0, 0.0), point(3.0, 0.0), point(3.0, 1.0)],
                vec![point(3.0, 3.0), point(3.0, 7.0)],
                vec![point(3.0, 9.0), point(3.0, 10.0)],
            ]
        );
    }

    #[test]
    fn averaging_takes_the_mean_of_four() {
        let raster = vec![0, 0, 0, 255, 255, 255, 255, 0, 255, 255, 0, 255];
        let mut pixels = Vec::new();
        average(&raster, 1, &mut pixels);
        assert_eq!(pixels, [191, 64, 191]);
    }
}
