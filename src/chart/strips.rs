//! The first requests one by one: a cell per request, coloured by version, fifty to a row.

use super::font;
use super::layout::{self, Body, Item, LINE, SMALL, Swatch, TEXT};
use super::number::integer;
use super::palette::{self, FAINT_INK, INK};
use super::scene::{Align, Rect, Scene, point};
use crate::summary::figures::{Strip, Strips};

/// Cells of a row.
const ROW: usize = 50;
/// From one cell to the next.
const CELL: f64 = 11.6;
/// From one row to the next.
const ROW_HEIGHT: f64 = 18.0;
/// The height of a cell.
const CELL_HEIGHT: f64 = 15.0;
/// An additional gap after every ten cells, to count by.
const TEN_GAP: f64 = 4.0;
/// Room for the number of the first request of a row.
const NUMBERS: f64 = 36.0;
/// Room for the name above the cells.
const NAME: f64 = 24.0;
/// Between strips.
const GAP: f64 = 16.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Strips) -> Scene {
    let legend: Vec<Item> = figure
        .versions
        .iter()
        .enumerate()
        .map(|(place, name)| Item::new(Swatch::Area(palette::fill(place)), name.as_str()))
        .collect();
    let height = figure.strips.iter().map(strip_height).sum::<f64>();
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Height(height));
    let mut top = body.top;
    for strip in &figure.strips {
        draw_strip(&mut scene, strip, body, top);
        top += strip_height(strip);
    }
    scene
}

fn strip_height(strip: &Strip) -> f64 {
    let cells = strip.picks.len().div_ceil(ROW).max(1) as f64 * ROW_HEIGHT;
    NAME + cells.max(strip.notes.len() as f64 * LINE) + GAP
}

fn draw_strip(scene: &mut Scene, strip: &Strip, body: Rect, top: f64) {
    let counted = counted(strip);
    let room = body.width() - font::width(&counted, TEXT);
    let heading = font::fit(&strip.name, TEXT, room) + &counted;
    scene.text(
        point(body.left, top + 15.0),
        Align::Start,
        TEXT,
        INK,
        &heading,
    );
    let top = top + NAME;
    let left = body.left + NUMBERS;
    let cell = |place: usize| {
        let (row, column) = (place / ROW, place % ROW);
        let x = left + column as f64 * CELL + (column / 10) as f64 * TEN_GAP;
        let y = top + row as f64 * ROW_HEIGHT;
        Rect {
            left: x,
            top: y,
            right: x + CELL - 1.6,
            bottom: y + CELL_HEIGHT,
        }
    };
    for first in (0..strip.picks.len()).step_by(ROW) {
        let at = point(left - 7.0, cell(first).bottom - 3.5);
        scene.text(
            at,
            Align::End,
            SMALL - 1.0,
            FAINT_INK,
            &integer(first as u64 + 1),
        );
    }
    let versions = strip.picks.iter().max().map_or(0, |last| last + 1);
    for version in 0..versions {
        let cells = strip
            .picks
            .iter()
            .enumerate()
            .filter(|(_, pick)| **pick == version);
        let cells: Vec<Rect> = cells.map(|(place, _)| cell(place)).collect();
        if !cells.is_empty() {
            scene.rects(cells, palette::fill(version));
        }
    }
    let notes = left + ROW as f64 * CELL + (ROW / 10 - 1) as f64 * TEN_GAP + 16.0;
    for (row, note) in strip.notes.iter().enumerate() {
        let note = font::fit(note, SMALL, body.right - notes);
        let at = point(notes, top + 11.5 + row as f64 * LINE);
        scene.text(at, Align::Start, SMALL, INK, &note);
    }
}

/// How many requests there are, and how many of them are shown.
fn counted(strip: &Strip) -> String {
    let shown = strip.picks.len() as u64;
    match strip.requests {
        0 => " — no request".to_owned(),
        1 => " — 1 request".to_owned(),
        all if shown < all => format!(" — the first {shown} of {} requests", integer(all)),
        all => format!(" — {} requests", integer(all)),
    }
}
