//! Queues in front of a version's replicas: how long requests wait, and how many are refused.

use super::{Arguments, Kind, Parameter, Quantity, Value};
use crate::stats::StatsError;
use crate::stats::queueing::{self, Mmc, Mmck};

/// What this group holds.
pub(super) const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "erlang-b",
        meaning: "share of requests lost by servers without a queue",
        convention: "Poisson arrivals; any law of the service time",
        source: "A. K. Erlang (1917)",
        function: "queueing::erlang_b",
        parameters: &[SERVERS, LOAD],
        example: "servers=4 load=2.8",
        compute: |given| {
            let lost = queueing::erlang_b(servers(given)?, given.real("load")?)?;
            Ok(Value::Real(lost))
        },
    },
    Quantity {
        name: "erlang-c",
        meaning: "probability that a request waits in M/M/c",
        convention: "Poisson arrivals, exponential service, one unlimited queue",
        source: "A. K. Erlang (1917)",
        function: "queueing::erlang_c",
        parameters: &[SERVERS, LOAD],
        example: "servers=4 load=2.8",
        compute: |given| {
            let waits = queueing::erlang_c(servers(given)?, given.real("load")?)?;
            Ok(Value::Real(waits))
        },
    },
    Quantity {
        name: "mmc-mean-wait",
        meaning: "mean wait in M/M/c, in the unit of 1/rate",
        convention: "Poisson arrivals, exponential service, one unlimited queue",
        source: "Gross et al., Fundamentals of Queueing Theory, 2.3",
        function: "queueing::Mmc::mean_wait",
        parameters: &[ARRIVALS, SERVICES, SERVERS],
        example: "arrival-rate=100 service-rate=36 servers=4",
        compute: |given| Ok(Value::Real(mmc(given)?.mean_wait())),
    },
    Quantity {
        name: "mmc-sojourn-quantile",
        meaning: "time that this share of requests does not exceed in M/M/c, wait and service",
        convention: "Poisson arrivals, exponential service, one unlimited queue",
        source: "Gross et al., Fundamentals of Queueing Theory, 2.3",
        function: "queueing::Mmc::sojourn_quantile",
        parameters: &[
            ARRIVALS,
            SERVICES,
            SERVERS,
            Parameter::new("probability", Kind::Real, "the share, 0 to 1"),
        ],
        example: "arrival-rate=100 service-rate=36 servers=4 probability=99%",
        compute: |given| {
            let quantile = mmc(given)?.sojourn_quantile(given.real("probability")?)?;
            Ok(Value::Real(quantile))
        },
    },
    Quantity {
        name: "mmck-refused",
        meaning: "share of requests refused by M/M/c/K, which holds at most K requests",
        convention: "Poisson arrivals, exponential service",
        source: "Gross et al., Fundamentals of Queueing Theory, 2.5",
        function: "queueing::Mmck::refused",
        parameters: &[
            ARRIVALS,
            SERVICES,
            SERVERS,
            Parameter::new(
                "most",
                Kind::Whole,
                "requests there at most, waiting or served",
            ),
        ],
        example: "arrival-rate=100 service-rate=22 servers=4 most=10",
        compute: |given| {
            let most = small(given, "most")?;
            let (arrivals, services) = rates(given)?;
            let queue = Mmck::new(arrivals, services, servers(given)?, most)?;
            Ok(Value::Real(queue.refused()))
        },
    },
    Quantity {
        name: "mg1-mean-wait",
        meaning: "mean wait before one server with any law of the service time",
        convention: "Poisson arrivals, one unlimited queue",
        source: "F. Pollaczek (1930), A. Khinchine (1932)",
        function: "queueing::mg1_mean_wait",
        parameters: &[
            ARRIVALS,
            Parameter::new("mean", Kind::Real, "mean service time"),
            Parameter::new("variance", Kind::Real, "variance of the service time"),
        ],
        example: "arrival-rate=100 mean=0.006 variance=0.00002",
        compute: |given| {
            let (mean, variance) = (given.real("mean")?, given.real("variance")?);
            let wait = queueing::mg1_mean_wait(given.real("arrival-rate")?, mean, variance)?;
            Ok(Value::Real(wait))
        },
    },
];

const SERVERS: Parameter = Parameter::new("servers", Kind::Whole, "servers: replicas times slots");
const LOAD: Parameter = Parameter::new("load", Kind::Real, "arrival rate over service rate");
const ARRIVALS: Parameter = Parameter::new("arrival-rate", Kind::Real, "requests per unit of time");
const SERVICES: Parameter = Parameter::new(
    "service-rate",
    Kind::Real,
    "requests that a server ends per unit of time",
);

fn servers(given: &Arguments) -> Result<u32, StatsError> {
    small(given, "servers")
}

/// A whole number that is at most 2^32 - 1: beyond, it counts as that, which no queue is allowed.
fn small(given: &Arguments, name: &'static str) -> Result<u32, StatsError> {
    Ok(u32::try_from(given.whole(name)?).unwrap_or(u32::MAX))
}

fn rates(given: &Arguments) -> Result<(f64, f64), StatsError> {
    Ok((given.real("arrival-rate")?, given.real("service-rate")?))
}

fn mmc(given: &Arguments) -> Result<Mmc, StatsError> {
    let (arrivals, services) = rates(given)?;
    Mmc::new(arrivals, services, servers(given)?)
}
