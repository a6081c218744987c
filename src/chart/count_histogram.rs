//! The counts of the replications as bars, the exact law as dots, the tolerance as a zone.

use super::axis::{self, TopLabels};
use super::font;
use super::layout::{self, Body, Item, SMALL, Swatch};
use super::number::{self, integer, percent};
use super::palette::{self, FAINT_INK, INK, PAPER, TOLERANCE};
use super::scale::Scale;
use super::scene::{Align, Point, Rect, Scene, Stroke, point};
use super::ticks::{self, Tick};
use crate::summary::figures::CountHistogram;

/// More bars than this are put together.
const MOST_BARS: u64 = 60;
/// Exact probabilities below this share of the highest do not widen the chart.
const NEGLIGIBLE: f64 = 1e-3;

/// A probability, or a share of the runs, by count.
type Law = [(u64, f64)];

/// The figure as a scene.
pub(super) fn draw(figure: &CountHistogram) -> Scene {
    let bars = palette::fill(figure.version_index).colour.tint(0.6);
    let open = Stroke::solid(INK, 1.3);
    let (mut scene, body) = layout::sheet(&figure.labels, &legend(figure, open), Body::Fill);

    let (low, high) = count_range(figure);
    let width = bin_width(low, high);
    let (low, high) = (low / width * width, high / width * width + width - 1);
    let simulated = binned(&figure.simulated, width, low, high);
    let exact = binned(&figure.exact, width, low, high);
    let compared = figure
        .compared
        .as_ref()
        .map(|(_, law)| binned(law, width, low, high))
        .unwrap_or_default();
    let tallest = [&simulated, &exact, &compared]
        .into_iter()
        .flatten()
        .map(|bin| bin.1)
        .fold(0.0, f64::max)
        .max(1e-9);

    let share_ticks = ticks::percentages(0.0, tallest * 1.06, 6);
    // The names of the two rows of labels stand before the first label.
    let first_label = font::width(&integer(high), SMALL) / 2.0;
    let names = font::width("count", SMALL) + first_label + 12.0;
    let left = body.left + axis::left_room(&share_ticks).max(names);
    let across = Scale::linear((low as f64 - 0.5, high as f64 + 0.5), (left, body.right));
    let marks = [(across.at(figure.observed as f64), observed_label(figure))];
    let marks = TopLabels::place(&marks, left, body.right);
    let plot = Rect {
        left,
        top: body.top + axis::ABOVE + marks.height(),
        right: body.right,
        bottom: body.bottom - axis::BELOW - 14.0,
    };
    let up = Scale::linear((0.0, tallest * 1.06), (plot.bottom, plot.top));

    let (first, last) = figure.within;
    if first <= last && first <= high && last >= low {
        let (from, to) = (across.at(first as f64 - 0.5), across.at(last as f64 + 0.5));
        scene.rect(
            Rect {
                left: from,
                right: to,
                ..plot
            },
            TOLERANCE,
        );
    }
    axis::left(&mut scene, plot, &up, &share_ticks);
    axis::left_name(&mut scene, body, &axis_name(width));
    let half = (across.at((low + width) as f64) - across.at(low as f64)) / 2.0;
    let middle = |bin: u64| across.at(bin as f64 + (width as f64 - 1.0) / 2.0);
    let rects = simulated.iter().map(|(bin, share)| Rect {
        left: middle(*bin) - half * 0.8,
        top: up.at(*share),
        right: middle(*bin) + half * 0.8,
        bottom: plot.bottom,
    });
    scene.rects(rects.collect(), bars);
    marks.draw(&mut scene, &[plot]);
    count_axis(&mut scene, plot, &across, (low, high), figure);
    let dots = |law: &[(u64, f64)]| -> Vec<Point> {
        law.iter()
            .map(|(bin, share)| point(middle(*bin), up.at(*share)))
            .collect()
    };
    let radius = (half * 0.55).clamp(2.0, 4.0);
    scene.circles(dots(&compared), radius + 0.8, PAPER, Some(open));
    scene.circles(dots(&exact), radius, INK, None);
    scene
}

fn legend(figure: &CountHistogram, open: Stroke) -> Vec<Item> {
    let bars = palette::fill(figure.version_index).colour.tint(0.6);
    let mut items = Vec::new();
    if !figure.simulated.is_empty() {
        let label = format!("{} runs", integer(figure.runs));
        items.push(Item::new(Swatch::Area(bars.into()), label));
    }
    if !figure.exact.is_empty() {
        let label = format!("exact: {}", figure.exact_name);
        items.push(Item::new(Swatch::Dot(INK, None), label));
    }
    if let Some((name, _)) = &figure.compared {
        items.push(Item::new(Swatch::Dot(PAPER, Some(open)), name.as_str()));
    }
    let (first, last) = figure.within;
    let zone = match first.cmp(&last) {
        std::cmp::Ordering::Less => format!("{} to {}", integer(first), integer(last)),
        std::cmp::Ordering::Equal => integer(first),
        std::cmp::Ordering::Greater => "no count".to_owned(),
    };
    let exact = figure
        .exact_within
        .map(|exact| format!("exact {}", percent(exact, 2)));
    let simulated = (!figure.simulated.is_empty())
        .then(|| format!("{} of runs", percent(figure.simulated_within, 2)));
    let found: Vec<String> = simulated.into_iter().chain(exact).collect();
    let label = format!("within tolerance ({zone}): {}", found.join(", "));
    items.push(Item::new(Swatch::Area(TOLERANCE.into()), label));
    items
}

fn observed_label(figure: &CountHistogram) -> String {
    let share = figure.observed as f64 / figure.requests.max(1) as f64;
    let run = if figure.simulated.is_empty() {
        "this run"
    } else {
        "first run"
    };
    format!(
        "{run}: {} ({})",
        integer(figure.observed),
        number::share(share)
    )
}

fn axis_name(width: u64) -> String {
    if width == 1 {
        "share of the runs".to_owned()
    } else {
        format!("share of the runs, {} counts to a bar", integer(width))
    }
}

/// The counts to be shown: all simulated ones, and the exact ones that can be seen.
fn count_range(figure: &CountHistogram) -> (u64, u64) {
    let visible = |law: &Law| -> Vec<u64> {
        let most = law.iter().map(|at| at.1).fold(0.0, f64::max);
        law.iter()
            .filter(|at| at.1 > most * NEGLIGIBLE)
            .map(|at| at.0)
            .collect()
    };
    let mut counts = visible(&figure.exact);
    counts.extend(figure.compared.iter().flat_map(|(_, law)| visible(law)));
    counts.extend(figure.simulated.iter().map(|at| at.0));
    counts.push(figure.observed);
    let low = counts.iter().copied().min().unwrap_or(0);
    let high = counts.iter().copied().max().unwrap_or(0);
    (
        low.saturating_sub(1),
        (high + 1).min(figure.requests.max(high)),
    )
}

/// 1, 2, 5, 10, … counts to a bar, so that there are not too many.
fn bin_width(low: u64, high: u64) -> u64 {
    let counts = high - low + 1;
    if counts <= MOST_BARS {
        return 1;
    }
    ticks::nice_step(counts as f64, MOST_BARS as usize).max(1.0) as u64
}

/// The sums over bins that begin at multiples of `width`.
fn binned(law: &Law, width: u64, low: u64, high: u64) -> Vec<(u64, f64)> {
    let mut bins: Vec<(u64, f64)> = Vec::new();
    for (count, share) in law.iter().filter(|at| (low..=high).contains(&at.0)) {
        let start = count / width * width;
        match bins.last_mut() {
            Some((bin, sum)) if *bin == start => *sum += share,
            _ => bins.push((start, *share)),
        }
    }
    bins
}

/// Counts, and below each the share that it is.
fn count_axis(
    scene: &mut Scene,
    plot: Rect,
    across: &Scale,
    (low, high): (u64, u64),
    figure: &CountHistogram,
) {
    let requests = figure.requests.max(1);
    let parts = if high < 100 { 20 } else { 10 };
    let counts = ticks::integers(low as f64, high as f64, parts);
    axis::bottom_labels(scene, plot, across, &counts);
    let step = counts
        .windows(2)
        .map(|pair| pair[1].value - pair[0].value)
        .next()
        .unwrap_or(1.0);
    let decimals = (-(step * 100.0 / requests as f64).log10().floor()).clamp(0.0, 6.0);
    // Neighbours such as 1/15 and 2/15 need no decimal to be told apart.
    for Tick { value, .. } in &counts {
        let share = percent(value / requests as f64, decimals as usize);
        let at = point(across.at(*value), plot.bottom + 34.0);
        scene.text(at, Align::Middle, SMALL - 1.0, FAINT_INK, &share);
    }
    let whole = format!(", of {}", integer(figure.requests));
    let room = plot.width() - font::width(&whole, SMALL);
    let whole = font::fit(&format!("requests to {}", figure.version), SMALL, room) + &whole;
    let at = point(plot.right, plot.bottom + 52.0);
    scene.text(at, Align::End, SMALL, FAINT_INK, &whole);
    let name = |row: f64| point(layout::MARGIN, plot.bottom + row);
    scene.text(name(19.0), Align::Start, SMALL, FAINT_INK, "count");
    scene.text(name(34.0), Align::Start, SMALL - 1.0, FAINT_INK, "share");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_few_and_keep_the_total() {
        assert_eq!(bin_width(0, 15), 1);
        assert_eq!(bin_width(498_000, 502_000), 100);
        let law: Vec<(u64, f64)> = (0..100).map(|count| (count, 0.01)).collect();
        let bins = binned(&law, 5, 0, 99);
        assert_eq!(bins.len(), 20);
        assert!((bins.iter().map(|bin| bin.1).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(bins[1].0, 5);
    }
}
