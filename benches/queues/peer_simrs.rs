//! The crate `simrs`: components with typed events.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use simrs::{Component, ComponentId, Executor, Scheduler, Simulation, State};

use super::workload::{Departure, Found, Shop};

struct Source {
    shop: Rc<RefCell<Shop>>,
    pools: [ComponentId<PoolEvent>; 2],
}

#[derive(Debug)]
struct Arrival;

struct Pool {
    shop: Rc<RefCell<Shop>>,
    version: usize,
}

#[derive(Debug)]
enum PoolEvent {
    Arrives,
    Departs { arrived: u64 },
}

impl Component for Source {
    type Event = Arrival;

    fn process_event(
        &self,
        own: ComponentId<Arrival>,
        _event: &Arrival,
        scheduler: &mut Scheduler,
        _state: &mut State,
    ) {
        let mut shop = self.shop.borrow_mut();
        if let Some(gap) = shop.next_gap() {
            scheduler.schedule(Duration::from_nanos(gap), own, Arrival);
        }
        scheduler.schedule_now(self.pools[shop.pick()], PoolEvent::Arrives);
    }
}

impl Component for Pool {
    type Event = PoolEvent;

    fn process_event(
        &self,
        own: ComponentId<PoolEvent>,
        event: &PoolEvent,
        scheduler: &mut Scheduler,
        _state: &mut State,
    ) {
        let now = scheduler.time().as_nanos() as u64;
        let mut shop = self.shop.borrow_mut();
        let next = match event {
            PoolEvent::Arrives => shop.arrive(self.version, now),
            PoolEvent::Departs { arrived } => shop.depart(self.version, *arrived, now),
        };
        if let Some(Departure { delay, arrived }) = next {
            let delay = Duration::from_nanos(delay);
            scheduler.schedule(delay, own, PoolEvent::Departs { arrived });
        }
    }
}

pub(crate) fn run(requests: u64) -> impl FnOnce() -> Found {
    let shop = Rc::new(RefCell::new(Shop::new(requests)));
    let mut simulation = Simulation::default();
    let pools = [0, 1].map(|version| {
        let shop = Rc::clone(&shop);
        simulation.add_component(Pool { shop, version })
    });
    let gap = shop.borrow_mut().next_gap();
    let source = simulation.add_component(Source {
        shop: Rc::clone(&shop),
        pools,
    });
    if let Some(gap) = gap {
        simulation.schedule(Duration::from_nanos(gap), source, Arrival);
    }
    simulation.execute(Executor::unbound());
    move || shop.borrow_mut().found()
}
