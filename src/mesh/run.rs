//! The loop: request after request, stretch after stretch.

use super::chance::Drawn;
use super::connections::Lives;
use super::hop::{Hops, Sent, service_of};
use super::proxies::{Proxy, Timeline};
use super::story::{Call, Requests, Story, Traffic};
use super::tally::{Page, Series, StoryTally, StretchTally};
use crate::routing::Request;

/// A request, or a connection, that was told.
#[derive(Debug)]
pub struct Told<'t> {
    /// Its number in the story, from 0.
    pub number: u64,
    /// When it was sent, in nanoseconds.
    pub nanos: u64,
    /// The place of the stretch.
    pub stretch: usize,
    /// What came of it.
    pub page: &'t Page,
    /// How long it took; how long a connection was open.
    pub took_nanos: u64,
    /// A connection that was closed because the drain time was over.
    pub cut: bool,
}

/// Tells a story once, and hands each request to `each`. The same story with the same seed and
/// replication gives the same tally.
///
/// # Errors
/// What `each` says; the story ends there.
pub fn run<E>(
    story: &Story,
    replication: u64,
    mut each: impl FnMut(&Told<'_>) -> Result<(), E>,
) -> Result<StoryTally, E> {
    let timeline = Timeline::new(story);
    let asked = asked(story);
    let mut tally = StoryTally {
        stretches: vec![StretchTally::default(); story.stretches.len()],
        series: Series::over(timeline.end()),
    };
    let mut lives = Lives::default();
    let mut number = 0;
    for stretch in 0..story.stretches.len() {
        let mut drawn = Drawn::new(story, replication, stretch);
        for place in 0..story.stretches[stretch].requests {
            let now = timeline.moment(story, stretch, place);
            let client = client(story, number);
            let (page, took, cut) = match &story.traffic {
                Traffic::Requests(_) => {
                    let (viewer, request) = viewer(&asked, number);
                    let mut hops = hops(story, &timeline, &mut drawn, &mut tally, stretch);
                    let (page, took) = hops.page(viewer, request, client, now);
                    (page, took, false)
                }
                Traffic::Connections(connections) => {
                    let life = drawn.life(connections.lasts);
                    let mut hops = hops(story, &timeline, &mut drawn, &mut tally, stretch);
                    lives.live(&mut hops, connections, client, (now, life))
                }
            };
            each(&Told {
                number,
                nanos: now,
                stretch,
                page: &page,
                took_nanos: took,
                cut,
            })?;
            let answered = tally.stretches[stretch].pages.entry(page).or_default();
            answered.count += 1;
            answered.longest_nanos = answered.longest_nanos.max(took);
            number += 1;
        }
    }
    let middles: Vec<u64> = tally.series.middles().collect();
    tally.series.open = lives.open_over(&middles);
    for (stretch, tally) in tally.stretches.iter_mut().enumerate() {
        let end = match story.stretches.get(stretch + 1) {
            Some(_) => timeline.begin(stretch + 1),
            None => timeline.end(),
        };
        tally.open = lives.open_at(end);
        mention_all(story, tally);
    }
    Ok(tally)
}

fn hops<'s, 't>(
    story: &'s Story,
    timeline: &'t Timeline,
    drawn: &'t mut Drawn<'s>,
    tally: &'t mut StoryTally,
    stretch: usize,
) -> Hops<'s, 't> {
    Hops {
        story,
        calls: calls(story),
        timeline,
        chance: drawn,
        tallies: &mut tally.stretches,
        own: stretch,
        series: Some(&mut tally.series),
    }
}

/// The calls of the services; connections make none.
pub(super) fn calls(story: &Story) -> &[Call] {
    match &story.traffic {
        Traffic::Requests(requests) => &requests.calls,
        Traffic::Connections(_) => &[],
    }
}

/// The requests of all viewers.
pub(super) fn asked(story: &Story) -> Vec<Request> {
    let Traffic::Requests(Requests {
        request, viewers, ..
    }) = &story.traffic
    else {
        return Vec::new();
    };
    let of_viewer = |headers: &[(String, String)]| {
        let mut request = request.clone();
        for (name, value) in headers {
            request.add_header(name, value);
        }
        request
    };
    let viewers = viewers.iter();
    viewers.map(|viewer| of_viewer(&viewer.headers)).collect()
}

/// Viewers take turns.
pub(super) fn viewer(asked: &[Request], number: u64) -> (usize, &Request) {
    let viewer = usize::try_from(number % asked.len() as u64).unwrap_or(0);
    (viewer, &asked[viewer])
}

/// The proxy of a client. It keeps a turn of all viewers, so that everyone meets every proxy.
pub(super) fn client(story: &Story, number: u64) -> Proxy<'static> {
    let viewers = match &story.traffic {
        Traffic::Requests(requests) => requests.viewers.len() as u64,
        Traffic::Connections(_) => 1,
    };
    Proxy::Client(number / viewers.max(1) % story.proxies.max(1))
}

impl Hops<'_, '_> {
    /// A request of a viewer: what came of it, and how long it took.
    pub(super) fn page(
        &mut self,
        viewer: usize,
        request: &Request,
        client: Proxy<'_>,
        now: u64,
    ) -> (Page, u64) {
        let response = self.send(request, client, Sent { now, depth: 0 });
        let page = Page {
            viewer,
            status: Some(response.status),
            by: response.by.map(|by| by.name()),
            made_from: response.made_from,
            without: response.without,
        };
        (page, response.nanos)
    }
}

/// A service that nobody asked is mentioned with zero requests.
fn mention_all(story: &Story, tally: &mut StretchTally) {
    let Traffic::Requests(requests) = &story.traffic else {
        return;
    };
    let asked = requests.calls.iter().map(|call| &call.request);
    for request in asked.chain([&requests.request]) {
        let service = service_of(request);
        if !tally.received.keys().any(|(name, _)| *name == service) {
            tally.received.insert((service, "–".into()), 0);
        }
    }
}
