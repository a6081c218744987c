//! Figures, drawn: a [`Figure`] goes in, the bytes of an SVG or a PNG come out.
//!
//! A file per kind of chart turns the figure into a `scene::Scene`, a list of shapes in logical
//! pixels; `svg` and `png` write the scene. All text is drawn as outlines of the embedded font,
//! so a machine without fonts shows the same picture. No number is computed here that is not a
//! position: what a chart shows is decided in `summary::figures`.

mod areas;
mod axis;
mod bars;
mod clip;
mod count_histogram;
mod curves;
mod dashboard;
mod decimate;
mod dodge;
mod evidence;
mod fan;
mod font;
mod layout;
mod number;
mod operating_characteristic;
mod palette;
mod png;
mod rollout;
mod running_share;
mod scale;
mod scene;
mod shares;
mod strips;
mod svg;
mod ticks;
mod timeline;

use crate::summary::figures::Figure;

/// What a chart is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Vectors; text is outlines, with the figure's reading for screen readers.
    Svg,
    /// Pixels, at twice the logical size.
    Png,
}

impl Format {
    /// The ending of a file of this format, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// Why a chart could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The raster could not be drawn.
    #[error("the chart could not be drawn: {0}")]
    Draw(String),
    /// The pixels could not be encoded.
    #[error("the chart could not be encoded as PNG")]
    Encode(#[from] ::png::EncodingError),
}

/// Draws a figure. The same figure gives the same bytes, on every machine.
///
/// # Errors
///
/// [`ChartError`] if the raster cannot be drawn or encoded; an SVG never fails.
pub fn render(figure: &Figure, format: Format) -> Result<Vec<u8>, ChartError> {
    let scene = scene(figure);
    match format {
        Format::Svg => Ok(svg::write(&scene).into_bytes()),
        Format::Png => png::write(&scene),
    }
}

/// The figure as shapes.
fn scene(figure: &Figure) -> scene::Scene {
    match figure {
        Figure::RunningShare(figure) => running_share::draw(figure),
        Figure::Fan(figure) => fan::draw(figure),
        Figure::CountHistogram(figure) => count_histogram::draw(figure),
        Figure::Strips(figure) => strips::draw(figure),
        Figure::Bars(figure) => bars::draw(figure),
        Figure::Timeline(figure) => timeline::draw(figure),
        Figure::Evidence(figure) => evidence::draw(figure),
        Figure::OperatingCharacteristic(figure) => operating_characteristic::draw(figure),
        Figure::Rollout(figure) => rollout::draw(figure),
        Figure::Curves(figure) => curves::draw(figure),
        Figure::Shares(figure) => shares::draw(figure),
        Figure::Dashboard(figure) => dashboard::draw(figure),
    }
}
