//! What versions tell while they run: counts for the tally, and answers for those who wait.

use crate::sim::engine::cluster::CallId;
use crate::tally::service::{Outcome, ServiceRecorder};

/// A response to somebody who waits for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    /// The viewer or the connection that waits.
    pub(super) viewer: u32,
    /// The phase in which the request arrived.
    pub(super) phase: usize,
    /// The class of traffic of the request.
    pub(super) class: u16,
    /// When it arrived, in nanoseconds.
    pub(super) arrived: u64,
    /// When it was answered, in nanoseconds.
    pub(super) answered: u64,
    /// How it ended.
    pub(super) outcome: Outcome,
}

/// Where versions leave what they tell.
#[derive(Debug)]
pub(super) struct Outbox {
    /// The tally.
    pub(super) service: ServiceRecorder,
    /// Whether every response is looked at, not only those that somebody waits for.
    pub(super) all_answers: bool,
    /// Answers that were not passed on yet.
    pub(super) answers: Vec<Answer>,
    /// Whether every change of the replicas is looked at.
    pub(super) all_changes: bool,
    /// Versions, and how many of their replicas take requests now.
    pub(super) ready: Vec<(usize, u32)>,
    /// Which attempt a connection waits for now.
    pub(super) attempts: Vec<(u32, CallId)>,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(service: ServiceRecorder) -> Self {
        Self {
            service,
            all_answers: false,
            answers: Vec::new(),
            all_changes: false,
            ready: Vec::new(),
            attempts: Vec::new(),
        }
    }
}
