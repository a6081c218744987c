//! One after the other (Envoy, `round_robin_lb.h`): `hosts[index++ mod n]` from a random start; the
//! index survives changes of the list. With unequal weights, earliest deadline first.

use rand::Rng;

use super::edf::Schedule;
use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "round-robin",
    shares_queue: false,
    looks_at_load: false,
    looks_at_caller: false,
    build: |random| {
        Box::new(RoundRobin {
            index: u64::from(random.next_u32()),
            schedule: None,
        })
    },
};

#[derive(Debug)]
struct RoundRobin {
    index: u64,
    schedule: Option<Schedule>,
}

impl Balance for RoundRobin {
    fn update(&mut self, hosts: Hosts, random: &mut Stream) {
        self.schedule = (!hosts.equal_weights()).then(|| Schedule::new(hosts, random));
    }

    fn pick(&mut self, hosts: Hosts, _hash: u64, _random: &mut Stream) -> u32 {
        if let Some(schedule) = &mut self.schedule {
            return schedule.pick(|host| hosts.weight(host));
        }
        let host = hosts.at(self.index);
        self.index += 1;
        host
    }
}
