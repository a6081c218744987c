//! After how many requests a split is settled.

use super::parameter::{CONFIDENCE, N, P, TOLERANCE, WEIGHTS};
use super::sampling::{BLOCKS, STRIDE, counter};
use super::{Kind, Parameter, Quantity, Value};
use crate::stats::convergence;

const EXACT_EDGES: &str =
    "exact: band edges compared as fractions, both included; relative error below 1e-11";
const INCLUSION: &str = "exact: inclusion-exclusion over up to 20 versions; error below 1e-12";
const LATTICE: &str = "exact: backward recursion over the lattice of counts; error below 1e-11";
const PICKER_2017: &str = "envoyproxy/envoy conn_manager_utility.cc until October 2017";

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "all-seen",
        meaning: "P(every version has been seen after n requests)",
        convention: INCLUSION,
        source: "coupon collector with unequal shares",
        function: "convergence::all_seen",
        parameters: &[WEIGHTS, N],
        example: "weights=50,50 n=15",
        compute: |given| {
            let seen = convergence::all_seen(&given.shares("weights")?, given.whole("n")?)?;
            Ok(Value::Real(seen))
        },
    },
    Quantity {
        name: "all-seen-n",
        meaning: "The smallest n with P(every version seen) >= confidence",
        convention: "exact: that probability never falls with n",
        source: "coupon collector with unequal shares",
        function: "convergence::all_seen_n",
        parameters: &[WEIGHTS, CONFIDENCE],
        example: "weights=90,10 confidence=95%",
        compute: |given| {
            let confidence = given.real("confidence")?;
            let n = convergence::all_seen_n(&given.shares("weights")?, confidence)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "all-seen-expectation",
        meaning: "The expected number of requests until every version has been seen",
        convention: INCLUSION,
        source: "coupon collector with unequal shares",
        function: "convergence::all_seen_expectation",
        parameters: &[WEIGHTS],
        example: "weights=80,10,10",
        compute: |given| {
            Ok(Value::Real(convergence::all_seen_expectation(
                &given.shares("weights")?,
            )?))
        },
    },
    Quantity {
        name: "within-tolerance",
        meaning: "P(|share after n requests - p| <= tolerance)",
        convention: EXACT_EDGES,
        source: "binomial law",
        function: "convergence::within_tolerance",
        parameters: &[N, P, TOLERANCE],
        example: "n=20 p=0.2 tolerance=0.05",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let within = convergence::within_tolerance(given.whole("n")?, p, tolerance)?;
            Ok(Value::Real(within))
        },
    },
    Quantity {
        name: "tolerance-band",
        meaning: "The lowest and the highest count of n that are within the tolerance",
        convention: "whole-number arithmetic, both ends included; none if no count is inside",
        source: "definition",
        function: "convergence::band",
        parameters: &[N, P, TOLERANCE],
        example: "n=20 p=0.2 tolerance=0.05",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            Ok(match convergence::band(given.whole("n")?, p, tolerance) {
                Some((low, high)) => super::several([("low", low as f64), ("high", high as f64)]),
                None => Value::None,
            })
        },
    },
    Quantity {
        name: "within-first-n",
        meaning: "The first n with P(within tolerance) >= confidence",
        convention: "exact; the probability is a saw-tooth over n, so it may fall below again",
        source: "binomial law",
        function: "convergence::first_n",
        parameters: &[P, TOLERANCE, CONFIDENCE],
        example: "p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let n = convergence::first_n(p, tolerance, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "within-stable-n",
        meaning: "The smallest N with P(within tolerance) >= confidence at every n >= N",
        convention: "exact: every n up to a bound (Chernoff) beyond which it holds is tried",
        source: "binomial law",
        function: "convergence::stable_n",
        parameters: &[P, TOLERANCE, CONFIDENCE],
        example: "p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let n = convergence::stable_n(p, tolerance, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "within-curve",
        meaning: "P(within tolerance) for every n from 1 to n",
        convention: EXACT_EDGES,
        source: "binomial law",
        function: "convergence::within_by_n",
        parameters: &[P, TOLERANCE, N],
        example: "p=0.5 tolerance=0.1 n=15",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let curve = convergence::within_by_n(p, tolerance, given.whole("n")?)?;
            Ok(super::numbered("n =", curve))
        },
    },
    Quantity {
        name: "within-normal-n",
        meaning: "The n that the normal approximation gives, for comparison",
        convention: "approximate: ceil(z^2 p (1 - p) / tolerance^2)",
        source: "normal approximation",
        function: "convergence::normal_approximation_n",
        parameters: &[P, TOLERANCE, CONFIDENCE],
        example: "p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let confidence = given.real("confidence")?;
            let n = convergence::normal_approximation_n(p, tolerance, confidence)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "within-hoeffding-n",
        meaning: "An n from which P(within tolerance) >= confidence for every share",
        convention: "bound: ceil(ln(2 / (1 - confidence)) / (2 tolerance^2))",
        source: "W. Hoeffding (1963)",
        function: "convergence::hoeffding_n",
        parameters: &[TOLERANCE, CONFIDENCE],
        example: "tolerance=0.05",
        compute: |given| {
            let (tolerance, confidence) = (given.share("tolerance")?, given.real("confidence")?);
            Ok(Value::Whole(convergence::hoeffding_n(
                tolerance, confidence,
            )?))
        },
    },
    Quantity {
        name: "stays-within",
        meaning: "P(the share is within the tolerance at n and at every later request, for ever)",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::stays_within",
        parameters: &[N, P, TOLERANCE],
        example: "n=15 p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let stays = convergence::stays_within(given.whole("n")?, p, tolerance)?;
            Ok(Value::Real(stays))
        },
    },
    Quantity {
        name: "stays-within-curve",
        meaning: "P(stays within for ever) from each of several n, which rise",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::stays_within_by_n",
        parameters: &[
            Parameter::new("numbers", Kind::Wholes, "numbers of requests, rising"),
            P,
            TOLERANCE,
        ],
        example: "numbers=15,90,120 p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let numbers = given.wholes("numbers")?;
            let curve = convergence::stays_within_by_n(&numbers, p, tolerance)?;
            let named = numbers.iter().zip(curve).map(|(n, value)| super::Named {
                name: format!("n = {n}"),
                value,
            });
            Ok(Value::Several(named.collect()))
        },
    },
    Quantity {
        name: "stays-within-until",
        meaning: "P(the share is within the tolerance at every request from n to last)",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::stays_within_until",
        parameters: &[
            N,
            Parameter::new("last", Kind::Whole, "the last request"),
            P,
            TOLERANCE,
        ],
        example: "n=15 last=100 p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let (n, last) = (given.whole("n")?, given.whole("last")?);
            let stays = convergence::stays_within_until(n, last, p, tolerance)?;
            Ok(Value::Real(stays))
        },
    },
    Quantity {
        name: "stays-within-n",
        meaning: "The smallest n with P(stays within from n on, for ever) >= confidence",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::stays_within_n",
        parameters: &[P, TOLERANCE, CONFIDENCE],
        example: "p=0.5 tolerance=0.1",
        compute: |given| {
            let (p, tolerance) = (given.share("p")?, given.share("tolerance")?);
            let n = convergence::stays_within_n(p, tolerance, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "joint-within",
        meaning: "P(the share of every version is within the tolerance after n requests)",
        convention: "exact: multinomial, by convolution; relative error below 1e-10",
        source: "multinomial law",
        function: "convergence::joint_within",
        parameters: &[WEIGHTS, N, TOLERANCE],
        example: "weights=80,10,10 n=100 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let within = convergence::joint_within(&shares, given.whole("n")?, tolerance)?;
            Ok(Value::Real(within))
        },
    },
    Quantity {
        name: "joint-first-n",
        meaning: "The first n with P(every share within tolerance) >= confidence",
        convention: "exact: multinomial",
        source: "multinomial law",
        function: "convergence::joint_first_n",
        parameters: &[WEIGHTS, TOLERANCE, CONFIDENCE],
        example: "weights=80,10,10 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let n = convergence::joint_first_n(&shares, tolerance, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "joint-stable-n",
        meaning: "The smallest N with P(every share within tolerance) >= confidence from N on",
        convention: "exact: multinomial",
        source: "multinomial law",
        function: "convergence::joint_stable_n",
        parameters: &[WEIGHTS, TOLERANCE, CONFIDENCE],
        example: "weights=80,10,10 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let n = convergence::joint_stable_n(&shares, tolerance, given.real("confidence")?)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "joint-stays-within",
        meaning: "P(every share is within the tolerance from n on, for ever), up to three versions",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::joint_stays_within",
        parameters: &[WEIGHTS, N, TOLERANCE],
        example: "weights=50,25,25 n=100 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let stays = convergence::joint_stays_within(&shares, given.whole("n")?, tolerance)?;
            Ok(Value::Real(stays))
        },
    },
    Quantity {
        name: "joint-stays-curve",
        meaning: "P(every share stays within, for ever) from each of several n, which rise",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::joint_stays_within_by_n",
        parameters: &[
            WEIGHTS,
            Parameter::new("numbers", Kind::Wholes, "numbers of requests, rising"),
            TOLERANCE,
        ],
        example: "weights=2,1,1 numbers=100,150 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let numbers = given.wholes("numbers")?;
            let curve = convergence::joint_stays_within_by_n(&numbers, &shares, tolerance)?;
            let named = numbers.iter().zip(curve).map(|(n, value)| super::Named {
                name: format!("n = {n}"),
                value,
            });
            Ok(Value::Several(named.collect()))
        },
    },
    Quantity {
        name: "joint-stays-within-n",
        meaning: "The smallest n with P(every share stays within, for ever) >= confidence",
        convention: LATTICE,
        source: "first passage of a random walk",
        function: "convergence::joint_stays_within_n",
        parameters: &[WEIGHTS, TOLERANCE, CONFIDENCE],
        example: "weights=50,25,25 tolerance=0.1",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let confidence = given.real("confidence")?;
            let n = convergence::joint_stays_within_n(&shares, tolerance, confidence)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "stays-within-bound",
        meaning: "A lower bound of P(every share stays within from n on, for ever)",
        convention: "Doob's inequality for the running share read backwards; never too high",
        source: "J. L. Doob (1953)",
        function: "convergence::stays_within_bound",
        parameters: &[WEIGHTS, N, TOLERANCE],
        example: "weights=50,50 n=1500000 tolerance=0.001",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let bound = convergence::stays_within_bound(&shares, given.whole("n")?, tolerance)?;
            Ok(Value::Real(bound))
        },
    },
    Quantity {
        name: "stays-within-bound-n",
        meaning: "An n from which every share stays within with P >= confidence",
        convention: "Doob's inequality: some 10% more than the smallest n, never less",
        source: "J. L. Doob (1953)",
        function: "convergence::stays_within_bound_n",
        parameters: &[WEIGHTS, TOLERANCE, CONFIDENCE],
        example: "weights=50,50 tolerance=0.001",
        compute: |given| {
            let (shares, tolerance) = (given.shares("weights")?, given.share("tolerance")?);
            let confidence = given.real("confidence")?;
            let n = convergence::stays_within_bound_n(&shares, tolerance, confidence)?;
            Ok(Value::Whole(n))
        },
    },
    Quantity {
        name: "expected-deviation",
        meaning: "The expected distance from its target of the share that is farthest off",
        convention: "exact: E max |count/n - share|",
        source: "multinomial law",
        function: "convergence::expected_deviation",
        parameters: &[WEIGHTS, N],
        example: "weights=90,10 n=15",
        compute: |given| {
            let shares = given.shares("weights")?;
            Ok(Value::Real(convergence::expected_deviation(
                &shares,
                given.whole("n")?,
            )?))
        },
    },
    Quantity {
        name: "counter-all-seen",
        meaning: "P(every version seen after n refreshes) with the picker of 2017",
        convention: "a counter modulo the total weight, contiguous blocks, uniform start: exact",
        source: PICKER_2017,
        function: "counter_picker::CounterPicker::all_seen",
        parameters: &[BLOCKS, STRIDE, N],
        example: "blocks=50,50 n=15 stride=3",
        compute: |given| Ok(Value::Real(counter(given)?.all_seen(given.whole("n")?)?)),
    },
    Quantity {
        name: "counter-all-seen-n",
        meaning: "The smallest n with P(every version seen) >= confidence, picker of 2017",
        convention: "a counter modulo the total weight, contiguous blocks, uniform start: exact",
        source: PICKER_2017,
        function: "counter_picker::CounterPicker::all_seen_n",
        parameters: &[BLOCKS, STRIDE, CONFIDENCE],
        example: "blocks=50,50 stride=3 confidence=1",
        compute: |given| {
            let confidence = given.real("confidence")?;
            Ok(Value::Whole(counter(given)?.all_seen_n(confidence)?))
        },
    },
    Quantity {
        name: "counter-within",
        meaning: "P(every share within tolerance after n refreshes) with the picker of 2017",
        convention: "a counter modulo the total weight, contiguous blocks, uniform start: exact",
        source: PICKER_2017,
        function: "counter_picker::CounterPicker::joint_within",
        parameters: &[BLOCKS, STRIDE, N, TOLERANCE],
        example: "blocks=50,50 n=15 stride=3 tolerance=0.1",
        compute: |given| {
            let (n, tolerance) = (given.whole("n")?, given.share("tolerance")?);
            Ok(Value::Real(counter(given)?.joint_within(n, tolerance)?))
        },
    },
];
