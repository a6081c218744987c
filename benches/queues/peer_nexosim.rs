//! The crate `nexosim`: asynchronous models with mailboxes, on one thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use rand::Rng;
use serde::{Deserialize, Serialize};
use shiftsim::random::{Purpose, Stream, stream};

use super::workload::{Found, GAP, SERVERS, SERVICE, exponential, found};

#[derive(Serialize, Deserialize)]
struct Source {
    left: u64,
    pools: [Output<()>; 2],
    #[serde(skip)]
    random: Option<Stream>,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.plan(cx);
    }

    fn plan(&mut self, cx: &Context<Self>) {
        if let (Some(left), Some(random)) = (self.left.checked_sub(1), &mut self.random) {
            self.left = left;
            let gap = Duration::from_nanos(exponential(random, GAP).max(1));
            cx.schedule_event(gap, schedulable!(Self::arrive), ())
                .expect("the next arrival");
        }
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.plan(cx);
        let value = self.random.as_mut().map_or(0, Rng::next_u64);
        let version = usize::from(value % 100 >= 80);
        self.pools[version].send(()).await;
    }
}

#[derive(Serialize, Deserialize)]
struct Pool {
    mean: f64,
    idle: usize,
    queue: VecDeque<u64>,
    #[serde(skip)]
    random: Option<Stream>,
    #[serde(skip)]
    times: Arc<Mutex<Vec<u64>>>,
}

#[Model]
impl Pool {
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        let now = nanos(cx.time());
        if self.idle == 0 {
            self.queue.push_back(now);
        } else {
            self.idle -= 1;
            self.serve(now, cx);
        }
    }

    fn serve(&mut self, arrived: u64, cx: &Context<Self>) {
        if let Some(random) = &mut self.random {
            let delay = Duration::from_nanos(exponential(random, self.mean).max(1));
            cx.schedule_event(delay, schedulable!(Self::depart), arrived)
                .expect("a departure");
        }
    }

    #[nexosim(schedulable)]
    async fn depart(&mut self, arrived: u64, cx: &Context<Self>) {
        if let Ok(mut times) = self.times.lock() {
            times.push(nanos(cx.time()) - arrived);
        }
        match self.queue.pop_front() {
            Some(next) => self.serve(next, cx),
            None => self.idle += 1,
        }
    }
}

fn nanos(time: MonotonicTime) -> u64 {
    let since = time.duration_since(MonotonicTime::EPOCH);
    since.as_nanos() as u64
}

pub(crate) fn run(requests: u64) -> impl FnOnce() -> Found {
    let mut source = Source {
        left: requests,
        pools: [Output::default(), Output::default()],
        random: Some(stream(1, Purpose::Arrivals, &[99])),
    };
    let times = [0, 1].map(|_| Arc::new(Mutex::new(Vec::with_capacity(requests as usize))));
    let mut bench = SimInit::with_num_threads(1);
    for version in [0, 1] {
        let mailbox = Mailbox::new();
        source.pools[version].connect(Pool::arrive, &mailbox);
        let pool = Pool {
            mean: SERVICE[version],
            idle: SERVERS,
            queue: VecDeque::new(),
            random: Some(stream(1, Purpose::Service, &[version as u64])),
            times: Arc::clone(&times[version]),
        };
        bench = bench.add_model(pool, mailbox, ["v1", "v2"][version]);
    }
    let mut simulation = bench
        .add_model(source, Mailbox::new(), "source")
        .init(MonotonicTime::EPOCH)
        .expect("the models");
    simulation.run().expect("the run");
    move || [0, 1].map(|version| found(&mut times[version].lock().expect("the times")))
}
