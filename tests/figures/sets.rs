//! One figure of every kind: as it usually looks, and at its limits.

use shiftsim::summary::figures::*;

use super::*;

/// Every kind of chart as it usually looks.
pub fn usual() -> Vec<Figure> {
    vec![
        running_share("running-15", 15, 0.5, &[(15, "15 refreshes")]),
        running_share(
            "running-10000",
            10_000,
            0.2,
            &[
                (15, "15 requests"),
                (20, "both seen (99%)"),
                (248, "stable within ±5 points"),
            ],
        ),
        fan("fan-15", 15, 0.5, 200),
        fan("fan-2000", 2000, 0.2, 200),
        count_histogram("counts-15", 15, 0.5, true),
        count_histogram("counts-100000", 100_000, 0.2, false),
        strips("strips", 2, 4, 100),
        bars("bars-3", 3, 2, 20),
        timeline("timeline-10", 10, 5.0, vec![]),
        timeline("timeline-silent", 2, 2.0, vec![0]),
        shares("shares-3", 3, false),
        evidence("evidence-2000", 2000, 0.02),
        curves("curves", false),
        curves("curves-log", true),
        dashboard("dashboard-2", 2, 5),
    ]
}

/// Every kind of chart at its limits.
pub fn extreme() -> Vec<Figure> {
    let long = "canary-Ünïcödé-版本-αβγ-<b>&amp;\"quoted\"-".repeat(6);
    let mut figures = vec![
        running_share("running-1", 1, 0.5, &[(1, "one")]),
        running_share("running-2", 2, 0.0, &[]),
        running_share(
            "running-1e9",
            1_000_000_000,
            0.001,
            &[(1, "a"), (1, "b"), (1_000_000_000, "the end of it all")],
        ),
        running_share(
            "running-200",
            200,
            1.0,
            &[(199, "near the right edge"), (200, "at the right edge")],
        ),
        fan("fan-1", 1, 0.5, 1),
        fan("fan-1e9", 1_000_000_000, 0.5, 250),
        count_histogram("counts-1", 1, 0.5, false),
        count_histogram("counts-61", 61, 0.5, false),
        count_histogram("counts-1e9", 1_000_000_000, 0.3, false),
        strips("strips-1", 1, 1, 1),
        strips("strips-0", 1, 1, 0),
        strips("strips-20", 20, 20, 10_000),
        bars("bars-1", 1, 1, 1),
        bars("bars-0", 1, 2, 0),
        bars("bars-20", 20, 20, 1_000_000_000),
        timeline("timeline-1", 1, 5.0, vec![0, 1, 2]),
        timeline("timeline-20", 20, 0.1, vec![2]),
        shares("shares-1", 1, false),
        shares("shares-20", 20, false),
        shares("shares-empty", 3, true),
        evidence("evidence-1", 1, 0.0),
        evidence("evidence-1e9", 1_000_000_000, 0.05),
        dashboard("dashboard-0", 0, 0),
        dashboard("dashboard-20", 20, 30),
    ];
    for mut figure in usual() {
        match &mut figure {
            Figure::RunningShare(figure) => {
                figure.version.clone_from(&long);
                figure
                    .markers
                    .iter_mut()
                    .for_each(|marker| marker.label.clone_from(&long));
                long_labels(&mut figure.labels, &long);
            }
            Figure::Fan(figure) => {
                figure.version.clone_from(&long);
                long_labels(&mut figure.labels, &long);
            }
            Figure::CountHistogram(figure) => {
                figure.version.clone_from(&long);
                figure.exact_name.clone_from(&long);
                long_labels(&mut figure.labels, &long);
            }
            Figure::Strips(figure) => {
                figure
                    .versions
                    .iter_mut()
                    .for_each(|name| name.clone_from(&long));
                for strip in &mut figure.strips {
                    strip.name.clone_from(&long);
                    strip.notes.push(long.clone());
                }
                long_labels(&mut figure.labels, &long);
            }
            Figure::Bars(figure) => {
                for group in &mut figure.groups {
                    group.name.clone_from(&long);
                    group
                        .bars
                        .iter_mut()
                        .for_each(|bar| bar.version.clone_from(&long));
                }
                long_labels(&mut figure.labels, &long);
            }
            Figure::Timeline(figure) => {
                figure
                    .versions
                    .iter_mut()
                    .for_each(|name| name.clone_from(&long));
                figure
                    .phases
                    .iter_mut()
                    .for_each(|phase| phase.name.clone_from(&long));
                long_labels(&mut figure.labels, &long);
            }
            Figure::Shares(figure) => {
                figure
                    .versions
                    .iter_mut()
                    .for_each(|name| name.clone_from(&long));
                figure
                    .phases
                    .iter_mut()
                    .for_each(|phase| phase.name.clone_from(&long));
                long_labels(&mut figure.labels, &long);
            }
            Figure::OperatingCharacteristic(figure) => long_labels(&mut figure.labels, &long),
            Figure::Rollout(figure) => long_labels(&mut figure.labels, &long),
            Figure::Curves(figure) => {
                figure.across.name.clone_from(&long);
                figure.up.name.clone_from(&long);
                figure
                    .curves
                    .iter_mut()
                    .for_each(|curve| curve.name.clone_from(&long));
                figure
                    .marks
                    .iter_mut()
                    .for_each(|mark| mark.1.clone_from(&long));
                long_labels(&mut figure.labels, &long);
            }
            Figure::Dashboard(figure) => {
                let names = figure.versions.iter_mut();
                names.for_each(|name| name.clone_from(&long));
                let panels = figure.panels.iter_mut();
                panels.for_each(|panel| panel.name.clone_from(&long));
                let marks = figure.marks.iter_mut();
                marks.for_each(|mark| mark.1.clone_from(&long));
                long_labels(&mut figure.labels, &long);
            }
            Figure::Evidence(figure) => {
                figure.fixed_name.clone_from(&long);
                figure.sequential_name.clone_from(&long);
                long_labels(&mut figure.labels, &long);
            }
        }
        figures.push(figure);
    }
    let mut empty = timeline("timeline-empty", 1, 5.0, vec![]);
    if let Figure::Timeline(figure) = &mut empty {
        figure.buckets.clear();
        figure.phases.clear();
        figure.end_seconds = 0.0;
    }
    figures.push(empty);
    figures
}

fn long_labels(labels: &mut Labels, long: &str) {
    labels.file_stem = format!("{}-long", labels.file_stem);
    labels.title = long.into();
    labels.caption = format!("{long} {long}");
    labels.reading = long.into();
}
