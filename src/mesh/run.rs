//! The loop: request after request, stretch after stretch.

use super::hop::{Hops, service_of};
use super::proxies::{Proxies, Proxy};
use super::story::Story;
use super::tally::{Page, StoryTally, StretchTally};
use crate::random::{Purpose, stream};
use crate::routing::Request;

/// Tells a story once. The same story with the same seed gives the same tally.
#[must_use]
pub fn run(story: &Story) -> StoryTally {
    let proxies = Proxies::new(story);
    let requests: Vec<Request> = story
        .viewers
        .iter()
        .map(|viewer| asked(story, &viewer.headers))
        .collect();
    let mut number = 0;
    let stretches = (0..story.stretches.len()).map(|stretch| {
        let mut tally = StretchTally::default();
        let mut random = stream(story.seed, Purpose::Hops, &[stretch as u64]);
        let mut hops = Hops {
            story,
            proxies: &proxies,
            stretch,
            random: &mut random,
            tally: &mut tally,
        };
        for place in 0..story.stretches[stretch].requests {
            let since = story.stretches[stretch].rate.nanos_until(place);
            let now = proxies
                .begin(stretch)
                .saturating_add(since.unwrap_or(u64::MAX));
            let viewer = usize::try_from(number % story.viewers.len() as u64).unwrap_or(0);
            // Viewers take turns, and a proxy keeps a turn of all of them, so that everyone meets
            // every proxy.
            let turn = number / story.viewers.len() as u64;
            let proxy = Proxy::Client(turn % story.proxies.max(1));
            let response = hops.send(&requests[viewer], proxy, now, 0);
            let page = Page {
                viewer,
                status: response.status,
                by: response.by,
                made_from: response.made_from,
                without: response.without,
            };
            let answered = hops.tally.pages.entry(page).or_default();
            answered.count += 1;
            answered.longest_nanos = answered.longest_nanos.max(response.nanos);
            number += 1;
        }
        mention_all(story, &mut tally);
        tally
    });
    StoryTally {
        stretches: stretches.collect(),
    }
}

fn asked(story: &Story, headers: &[(String, String)]) -> Request {
    let mut request = story.request.clone();
    for (name, value) in headers {
        request.add_header(name, value);
    }
    request
}

/// A service that nobody asked is mentioned with zero requests.
fn mention_all(story: &Story, tally: &mut StretchTally) {
    let asked = story.calls.iter().map(|call| &call.request);
    for request in asked.chain([&story.request]) {
        let service = service_of(request);
        if !tally.received.keys().any(|(name, _)| *name == service) {
            tally.received.insert((service, "–".into()), 0);
        }
    }
}
