//! Figures with fixed values, drawn by the tests of `chart` and `report::page`.

#![allow(dead_code, unreachable_pub)]

mod sets;

pub use sets::{extreme, usual};
use shiftsim::summary::figures::*;

/// A small generator, so that the figures never change.
pub struct Lcg(u64);

impl Lcg {
    pub fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn labels(stem: &str, title: &str) -> Labels {
    Labels {
        file_stem: stem.into(),
        title: title.into(),
        caption:
            "seed 1 · weights v1=50, v3=50 · algorithm envoy (R mod total, a fresh R for each \
                  request) · shiftsim 0.1.0"
                .into(),
        reading: "The line wanders inside the funnel and comes near the target only slowly.".into(),
    }
}

/// Request numbers worth a point: all up to 200, then ever fewer.
fn checkpoints(requests: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut at = 1u64;
    while at < requests {
        numbers.push(at);
        at = if at < 200 { at + 1 } else { at + at / 60 };
    }
    numbers.push(requests);
    numbers
}

fn walk(requests: u64, target: f64, random: &mut Lcg) -> Vec<SharePoint> {
    let (mut before, mut count) = (0u64, 0f64);
    let mut points = Vec::new();
    for at in checkpoints(requests) {
        let gap = (at - before) as f64;
        count += if gap == 1.0 {
            f64::from(random.next() < target)
        } else {
            let normal = (0..12).map(|_| random.next()).sum::<f64>() - 6.0;
            (gap * target + normal * (gap * target * (1.0 - target)).sqrt())
                .round()
                .clamp(0.0, gap)
        };
        points.push((at, count / at as f64));
        before = at;
    }
    points
}

fn band(requests: u64, target: f64, width: f64) -> Vec<BandPoint> {
    let edge = |at: u64, side: f64| {
        let n = at as f64;
        let count = n * target + side * width * (n * target * (1.0 - target)).sqrt();
        let count = if side < 0.0 {
            count.floor()
        } else {
            count.ceil()
        };
        count.clamp(0.0, n) / n
    };
    checkpoints(requests)
        .into_iter()
        .map(|at| BandPoint {
            requests: at,
            low: edge(at, -1.0),
            high: edge(at, 1.0),
        })
        .collect()
}

pub fn running_share(stem: &str, requests: u64, target: f64, markers: &[(u64, &str)]) -> Figure {
    let mut random = Lcg(7);
    Figure::RunningShare(RunningShare {
        labels: labels(
            stem,
            &format!("{requests} requests: the share of v3 and its exact funnel"),
        ),
        version: "v3 (red stars)".into(),
        version_index: 1,
        requests,
        target,
        tolerance: 0.05,
        confidence: 0.95,
        points: walk(requests, target, &mut random),
        pointwise: band(requests, target, 1.96),
        time_uniform: band(requests, target, 3.3),
        markers: markers
            .iter()
            .map(|(requests, label)| Marker {
                requests: *requests,
                label: (*label).into(),
            })
            .collect(),
    })
}

pub fn fan(stem: &str, requests: u64, target: f64, total: usize) -> Figure {
    let mut random = Lcg(3);
    let runs: Vec<Vec<SharePoint>> = (0..total)
        .map(|_| walk(requests, target, &mut random))
        .collect();
    let quantiles = (0..runs[0].len())
        .map(|place| {
            let mut shares: Vec<f64> = runs.iter().map(|run| run[place].1).collect();
            shares.sort_by(f64::total_cmp);
            let rank = |part: f64| shares[((shares.len() - 1) as f64 * part).round() as usize];
            (runs[0][place].0, [0.05, 0.25, 0.5, 0.75, 0.95].map(rank))
        })
        .collect();
    let mut shares: Vec<f64> = runs.iter().map(|run| run[run.len() - 1].1).collect();
    shares.sort_by(f64::total_cmp);
    let mut finals: Vec<(f64, u64)> = Vec::new();
    for share in shares {
        match finals.last_mut() {
            Some((last, runs)) if *last == share => *runs += 1,
            _ => finals.push((share, 1)),
        }
    }
    let outside = finals
        .iter()
        .filter(|at| (at.0 - target).abs() > 0.1)
        .map(|at| at.1)
        .sum::<u64>();
    Figure::Fan(Fan {
        labels: labels(
            stem,
            &format!("{total} times {requests} requests: how far runs differ"),
        ),
        version: "v3".into(),
        version_index: 2,
        requests,
        target,
        tolerance: 0.1,
        runs: runs.into_iter().take(200).collect(),
        quantiles,
        finals,
        total: total as u64,
        outside,
        exact_outside: Some(0.3018),
    })
}

/// The binomial law by its recurrence from the mode on, normalised.
pub fn binomial(requests: u64, target: f64) -> Vec<(u64, f64)> {
    let n = requests as f64;
    let deviation = (n * target * (1.0 - target)).sqrt();
    let low = (n * target - 6.0 * deviation).max(0.0) as u64;
    let high = ((n * target + 6.0 * deviation) as u64 + 1).min(requests);
    let mode = ((n + 1.0) * target) as u64;
    let mut law: Vec<(u64, f64)> = Vec::new();
    let mut weight = 1.0;
    for count in (low..mode).rev() {
        weight *= (count + 1) as f64 * (1.0 - target) / ((n - count as f64) * target);
        law.push((count, weight));
    }
    law.reverse();
    weight = 1.0;
    for count in mode..=high {
        law.push((count, weight));
        weight *= (n - count as f64) * target / ((count + 1) as f64 * (1.0 - target));
    }
    let total: f64 = law.iter().map(|at| at.1).sum();
    law.into_iter()
        .map(|(count, weight)| (count, weight / total))
        .collect()
}

pub fn count_histogram(stem: &str, requests: u64, target: f64, compared: bool) -> Figure {
    let exact = binomial(requests, target);
    let mut random = Lcg(11);
    let simulated = exact
        .iter()
        .map(|(count, share)| (*count, share * (0.85 + 0.3 * random.next())))
        .filter(|at| at.1 > 1e-5)
        .collect();
    let n = requests as f64;
    let legacy = vec![
        (0, 0.32),
        (1, 0.02),
        (7, 0.02),
        (8, 0.03),
        (14, 0.02),
        (15, 0.32),
    ];
    Figure::CountHistogram(CountHistogram {
        labels: labels(stem, &format!("How many of {requests} requests reach v3")),
        version: "v3".into(),
        version_index: 2,
        requests,
        runs: 10_000,
        simulated,
        exact,
        exact_name: format!("binomial({requests}, {target})"),
        compared: compared.then(|| ("the picker of 2017 (a counter)".into(), legacy)),
        within: (
            (n * (target - 0.1)).ceil().max(0.0) as u64,
            (n * (target + 0.1)) as u64,
        ),
        simulated_within: 0.7012,
        exact_within: Some(0.698242),
        observed: (n * target + 1.5 * (n * target * (1.0 - target)).sqrt()) as u64,
    })
}

pub fn strips(stem: &str, versions: usize, phases: usize, requests: u64) -> Figure {
    let mut random = Lcg(5);
    let names = [
        "envoy",
        "envoy-legacy, stride 1",
        "sticky, 10 requests per user",
        "smooth-wrr",
    ];
    let strips = (0..phases)
        .map(|phase| {
            let shown = requests.min(500) as usize;
            let picks = (0..shown)
                .map(|place| match phase % 4 {
                    0 => (random.next() * versions as f64) as usize,
                    1 => (place / 25) % versions,
                    2 => (place / 10 * 7) % versions,
                    _ => place % versions,
                })
                .collect();
            Strip {
                name: format!("phase {}: {}", phase + 1, names[phase % 4]),
                requests,
                picks,
                notes: vec![
                    "runs: 52".into(),
                    "expected if random: 50.5".into(),
                    "runs test p = 0.84".into(),
                    "looks random".into(),
                ],
            }
        })
        .collect();
    Figure::Strips(Strips {
        labels: labels(stem, "The order of the requests: a cell per request"),
        versions: version_names(versions),
        strips,
    })
}

pub fn version_names(versions: usize) -> Vec<String> {
    let shows = [" (no stars)", " (black stars)", " (red stars)"];
    (0..versions)
        .map(|place| format!("v{}{}", place + 1, shows.get(place).unwrap_or(&"")))
        .collect()
}

pub fn bars(stem: &str, phases: usize, versions: usize, requests: u64) -> Figure {
    let mut random = Lcg(9);
    let groups = (0..phases)
        .map(|phase| BarGroup {
            name: format!("phase {}", phase + 1),
            requests,
            bars: (0..versions)
                .map(|place| {
                    let target = 1.0 / versions as f64;
                    let spread = (target * (1.0 - target) / requests.max(1) as f64).sqrt();
                    let observed = (target + spread * (3.0 * random.next() - 1.5)).clamp(0.0, 1.0);
                    Bar {
                        version: version_names(versions)[place].clone(),
                        version_index: place,
                        target,
                        observed,
                        low: (observed - 1.96 * spread).max(0.0),
                        high: (observed + 1.96 * spread).min(1.0),
                    }
                })
                .collect(),
        })
        .collect();
    Figure::Bars(Bars {
        labels: labels(stem, "Observed shares against their targets"),
        confidence: 0.95,
        groups,
    })
}

pub fn timeline(stem: &str, steps: usize, bucket_seconds: f64, silent: Vec<usize>) -> Figure {
    let mut random = Lcg(13);
    let (step_seconds, rate) = (60.0, 20.0);
    let end_seconds = steps as f64 * step_seconds;
    let share = |seconds: f64| {
        let step = (seconds / step_seconds).floor().min(steps as f64 - 1.0);
        (step + 1.0) / steps as f64
    };
    let buckets = (0..(end_seconds / bucket_seconds).ceil() as usize)
        .map(|bucket| {
            let canary = share(bucket as f64 * bucket_seconds);
            let mut counts = vec![0, 0, 0];
            for _ in 0..(rate * bucket_seconds * (0.8 + 0.4 * random.next())) as u64 {
                counts[if random.next() < canary { 2 } else { 0 }] += 1;
            }
            counts
        })
        .collect();
    Figure::Timeline(Timeline {
        labels: labels(stem, "A gradual migration from v1 to v3"),
        versions: version_names(3),
        bucket_seconds,
        buckets,
        end_seconds,
        phases: (0..steps)
            .map(|step| {
                let canary = (step + 1) as f64 / steps as f64;
                TimelinePhase {
                    start_seconds: step as f64 * step_seconds,
                    name: format!("{:.0}% v3", canary * 100.0),
                    shares: vec![1.0 - canary, 0.0, canary],
                }
            })
            .collect(),
        silent,
    })
}

/// Shares over time: all to the first version, gaps, then a split; `empty` leaves everything out.
pub fn shares(stem: &str, versions: usize, empty: bool) -> Figure {
    let phase = |place: usize, targets: Option<Vec<f64>>| SharesPhase {
        start_seconds: place as f64 * 50.0,
        name: format!("phase {place}"),
        targets,
    };
    let even = vec![1.0 / versions as f64; versions];
    let first: Vec<f64> = (0..versions)
        .map(|place| f64::from(u8::from(place == 0)))
        .collect();
    let bucket = |place: usize| match place {
        0..10 => vec![5],
        10..12 => vec![0; versions],
        _ => (0..versions)
            .map(|version| ((place + version) % 3) as u64)
            .collect(),
    };
    Figure::Shares(Shares {
        labels: labels(stem, "Which versions of reviews requests reached"),
        measure: "share of the requests",
        versions: version_names(versions),
        bucket_seconds: 5.0,
        buckets: if empty {
            Vec::new()
        } else {
            (0..30).map(bucket).collect()
        },
        end_seconds: if empty { 0.0 } else { 150.0 },
        phases: match empty {
            true => Vec::new(),
            false => vec![phase(0, Some(first)), phase(1, None), phase(2, Some(even))],
        },
    })
}

/// Evidence that grows by `slope` powers of ten per request, up to what is drawn at most.
pub fn evidence(stem: &str, requests: u64, slope: f64) -> Figure {
    let mut random = Lcg(3);
    let mut line = |start: f64| -> Vec<(u64, f64)> {
        checkpoints(requests)
            .into_iter()
            .map(|at| (at, (start + slope * at as f64 + random.next()).min(300.0)))
            .collect()
    };
    let (fixed, sequential) = (line(0.0), line(-0.8));
    let first = |line: &[(u64, f64)]| {
        line.iter()
            .find(|point| point.1 >= 1.301)
            .map(|point| point.0)
    };
    Figure::Evidence(Evidence {
        labels: labels(stem, "The evidence against the target, request by request"),
        requests,
        first_alarms: [first(&fixed), first(&sequential)],
        fixed,
        fixed_name: "exact binomial, two-sided, minimum likelihood".into(),
        sequential,
        sequential_name: "anytime-valid multinomial e-value (Lindon and Malek 2022)".into(),
        alpha: 0.05,
    })
}

/// A saw-tooth that rises, with an area below it.
pub fn curves(stem: &str, logarithmic: bool) -> Figure {
    let last = if logarithmic { 100_000.0 } else { 200.0 };
    let points: Vec<(f64, f64)> = (1..=200)
        .map(|step| f64::from(step) / 200.0)
        .map(|part| {
            (
                1.0 + part * (last - 1.0),
                part.sqrt() - 0.1 * (part * 40.0).fract(),
            )
        })
        .collect();
    let curve = |name: &str, colour, look| Curve {
        name: name.into(),
        colour,
        look,
        points: points.clone(),
    };
    Figure::Curves(Curves {
        labels: labels(stem, "After how many requests is the split settled?"),
        across: Axis {
            name: "requests".into(),
            unit: Unit::Count,
            range: (1.0, last),
            logarithmic,
        },
        up: Axis {
            name: "probability".into(),
            unit: Unit::Share,
            range: (0.0, 1.0),
            logarithmic: false,
        },
        areas: vec![Area {
            name: "below".into(),
            colour: 2,
            points: points.iter().map(|&(x, y)| (x, 0.0, y.max(0.0))).collect(),
        }],
        curves: vec![
            curve("within ±5 points", 0, Look::Solid),
            curve("an approximation", 1, Look::Dashed),
            curve("simulated", 5, Look::Circles),
        ],
        levels: vec![(0.95, "95%".into())],
        marks: vec![(99.0, "from here on: 99".into())],
    })
}

/// A dashboard of so many versions with so many marks.
pub fn dashboard(stem: &str, versions: usize, marks: usize) -> Figure {
    let mut random = Lcg(11);
    let end = 300.0;
    let mut lines = |low: f64, high: f64| -> Vec<PanelLine> {
        let mut stretch = || {
            (0..100)
                .map(|i| (f64::from(i) * 3.0, low + (high - low) * random.next()))
                .collect::<Vec<(f64, f64)>>()
        };
        let line = |version| PanelLine {
            version,
            dash: [Dash::Solid, Dash::Wide, Dash::Dashed, Dash::Dotted][version % 4],
            stretches: vec![stretch()[..50].to_vec(), vec![(200.0, high)], Vec::new()],
        };
        (0..versions).map(line).collect()
    };
    let panel = |name: &str, axis, range, lines| Panel {
        name: name.into(),
        axis,
        range,
        lines,
    };
    Figure::Dashboard(Dashboard {
        labels: labels(stem, "What a metrics system would show"),
        versions: (1..=versions).map(|number| format!("v{number}")).collect(),
        end_seconds: end,
        panels: vec![
            panel(
                "requests per second",
                PanelAxis::Number,
                (0.0, 0.004),
                lines(0.001, 0.003),
            ),
            panel(
                "success rate",
                PanelAxis::Share,
                (0.99, 1.0),
                lines(0.992, 1.0),
            ),
            panel(
                "response time in seconds, logarithmic",
                PanelAxis::LogTime,
                (0.0004, 40_000.0),
                lines(0.001, 10_000.0),
            ),
            panel("replicas", PanelAxis::Count, (0.0, 1.06), lines(0.0, 1.0)),
        ],
        marks: (0..marks)
            .map(|number| {
                (
                    number as f64 * end / marks as f64,
                    "v2: 2 → 3 replicas".into(),
                )
            })
            .collect(),
    })
}
