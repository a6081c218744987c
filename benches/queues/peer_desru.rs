//! The crate `desru`: boxed closures on a binary heap, time as `f64` (here in nanoseconds).

use std::cell::RefCell;
use std::rc::Rc;

use desru::{Event, EventScheduler};

use super::workload::{Departure, Found, Shop};

type Shared = Rc<RefCell<Shop>>;

fn arrival(scheduler: &mut EventScheduler, shop: &Shared) {
    let now = scheduler.current_time;
    let gap = shop.borrow_mut().next_gap();
    if let Some(gap) = gap {
        let again = Rc::clone(shop);
        schedule(scheduler, gap, move |scheduler| arrival(scheduler, &again));
    }
    let version = shop.borrow_mut().pick();
    let next = shop.borrow_mut().arrive(version, now as u64);
    plan(scheduler, shop, version, next);
}

fn plan(
    scheduler: &mut EventScheduler,
    shop: &Shared,
    version: usize,
    departure: Option<Departure>,
) {
    let Some(departure) = departure else { return };
    let shop = Rc::clone(shop);
    schedule(scheduler, departure.delay, move |scheduler| {
        let now = scheduler.current_time as u64;
        let next = shop.borrow_mut().depart(version, departure.arrived, now);
        plan(scheduler, &shop, version, next);
    });
}

fn schedule(
    scheduler: &mut EventScheduler,
    delay: u64,
    mut action: impl FnMut(&mut EventScheduler) + 'static,
) {
    let time = scheduler.current_time + delay as f64;
    let action = move |scheduler: &mut EventScheduler| {
        action(scheduler);
        None
    };
    scheduler.schedule(Event::new(time, Some(Box::new(action)), None));
}

pub(crate) fn run(requests: u64) -> impl FnOnce() -> Found {
    let shop = Rc::new(RefCell::new(Shop::new(requests)));
    let mut scheduler = EventScheduler::new();
    let gap = shop.borrow_mut().next_gap();
    if let Some(gap) = gap {
        let first = Rc::clone(&shop);
        schedule(&mut scheduler, gap, move |scheduler| {
            arrival(scheduler, &first);
        });
    }
    // The log would keep every event.
    scheduler.run(Box::new(|_| false), Some(Box::new(|_, _| false)));
    move || shop.borrow_mut().found()
}
