//! The time that this thread has had a processor, so that a busy machine disturbs less.

use std::time::{Duration, Instant};

/// When something began.
pub(crate) struct Start {
    wall: Instant,
    on_processor: Option<Duration>,
}

impl Start {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(crate) fn now() -> Self {
        Self {
            wall: Instant::now(),
            on_processor: on_processor(),
        }
    }

    /// Time on a processor since then; where the system does not tell, all time.
    pub(crate) fn elapsed(&self) -> Duration {
        let since = on_processor().zip(self.on_processor);
        since.map_or_else(|| self.wall.elapsed(), |(now, then)| now - then)
    }
}

/// How long this thread has run, to the nanosecond.
#[cfg(unix)]
fn on_processor() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).ok()
}

#[cfg(not(unix))]
fn on_processor() -> Option<Duration> {
    None
}
