//! The dashboard: panels one below the other on one time axis, with what changed marked through
//! all of them.

use super::axis::{self, TopLabels};
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::palette;
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::{Dash, Dashboard, Panel, PanelAxis};

/// Between panels, with the name of the lower one.
const BETWEEN: f64 = 36.0;
/// Room at the right of the plots.
const RIGHT: f64 = 14.0;

/// The figure as a scene.
pub(super) fn draw(figure: &Dashboard) -> Scene {
    let legend: Vec<Item> = figure
        .versions
        .iter()
        .enumerate()
        .map(|(place, name)| Item::new(Swatch::Line(stroke(place, Dash::Solid)), name.as_str()))
        .collect();
    let heights: Vec<f64> = figure.panels.iter().map(height).collect();
    let axes: Vec<Vec<Tick>> = figure.panels.iter().map(ticks_of).collect();
    let room = axes.iter().map(|ticks| axis::left_room(ticks));
    let left = layout::MARGIN + room.fold(0.0, f64::max);
    let right = layout::WIDTH - layout::MARGIN - RIGHT;
    let across = Scale::linear((0.0, figure.end_seconds), (left, right));
    let marks: Vec<(f64, String)> = figure
        .marks
        .iter()
        .map(|(seconds, label)| (across.at(*seconds), label.clone()))
        .collect();
    let marks = TopLabels::place(&marks, left, layout::WIDTH - layout::MARGIN);

    let gaps = BETWEEN * heights.len().saturating_sub(1) as f64;
    let panels: f64 = heights.iter().sum();
    let whole = axis::ABOVE + marks.height() + panels + gaps + axis::BELOW;
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Height(whole));
    let mut top = body.top + axis::ABOVE + marks.height();
    let mut plots = Vec::with_capacity(heights.len());
    for height in heights {
        plots.push(Rect {
            left,
            top,
            right,
            bottom: top + height,
        });
        top += height + BETWEEN;
    }
    marks.draw(&mut scene, &plots);
    let (time_ticks, unit) = ticks::times(figure.end_seconds, 10);
    for (place, (panel, plot)) in figure.panels.iter().zip(&plots).enumerate() {
        // The name of the first panel stands above the labels of the marks.
        let head = match place {
            0 => body.top,
            _ => plot.top - axis::ABOVE,
        };
        draw_panel(&mut scene, panel, *plot, head, (&across, &axes[place]));
    }
    if let Some(last) = plots.last() {
        axis::bottom(
            &mut scene,
            *last,
            &across,
            &time_ticks,
            &format!("time in {unit}"),
        );
    }
    scene
}

/// Response times need the most room, small whole numbers the least.
fn height(panel: &Panel) -> f64 {
    match panel.axis {
        PanelAxis::LogTime => 170.0,
        PanelAxis::Number | PanelAxis::Share => 100.0,
        PanelAxis::Count => 80.0,
    }
}

fn ticks_of(panel: &Panel) -> Vec<Tick> {
    let (low, high) = panel.range;
    match panel.axis {
        PanelAxis::Number => ticks::decimals(high, 4),
        PanelAxis::Count => ticks::integers(low, high, 4),
        PanelAxis::Share => ticks::percentages(low, high, 4),
        PanelAxis::LogTime => {
            let scale = Scale::logarithmic(panel.range, (0.0, height(panel)));
            ticks::logarithmic_decimals(panel.range, |value| scale.at(value), SMALL)
        }
    }
}

fn draw_panel(
    scene: &mut Scene,
    panel: &Panel,
    plot: Rect,
    head: f64,
    (across, ticks): (&Scale, &[Tick]),
) {
    let up = match panel.axis {
        PanelAxis::LogTime => Scale::logarithmic(panel.range, (plot.bottom, plot.top)),
        _ => Scale::linear(panel.range, (plot.bottom, plot.top)),
    };
    axis::left(scene, plot, &up, ticks);
    let named = Rect {
        left: layout::MARGIN,
        top: head,
        ..plot
    };
    axis::left_name(scene, named, &panel.name);
    axis::bottom_labels(scene, plot, across, &[]);
    for line in &panel.lines {
        let place = |&(seconds, value): &(f64, f64)| point(across.at(seconds), up.at(value));
        let stretches = line.stretches.iter();
        let lines: Vec<Vec<Point>> = stretches
            .map(|stretch| stretch.iter().map(place).collect())
            .collect();
        let stroke = stroke(line.version, line.dash);
        let alone = lines.iter().filter(|points| points.len() == 1);
        let dots: Vec<Point> = alone.flatten().copied().collect();
        scene.circles(dots, stroke.width, stroke.colour, None);
        scene.lines(lines, stroke);
    }
}

fn stroke(version: usize, dash: Dash) -> Stroke {
    let colour = palette::line(version);
    match dash {
        Dash::Solid => Stroke::solid(colour, 1.8),
        Dash::Wide => Stroke::solid(colour, 3.8),
        Dash::Dashed => Stroke::dashed(colour, 1.4, 5.0, 2.5),
        Dash::Dotted => Stroke::dashed(colour, 1.2, 1.5, 2.5),
    }
}
