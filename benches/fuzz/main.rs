//! Changes files at random and reads them: no reader may panic, hang, or cut a character in two.
//!
//! It runs on stable Rust. The seed decides every change, so a finding is found again with the same
//! seed. A text that leads to a diagnostic of a new form joins the texts that are changed further,
//! which stands in for the coverage that other fuzzers measure; `--keep FOLDER` stores such texts,
//! shortened, next to what crashed.
//!
//! Run it with `cargo bench --bench fuzz -- manifest --seconds 600 --seed 1 --keep tests/fuzz_corpus`.
#![expect(
    clippy::disallowed_methods,
    reason = "a fuzzer runs for an amount of real time"
)]

mod corpus;
mod mutate;
mod target;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::{Rng, RngExt};
use shiftsim::random::{Purpose, stream};

use self::corpus::Corpus;
use self::target::Target;

/// An input that takes longer is a finding.
const SLOW: Duration = Duration::from_secs(1);
/// An input that takes longer stops the run: it may never end.
const HANGING: Duration = Duration::from_secs(20);
/// The longest text that is stored.
const MOST_KEPT_BYTES: usize = 4096;

struct Options {
    target: Target,
    seconds: u64,
    seed: u64,
    keep: Option<PathBuf>,
}

fn options() -> Option<Options> {
    let mut options = Options {
        target: Target::Scenario,
        seconds: 10,
        seed: 1,
        keep: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bench" => {}
            "scenario" => options.target = Target::Scenario,
            "manifest" => options.target = Target::Manifest,
            "--seconds" => options.seconds = words.next()?.parse().ok()?,
            "--seed" => options.seed = words.next()?.parse().ok()?,
            "--keep" => options.keep = Some(words.next()?.into()),
            _ => return None,
        }
    }
    Some(options)
}

fn main() {
    let Some(options) = options() else {
        eprintln!("usage: fuzz [scenario|manifest] [--seconds N] [--seed N] [--keep FOLDER]");
        std::process::exit(2);
    };
    let running = Arc::new(Mutex::new((Instant::now(), String::new())));
    watch(Arc::clone(&running), options.keep.clone());
    let findings = run(&options, &running);
    if findings > 0 {
        std::process::exit(1);
    }
}

/// Stops the process at an input that does not end.
fn watch(running: Arc<Mutex<(Instant, String)>>, keep: Option<PathBuf>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let (since, text) = &*running.lock().unwrap_or_else(PoisonError::into_inner);
            if since.elapsed() > HANGING {
                store(keep.as_ref(), "hanging", 0, text);
                eprintln!("an input takes longer than {HANGING:?}:\n{text}");
                std::process::exit(1);
            }
        }
    });
}

fn run(options: &Options, running: &Mutex<(Instant, String)>) -> usize {
    let target = options.target;
    let mut corpus = Corpus::read(target);
    let mut random = stream(options.seed, Purpose::Split, &[]);
    let mut seen = BTreeSet::new();
    for text in corpus.texts() {
        seen.extend(target.forms(text));
    }
    let (mut inputs, mut findings, mut kept) = (0_u64, 0, 0);
    let mut slowest = Duration::ZERO;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(options.seconds) {
        let text = changed(&corpus, &mut random);
        inputs += 1;
        let began = Instant::now();
        *running.lock().unwrap_or_else(PoisonError::into_inner) = (began, text.clone());
        let forms = catch_unwind(AssertUnwindSafe(|| target.forms(&text)));
        let took = began.elapsed();
        slowest = slowest.max(took);
        let Ok(forms) = forms else {
            findings += 1;
            store(options.keep.as_ref(), "panic", inputs, &text);
            continue;
        };
        if took > SLOW {
            findings += 1;
            store(options.keep.as_ref(), "slow", inputs, &text);
        }
        let new: BTreeSet<String> = forms.difference(&seen).cloned().collect();
        if !new.is_empty() {
            let short = shortened(target, &new, &text);
            if short.len() <= MOST_KEPT_BYTES {
                store(options.keep.as_ref(), "new", inputs, &short);
                kept += 1;
            }
            seen.extend(new);
            corpus.add(text);
        }
    }
    println!(
        "{target:?}: seed {}, {inputs} inputs in {:?}, {} forms, {kept} kept, slowest {slowest:?}, \
         {findings} findings",
        options.seed,
        start.elapsed(),
        seen.len()
    );
    findings
}

fn changed(corpus: &Corpus, random: &mut impl Rng) -> String {
    let mut text = corpus.pick(random).to_owned();
    for _ in 0..1 << random.random_range(0..4) {
        text = mutate::mutate(&text, corpus, random);
    }
    text
}

/// The text without the lines that some forms do not need.
fn shortened(target: Target, needed: &BTreeSet<String>, text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut size = lines.len() / 2;
    while size > 0 {
        let mut place = 0;
        while place + size <= lines.len() {
            let mut fewer = lines.clone();
            fewer.drain(place..place + size);
            let forms = catch_unwind(AssertUnwindSafe(|| target.forms(&fewer.concat())));
            match forms {
                Ok(forms) if needed.is_subset(&forms) => lines = fewer,
                _ => place += size,
            }
        }
        size /= 2;
    }
    lines.concat()
}

fn store(keep: Option<&PathBuf>, what: &str, number: u64, text: &str) {
    let Some(folder) = keep else {
        eprintln!("{what} at input {number}:\n{text}");
        return;
    };
    let stored = fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join(format!("{what}-{number}.yaml")), text));
    if let Err(error) = stored {
        eprintln!("{}: {error}", folder.display());
    }
}
