//! Versions that act on each other: through those who wait for their responses (viewers of closed
//! loops, who think and come back; connections, which carry one request after the other), or through
//! a split that follows their replicas.
//!
//! One event after the other happens, of a version or of those who wait. What happens inside a
//! version is in [`super::cluster`].

mod connections;
mod phases;
mod splitting;

use super::calendar::{Calendar, Slot};
use super::cluster::{Arrival, Caller, Cluster, NOBODY};
use super::connections::{ConnectionId, Table};
use super::outbox::{Answer, Outbox};
use super::ready_split::ReadySplit;
use super::thinkers::Thinkers;
use super::{Setup, apart};
use crate::random::{Purpose, Stream, stream};
use crate::sim::replay::{Request, Step};
use crate::sim::spread::Spread;
use crate::sim::timeline::Timeline;
use crate::tally::service::{Outcome, Response, ServiceTally};
use crate::tally::{PhaseRecorder, PhaseTally};
use crate::units::SimTime;

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
    /// A connection carries its next request, or is closed.
    Connection(ConnectionId),
    /// Connections from before that change of weights are cut.
    Drained(u32),
}

/// Versions, and those who wait for them.
struct Mesh<'a> {
    setup: &'a Setup<'a>,
    now: u64,
    clusters: Vec<Option<Cluster<'a>>>,
    out: Outbox,
    /// Answers that are being passed on.
    passing: Vec<Answer>,
    /// What happens outside of the versions, by the clock.
    calendar: Calendar,
    roles: Vec<Role>,
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
    thinking: Stream,
    /// The split of the phase, if it follows the replicas.
    ready_split: Option<ReadySplit>,
    /// How requests are spread over several proxies, and how many of the phase have been.
    spread: Option<Spread>,
    position: u64,
    destinations: Vec<usize>,
    phase: usize,
    recorder: Option<PhaseRecorder>,
    /// Requests of the phase that the recorder does not know yet.
    moments: Vec<u64>,
    picks: Vec<usize>,
    tallies: Vec<PhaseTally>,
    finished: bool,
    requests: u64,
    events: u64,
}

/// Runs a replication.
pub(super) fn run(setup: &Setup) -> (Vec<PhaseTally>, ServiceTally) {
    let mut mesh = Mesh::new(setup);
    while !(mesh.finished && mesh.open() == 0) && mesh.next_event() {
        mesh.tell_split();
        mesh.pass_on_answers();
    }
    mesh.finish()
}

impl<'a> Mesh<'a> {
    fn new(setup: &'a Setup<'a>) -> Self {
        let scenario = setup.scenario;
        let mut out = Outbox::new(setup.service_recorder());
        let mut clusters = apart::clusters(setup, &mut out);
        let class_work = phases::class_work(scenario.phases());
        for cluster in clusters.iter_mut().flatten() {
            cluster.set_class_work(&class_work);
        }
        out.all_answers = !class_work.is_empty();
        let (phases, versions) = (scenario.phases().len(), scenario.versions().len());
        let (seed, replication) = (scenario.seed(), setup.replication);
        let table = |settings| Table::new(settings, seed, replication, phases, versions);
        let mut mesh = Self {
            setup,
            now: 0,
            clusters,
            out,
            passing: Vec::new(),
            calendar: Calendar::new(0),
            roles: Vec::new(),
            connections: scenario.connections().map(table),
            timeline: Timeline::new(scenario, replication),
            step: None,
            step_time: u64::MAX,
            loop_slot: None,
            thinkers: Thinkers::default(),
            think: None,
            thinking: stream(seed, Purpose::Think, &[replication]),
            ready_split: None,
            spread: None,
            position: 0,
            destinations: Vec::new(),
            phase: 0,
            recorder: None,
            moments: Vec::with_capacity(RECORDED),
            picks: Vec::with_capacity(RECORDED),
            tallies: Vec::with_capacity(phases),
            finished: false,
            requests: 0,
            events: 0,
        };
        mesh.next_step();
        mesh
    }

    /// Requests that are not answered yet.
    fn open(&self) -> u64 {
        self.clusters.iter().flatten().map(Cluster::open).sum()
    }

    /// Lets the next event happen; what is under way at a version comes before what is outside.
    /// False if nothing will happen any more.
    fn next_event(&mut self) -> bool {
        let viewers = self.step_time.min(self.thinkers.next_time());
        let outside = viewers.min(self.calendar.next_time());
        let clusters = self.clusters.iter_mut().flatten();
        let first = clusters.min_by_key(|cluster| cluster.next_time());
        if let Some(cluster) = first.filter(|one| one.next_time() <= outside)
            && cluster.advance_by_one(&mut self.out)
        {
            self.now = cluster.now();
            return true;
        }
        if outside == u64::MAX {
            return false;
        }
        self.now = outside;
        self.events += 1;
        if let Some((now, slot)) = self.calendar.due(outside) {
            self.act(slot, now);
        } else if self.step_time == outside {
            self.step_happens(outside);
        } else if let Some(viewer) = self.thinkers.pop() {
            self.viewer_sends(viewer, outside);
        }
        true
    }

    fn act(&mut self, slot: Slot, now: u64) {
        self.calendar.cancel(slot);
        match self.roles[slot.0 as usize] {
            Role::Unused => {}
            Role::LoopEnds => self.loop_ends(),
            Role::Connection(connection) => self.connection_turn(connection, now),
            Role::Drained(change) => {
                self.give_back(slot);
                self.drained(change, now);
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

    fn give_back(&mut self, slot: Slot) {
        self.roles[slot.0 as usize] = Role::Unused;
        self.calendar.give_back(slot);
    }

    /// Tells those who wait of their responses.
    fn pass_on_answers(&mut self) {
        for (connection, call) in self.out.attempts.drain(..) {
            if let Some(table) = &mut self.connections {
                table.get_mut(connection).call = Some(call);
            }
        }
        while !self.out.answers.is_empty() {
            std::mem::swap(&mut self.out.answers, &mut self.passing);
            let mut passing = std::mem::take(&mut self.passing);
            for answer in passing.drain(..) {
                self.pass_on(&answer);
            }
            self.passing = passing;
        }
    }

    fn pass_on(&mut self, answer: &Answer) {
        let Answer {
            phase,
            class,
            arrived,
            answered,
            outcome,
            viewer,
        } = *answer;
        let service = &mut self.out.service;
        service.class_response(phase, class.into(), arrived, answered, outcome);
        if viewer == NOBODY {
            return;
        }
        if self.connections.is_some() {
            self.connection_answered(viewer, answered);
        } else if phase == self.phase {
            self.think_then_send(viewer, answered);
        }
    }

    /// A request arrives and is split.
    fn arrive(&mut self, request: &Request, viewer: u32, now: u64) {
        self.count_pick(request.destination, now);
        let version = self.destinations[request.destination];
        let hash = self.clusters[version]
            .as_mut()
            .map_or(0, Cluster::next_caller);
        let arrival = Arrival {
            phase: 0,
            number: 0,
            caller: Caller::Hash(hash),
            viewer,
            class: request.class,
            proxy: self.next_proxy(),
        };
        self.begin(version, arrival, now);
    }

    /// A request begins its way at a version.
    fn begin(&mut self, version: usize, mut arrival: Arrival, now: u64) {
        let service = &mut self.out.service;
        arrival.number = service.arrivals(self.phase, version, &[now]);
        arrival.phase = u32::try_from(self.phase).unwrap_or(u32::MAX);
        if let Some(cluster) = &mut self.clusters[version] {
            return cluster.arrive::<false>(arrival, now, &mut self.out);
        }
        self.out.service.response(Response {
            phase: self.phase,
            version,
            number: arrival.number,
            arrived: now,
            answered: now,
            outcome: Outcome::Ok,
        });
        self.out.answers.push(Answer {
            viewer: arrival.viewer,
            phase: self.phase,
            class: arrival.class,
            arrived: now,
            answered: now,
            outcome: Outcome::Ok,
        });
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
                    self.arrive(&request, NOBODY, now);
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

    /// The proxy of the next request of the phase.
    #[inline]
    fn next_proxy(&mut self) -> u16 {
        let position = self.position;
        self.position += 1;
        self.spread.map_or(0, |spread| spread.proxy(position))
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

    fn finish(self) -> (Vec<PhaseTally>, ServiceTally) {
        (self.setup.progress)(self.requests % PROGRESS_STEP);
        let mut tally = apart::finish(self.clusters, self.out, self.now);
        tally.events += self.events;
        tally.connections = self.connections.map(|table| table.counts);
        (self.tallies, tally)
    }
}

impl Step {
    /// When it happens.
    fn time(&self) -> SimTime {
        match self {
            Self::PhaseBegins { time, .. } | Self::PhaseEnds { time } => *time,
            Self::Request(request) => request.time,
        }
    }
}
