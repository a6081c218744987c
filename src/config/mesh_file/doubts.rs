//! What a story takes to be there though nobody declares it: hosts, ports, versions, callers.
//!
//! Such requests are answered all the same, as they may be in a cluster of which not all is known;
//! without a word, a slip of the pen would look like a success.

use std::collections::BTreeSet;

use crate::mesh::{Call, Requests, Story, Stretch, Traffic};
use crate::routing::{Backend, Destination, MESH, Request, Resolution, RouteAction, UnknownHost};

/// Warnings in words.
pub(super) fn doubts(story: &Story) -> Vec<String> {
    let mut doubts = versions(story);
    if let Traffic::Requests(requests) = &story.traffic {
        doubts.extend(hosts(story, requests));
        doubts.extend(requests.calls.iter().flat_map(|call| caller(story, call)));
    }
    doubts
}

fn warning(message: &str, effect: &str) -> String {
    format!("warning: {message}\n  = note: {effect}")
}

/// Hosts and ports that are asked for and that no manifest has.
fn hosts(story: &Story, requests: &Requests) -> Vec<String> {
    let called = requests.calls.iter().map(|call| {
        let mut request = call.request.clone();
        let app = ("app".to_owned(), call.from.clone());
        request.source.labels.extend([app]);
        request
    });
    let mut doubts = Vec::new();
    for request in std::iter::once(requests.request.clone()).chain(called) {
        let unknown = |stretch: &&Stretch| {
            let resolution = stretch.table.resolve(&request);
            let passes = Resolution::UnknownHost(UnknownHost::PassThrough);
            resolution == passes && request.source.gateway == MESH
        };
        let message = format!("no manifest declares the host `{}`", request.host());
        let effect = "requests to it pass out of the mesh, and are taken to be answered with 200; \
                      add the manifest of its Service, or mend the name";
        doubts
            .extend(in_phases(story, unknown).map(|phases| warning(&(message + &phases), effect)));
        let no_port = |stretch: &&Stretch| {
            matches!(stretch.table.resolve(&request), Resolution::UnknownPort(_))
        };
        let message = format!("`{}` has no port {}", request.host(), request.port);
        let ports = listed(&ports(story, &request));
        let effect = format!("nobody answers there: 503; its ports are {ports}");
        doubts
            .extend(in_phases(story, no_port).map(|phases| warning(&(message + &phases), &effect)));
    }
    doubts
}

fn ports(story: &Story, request: &Request) -> Vec<String> {
    let of_stretch = |stretch: &Stretch| stretch.table.ports_of(request.host(), &request.source);
    let ports: BTreeSet<u16> = story.stretches.iter().flat_map(of_stretch).collect();
    ports.iter().map(u16::to_string).collect()
}

/// In which phases something holds, in words that end a sentence; `None` if in none.
fn in_phases(story: &Story, holds: impl Fn(&&Stretch) -> bool) -> Option<String> {
    let those: Vec<&str> = story
        .stretches
        .iter()
        .filter(holds)
        .map(|stretch| stretch.name.as_str())
        .collect();
    match those.len() {
        0 => None,
        all if all == story.stretches.len() => Some(String::new()),
        1 => Some(format!(" in phase `{}`", those[0])),
        _ => Some(format!(" in phases {}", listed(&those))),
    }
}

/// Versions that rules, aliases and calls name, and that `versions` leaves out of its list.
fn versions(story: &Story) -> Vec<String> {
    let mut missing = BTreeSet::new();
    let routes = story
        .stretches
        .iter()
        .flat_map(|stretch| stretch.table.virtual_hosts())
        .flat_map(|host| &host.routes);
    let of_requests = routes.flat_map(|route| {
        let forward = match &route.action {
            RouteAction::Forward(forward) => forward.destinations(),
            RouteAction::Redirect(_) | RouteAction::DirectResponse(_) => &[],
        };
        let mirrors = route.mirrors.iter().map(|mirror| &mirror.destination);
        let destinations = forward.iter().map(|one| &one.destination);
        let by = route.origin.resource.as_str();
        destinations.chain(mirrors).map(move |one| (one, by))
    });
    let of_connections = story
        .stretches
        .iter()
        .flat_map(|stretch| stretch.table.listeners())
        .flat_map(|listener| &listener.routes)
        .flat_map(|route| {
            let destinations = route.forward.destinations().iter();
            destinations.map(|one| (&one.destination, route.origin.resource.as_str()))
        });
    let ready = |(one, _): &(&Destination, &str)| one.backend == Backend::Ready;
    for (destination, by) in of_requests.chain(of_connections).filter(ready) {
        if let Some(version) = &destination.subset {
            missing.insert((destination.short_host(), version.as_str(), by));
        }
    }
    for alias in &story.aliases {
        missing.insert((&alias.service, &alias.version, alias.name.as_str()));
    }
    let doubt = |(service, version, by): (&str, &str, &str)| {
        let known = story.running.iter().find(|one| one.service == service)?;
        let mut names = known.versions.iter().map(|one| one.name.as_str());
        if names.any(|name| name == version) {
            return None;
        }
        let names: Vec<&str> = known.versions.iter().map(|one| one.name.as_str()).collect();
        let message = format!(
            "{by} sends to {version} of {service}, and `versions` has {}",
            listed(&names)
        );
        let effect = "nothing is said of how it answers: at once, and with 200";
        Some(warning(&message, effect))
    };
    missing.into_iter().filter_map(doubt).collect()
}

/// A caller that nobody declares calls nobody.
fn caller(story: &Story, call: &Call) -> Option<String> {
    let to = call.request.host();
    let effect = "the call is never made";
    let running = story.running.iter().find(|one| one.service == call.from);
    if let Some(running) = running {
        let names: Vec<&str> = running
            .versions
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let unknown = |version: &&String| !names.contains(&version.as_str());
        let unknown = call.versions.iter().find(unknown)?;
        let message = format!(
            "{unknown} of {} calls {to}, and `versions` has {}",
            call.from,
            listed(&names)
        );
        return Some(warning(&message, effect));
    }
    let known = |stretch: &Stretch| {
        let hosts = stretch.table.virtual_hosts().iter();
        let mut services = hosts.flat_map(|host| &host.routes).flat_map(|route| {
            let RouteAction::Forward(forward) = &route.action else {
                return Vec::new();
            };
            let destinations = forward.destinations().iter();
            destinations
                .map(|one| one.destination.short_host())
                .collect()
        });
        services.any(|service| service == call.from)
    };
    let aliased = story.aliases.iter().any(|alias| alias.service == call.from);
    if aliased || story.stretches.iter().any(known) {
        return None;
    }
    let message = format!(
        "`{}` calls {to}, and no request reaches `{}`",
        call.from, call.from
    );
    Some(warning(&message, effect))
}

/// `a, b and c`.
fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
