//! How often a gate promotes a version, by its true error rate: one falling curve or several, and
//! the two areas where it decides wrongly.

use super::axis::{self, TopLabels};
use super::layout::{self, Body, Item, Swatch};
use super::palette::{self, Colour, INK};
use super::scale::Scale;
use super::scene::{Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::{OperatingCharacteristic, OperatingCurve};

/// How strongly a wrong decision is shaded.
const SHADE: f64 = 0.28;

/// The figure as a scene.
pub(super) fn draw(figure: &OperatingCharacteristic) -> Scene {
    let mut legend: Vec<Item> = figure
        .curves
        .iter()
        .enumerate()
        .map(|(place, curve)| Item::new(Swatch::Line(stroke(place)), curve.name.clone()))
        .collect();
    if figure.shaded {
        legend.push(Item::new(
            Swatch::Area(rolled_back().into()),
            "good, rolled back",
        ));
        legend.push(Item::new(Swatch::Area(promoted().into()), "bad, promoted"));
    }
    let (mut scene, body) = layout::sheet(&figure.labels, &legend, Body::Fill);

    let shares = ticks::percentages(0.0, 1.0, 5);
    let (left, right) = (body.left + axis::left_room(&shares), body.right - 12.0);
    let across = Scale::logarithmic(range(figure), (left, right));
    let marks = [(across.at(figure.objective), figure.objective_label.clone())];
    let marks = TopLabels::place(&marks, left, body.right);
    let plot = Rect {
        left,
        top: body.top + axis::ABOVE + marks.height(),
        right,
        bottom: body.bottom - axis::BELOW,
    };
    let up = Scale::linear((0.0, 1.0), (plot.bottom, plot.top));
    if figure.shaded
        && let Some(curve) = figure.curves.first()
    {
        shade(&mut scene, figure, curve, &across, &up);
    }
    axis::left(&mut scene, plot, &up, &shares);
    axis::left_name(&mut scene, body, "P(promoted)");
    let rates = rate_ticks(range(figure));
    axis::bottom(
        &mut scene,
        plot,
        &across,
        &rates,
        "true error rate of the new version (logarithmic)",
    );
    marks.draw(&mut scene, &[plot]);
    let objective = across.at(figure.objective);
    scene.line(
        vec![point(objective, plot.top), point(objective, plot.bottom)],
        Stroke::solid(INK, 1.2),
    );
    for (place, curve) in figure.curves.iter().enumerate().rev() {
        scene.line(points(curve, &across, &up), stroke(place));
    }
    scene
}

/// The area of good versions that are rolled back.
fn rolled_back() -> Colour {
    palette::line(1).tint(SHADE)
}

/// The area of bad versions that are promoted.
fn promoted() -> Colour {
    palette::line(2).tint(SHADE)
}

/// Colour and dashes, so that curves differ in grey too.
fn stroke(place: usize) -> Stroke {
    let colour = palette::line(place);
    match place % 4 {
        0 => Stroke::solid(colour, 2.2),
        1 => Stroke::dashed(colour, 2.0, 8.0, 4.0),
        2 => Stroke::dashed(colour, 2.0, 3.0, 3.0),
        _ => Stroke::dashed(colour, 2.0, 12.0, 3.0),
    }
}

fn points(curve: &OperatingCurve, across: &Scale, up: &Scale) -> Vec<Point> {
    let at = |&(rate, share): &(f64, f64)| point(across.at(rate), up.at(share));
    curve.points.iter().map(at).collect()
}

/// Above the curve left of the objective, and below it on the right.
fn shade(
    scene: &mut Scene,
    figure: &OperatingCharacteristic,
    curve: &OperatingCurve,
    across: &Scale,
    up: &Scale,
) {
    let good = |rate: f64| rate <= figure.objective * (1.0 + 1e-9);
    let bad = |rate: f64| rate >= figure.objective * (1.0 - 1e-9);
    for (edge, colour, side) in [
        (1.0, rolled_back(), &good as &dyn Fn(f64) -> bool),
        (0.0, promoted(), &bad),
    ] {
        let inside = curve.points.iter().filter(|point| side(point.0));
        let mut outline: Vec<Point> = inside
            .map(|&(rate, share)| point(across.at(rate), up.at(share)))
            .collect();
        if let (Some(&first), Some(&last)) = (outline.first(), outline.last()) {
            outline.push(point(last.x, up.at(edge)));
            outline.push(point(first.x, up.at(edge)));
            scene.polygon(outline, colour);
        }
    }
}

/// The error rates shown.
fn range(figure: &OperatingCharacteristic) -> (f64, f64) {
    let rates = || {
        figure
            .curves
            .iter()
            .flat_map(|curve| &curve.points)
            .map(|point| point.0)
    };
    let low = rates().fold(figure.objective, f64::min);
    let high = rates().fold(figure.objective, f64::max);
    (low, high.max(low * 1.001))
}

/// 0.1%, 0.2%, 0.5%, 1%, …
fn rate_ticks((low, high): (f64, f64)) -> Vec<Tick> {
    let mut ticks = Vec::new();
    let mut power = 10f64.powf(low.log10().floor());
    while power <= high {
        for factor in [1.0, 2.0, 5.0] {
            let value = factor * power;
            if value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9) {
                let percent = (value * 100.0 * 1e9).round() / 1e9;
                ticks.push(Tick {
                    value,
                    label: format!("{percent}%"),
                });
            }
        }
        power *= 10.0;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_labelled_by_one_two_five() {
        let labels: Vec<String> = rate_ticks((0.001, 0.3))
            .into_iter()
            .map(|tick| tick.label)
            .collect();
        assert_eq!(
            labels,
            ["0.1%", "0.2%", "0.5%", "1%", "2%", "5%", "10%", "20%"]
        );
    }
}
