//! One version while it runs: its replicas, their queues, the attempts under way, and the calendar
//! of what happens there.
//!
//! A version knows nothing of the others. Requests come with [`Cluster::arrive`]; what it tells goes
//! to the [`Outbox`]. Who lets it happen, and where requests come from, is not here: that is
//! [`super::apart`] and [`super::mesh`].
//!
//! A request goes to one of the replicas as an *attempt*, waits there and is served ([`flow`]). An
//! attempt that fails or takes too long may be made again ([`resilience`]); what the viewer gets in
//! the end is the response. A replica does not learn that nobody waits any more: what it has begun,
//! it finishes.

mod autoscaler;
mod calls;
mod clock;
mod control;
mod flow;
mod members;
mod outlier;
mod proxy;
mod resilience;
mod servers;

use std::collections::VecDeque;

use super::calendar::{Calendar, Slot};
use super::callers::Callers;
use super::jobs::Jobs;
use super::outbox::Outbox;
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Backend, Scaling, Scenario};
use crate::tally::service::{AnsweredBlock, Outcome, VersionLoad};
use autoscaler::Hpa;
use calls::Calls;
pub(super) use calls::{CallId, Caller, NOBODY};
use clock::Clock;
use control::Control;
pub(super) use flow::Arrival;
use members::{Health, Replica};
use proxy::Proxy;
use resilience::Limits;

/// Who is to act when the event of a slot happens that is not a server's.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// Nobody.
    Unused,
    /// An attempt has taken too long.
    Deadline(CallId),
    /// An attempt is made again.
    Retry(CallId),
    /// The version changes by itself.
    Control(Control),
}

/// A server: a slot for one request, of one replica. Its events are in the slot of its number.
#[derive(Debug, Clone, Copy)]
struct Server {
    replica: u32,
    /// What it works on.
    call: Option<CallId>,
    /// Since when.
    began: u64,
}

/// A queue and the servers that take from it: those of a replica or, if the queue is shared, of all.
#[derive(Debug, Default)]
struct Station {
    /// Idle servers, by number.
    idle: Vec<u32>,
    /// Attempts in the order of their arrival; abandoned ones are among them.
    queue: VecDeque<CallId>,
    /// Attempts that wait, without abandoned ones.
    waiting: u32,
}

/// One version while it runs.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    /// Its number, for the tally.
    version: usize,
    backend: &'a Backend,
    limits: Limits,
    /// Whether the tally is told what servers see.
    watches_servers: bool,
    calendar: Calendar,
    /// By slot, those of the servers left out.
    roles: Vec<Role>,
    servers: Vec<Server>,
    calls: Calls,
    stations: Vec<Station>,
    replicas: Vec<Replica>,
    /// What each proxy knows of the version.
    proxies: Vec<Proxy>,
    jobs: Jobs,
    callers: Callers,
    /// Per phase and class of traffic: how many times the service time it takes. Empty without
    /// classes.
    class_work: Vec<Vec<f64>>,
    hpa: Option<Hpa>,
    backing_off: Stream,
    clock: Clock,
    ejections: u64,
    /// Responses that the tally does not know yet.
    answered: AnsweredBlock,
    warm_up: u64,
    now: u64,
    events: u64,
}

impl<'a> Cluster<'a> {
    /// Version number `index[1]` at the start of replication `index[0]`.
    pub(super) fn new(
        backend: &'a Backend,
        scenario: &Scenario,
        index: [u64; 2],
        out: &mut Outbox,
    ) -> Self {
        let seed = scenario.seed();
        let proxies = scenario.phases()[0].proxies();
        let most = backend.most_replicas();
        let proxy = |proxy: u16| {
            let random = match proxy {
                0 => stream(seed, Purpose::Balance, &index),
                _ => stream(
                    seed,
                    Purpose::Proxies,
                    &[index[0], index[1], proxy.into(), 1],
                ),
            };
            Proxy::new(backend, random, most as usize)
        };
        let stations = match backend.balancing.shares_queue {
            true => 1,
            false => most as usize,
        };
        let hpa = match &backend.scaling {
            Scaling::Autoscaler(settings) => Some(Hpa::new(*settings)),
            Scaling::Fixed | Scaling::Schedule(_) => None,
        };
        let mut cluster = Self {
            version: usize::try_from(index[1]).unwrap_or(usize::MAX),
            backend,
            limits: Limits::of(backend),
            watches_servers: servers::differ(scenario, backend),
            calendar: Calendar::new(0),
            roles: Vec::new(),
            servers: Vec::new(),
            calls: Calls::default(),
            stations: Vec::new(),
            replicas: members::at_start(backend),
            proxies: (0..proxies.get()).map(proxy).collect(),
            jobs: Jobs::new(backend, seed, index),
            callers: Callers::new(backend, seed, index),
            class_work: Vec::new(),
            hpa,
            backing_off: stream(seed, Purpose::Retries, &index),
            clock: Clock::default(),
            ejections: 0,
            answered: AnsweredBlock::default(),
            warm_up: out.service.warm_up_nanos(),
            now: 0,
            events: 0,
        };
        cluster.stations.resize_with(stations, Station::default);
        cluster.take_servers();
        for replica in 0..backend.replicas.get() {
            cluster.open_servers(replica);
        }
        cluster.membership(0);
        cluster.plan_controls(out);
        if cluster.watches_servers {
            out.service.watch_servers(cluster.version);
        }
        cluster
    }

    /// Tells how many times the service time a class of traffic takes, per phase and class.
    pub(super) fn set_class_work(&mut self, class_work: &[Vec<f64>]) {
        self.class_work = class_work.to_vec();
    }

    /// Gives the servers of all replicas that there may ever be their slots.
    fn take_servers(&mut self) {
        let concurrency = self.backend.concurrency.get();
        let servers = self.backend.most_replicas() * concurrency;
        self.calendar = Calendar::new(servers as usize);
        for server in 0..servers {
            self.calendar.take_slot();
            self.servers.push(Server {
                replica: server / concurrency,
                call: None,
                began: 0,
            });
        }
    }

    /// A slot of one's own for a role.
    fn slot_for(&mut self, role: Role) -> Slot {
        let slot = self.calendar.take_slot();
        self.set_role(slot, role);
        slot
    }

    fn set_role(&mut self, slot: Slot, role: Role) {
        let place = slot.0 as usize - self.servers.len();
        if self.roles.len() <= place {
            self.roles.resize(place + 1, Role::Unused);
        }
        self.roles[place] = role;
    }

    fn give_back(&mut self, slot: Slot) {
        self.set_role(slot, Role::Unused);
        self.calendar.give_back(slot);
    }

    /// When something happens next; the end of time if nothing will.
    pub(super) fn next_time(&self) -> u64 {
        self.calendar.next_time()
    }

    /// Requests that are not answered yet.
    pub(super) fn open(&self) -> u64 {
        self.clock.open()
    }

    /// The moment of the last event.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Replicas that take requests.
    pub(super) fn ready(&self) -> u32 {
        self.count_replicas(|health| health == Health::Up)
    }

    /// The hash of the next caller.
    #[inline]
    pub(super) fn next_caller(&mut self) -> u64 {
        self.callers.next()
    }

    /// A caller connects through a proxy; the replica that it gets, if there is one.
    pub(super) fn connect(&mut self, caller: u64, proxy: u16) -> Option<u32> {
        let proxy = &mut self.proxies[usize::from(proxy)];
        let replica = proxy.pick(caller);
        if let Some(replica) = replica {
            proxy.enter(replica);
        }
        replica
    }

    /// A connection through a proxy to a replica ends.
    pub(super) fn disconnect(&mut self, proxy: u16, replica: u32) {
        self.proxies[usize::from(proxy)].leave(replica);
    }

    /// Whether a replica is up, and has been since `moment`.
    pub(super) fn is_up_since(&self, replica: u32, moment: u64) -> bool {
        let replica = self.replicas[replica as usize];
        replica.health == Health::Up && replica.since <= moment
    }

    /// Lets everything happen up to `until`.
    pub(super) fn advance(&mut self, until: u64, out: &mut Outbox) {
        self.advance_as::<false>(until, out);
    }

    #[inline(always)]
    fn advance_as<const PLAIN: bool>(&mut self, until: u64, out: &mut Outbox) {
        while let Some((now, slot)) = self.calendar.due(until) {
            self.happens::<PLAIN>(slot, now, out);
        }
    }

    /// Lets the next event happen. False if there is none.
    pub(super) fn advance_by_one(&mut self, out: &mut Outbox) -> bool {
        let Some((now, slot)) = self.calendar.due(u64::MAX) else {
            return false;
        };
        self.happens::<false>(slot, now, out);
        true
    }

    #[inline(always)]
    fn happens<const PLAIN: bool>(&mut self, slot: Slot, now: u64, out: &mut Outbox) {
        debug_assert!(now >= self.now, "time goes on");
        self.now = now;
        self.events += 1;
        if (slot.0 as usize) < self.servers.len() {
            self.server_done::<PLAIN>(slot.0, now, out);
        } else {
            self.role_acts(slot, now, out);
        }
    }

    #[cold]
    fn role_acts(&mut self, slot: Slot, now: u64, out: &mut Outbox) {
        self.calendar.cancel(slot);
        match self.roles[slot.0 as usize - self.servers.len()] {
            Role::Unused => {}
            Role::Deadline(call) => {
                self.give_up(call, Outcome::TimedOut, now, out);
            }
            Role::Retry(call) => self.retry(call, now, out),
            Role::Control(control) => self.control(control, slot, now, out),
        }
    }

    /// Ends the run at `end`: tells the tally the rest, and the load.
    pub(super) fn finish(&mut self, end: u64, out: &mut Outbox) -> u64 {
        self.tell_answered(out);
        let unfinished = self.unfinished(end);
        let load = out.service.load(self.version);
        *load = VersionLoad {
            slot_nanos: self.clock.slot_nanos(end),
            busy_nanos: self.clock.busy_nanos(unfinished),
            in_system_nanos: Some(self.clock.in_system_nanos(end)),
            sojourn_nanos: load.sojourn_nanos,
            ejections: self.ejections,
        };
        self.events
    }

    /// The work that is being done, so far.
    fn unfinished(&self, now: u64) -> u128 {
        let busy = self.servers.iter().filter(|server| server.call.is_some());
        busy.map(|server| u128::from(now - server.began)).sum()
    }
}
