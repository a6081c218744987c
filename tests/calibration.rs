//! What intervals and tests really do, over 10,000 seeded runs through the picker: how often an
//! interval contains the share, how often a test accuses a correct split. docs/calibration.md is this
//! table; beside each simulated figure stands its exact twin, and the two are held to each other by
//! an exact binomial test at 10⁻⁹, so that a right build fails in one of 10⁷ seeds or fewer.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fmt::Write;

use snapbox::{Assert, Data};

use shiftsim::random::Purpose;
use shiftsim::scenario::{Algorithm, Arrivals, Destination, Length, Phase, VersionIndex};
use shiftsim::sim::PhaseSplitter;
use shiftsim::stats::binomial::Binomial;
use shiftsim::stats::intervals::{Interval, Method, coverage, goodman, sison_glaz, time_uniform};
use shiftsim::stats::order::Runs;
use shiftsim::stats::sequential::Looks;
use shiftsim::stats::sequential::monitor::TwoVersionMonitor;
use shiftsim::stats::sequential::multinomial::{DEFAULT_CONCENTRATION, MultinomialEValue};
use shiftsim::stats::sequential::peeking::share_check_alarms;
use shiftsim::stats::sequential::sprt::{Sprt, SprtDecision};
use shiftsim::stats::special::normal_upper_quantile;
use shiftsim::stats::two_sided::{Convention, binomial_test};
use shiftsim::stats::{gof, order};

/// Runs behind every simulated figure.
const RUNS: u64 = 10_000;
/// The seed of all of them.
const SEED: u64 = 1;
/// The level of tests, and one less the level of intervals.
const ALPHA: f64 = 0.05;

/// A split whose runs are replayed.
struct Case {
    weights: &'static [u32],
    requests: u64,
}

impl Case {
    fn phase(&self) -> Phase {
        let destination = |(place, &weight): (usize, &u32)| Destination {
            version: VersionIndex(place),
            weight,
            replicas: 1,
        };
        Phase::new(
            "calibration".into(),
            self.weights.iter().enumerate().map(destination).collect(),
            Length::Requests(self.requests),
            Arrivals::default(),
            Algorithm::Envoy,
        )
        .unwrap()
    }

    /// The share of a version.
    fn share(&self, version: usize) -> f64 {
        let total: u32 = self.weights.iter().sum();
        f64::from(self.weights[version]) / f64::from(total)
    }

    fn shares(&self) -> Vec<f64> {
        (0..self.weights.len())
            .map(|place| self.share(place))
            .collect()
    }

    fn name(&self) -> String {
        let weights: Vec<String> = self.weights.iter().map(u32::to_string).collect();
        format!("{}, n = {}", weights.join("/"), self.requests)
    }

    /// The counts of every run.
    fn counts(&self) -> Vec<Vec<u64>> {
        let phase = self.phase();
        (0..RUNS)
            .map(|run| {
                let mut counts = vec![0; self.weights.len()];
                let mut splitter = PhaseSplitter::new(&phase, SEED, Purpose::Split, [run, 0]);
                splitter.count(self.requests, &mut counts);
                counts
            })
            .collect()
    }

    /// The versions of every run, request by request, each handed to `use_run`.
    fn each_run(&self, mut use_run: impl FnMut(&mut dyn FnMut() -> usize)) {
        let phase = self.phase();
        for run in 0..RUNS {
            let mut splitter = PhaseSplitter::new(&phase, SEED, Purpose::Split, [run, 0]);
            use_run(&mut || splitter.pick());
        }
    }
}

/// The table as it grows.
struct Page(String);

impl Page {
    fn section(&mut self, title: &str, text: &str, columns: &str) {
        let rule = columns
            .split('|')
            .map(|_| "---")
            .collect::<Vec<_>>()
            .join("|");
        let _ = write!(self.0, "\n## {title}\n\n{text}\n\n|{columns}|\n|{rule}|\n");
    }

    /// A row: how often it happened, its standard error, and the exact probability if there is one.
    fn row(&mut self, cells: &[&str], happened: u64, exact: Option<f64>) {
        let share = happened as f64 / RUNS as f64;
        let error = (share * (1.0 - share) / RUNS as f64).sqrt();
        if let Some(exact) = exact {
            let law = Binomial::new(RUNS, exact).unwrap();
            let p = shiftsim::stats::two_sided::p_value(&law, happened, Convention::Doubling);
            assert!(p.unwrap() > 1e-9, "{cells:?}: {share} is not {exact}");
        }
        let exact = exact.map_or("–".to_owned(), |exact| format!("{:.2}%", 100.0 * exact));
        let _ = writeln!(
            self.0,
            "| {} | {:.2}% ± {:.2} | {exact} |",
            cells.join(" | "),
            100.0 * share,
            100.0 * error
        );
    }
}

#[test]
fn calibration_is_as_documented() {
    let mut page = Page(HEAD.to_owned());
    intervals_of_one_share(&mut page);
    simultaneous_intervals(&mut page);
    tests_of_counts(&mut page);
    tests_of_order(&mut page);
    sequential(&mut page);
    let documented = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/calibration.md");
    Assert::new()
        .action_env("SNAPSHOTS")
        .eq(page.0, Data::read_from(documented.as_ref(), None));
}

const HEAD: &str = "# Calibration

What the intervals and tests really do. Each figure is a share of 10,000 runs (seed 1) that were
replayed through Envoy's picker, with its standard error; beside it the exact probability, where
there is one. Nominal are 95% for intervals and 5% for tests. `cargo test --test calibration`
computes this page again and compares; `SNAPSHOTS=overwrite` before it writes the page.
";

fn contains(interval: Interval, share: f64) -> bool {
    (interval.low..=interval.high).contains(&share)
}

fn intervals_of_one_share(page: &mut Page) {
    page.section(
        "Intervals for one share: coverage",
        "How often the interval contains the true share of the last version. Wilson and Jeffreys are\n\
         near their level on average, Clopper–Pearson is never below it; the time-uniform interval is\n\
         meant for looking at every n, and covers far more at a single one.",
        " split | interval | simulated | exact ",
    );
    for case in [
        Case {
            weights: &[50, 50],
            requests: 15,
        },
        Case {
            weights: &[80, 20],
            requests: 20,
        },
        Case {
            weights: &[90, 10],
            requests: 100,
        },
        Case {
            weights: &[99, 1],
            requests: 1000,
        },
    ] {
        let (version, n) = (case.weights.len() - 1, case.requests);
        let share = case.share(version);
        let runs = case.counts();
        for method in Method::ALL {
            let covered = runs.iter().filter(|counts| {
                contains(
                    method.interval(counts[version], n, 1.0 - ALPHA).unwrap(),
                    share,
                )
            });
            let exact = coverage(method, n, share, 1.0 - ALPHA).unwrap();
            page.row(
                &[&case.name(), method.name()],
                covered.count() as u64,
                Some(exact),
            );
        }
    }
}

fn simultaneous_intervals(page: &mut Page) {
    page.section(
        "Simultaneous intervals: joint coverage",
        "How often the intervals contain all true shares at once.",
        " split | intervals | simulated | exact ",
    );
    type Simultaneous = fn(&[u64], f64) -> Result<Vec<Interval>, shiftsim::stats::StatsError>;
    let methods: [(&str, Simultaneous); 2] = [("Goodman", goodman), ("Sison–Glaz", sison_glaz)];
    for case in [
        Case {
            weights: &[50, 50],
            requests: 15,
        },
        Case {
            weights: &[80, 10, 10],
            requests: 50,
        },
        Case {
            weights: &[50, 25, 25],
            requests: 100,
        },
    ] {
        let (shares, runs) = (case.shares(), case.counts());
        for (name, method) in methods {
            let covers = |counts: &[u64]| {
                let intervals = method(counts, 1.0 - ALPHA).unwrap();
                intervals
                    .iter()
                    .zip(&shares)
                    .all(|(interval, share)| contains(*interval, *share))
            };
            let covered = runs.iter().filter(|counts| covers(counts)).count();
            let exact = law_of(&case, &|counts| covers(counts));
            page.row(&[&case.name(), name], covered as u64, Some(exact));
        }
    }
}

/// The exact probability of a property of the counts: every outcome is visited.
fn law_of(case: &Case, holds: &dyn Fn(&[u64]) -> bool) -> f64 {
    fn visit(
        rest: u64,
        counts: &mut Vec<u64>,
        shares: &[f64],
        holds: &dyn Fn(&[u64]) -> bool,
    ) -> f64 {
        if counts.len() + 1 == shares.len() {
            counts.push(rest);
            let mass = match holds(counts) {
                true => shiftsim::stats::sampling::multinomial_ln_pmf(counts, shares)
                    .unwrap()
                    .exp(),
                false => 0.0,
            };
            counts.pop();
            return mass;
        }
        (0..=rest)
            .map(|count| {
                counts.push(count);
                let mass = visit(rest - count, counts, shares, holds);
                counts.pop();
                mass
            })
            .sum()
    }
    visit(case.requests, &mut Vec::new(), &case.shares(), holds).min(1.0)
}

fn tests_of_counts(page: &mut Page) {
    page.section(
        "Tests of counts: size",
        "How often a correct split is rejected at 5%. An exact test never exceeds its level; mid-p,\n\
         chi-square and G do where few requests are expected.",
        " split | test | simulated | exact ",
    );
    for case in [
        Case {
            weights: &[50, 50],
            requests: 15,
        },
        Case {
            weights: &[80, 20],
            requests: 20,
        },
        Case {
            weights: &[80, 20],
            requests: 200,
        },
        Case {
            weights: &[90, 10],
            requests: 30,
        },
        Case {
            weights: &[80, 10, 10],
            requests: 30,
        },
    ] {
        let (shares, runs) = (case.shares(), case.counts());
        let two = shares.len() == 2;
        type Rejects<'a> = Box<dyn Fn(&[u64]) -> bool + 'a>;
        let mut tests: Vec<(&str, Rejects)> = Vec::new();
        let (n, share) = (case.requests, shares[shares.len() - 1]);
        if two {
            for convention in [
                Convention::MinimumLikelihood,
                Convention::Doubling,
                Convention::MidP,
                Convention::Blaker,
            ] {
                let rejects = move |counts: &[u64]| {
                    binomial_test(counts[1], n, share, convention).unwrap() < ALPHA
                };
                tests.push((convention.name(), Box::new(rejects)));
            }
        }
        let shares = &shares;
        tests.push((
            "exact multinomial",
            Box::new(move |counts| gof::exact_multinomial(counts, shares).unwrap() < ALPHA),
        ));
        tests.push((
            "Pearson's chi-square",
            Box::new(move |counts| gof::pearson(counts, shares).unwrap().p_value < ALPHA),
        ));
        tests.push((
            "G",
            Box::new(move |counts| gof::g_test(counts, shares).unwrap().p_value < ALPHA),
        ));
        for (name, rejects) in &tests {
            let rejected = runs.iter().filter(|counts| rejects(counts)).count();
            let exact = law_of(&case, rejects.as_ref());
            page.row(&[&case.name(), name], rejected as u64, Some(exact));
        }
    }
}

fn tests_of_order(page: &mut Page) {
    page.section(
        "Tests of order: size",
        "How often an order that is random is called otherwise at 5%. Runs in which one version was\n\
         never seen have no order and count as not rejected.",
        " split | test | simulated | exact ",
    );
    for case in [
        Case {
            weights: &[50, 50],
            requests: 30,
        },
        Case {
            weights: &[80, 20],
            requests: 100,
        },
        Case {
            weights: &[80, 20],
            requests: 1000,
        },
    ] {
        let (mut exact, mut normal, mut longest) = (0, 0, 0);
        let limit = (1..=case.requests)
            .find(|&length| {
                order::longest_run_at_least(case.requests, length, case.share(1)).unwrap() < ALPHA
            })
            .unwrap();
        case.each_run(|pick| {
            let outcomes: Vec<bool> = (0..case.requests).map(|_| pick() == 1).collect();
            let runs = Runs::of(&outcomes);
            exact += u64::from(runs.exact().is_ok_and(|test| test.two_sided < ALPHA));
            normal += u64::from(runs.normal_p_value().is_ok_and(|p| p < ALPHA));
            longest += u64::from(runs.longest >= limit);
        });
        let name = case.name();
        page.row(&[&name, "runs, exact"], exact, None);
        page.row(&[&name, "runs, normal approximation"], normal, None);
        let law = order::longest_run_at_least(case.requests, limit, case.share(1)).unwrap();
        page.row(
            &[&name, &format!("longest run of {limit} or more")],
            longest,
            Some(law),
        );
    }
}

fn sequential(page: &mut Page) {
    page.section(
        "Looking after every request: false alarms",
        "How often a correct split is accused at some time, if one looks after every request. The\n\
         anytime-valid test keeps its promise; the fixed test, which is meant for one look, does not.",
        " split | test | simulated | exact ",
    );
    for case in [
        Case {
            weights: &[50, 50],
            requests: 1000,
        },
        Case {
            weights: &[80, 20],
            requests: 1000,
        },
        Case {
            weights: &[95, 5],
            requests: 1000,
        },
    ] {
        let (shares, share) = (case.shares(), case.share(1));
        let z = normal_upper_quantile(ALPHA / 2.0).unwrap();
        let (mut anytime, mut peeked, mut interval) = (0, 0, 0);
        case.each_run(|pick| {
            let mut evidence = MultinomialEValue::new(&shares, DEFAULT_CONCENTRATION).unwrap();
            let (mut alarmed, mut left, mut count) = (false, false, 0.0);
            for n in 1..=case.requests {
                let version = pick();
                evidence.observe(version).unwrap();
                count += version as f64;
                let n = n as f64;
                alarmed |= (count - n * share).abs() > z * (n * share * (1.0 - share)).sqrt();
                if (n as u64).is_multiple_of(50) {
                    let found = time_uniform(count as u64, n as u64, 0.5, 0.5, 1.0 - ALPHA);
                    left |= !contains(found.unwrap(), share);
                }
            }
            anytime += u64::from(evidence.has_crossed(ALPHA));
            peeked += u64::from(alarmed);
            interval += u64::from(left);
        });
        let looks = Looks::after_each(case.requests).unwrap();
        let monitor = TwoVersionMonitor::new(share, DEFAULT_CONCENTRATION, ALPHA).unwrap();
        let exact = monitor.alarm_probability(share, &looks).unwrap();
        let name = case.name();
        page.row(
            &[&name, "anytime-valid e-value, every request"],
            anytime,
            Some(exact),
        );
        page.row(
            &[&name, "time-uniform interval misses, every 50th request"],
            interval,
            None,
        );
        let curve = share_check_alarms(share, share, z, &looks).unwrap();
        let exact = curve.last().unwrap().either();
        page.row(
            &[&name, "fixed z test, peeked at every request"],
            peeked,
            Some(exact),
        );
    }
    let test = Sprt::new(0.05, 0.1, ALPHA, 0.2).unwrap();
    let case = Case {
        weights: &[95, 5],
        requests: 5000,
    };
    let mut accepted = 0;
    case.each_run(|pick| {
        let (mut successes, mut failures) = (0, 0);
        for _ in 0..case.requests {
            match pick() {
                1 => successes += 1,
                _ => failures += 1,
            }
            match test.decision(successes, failures) {
                SprtDecision::Continue => {}
                decision => {
                    accepted += u64::from(decision == SprtDecision::AcceptAlternative);
                    break;
                }
            }
        }
    });
    let exact = test.characteristics(0.05).unwrap().accept_alternative;
    page.row(
        &["95/5, until decided", "Wald's test of 5% against 10%"],
        accepted,
        Some(exact),
    );
}
