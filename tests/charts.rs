//! Every kind of chart, as it usually looks and at its limits. The files are left in the target
//! folder's `tmp/charts`, to be looked at.

#[path = "figures/mod.rs"]
mod figures;

use shiftsim::chart::{Format, render};

fn folder() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("charts");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_chart_is_well_formed_and_deterministic() {
    let folder = folder();
    for figure in figures::usual().into_iter().chain(figures::extreme()) {
        let stem = figure.file_stem().to_owned();
        let svg = render(&figure, Format::Svg).unwrap();
        assert_eq!(svg, render(&figure, Format::Svg).unwrap(), "{stem}");
        std::fs::write(folder.join(format!("{stem}.svg")), &svg).unwrap();
        let text = String::from_utf8(svg).unwrap();
        let document = roxmltree::Document::parse(&text).expect(&stem);
        assert_eq!(document.root_element().tag_name().name(), "svg");
        let png = render(&figure, Format::Png).unwrap();
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        std::fs::write(folder.join(format!("{stem}.png")), &png).unwrap();
    }
}
