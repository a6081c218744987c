//! The less busy of two replicas (Envoy, `least_request_lb.cc`).
//!
//! With equal weights two are drawn with replacement, `R mod n` each; the first is kept unless the
//! second has strictly fewer requests under way. Of two replicas the busier one is so picked in a
//! quarter of the cases. With unequal weights: earliest deadline first with
//! weight / (requests under way + 1).

use rand::Rng;

use super::edf::Schedule;
use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "least-request",
    shares_queue: false,
    looks_at_load: true,
    looks_at_caller: false,
    build: |_| Box::new(LeastRequest { schedule: None }),
};

#[derive(Debug)]
struct LeastRequest {
    schedule: Option<Schedule>,
}

impl Balance for LeastRequest {
    fn update(&mut self, hosts: Hosts, random: &mut Stream) {
        self.schedule = (!hosts.equal_weights()).then(|| Schedule::new(hosts, random));
    }

    fn pick(&mut self, hosts: Hosts, _hash: u64, random: &mut Stream) -> u32 {
        if let Some(schedule) = &mut self.schedule {
            return schedule.pick(|host| hosts.weight(host) / (f64::from(hosts.busy(host)) + 1.0));
        }
        let first = hosts.at(random.next_u64());
        let second = hosts.at(random.next_u64());
        if hosts.busy(second) < hosts.busy(first) {
            second
        } else {
            first
        }
    }
}
