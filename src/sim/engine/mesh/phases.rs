//! Phases begin and end; in a closed loop, viewers think and send requests.

use super::{Mesh, Role};
use crate::scenario::{Phase, TrafficClass};
use crate::sim::arrivals::exponential;
use crate::sim::replay::most_requests;
use crate::sim::spread::Spread;
use crate::units::{SimTime, to_f64};

impl Mesh<'_> {
    pub(super) fn phase_begins(&mut self, place: usize) {
        let phases = self.setup.scenario.phases();
        let phase = &phases[place];
        let changed = |before: &Phase| before.destinations() != phase.destinations();
        if place > 0 && phases.get(place - 1).is_some_and(changed) {
            self.weights_changed(self.now);
        }
        self.phase = place;
        self.destinations = phase.destinations().iter().map(|d| d.version.0).collect();
        let index = [self.setup.replication, place as u64];
        self.spread = Spread::new(phase.proxies(), self.setup.scenario.seed(), index);
        self.position = 0;
        self.follow_replicas(phase, index);
        let classes = phase.arrivals().classes().len();
        self.out.service.classes(place, classes);
        let time = SimTime::from_nanos(self.now);
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

    pub(super) fn phase_ends(&mut self) {
        let time = SimTime::from_nanos(self.now);
        self.record_requests();
        self.count_open_connections();
        self.note_ready_shares();
        let recorder = self.recorder.take();
        self.tallies.extend(recorder.map(|one| one.finish(time)));
    }

    /// A viewer thinks, and will then send a request.
    pub(super) fn think_then_send(&mut self, viewer: u32, now: u64) {
        if let Some(mean) = self.think {
            let nanos = exponential(&mut self.thinking, mean);
            self.thinkers.add(viewer, now.saturating_add(nanos));
        }
    }

    pub(super) fn viewer_sends(&mut self, viewer: u32, now: u64) {
        if let Some(request) = self.timeline.request_now(SimTime::from_nanos(now)) {
            let request = self.split_by_replicas(request);
            self.arrive(&request, viewer, now);
        }
        if self.timeline.is_complete() {
            self.loop_ends();
        }
    }

    /// The phase in force, a closed loop, is over; who waits for a response stays until it comes.
    pub(super) fn loop_ends(&mut self) {
        if let Some(slot) = self.loop_slot.take() {
            self.give_back(slot);
        }
        self.think = None;
        self.thinkers.clear();
        self.timeline.end_phase(SimTime::from_nanos(self.now));
        self.phase_ends();
        self.next_step();
    }
}

/// Per phase and class of traffic: how many times the service time it takes; empty without classes.
pub(super) fn class_work(phases: &[Phase]) -> Vec<Vec<f64>> {
    let classes = phases.iter().map(|phase| phase.arrivals().classes());
    if classes.clone().all(<[_]>::is_empty) {
        return Vec::new();
    }
    let work = |classes: &[TrafficClass]| classes.iter().map(|one| to_f64(one.work)).collect();
    classes.map(work).collect()
}
