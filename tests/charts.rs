//! Every kind of chart, as it usually looks and at its limits. The files are left in the target
//! folder's `tmp/charts`, to be looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "figures/mod.rs"]
mod figures;

use shiftsim::chart::{Format, render};
use shiftsim::summary::figures::Figure;

fn all_figures() -> impl Iterator<Item = Figure> {
    figures::usual().into_iter().chain(figures::extreme())
}

fn svg(figure: &Figure) -> String {
    String::from_utf8(render(figure, Format::Svg).unwrap()).unwrap()
}

#[test]
fn every_chart_is_well_formed_and_deterministic() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("charts");
    std::fs::create_dir_all(&folder).unwrap();
    for figure in all_figures() {
        let stem = figure.file_stem();
        let text = svg(&figure);
        assert_eq!(text, svg(&figure), "{stem}");
        let document = roxmltree::Document::parse(&text).expect(stem);
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        let spoken = |name: &str| {
            root.children()
                .find(|node| node.tag_name().name() == name)
                .and_then(|node| node.text())
                .map(str::to_owned)
        };
        assert_eq!(
            spoken("title").as_ref(),
            Some(&figure.labels().title),
            "{stem}"
        );
        assert_eq!(
            spoken("desc").as_ref(),
            Some(&figure.labels().reading),
            "{stem}"
        );
        std::fs::write(folder.join(format!("{stem}.svg")), &text).unwrap();

        let png = render(&figure, Format::Png).unwrap();
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        std::fs::write(folder.join(format!("{stem}.png")), &png).unwrap();
    }
}

#[test]
fn the_usual_charts_are_small() {
    for figure in figures::usual() {
        let bytes = svg(&figure).len();
        assert!(bytes < 150_000, "{}: {bytes} bytes", figure.file_stem());
    }
}

/// The ink of a text: left, top, right, bottom.
type Ink = [f64; 4];

/// The ink of every text of a chart, from the outlines in the document.
fn texts(document: &roxmltree::Document) -> Vec<Ink> {
    let hull = |node: roxmltree::Node| {
        let data = node.attribute("d").unwrap();
        let numbers: Vec<f64> = data
            .split(|sign: char| sign.is_ascii_alphabetic() || sign == ' ')
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        numbers.chunks_exact(2).fold(
            [f64::MAX, f64::MAX, f64::MIN, f64::MIN],
            |[l, t, r, b], at| [l.min(at[0]), t.min(at[1]), r.max(at[0]), b.max(at[1])],
        )
    };
    let glyphs: std::collections::BTreeMap<&str, Ink> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "path" && node.attribute("id").is_some())
        .map(|node| (node.attribute("id").unwrap(), hull(node)))
        .collect();
    let xlink = "http://www.w3.org/1999/xlink";
    let mut texts = Vec::new();
    for group in document
        .descendants()
        .filter(|node| node.attribute("transform").is_some())
    {
        let transform = group.attribute("transform").unwrap();
        let numbers: Vec<f64> = transform
            .split(|sign: char| !(sign.is_ascii_digit() || sign == '.' || sign == '-'))
            .filter_map(|part| part.parse().ok())
            .collect();
        let [x, y, scale, _] = numbers[..] else {
            panic!("{transform}")
        };
        let mut ink = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for glyph in group
            .children()
            .filter(|node| node.tag_name().name() == "use")
        {
            let at: f64 = glyph.attribute("x").unwrap_or("0").parse().unwrap();
            let id = glyph
                .attribute((xlink, "href"))
                .unwrap()
                .trim_start_matches('#');
            let [left, low, right, high] = glyphs[id];
            ink = [
                ink[0].min(x + scale * (at + left)),
                ink[1].min(y - scale * high),
                ink[2].max(x + scale * (at + right)),
                ink[3].max(y - scale * low),
            ];
        }
        if ink[0] <= ink[2] {
            texts.push(ink);
        }
    }
    texts
}

#[test]
fn no_text_leaves_its_chart_or_covers_another() {
    for figure in all_figures() {
        let stem = figure.file_stem();
        let text = svg(&figure);
        let document = roxmltree::Document::parse(&text).unwrap();
        let size = |name| -> f64 {
            document
                .root_element()
                .attribute(name)
                .unwrap()
                .parse()
                .unwrap()
        };
        let (width, height) = (size("width"), size("height"));
        let texts = texts(&document);
        assert!(texts.len() >= 3, "{stem}");
        for (place, &[left, top, right, bottom]) in texts.iter().enumerate() {
            let inside = left >= 0.0 && top >= 0.0 && right <= width && bottom <= height;
            assert!(
                inside,
                "{stem}: text {place} at {left} {top} {right} {bottom}"
            );
            for (other, &[l, t, r, b]) in texts.iter().enumerate().skip(place + 1) {
                let apart = right <= l || r <= left || bottom <= t || b <= top;
                assert!(
                    apart,
                    "{stem}: texts {place} and {other} overlap at {left} {top}"
                );
            }
        }
    }
}

/// Drawings change only on purpose: look at the new ones, then run with `SNAPSHOTS=overwrite`.
#[test]
fn two_small_charts_stay_as_they_are() {
    let strips = svg(&figures::strips("strips-golden", 2, 1, 20));
    snapbox::assert_data_eq!(strips, snapbox::file!["golden/strips.svg"].raw());
    let running = svg(&figures::running_share(
        "running-golden",
        15,
        0.5,
        &[(15, "15 refreshes")],
    ));
    snapbox::assert_data_eq!(running, snapbox::file!["golden/running_share.svg"].raw());
}

/// All kinds of charts in both formats, as a run would draw them.
#[test]
#[ignore = "a measurement: run it with --release -- --ignored --nocapture"]
fn time_of_a_small_scenario() {
    let figures = figures::usual();
    for format in [Format::Svg, Format::Png] {
        for figure in &figures {
            #[expect(clippy::disallowed_methods, reason = "this measures real time")]
            let start = std::time::Instant::now();
            let bytes = render(figure, format).unwrap().len();
            println!(
                "{:20} {format:?} {:8.2?} {bytes} bytes",
                figure.file_stem(),
                start.elapsed()
            );
        }
    }
}
