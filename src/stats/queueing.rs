//! Queues with a closed form: what a simulation must agree with.
//!
//! `arrival_rate` λ and `service_rate` µ are per unit of time, `servers` is c, the offered load is
//! a = λ/µ and the utilisation ρ = a/c. Times are in the same unit. Formulas as in Gross, Shortle,
//! Thompson and Harris, *Fundamentals of Queueing Theory*, 4th edition, chapters 2 and 5.

use super::StatsError;

/// Erlang's B formula: the share of calls that c servers without a queue lose under the offered
/// load a ≥ 0.
///
/// By the recursion B(0) = 1, B(c) = a B(c−1) / (c + a B(c−1)), which neither overflows nor cancels.
///
/// # Errors
/// [`StatsError::Domain`] unless a is finite and at least 0.
pub fn erlang_b(servers: u32, offered_load: f64) -> Result<f64, StatsError> {
    if !(0.0..f64::INFINITY).contains(&offered_load) {
        return Err(StatsError::domain(
            "offered load",
            "finite and at least 0",
            offered_load,
        ));
    }
    Ok((1..=servers).fold(1.0, |lost, server| {
        let busy = offered_load * lost;
        busy / (f64::from(server) + busy)
    }))
}

/// Erlang's C formula: the probability that a request waits in M/M/c, for 0 ≤ a < c.
///
/// C = B / (1 − ρ (1 − B)).
///
/// # Errors
/// [`StatsError::Domain`] if the queue has no equilibrium.
pub fn erlang_c(servers: u32, offered_load: f64) -> Result<f64, StatsError> {
    let utilisation = offered_load / f64::from(servers);
    if !(0.0..1.0).contains(&utilisation) {
        return Err(StatsError::domain(
            "offered load",
            "at least 0 and below the number of servers",
            offered_load,
        ));
    }
    let lost = erlang_b(servers, offered_load)?;
    Ok(lost / (1.0 - utilisation * (1.0 - lost)))
}

/// M/M/c: Poisson arrivals, exponential service, c servers, one unlimited queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mmc {
    arrival_rate: f64,
    service_rate: f64,
    servers: u32,
    waits: f64,
}

impl Mmc {
    /// The queue.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless 0 < λ < cµ.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: u32) -> Result<Self, StatsError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        let waits = erlang_c(servers, arrival_rate / service_rate)?;
        Ok(Self {
            arrival_rate,
            service_rate,
            servers,
            waits,
        })
    }

    /// The rate at which the tail of the wait decays: cµ − λ.
    fn decay(&self) -> f64 {
        f64::from(self.servers) * self.service_rate - self.arrival_rate
    }

    /// The mean wait: C / (cµ − λ).
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        self.waits / self.decay()
    }

    /// The mean time from arrival to departure: the mean wait and 1/µ.
    #[must_use]
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// The mean number of requests there, by Little's law: λ times the mean sojourn time.
    #[must_use]
    pub fn mean_number(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// P(T > t) for the time T from arrival to departure.
    ///
    /// The service is exponential with rate µ; the wait is zero with probability 1 − C, else
    /// exponential with rate θ = cµ − λ. Their sum has the tail
    /// (1 − C) e^(−µt) + C (θ e^(−µt) − µ e^(−θt)) / (θ − µ), and at θ = µ, (1 + Cµt) e^(−µt).
    #[must_use]
    pub fn sojourn_beyond(&self, time: f64) -> f64 {
        let (waits, rate, decay) = (self.waits, self.service_rate, self.decay());
        let served = (-rate * time).exp();
        // (e^(−µt) − e^(−θt)) / (θ − µ) = t e^(−st) φ(−|µ − θ| t), s the lesser of µ and θ: without
        // cancellation, and while the slower of the two decays is above zero.
        let gap = (rate - decay).abs() * time;
        let mixed = (-rate.min(decay) * time).exp() * time * exp_m1_over(-gap);
        served + waits * rate * mixed
    }

    /// The time that a share `probability` of the requests does not exceed, by bisection to the last
    /// digit.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless 0 < p < 1.
    pub fn sojourn_quantile(&self, probability: f64) -> Result<f64, StatsError> {
        if !(probability > 0.0 && probability < 1.0) {
            let expected = "above 0 and below 1";
            return Err(StatsError::domain("probability", expected, probability));
        }
        let beyond = 1.0 - probability;
        let (mut low, mut high) = (0.0, 1.0 / self.service_rate);
        while self.sojourn_beyond(high) > beyond {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if self.sojourn_beyond(middle) > beyond {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(f64::midpoint(low, high))
    }
}

/// (e^x − 1) / x, 1 at zero.
fn exp_m1_over(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// The mean wait in M/G/1 (Pollaczek and Khinchine): λ E\[S²\] / (2 (1 − ρ)), for service with this
/// mean and variance.
///
/// # Errors
/// [`StatsError::Domain`] unless 0 ≤ λ E\[S\] < 1 and the variance is at least 0.
pub fn mg1_mean_wait(arrival_rate: f64, mean: f64, variance: f64) -> Result<f64, StatsError> {
    let utilisation = arrival_rate * mean;
    if !(0.0..1.0).contains(&utilisation) {
        return Err(StatsError::domain(
            "utilisation",
            "at least 0 and below 1",
            utilisation,
        ));
    }
    if !(0.0..f64::INFINITY).contains(&variance) {
        return Err(StatsError::domain(
            "variance",
            "finite and at least 0",
            variance,
        ));
    }
    Ok(arrival_rate * (variance + mean * mean) / (2.0 * (1.0 - utilisation)))
}

/// `value`, if it is finite and above zero.
fn positive(name: &'static str, value: f64) -> Result<f64, StatsError> {
    let valid = value > 0.0 && value.is_finite();
    let error = || StatsError::domain(name, "finite and above 0", value);
    valid.then_some(value).ok_or_else(error)
}

/// M/M/c/K: at most K requests are there, waiting or served; more are refused. It has an
/// equilibrium under any load.
#[derive(Debug, Clone, PartialEq)]
pub struct Mmck {
    arrival_rate: f64,
    /// The probability of n requests there, for n = 0 to K.
    probabilities: Vec<f64>,
}

impl Mmck {
    /// The queue.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless λ and µ are above zero and 1 ≤ c ≤ K ≤ 10^7.
    pub fn new(
        arrival_rate: f64,
        service_rate: f64,
        servers: u32,
        most: u32,
    ) -> Result<Self, StatsError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        if servers == 0 || most < servers || most > 10_000_000 {
            return Err(StatsError::domain(
                "most",
                "at least the servers, at most 10^7",
                most,
            ));
        }
        // p(n) is proportional to a^n / (Π min(k, c)); scaled on the way, so that nothing overflows.
        let mut weights = vec![1.0_f64];
        let (mut last, mut sum) = (1.0_f64, 1.0_f64);
        for n in 1..=most {
            last *= arrival_rate / (service_rate * f64::from(n.min(servers)));
            if last > 1e200 {
                weights.iter_mut().for_each(|weight| *weight /= last);
                sum /= last;
                last = 1.0;
            }
            weights.push(last);
            sum += last;
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Ok(Self {
            arrival_rate,
            probabilities: weights,
        })
    }

    /// The share of requests that are refused: the probability of K requests there, which Poisson
    /// arrivals see.
    #[must_use]
    pub fn refused(&self) -> f64 {
        self.probabilities.last().copied().unwrap_or(0.0)
    }

    /// The mean number of requests there.
    #[must_use]
    pub fn mean_number(&self) -> f64 {
        let numbered = (0_u32..).zip(&self.probabilities);
        numbered.map(|(n, p)| f64::from(n) * p).sum()
    }

    /// The mean time from arrival to departure of those that are not refused, by Little's law.
    #[must_use]
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_number() / (self.arrival_rate * (1.0 - self.refused()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-12,
            "{found} instead of {expected}"
        );
    }

    #[test]
    fn quantiles_of_a_queue_that_is_nearly_full() {
        // M/M/1: T is exponential with rate µ − λ, however small that is beside µ.
        for utilisation in [0.5, 0.99, 0.995, 0.999, 0.999_999] {
            let queue = Mmc::new(20.0 * utilisation, 20.0, 1).unwrap();
            let exact = 100.0_f64.ln() / (20.0 - 20.0 * utilisation);
            let found = queue.sojourn_quantile(0.99).unwrap();
            assert!((found / exact - 1.0).abs() < 1e-9, "{utilisation}: {found}");
        }
    }

    #[test]
    fn erlangs_formulas_against_exact_sums() {
        // mpmath at 40 digits, from the sums of a^k/k!.
        for (servers, load, lost, waits) in REFERENCE {
            close(erlang_b(servers, load).unwrap(), lost);
            if f64::from(servers) > load {
                close(erlang_c(servers, load).unwrap(), waits);
            }
        }
        assert!(erlang_c(2, 2.0).is_err());
        close(erlang_b(0, 3.0).unwrap(), 1.0);
    }

    #[test]
    fn one_server_is_the_textbook_queue() {
        let queue = Mmc::new(0.7, 1.0, 1).unwrap();
        close(queue.mean_sojourn(), 1.0 / 0.3);
        close(queue.mean_number(), 0.7 / 0.3);
        // T is exponential with rate µ − λ.
        close(queue.sojourn_quantile(0.99).unwrap(), 100.0_f64.ln() / 0.3);
        close(mg1_mean_wait(0.7, 1.0, 1.0).unwrap(), queue.mean_wait());
        close(
            mg1_mean_wait(0.7, 1.0, 0.0).unwrap(),
            queue.mean_wait() / 2.0,
        );
        assert!(mg1_mean_wait(1.0, 1.0, 0.0).is_err());
    }

    #[test]
    fn the_tail_of_the_sojourn_time_is_smooth_where_its_two_rates_meet() {
        // θ = cµ − λ = µ at λ = (c − 1) µ.
        let queue = Mmc::new(3.0, 1.0, 4).unwrap();
        let waits = erlang_c(4, 3.0).unwrap();
        close(
            queue.sojourn_beyond(2.0),
            (1.0 + waits * 2.0) * (-2.0_f64).exp(),
        );
        let near = Mmc::new(3.0 + 1e-9, 1.0, 4).unwrap();
        assert!((near.sojourn_beyond(2.0) / queue.sojourn_beyond(2.0) - 1.0).abs() < 1e-8);
    }

    #[test]
    fn a_limit_of_one_per_server_is_erlangs_loss_system() {
        for (servers, load, lost, _) in REFERENCE {
            if servers > 0 {
                close(
                    Mmck::new(load, 1.0, servers, servers).unwrap().refused(),
                    lost,
                );
            }
        }
        // M/M/1/K: (1 − ρ) ρ^K / (1 − ρ^(K+1)), and 1/(K + 1) at ρ = 1.
        close(
            Mmck::new(0.5, 1.0, 1, 3).unwrap().refused(),
            0.5 * 0.125 / (1.0 - 0.0625),
        );
        close(Mmck::new(2.0, 2.0, 1, 9).unwrap().refused(), 0.1);
        // Without a practical limit it is M/M/c.
        close(
            Mmck::new(2.8, 1.0, 4, 2000).unwrap().mean_sojourn(),
            Mmc::new(2.8, 1.0, 4).unwrap().mean_sojourn(),
        );
        close(Mmck::new(1e3, 1.0, 2, 2000).unwrap().refused(), 0.998);
    }

    /// Servers, offered load, Erlang B, Erlang C (0 where there is no equilibrium).
    const REFERENCE: [(u32, f64, f64, f64); 6] = [
        (1, 0.5, 0.33333333333333333, 0.5),
        (4, 2.8, 0.18372422236675975, 0.42865431823253731),
        (10, 9.9, 0.20996953749232956, 0.96373842038762143),
        (100, 80.0, 0.0039920286045531975, 0.019646426634359511),
        (500, 450.5, 0.0013054006924528159, 0.01303105064074197),
        (3, 30.0, 0.90343304557317808, 0.0),
    ];
}
