//! Curves over a number, with level lines, upright marks and shaded areas.

use super::axis::{self, TopLabels};
use super::clip;
use super::decimate;
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::palette::{self, Colour, FAINT_INK, INK};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::{Area, Axis, Curve, Curves, Look, Unit};

/// The figure as a scene.
pub(super) fn draw(figure: &Curves) -> Scene {
    let (mut scene, body) = layout::sheet(&figure.labels, &legend(figure), Body::Fill);
    // Ticks of a left axis do not depend on its pixels unless it is logarithmic; then the height
    // of the body is near enough.
    let rough = scale(&figure.up, (body.bottom, body.top));
    let up_ticks = ticks_of(&figure.up, &rough);
    let notes_room = figure
        .levels
        .iter()
        .map(|(_, note)| font::width(note, SMALL) + 9.0)
        .fold(0.0, f64::max);
    let (left, right) = (
        body.left + axis::left_room(&up_ticks),
        body.right - notes_room.max(18.0),
    );
    let across = scale(&figure.across, (left, right));
    let marks: Vec<(f64, String)> = figure
        .marks
        .iter()
        .map(|(place, label)| (across.at(*place), label.clone()))
        .collect();
    let marks = TopLabels::place(&marks, left, body.right);
    let plot = Rect {
        left,
        top: body.top + axis::ABOVE + marks.height(),
        right,
        bottom: body.bottom - axis::BELOW,
    };
    let up = scale(&figure.up, (plot.bottom, plot.top));

    axis::left(&mut scene, plot, &up, &up_ticks);
    axis::left_name(&mut scene, body, &figure.up.name);
    let across_ticks = ticks_of(&figure.across, &across);
    let name = match figure.across.logarithmic {
        true => format!("{} (logarithmic)", figure.across.name),
        false => figure.across.name.clone(),
    };
    let name = font::fit(&name, SMALL, plot.right - plot.left);
    for area in &figure.areas {
        fill(&mut scene, area, &across, &up);
    }
    axis::bottom(&mut scene, plot, &across, &across_ticks, &name);
    marks.draw(&mut scene, &[plot]);
    for (height, _) in &figure.levels {
        let y = up.at(*height);
        let level = vec![point(plot.left, y), point(plot.right, y)];
        scene.line(level, Stroke::solid(INK, 1.2));
    }
    for curve in figure.curves.iter().rev() {
        let points: Vec<Point> = curve
            .points
            .iter()
            .map(|(x, y)| point(across.at(*x), up.beyond(*y)))
            .collect();
        match curve.look {
            Look::Circles => {
                let inside = points
                    .into_iter()
                    .filter(|point| (plot.top - 0.5..=plot.bottom + 0.5).contains(&point.y));
                let outline = Stroke::solid(palette::PAPER, 1.0);
                let colour = palette::line(curve.colour);
                scene.circles(inside.collect(), 4.0, colour, Some(outline));
            }
            Look::Solid | Look::Dashed => {
                let line = decimate::m4(&points, 0.5);
                let inside = clip::between(&line, plot.top, plot.bottom);
                scene.lines(inside, stroke(curve));
            }
        }
    }
    let notes: Vec<(f64, Colour, String)> = figure
        .levels
        .iter()
        .map(|(height, note)| (up.at(*height), FAINT_INK, note.clone()))
        .collect();
    axis::right_notes(&mut scene, plot, &notes);
    scene
}

fn legend(figure: &Curves) -> Vec<Item> {
    let curves = figure.curves.iter().map(|curve| {
        let swatch = match curve.look {
            Look::Circles => Swatch::Dot(palette::line(curve.colour), None),
            Look::Solid | Look::Dashed => Swatch::Line(stroke(curve)),
        };
        Item::new(swatch, curve.name.clone())
    });
    let areas = figure
        .areas
        .iter()
        .map(|area| Item::new(Swatch::Area(area_colour(area).into()), area.name.clone()));
    curves.chain(areas).collect()
}

fn stroke(curve: &Curve) -> Stroke {
    let colour = palette::line(curve.colour);
    match curve.look {
        Look::Dashed => Stroke::dashed(colour, 1.6, 5.0, 3.0),
        Look::Solid | Look::Circles => Stroke::solid(colour, 2.0),
    }
}

fn area_colour(area: &Area) -> Colour {
    palette::line(area.colour).with_opacity(0.2)
}

fn fill(scene: &mut Scene, area: &Area, across: &Scale, up: &Scale) {
    let edge = |end: fn(&(f64, f64, f64)) -> f64| {
        area.points
            .iter()
            .map(move |at| point(across.at(at.0), up.at(end(at))))
    };
    let mut outline: Vec<Point> = edge(|at| at.2).collect();
    let mut lower: Vec<Point> = edge(|at| at.1).collect();
    lower.reverse();
    outline.extend(lower);
    scene.polygon(outline, area_colour(area));
}

fn scale(axis: &Axis, pixels: (f64, f64)) -> Scale {
    if axis.logarithmic {
        Scale::logarithmic(axis.range, pixels)
    } else {
        Scale::linear(axis.range, pixels)
    }
}

fn ticks_of(axis: &Axis, scale: &Scale) -> Vec<Tick> {
    let (low, high) = axis.range;
    match (axis.unit, axis.logarithmic) {
        (Unit::Count, false) => ticks::integers(low, high, 8),
        (Unit::Share, false) => ticks::percentages(low, high, 8),
        (Unit::Count, true) => ticks::logarithmic((low, high), |value| scale.at(value), SMALL),
        (Unit::Share, true) => {
            ticks::logarithmic_shares((low, high), |value| scale.at(value), SMALL)
        }
    }
}
