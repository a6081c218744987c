//! Everything that can happen, one way after the other, each with its probability.
//!
//! A way is a list of choices. The code that is enumerated runs again and again; each run repeats
//! the choices of the one before up to the last that has another answer left, takes that, and goes
//! on from there.

use std::collections::BTreeMap;

use num_integer::Integer;

use super::chance::Chance;
use super::proxies::Proxy;
use super::story::Story;
use crate::routing::{Draws, Forward, FractionalPercent, Outcome, Reply, Route, RouteAction};
use crate::units::{Rational, to_f64};

/// A choice: the probability of each answer, and the one that was taken.
#[derive(Debug)]
struct Choice {
    probabilities: Vec<f64>,
    taken: usize,
}

/// A proxy and a change.
type Learning = ((u64, u64), usize);

/// Which rules proxies know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knowing {
    /// Those of the changes that have reached them, whose delays are chosen.
    AsTheyLearn,
    /// Those of all changes that were made.
    All,
}

/// Choices along one way.
pub(super) struct Enumerated<'s> {
    story: &'s Story,
    knowing: Knowing,
    /// Whether waits of random length are as long as they can be, or as short.
    longest_waits: bool,
    choices: Vec<Choice>,
    /// How many of them this run has met.
    met: usize,
    probability: f64,
    /// Whether a wait of random length was met.
    pub(super) waited: bool,
    /// What is known of delays on this way: shortest and longest, in nanoseconds.
    delays: BTreeMap<Learning, (u64, u64)>,
}

impl<'s> Enumerated<'s> {
    pub(super) fn new(story: &'s Story, knowing: Knowing, longest_waits: bool) -> Self {
        Self {
            story,
            knowing,
            longest_waits,
            choices: Vec::new(),
            met: 0,
            probability: 1.0,
            waited: false,
            delays: BTreeMap::new(),
        }
    }

    /// The probability of the way so far.
    pub(super) fn probability(&self) -> f64 {
        self.probability
    }

    /// Turns to the next way; whether there is one.
    pub(super) fn next_way(&mut self) -> bool {
        self.met = 0;
        self.probability = 1.0;
        self.delays.clear();
        while let Some(choice) = self.choices.last_mut() {
            let after = choice.taken + 1;
            let rest = choice.probabilities.iter().skip(after);
            if let Some(place) = rest.clone().position(|&one| one > 0.0) {
                choice.taken = after + place;
                return true;
            }
            self.choices.pop();
        }
        false
    }

    /// Takes an answer; probabilities of zero are no answers.
    fn choose(&mut self, probabilities: Vec<f64>) -> usize {
        if self.met == self.choices.len() {
            let taken = probabilities.iter().position(|&one| one > 0.0);
            self.choices.push(Choice {
                taken: taken.unwrap_or(0),
                probabilities,
            });
        }
        let choice = &self.choices[self.met];
        self.met += 1;
        self.probability *= choice.probabilities[choice.taken];
        choice.taken
    }

    fn is(&mut self, probability: f64) -> bool {
        if probability >= 1.0 || probability <= 0.0 {
            return probability >= 1.0;
        }
        self.choose(vec![probability, 1.0 - probability]) == 0
    }

    fn place(&mut self, forward: &Forward) -> Option<usize> {
        let shares = forward.shares()?;
        Some(self.choose(shares.into_iter().map(to_f64).collect()))
    }
}

impl Chance for Enumerated<'_> {
    fn outcome(&mut self, route: &Route) -> Outcome {
        let delay = route.faults.delay.as_ref();
        let delayed = delay.is_some_and(|delay| self.is(to_f64(delay.percentage.share())));
        let abort = route.faults.abort.as_ref();
        let aborted = abort.is_some_and(|abort| self.is(to_f64(abort.percentage.share())));
        let split = match &route.action {
            RouteAction::Forward(forward) if !aborted => {
                let place = self.place(forward);
                place.map(|place| interval(forward.weights(), place))
            }
            _ => None,
        };
        // Numbers that bring about what was chosen: 0 is covered, the last remainder is not.
        let number = |chosen: bool, percentage: Option<FractionalPercent>| match percentage {
            Some(percentage) if !chosen => u64::from(percentage.denominator.value()) - 1,
            _ => 0,
        };
        let mut outcome = route.outcome(Draws {
            split: split.map_or(0, |(begin, ..)| begin),
            delay: number(delayed, delay.map(|delay| delay.percentage)),
            abort: number(aborted, abort.map(|abort| abort.percentage)),
        });
        outcome.mirrors = Vec::new();
        if let (Reply::Destination(_), Some(split)) = (outcome.reply, split) {
            for (place, mirror) in route.mirrors.iter().enumerate() {
                if self.is(mirrored_given(mirror.percentage, split)) {
                    outcome.mirrors.push(place);
                }
            }
        }
        outcome
    }

    fn pick(&mut self, forward: &Forward) -> Reply {
        let place = self.place(forward);
        let split = place.map_or(0, |place| interval(forward.weights(), place).0);
        forward.reply(split)
    }

    fn one_of(&mut self, many: usize) -> usize {
        self.choose(vec![1.0 / many.max(1) as f64; many.max(1)])
    }

    fn happens(&mut self, probability: Rational) -> bool {
        self.is(to_f64(probability))
    }

    fn wait_below(&mut self, milliseconds: u64) -> u64 {
        self.waited = true;
        match self.longest_waits {
            true => milliseconds.max(1) - 1,
            false => 0,
        }
    }

    /// The delays that are left are all equally likely; the answer leaves fewer of them.
    fn has_reached(&mut self, proxy: Proxy<'_>, change: usize, after: u64) -> bool {
        if self.knowing == Knowing::All {
            return true;
        }
        let learning = (proxy.key(), change);
        let whole = self.story.stretches[change].propagation.nanos();
        let (least, most) = *self.delays.get(&learning).unwrap_or(&whole);
        if after >= most || after < least {
            return after >= most;
        }
        let probability = (after - least + 1) as f64 / (most - least + 1) as f64;
        let reached = self.is(probability);
        let left = match reached {
            true => (least, after),
            false => (after + 1, most),
        };
        self.delays.insert(learning, left);
        reached
    }

    fn delay(&mut self, _: Proxy<'_>, _: usize) -> Option<u64> {
        None
    }
}

/// The numbers R mod T that pick a destination: first, beyond the last, and T.
fn interval(weights: &[u32], place: usize) -> (u64, u64, u64) {
    let sum = |weights: &[u32]| weights.iter().copied().map(u64::from).sum::<u64>();
    (
        sum(&weights[..place]),
        sum(&weights[..=place]),
        sum(weights),
    )
}

/// The probability that a mirror gets a copy, given where the request went: both are decided by the
/// same R. Each pair of remainders that agree modulo gcd(T, D) belongs to one R modulo lcm(T, D).
fn mirrored_given(percentage: FractionalPercent, (begin, end, total): (u64, u64, u64)) -> f64 {
    let denominator = u64::from(percentage.denominator.value());
    let numerator = u64::from(percentage.numerator).min(denominator);
    let common = total.gcd(&denominator);
    let below = |limit: u64, remainder: u64| limit / common + u64::from(limit % common > remainder);
    let pairs: u128 = (0..common)
        .map(|remainder| {
            let picked = below(end, remainder) - below(begin, remainder);
            u128::from(picked) * u128::from(below(numerator, remainder))
        })
        .sum();
    let all = u128::from(end - begin) * u128::from(denominator / common);
    pairs as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_and_splits_share_their_number() {
        let percent = FractionalPercent::percent(10);
        // Over 100, the first of 90 and 10 gets all copies of a tenth.
        assert_eq!(mirrored_given(percent, (0, 90, 100)), 10.0 / 90.0);
        assert_eq!(mirrored_given(percent, (90, 100, 100)), 0.0);
        // Over a million, copies do not depend on a split of 100.
        let istio = FractionalPercent::istio(10.0);
        assert_eq!(mirrored_given(istio, (0, 90, 100)), 0.1);
        assert_eq!(mirrored_given(istio, (90, 100, 100)), 0.1);
        // Against all R modulo lcm(30, 100) = 300.
        let counted = (0..300_u64).filter(|r| (10..17).contains(&(r % 30)));
        let copied = counted.clone().filter(|&r| percent.covers(r)).count();
        let share = copied as f64 / counted.count() as f64;
        assert_eq!(mirrored_given(percent, (10, 17, 30)), share);
    }

    #[test]
    fn all_ways_of_two_choices_are_gone() {
        let story = crate::mesh::expect::tests::story();
        let mut chance = Enumerated::new(&story, Knowing::All, false);
        let mut ways = Vec::new();
        loop {
            let third = Rational::new(1, 3);
            let way = (
                chance.happens(third) && chance.happens(third),
                chance.one_of(2),
            );
            ways.push((way, chance.probability()));
            if !chance.next_way() {
                break;
            }
        }
        assert_eq!(ways.len(), 6);
        let total: f64 = ways.iter().map(|(_, probability)| probability).sum();
        assert!((total - 1.0).abs() < 1e-15);
        let both = ways.iter().filter(|((both, _), _)| *both);
        let both: f64 = both.map(|(_, probability)| probability).sum();
        assert!((both - 1.0 / 9.0).abs() < 1e-15);
    }
}
