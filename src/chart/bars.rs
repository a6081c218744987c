//! Observed shares as bars with their intervals, targets as thin dark lines; a group per phase.

use super::axis;
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch, TEXT};
use super::number::{integer, percent, share};
use super::palette::{self, FAINT_INK, INK};
use super::running_share::decimals_of;
use super::scale::Scale;
use super::scene::{Align, Rect, Scene, Stroke, point};
use super::ticks;
use crate::summary::figures::{Bar, BarGroup, Bars};

/// Room for the heading of a group.
const HEADING: f64 = 26.0;
/// Between groups.
const GAP: f64 = 10.0;
/// The widest that names of versions may be.
const WIDEST_NAME: f64 = 220.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Bars) -> Scene {
    let interval = Stroke::solid(FAINT_INK, 1.4);
    let target = Stroke::solid(INK, 2.0);
    let level = percent(figure.confidence, decimals_of(figure.confidence));
    let legend = [
        Item::new(Swatch::Area(palette::fill(0)), "observed share"),
        Item::new(Swatch::Mark(target), "target"),
        Item::new(Swatch::Whisker(interval), format!("{level} interval")),
    ];
    let bars: usize = figure.groups.iter().map(|group| group.bars.len()).sum();
    // Few bars are broad; many are narrow, and the chart grows.
    let row = (300.0 / bars.max(1) as f64).clamp(19.0, 40.0);
    let height = figure
        .groups
        .iter()
        .map(|group| group_height(group, row))
        .sum::<f64>()
        + axis::BELOW;
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Height(height));

    let all = || figure.groups.iter().flat_map(|group| &group.bars);
    let names = all()
        .map(|bar| font::width(&bar.version, SMALL))
        .fold(0.0, f64::max);
    let notes = all()
        .map(|bar| font::width(&note(bar), SMALL))
        .fold(0.0, f64::max);
    let plot = Rect {
        left: body.left + names.min(WIDEST_NAME) + 10.0,
        top: body.top,
        right: body.right - notes - 14.0,
        bottom: body.bottom - axis::BELOW,
    };
    let most = all()
        .flat_map(|bar| [bar.observed, bar.high, bar.target])
        .fold(0.0, f64::max);
    let most = if most <= 0.5 && most > 0.0 {
        (most * 1.1 * 20.0).ceil() / 20.0
    } else {
        1.0
    };
    let across = Scale::linear((0.0, most), (plot.left, plot.right));
    let share_ticks = ticks::percentages(0.0, most, 10);

    let mut top = plot.top;
    for group in &figure.groups {
        let counted = counted(group);
        let room = body.width() - font::width(&counted, TEXT);
        let heading = font::fit(&group.name, TEXT, room) + &counted;
        scene.text(
            point(body.left, top + 16.0),
            Align::Start,
            TEXT,
            INK,
            &heading,
        );
        let rows = Rect {
            top: top + HEADING,
            bottom: top + HEADING + group.bars.len() as f64 * row,
            ..plot
        };
        draw_grid(&mut scene, rows, &across, &share_ticks);
        for (place, bar) in group.bars.iter().enumerate() {
            let row = Rect {
                top: rows.top + place as f64 * row,
                bottom: rows.top + (place as f64 + 1.0) * row,
                ..rows
            };
            draw_bar(&mut scene, bar, row, &across, interval, target);
        }
        top += group_height(group, row);
    }
    axis::bottom(
        &mut scene,
        plot,
        &across,
        &share_ticks,
        "share of the requests of the phase",
    );
    scene
}

fn group_height(group: &BarGroup, row: f64) -> f64 {
    HEADING + group.bars.len() as f64 * row + GAP
}

fn counted(group: &BarGroup) -> String {
    match group.requests {
        0 => " — no request".to_owned(),
        1 => " — 1 request".to_owned(),
        requests => format!(" — {} requests", integer(requests)),
    }
}

fn note(bar: &Bar) -> String {
    if bar.observed.is_finite() {
        format!("{} (target {})", share(bar.observed), share(bar.target))
    } else {
        format!("target {}", share(bar.target))
    }
}

fn draw_grid(scene: &mut Scene, rows: Rect, across: &Scale, share_ticks: &[ticks::Tick]) {
    let lines = share_ticks.iter().map(|tick| {
        let x = across.at(tick.value);
        vec![point(x, rows.top), point(x, rows.bottom)]
    });
    scene.lines(lines.collect(), Stroke::solid(palette::GRID, 1.0));
}

fn draw_bar(
    scene: &mut Scene,
    bar: &Bar,
    row: Rect,
    across: &Scale,
    interval: Stroke,
    target: Stroke,
) {
    let middle = (row.top + row.bottom) / 2.0;
    let half = (row.height() * 0.31).min(11.0);
    let name = font::fit(&bar.version, SMALL, WIDEST_NAME);
    scene.text(
        point(row.left - 8.0, middle + 4.3),
        Align::End,
        SMALL,
        INK,
        &name,
    );
    if bar.observed.is_finite() {
        let end = across.at(bar.observed);
        let rect = Rect {
            left: row.left,
            top: middle - half,
            right: end,
            bottom: middle + half,
        };
        scene.rect(rect, palette::fill(bar.version_index));
    }
    if bar.low.is_finite() && bar.high.is_finite() {
        let (low, high) = (across.at(bar.low), across.at(bar.high));
        let cap = (half * 0.5).max(3.0);
        let whisker = vec![
            vec![point(low, middle), point(high, middle)],
            vec![point(low, middle - cap), point(low, middle + cap)],
            vec![point(high, middle - cap), point(high, middle + cap)],
        ];
        // A pale edge keeps the whisker visible on a dark bar.
        let edge = Stroke::solid(palette::PAPER, interval.width + 1.8);
        scene.lines(whisker.clone(), edge);
        scene.lines(whisker, interval);
    }
    let x = across.at(bar.target);
    let mark = vec![point(x, middle - half - 3.0), point(x, middle + half + 3.0)];
    scene.line(
        mark.clone(),
        Stroke::solid(palette::PAPER, target.width + 1.8),
    );
    scene.line(mark, target);
    let at = point(row.right + 14.0, middle + 4.3);
    scene.text(at, Align::Start, SMALL, INK, &note(bar));
}
