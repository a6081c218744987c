//! The crate `desque`: boxed events on a binary heap.

use desque::serial::{Event, Simulation};
use desque::{Result, SimState};

use super::workload::{Found, Shop};

#[derive(Debug)]
struct State(Shop);

impl SimState<u64> for State {}

type Run = Simulation<State, u64>;

#[derive(Debug)]
struct Arrival;

#[derive(Debug)]
struct Departure {
    version: usize,
    arrived: u64,
}

impl Event<State, u64> for Arrival {
    fn execute(&mut self, run: &mut Run) -> Result {
        let now = *run.current_time();
        if let Some(gap) = run.state_mut().0.next_gap() {
            run.schedule(Arrival, now + gap)?;
        }
        let version = run.state_mut().0.pick();
        let departure = run.state_mut().0.arrive(version, now);
        schedule(run, version, departure)
    }
}

impl Event<State, u64> for Departure {
    fn execute(&mut self, run: &mut Run) -> Result {
        let now = *run.current_time();
        let shop = &mut run.state_mut().0;
        let next = shop.depart(self.version, self.arrived, now);
        schedule(run, self.version, next)
    }
}

fn schedule(run: &mut Run, version: usize, next: Option<super::workload::Departure>) -> Result {
    let Some(next) = next else { return Ok(()) };
    let at = *run.current_time() + next.delay;
    let arrived = next.arrived;
    run.schedule(Departure { version, arrived }, at)
}

pub(crate) fn run(requests: u64) -> impl FnOnce() -> Found {
    let mut run = Run::new(State(Shop::new(requests)), 0);
    let gap = run.state_mut().0.next_gap();
    if let Some(gap) = gap {
        run.schedule(Arrival, gap).expect("the first arrival");
    }
    run.run().expect("the run");
    move || run.state_mut().0.found()
}
