//! The general engine: one calendar, and one `match` on what happens.
//!
//! A viewer's request goes to a version as an *attempt*, to one of its replicas, where it waits and
//! is served. An attempt that fails may be made again; what the viewer gets in the end is the
//! response. A replica does not learn that nobody waits any more: what it has begun, it finishes.

mod connections;
mod control;
mod flow;
mod servers;

use super::calendar::{Calendar, Slot};
use super::calls::{CallId, Calls};
use super::cluster::Cluster;
use super::connections::{ConnectionId, Table};
use super::ready_split::ReadySplit;
use super::thinkers::Thinkers;
use super::{Setup, nanos};
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Phase, TrafficClass};
use crate::sim::arrivals::exponential;
use crate::sim::replay::{Request, Step, most_requests};
use crate::sim::spread::Spread;
use crate::sim::timeline::Timeline;
use crate::tally::service::{Outcome, ServiceRecorder, ServiceTally};
use crate::tally::{PhaseRecorder, PhaseTally};
use crate::units::to_f64;

/// Requests between two reports of progress.
const PROGRESS_STEP: u64 = 1 << 20;

/// Requests that are recorded at a time.
const RECORDED: usize = 1024;

/// Who is to act when the event of a slot happens.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// Nobody.
    Unused,
    /// A phase with a closed loop ends by the clock.
    LoopEnds,
    /// A server has done its work.
    Server(u32),
    /// An attempt has taken too long.
    Deadline(CallId),
    /// An attempt is made again.
    Retry(CallId),
    /// A connection carries its next request, or is closed.
    Connection(ConnectionId),
    /// Connections from before that change of weights are cut.
    Drained(u32),
    /// A version changes by itself.
    Control(u32, Control),
}

/// How a version changes by itself.
#[derive(Debug, Clone, Copy)]
enum Control {
    /// The autoscaler decides.
    Autoscale,
    /// A step of the schedule of replicas.
    Scale(u32),
    /// A replica has started.
    Ready(u32),
    /// A replica crashes: which of the faults.
    Crash(u32),
    /// Ejected replicas may come back.
    Sweep,
    /// The weights of new replicas grow.
    Warm,
}

/// A slot for one request, of one replica.
#[derive(Debug, Clone, Copy)]
struct Server {
    slot: Slot,
    version: u32,
    replica: u32,
    call: Option<CallId>,
}

/// Everything that acts.
struct Mesh<'a> {
    setup: &'a Setup<'a>,
    calendar: Calendar,
    roles: Vec<Role>,
    clusters: Vec<Option<Cluster<'a>>>,
    servers: Vec<Server>,
    calls: Calls,
    /// Open TCP connections, if requests are sent over such.
    connections: Option<Table<'a>>,
    timeline: Timeline<'a>,
    /// The next step of the timeline, a phase or an arrival, and when it happens.
    step: Option<Step>,
    step_time: u64,
    loop_slot: Option<Slot>,
    thinkers: Thinkers,
    /// The closed loop in force: its mean think time in nanoseconds.
    think: Option<f64>,
    /// Per phase and class of traffic: how many times the service time it takes. Empty without
    /// classes.
    class_work: Vec<Vec<f64>>,
    /// The split of the phase, if it follows the replicas.
    ready_split: Option<ReadySplit>,
    /// How requests are spread over several proxies, and how many of the phase have been.
    spread: Option<Spread>,
    position: u64,
    thinking: Stream,
    waiting_to_retry: Stream,
    destinations: Vec<usize>,
    phase: usize,
    recorder: Option<PhaseRecorder>,
    /// Requests of the phase that the recorder does not know yet.
    moments: Vec<u64>,
    picks: Vec<usize>,
    service: ServiceRecorder,
    tallies: Vec<PhaseTally>,
    /// Requests that are not answered yet.
    open: u64,
    finished: bool,
    requests: u64,
    events: u64,
}

/// Runs a replication.
pub(super) fn run(setup: &Setup) -> (Vec<PhaseTally>, ServiceTally) {
    let mut mesh = Mesh::new(setup);
    while !(mesh.finished && mesh.open == 0) {
        // From outside come the steps of the timeline and the viewers of closed loops.
        let outside = mesh.step_time.min(mesh.thinkers.next_time());
        let Some(slot) = mesh.calendar.advance(outside) else {
            if outside == u64::MAX {
                break;
            }
            mesh.events += 1;
            mesh.calendar.wait_until(outside);
            if mesh.step_time == outside {
                mesh.step_happens(outside);
            } else if let Some(viewer) = mesh.thinkers.pop() {
                mesh.viewer_sends(viewer, outside);
            }
            continue;
        };
        mesh.events += 1;
        let now = mesh.calendar.now().as_nanos();
        match mesh.roles[slot.0 as usize] {
            Role::Server(server) => mesh.server_done(server, now),
            Role::Deadline(call) => mesh.give_up(call, Outcome::TimedOut, now),
            Role::Retry(call) => mesh.retry(call, now),
            Role::Connection(connection) => mesh.connection_turn(connection, now),
            Role::Drained(change) => mesh.drained(change, now),
            Role::LoopEnds => mesh.loop_ends(now),
            Role::Control(version, control) => mesh.control(version, control, slot, now),
            Role::Unused => {}
        }
    }
    mesh.finish()
}

impl<'a> Mesh<'a> {
    fn new(setup: &'a Setup<'a>) -> Self {
        let scenario = setup.scenario;
        let mut clusters = Vec::with_capacity(scenario.versions().len());
        let mut total = 0;
        let proxies = scenario.phases()[0].proxies();
        for (place, version) in scenario.versions().iter().enumerate() {
            let index = [setup.replication, place as u64];
            let cluster = version
                .backend
                .as_ref()
                .map(|backend| Cluster::new(backend, scenario.seed(), index, total, proxies));
            total += cluster.as_ref().map_or(0, Cluster::servers);
            clusters.push(cluster);
        }
        let random = |purpose| stream(scenario.seed(), purpose, &[setup.replication]);
        let mut mesh = Self {
            setup,
            calendar: Calendar::new(total as usize),
            roles: Vec::with_capacity(total as usize),
            clusters,
            servers: Vec::with_capacity(total as usize),
            calls: Calls::default(),
            connections: scenario.connections().map(|settings| {
                let (phases, versions) = (scenario.phases().len(), scenario.versions().len());
                Table::new(
                    settings,
                    scenario.seed(),
                    setup.replication,
                    phases,
                    versions,
                )
            }),
            timeline: Timeline::new(scenario, setup.replication),
            step: None,
            step_time: u64::MAX,
            loop_slot: None,
            thinkers: Thinkers::default(),
            think: None,
            class_work: class_work(scenario.phases()),
            ready_split: None,
            spread: None,
            position: 0,
            thinking: random(Purpose::Think),
            waiting_to_retry: random(Purpose::Retries),
            destinations: Vec::new(),
            phase: 0,
            recorder: None,
            moments: Vec::with_capacity(RECORDED),
            picks: Vec::with_capacity(RECORDED),
            service: setup.service_recorder(),
            tallies: Vec::with_capacity(scenario.phases().len()),
            open: 0,
            finished: false,
            requests: 0,
            events: 0,
        };
        mesh.take_servers();
        mesh.plan_controls();
        mesh.watch_servers();
        mesh.next_step();
        mesh
    }

    /// Gives every server its slot.
    fn take_servers(&mut self) {
        for place in 0..self.clusters.len() {
            let servers = self.clusters[place].as_ref().map_or(0, Cluster::servers);
            for _ in 0..servers {
                let number = u32::try_from(self.servers.len()).unwrap_or(u32::MAX);
                let slot = self.slot_for(Role::Server(number));
                let cluster = self.clusters[place].as_ref();
                self.servers.push(Server {
                    slot,
                    version: u32::try_from(place).unwrap_or(u32::MAX),
                    replica: cluster.map_or(0, |cluster| cluster.replica_of(number)),
                    call: None,
                });
            }
        }
    }

    /// A slot of one's own for a role.
    fn slot_for(&mut self, role: Role) -> Slot {
        let slot = self.calendar.take_slot();
        let place = slot.0 as usize;
        if self.roles.len() <= place {
            self.roles.resize(place + 1, Role::Unused);
        }
        self.roles[place] = role;
        slot
    }

    /// Finds the next step of the timeline.
    fn next_step(&mut self) {
        self.step = self.timeline.next();
        self.finished = self.step.is_none();
        self.step_time = self.step.map_or(u64::MAX, |step| step.time().as_nanos());
    }

    fn step_happens(&mut self, now: u64) {
        self.step_time = u64::MAX;
        match self.step.take() {
            Some(Step::Request(request)) => {
                let request = self.split_by_replicas(request);
                self.next_step();
                if self.connections.is_none() {
                    self.arrive(&request, None, now);
                } else {
                    self.open_connection(&request, now);
                }
            }
            Some(Step::PhaseBegins { phase, .. }) => self.phase_begins(phase),
            Some(Step::PhaseEnds { .. }) => {
                self.phase_ends();
                self.next_step();
            }
            None => {}
        }
    }

    fn phase_begins(&mut self, place: usize) {
        let phases = self.setup.scenario.phases();
        let phase = &phases[place];
        let changed = |before: &Phase| before.destinations() != phase.destinations();
        if place > 0 && phases.get(place - 1).is_some_and(changed) {
            self.weights_changed(self.calendar.now().as_nanos());
        }
        self.phase = place;
        self.destinations = phase.destinations().iter().map(|d| d.version.0).collect();
        let index = [self.setup.replication, place as u64];
        self.spread = Spread::new(phase.proxies(), self.setup.scenario.seed(), index);
        self.position = 0;
        self.follow_replicas(phase, index);
        self.service
            .classes(place, phase.arrivals().classes().len());
        let time = self.calendar.now();
        self.recorder = Some((self.setup.recorder)(place, time, most_requests(phase)));
        let Some((viewers, think)) = self.timeline.closed_loop() else {
            self.next_step();
            return;
        };
        if let Some(end) = self.timeline.phase_end() {
            let slot = self.slot_for(Role::LoopEnds);
            self.calendar.schedule(slot, end.as_nanos());
            self.loop_slot = Some(slot);
        }
        let mean = think.as_secs_f64() * 1e9;
        self.think = Some(mean);
        for viewer in 0..viewers.get() {
            self.think_then_send(viewer, time.as_nanos());
        }
    }

    fn phase_ends(&mut self) {
        let time = self.calendar.now();
        self.record_requests();
        self.count_open_connections();
        self.note_ready_shares();
        let recorder = self.recorder.take();
        self.tallies.extend(recorder.map(|one| one.finish(time)));
    }

    /// A viewer thinks, and will then send a request.
    fn think_then_send(&mut self, viewer: u32, now: u64) {
        if let Some(mean) = self.think {
            let nanos = exponential(&mut self.thinking, mean);
            self.thinkers.add(viewer, now.saturating_add(nanos));
        }
    }

    fn viewer_sends(&mut self, viewer: u32, now: u64) {
        if let Some(request) = self.timeline.request_now(self.calendar.now()) {
            let request = self.split_by_replicas(request);
            self.arrive(&request, Some(viewer), now);
        }
        if self.timeline.is_complete() {
            self.loop_ends(now);
        }
    }

    /// The phase in force, a closed loop, is over; who waits for a response stays until it comes.
    fn loop_ends(&mut self, _now: u64) {
        if let Some(slot) = self.loop_slot.take() {
            self.give_back(slot);
        }
        self.think = None;
        self.thinkers.clear();
        self.timeline.end_phase(self.calendar.now());
        self.phase_ends();
        self.next_step();
    }

    /// The proxy of the next request of the phase.
    #[inline]
    fn next_proxy(&mut self) -> u16 {
        let position = self.position;
        self.position += 1;
        self.spread.map_or(0, |spread| spread.proxy(position))
    }

    fn count_request(&mut self, request: &Request) {
        self.count_pick(request.destination, request.time.as_nanos());
    }

    /// Counts what was split at `now`.
    #[inline]
    fn count_pick(&mut self, destination: usize, now: u64) {
        self.moments.push(now);
        self.picks.push(destination);
        if self.moments.len() == RECORDED {
            self.record_requests();
        }
        self.requests += 1;
        if self.requests.is_multiple_of(PROGRESS_STEP) {
            (self.setup.progress)(PROGRESS_STEP);
        }
    }

    /// Tells the recorder of the phase of the requests since the last time.
    fn record_requests(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.record_block(&self.moments, &self.picks);
        }
        if let Some(observe) = self.setup.observe {
            observe(self.phase, &self.moments, &self.picks);
        }
        self.moments.clear();
        self.picks.clear();
    }

    fn finish(mut self) -> (Vec<PhaseTally>, ServiceTally) {
        (self.setup.progress)(self.requests % PROGRESS_STEP);
        let end = self.calendar.now().as_nanos();
        for (place, cluster) in self.clusters.iter_mut().enumerate() {
            if let Some(cluster) = cluster {
                let sojourn_nanos = self.service.load(place).sojourn_nanos;
                *self.service.load(place) = crate::tally::service::VersionLoad {
                    sojourn_nanos,
                    ..cluster.load(end)
                };
            }
        }
        let mut tally = self.service.finish(self.events);
        tally.end_nanos = end;
        tally.connections = self.connections.map(|table| table.counts);
        (self.tallies, tally)
    }
}

/// Per phase and class of traffic: how many times the service time it takes; empty without classes.
fn class_work(phases: &[Phase]) -> Vec<Vec<f64>> {
    let classes = phases.iter().map(|phase| phase.arrivals().classes());
    if classes.clone().all(<[_]>::is_empty) {
        return Vec::new();
    }
    let work = |classes: &[TrafficClass]| classes.iter().map(|one| to_f64(one.work)).collect();
    classes.map(work).collect()
}

impl Step {
    /// When it happens.
    fn time(&self) -> crate::units::SimTime {
        match self {
            Self::PhaseBegins { time, .. } | Self::PhaseEnds { time } => *time,
            Self::Request(request) => request.time,
        }
    }
}
