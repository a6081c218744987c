//! Which routes of a virtual host can answer a request at all, found without trying every one.
//!
//! Each route stands under the rarest of its exact conditions: its path, the prefix of its path, a
//! header, a query parameter. A request looks up what it has, and only the routes found there are
//! tried, in their order, together with those that have no such condition. Who answers is the same
//! as by trying them all, and a test holds the two against each other.

use std::collections::BTreeMap;

use super::{Request, Route, RouteMatch, StringMatch, UriPattern};

/// Fewer routes than these are tried one after the other.
const WORTH_AN_INDEX: usize = 16;

/// The places of a virtual host's routes, by what a request must have to be answered by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Try them all.
    InOrder,
    /// Look up.
    Indexed(Index),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    paths: Places,
    prefixes: Prefixes,
    headers: Vec<(String, Places)>,
    queries: Vec<(String, Places)>,
    others: Vec<usize>,
}

/// Something that a request must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'r> {
    Path(&'r str),
    Prefix(&'r str),
    Header(&'r str, &'r str),
    Query(&'r str, &'r str),
}

impl Lookup {
    pub(super) fn new(routes: &[Route]) -> Self {
        if routes.len() < WORTH_AN_INDEX {
            Self::InOrder
        } else {
            Self::Indexed(Index::new(routes))
        }
    }

    /// The place of the first route that a request meets.
    pub(super) fn first(&self, routes: &[Route], request: &Request) -> Option<usize> {
        let holds = |route: &Route| route.condition.holds(request);
        match self {
            Self::InOrder => routes.iter().position(holds),
            Self::Indexed(index) => {
                let mut first = None;
                index.each_candidates(request, |places| {
                    let nearer = places
                        .iter()
                        .take_while(|&&place| first.is_none_or(|first| place < first))
                        .find(|&&place| holds(&routes[place]));
                    first = nearer.copied().or(first);
                });
                first
            }
        }
    }
}

impl Index {
    fn new(routes: &[Route]) -> Self {
        let mut uses: BTreeMap<Key, usize> = BTreeMap::new();
        for key in routes.iter().flat_map(|route| keys(&route.condition)) {
            *uses.entry(key).or_default() += 1;
        }
        let mut index = Self::default();
        for (place, route) in routes.iter().enumerate() {
            let rarest = keys(&route.condition).min_by_key(|key| uses.get(key));
            match rarest {
                Some(Key::Path(path)) => index.paths.add(path, place),
                Some(Key::Prefix(prefix)) => index.prefixes.places.add(prefix, place),
                Some(Key::Header(name, value)) => named(&mut index.headers, name).add(value, place),
                Some(Key::Query(name, value)) => named(&mut index.queries, name).add(value, place),
                None => index.others.push(place),
            }
        }
        let all = [&mut index.paths, &mut index.prefixes.places].into_iter();
        let all = all.chain(index.headers.iter_mut().map(|(_, places)| places));
        let all = all.chain(index.queries.iter_mut().map(|(_, places)| places));
        all.for_each(Places::sort);
        index.prefixes.link();
        index
    }

    /// Calls `visit` with lists of places, each ascending, that hold all routes a request can meet.
    fn each_candidates(&self, request: &Request, mut visit: impl FnMut(&[usize])) {
        let path = request.bare_path();
        visit(self.paths.get(path));
        self.prefixes.each(path, &mut visit);
        for (name, places) in &self.headers {
            for value in request.header_values(name) {
                visit(places.get(value));
            }
        }
        for (name, places) in &self.queries {
            if let Some(value) = request.query(name) {
                visit(places.get(value));
            }
        }
        visit(&self.others);
    }
}

/// The exact conditions of a match.
fn keys(condition: &RouteMatch) -> impl Iterator<Item = Key<'_>> {
    let uri = condition.uri.as_ref().filter(|uri| !uri.ignore_case);
    let uri = uri.and_then(|uri| match &uri.pattern {
        UriPattern::Exact(path) => Some(Key::Path(path)),
        UriPattern::Prefix(prefix) => Some(Key::Prefix(prefix)),
        UriPattern::PathPrefix(prefix) => Some(Key::Prefix(prefix.trim_end_matches('/'))),
        UriPattern::Regex(_) => None,
    });
    let headers = condition.headers.iter().filter_map(|header| {
        let value = exact(&header.value)?;
        Some(Key::Header(header.name(), value))
    });
    let queries = condition.query.iter().filter_map(|query| {
        let value = exact(&query.value)?;
        Some(Key::Query(&query.name, value))
    });
    uri.into_iter().chain(headers).chain(queries)
}

fn exact(pattern: &StringMatch) -> Option<&str> {
    match pattern {
        StringMatch::Exact(text) => Some(text),
        StringMatch::Prefix(_) | StringMatch::Regex(_) | StringMatch::Present => None,
    }
}

/// The places of that name, which are made if there are none.
fn named<'l>(list: &'l mut Vec<(String, Places)>, name: &str) -> &'l mut Places {
    let found = list.iter().position(|(key, _)| key == name);
    let at = found.unwrap_or_else(|| {
        list.push((name.to_owned(), Places::default()));
        list.len() - 1
    });
    &mut list[at].1
}

/// Places of routes by a text, sorted by the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Places(Vec<(String, Vec<usize>)>);

impl Places {
    /// Before [`sort`](Self::sort), each place gets an entry of its own.
    fn add(&mut self, text: &str, place: usize) {
        self.0.push((text.to_owned(), vec![place]));
    }

    /// Sorts by text and joins entries of one text; the places of each ascend.
    fn sort(&mut self) {
        self.0.sort();
        self.0.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1.append(&mut later.1);
            }
            same
        });
    }

    fn get(&self, text: &str) -> &[usize] {
        let found = self.0.binary_search_by(|(key, _)| key.as_str().cmp(text));
        found.map_or(&[], |at| &self.0[at].1)
    }
}

/// Places of routes by a prefix of the path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Prefixes {
    places: Places,
    /// For each prefix the place in the list of the longest one that it begins with itself.
    parents: Vec<Option<usize>>,
}

impl Prefixes {
    fn link(&mut self) {
        let list = &self.places.0;
        let mut parents: Vec<Option<usize>> = Vec::with_capacity(list.len());
        for (at, (text, _)) in list.iter().enumerate() {
            let mut parent = at.checked_sub(1);
            while let Some(candidate) = parent.filter(|&p| !text.starts_with(&list[p].0)) {
                parent = parents[candidate];
            }
            parents.push(parent);
        }
        self.parents = parents;
    }

    /// Visits the places of every prefix that `path` begins with.
    fn each(&self, path: &str, visit: &mut impl FnMut(&[usize])) {
        let list = &self.places.0;
        // All prefixes of a text sort before it, and the nearest entry before it either is one or
        // shares with it all those that are.
        let after = list.partition_point(|(prefix, _)| prefix.as_str() <= path);
        let mut at = after.checked_sub(1);
        while let Some(here) = at {
            let (prefix, places) = &list[here];
            if path.starts_with(prefix.as_str()) {
                visit(places);
            }
            at = self.parents[here];
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DirectResponse, HeaderMatch, Origin, QueryMatch, RouteAction, UriMatch};
    use super::*;

    fn any_condition() -> impl Strategy<Value = RouteMatch> {
        let path = "(/[ab]{0,2}){1,3}";
        let uri = prop_oneof![
            path.prop_map(UriPattern::Exact),
            path.prop_map(UriPattern::Prefix),
            path.prop_map(UriPattern::PathPrefix),
        ];
        let uri = prop::option::of((uri, prop::bool::weighted(0.2)));
        let value = || {
            prop_oneof![
                "[ab]".prop_map(StringMatch::Exact),
                "[ab]".prop_map(StringMatch::Prefix),
                Just(StringMatch::Present),
            ]
        };
        let header = prop::option::of(("[xy]", value()));
        let query = prop::option::of(("[xy]", value()));
        (uri, header, query).prop_map(|(uri, header, query)| RouteMatch {
            uri: uri.map(|(pattern, ignore_case)| UriMatch {
                pattern,
                ignore_case,
            }),
            headers: Vec::from_iter(header.map(|(name, value)| HeaderMatch::new(&name, value))),
            query: Vec::from_iter(query.map(|(name, value)| QueryMatch { name, value })),
            ..RouteMatch::default()
        })
    }

    fn any_request() -> impl Strategy<Value = Request> {
        let query = prop::option::of("[xy]=[ab]");
        let header = prop::collection::vec(("[xy]", "[ab]{1,2}"), 0..4);
        ("(/[abA]{0,2}){1,4}", query, header).prop_map(|(path, query, header)| {
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            let request = Request::parse(&format!("http://host{path}{query}")).unwrap();
            header.iter().fold(request, |request, (name, value)| {
                request.with_header(name, value)
            })
        })
    }

    proptest! {
        #[test]
        fn the_index_finds_what_trying_them_all_finds(
            conditions in prop::collection::vec(any_condition(), WORTH_AN_INDEX..60),
            requests in prop::collection::vec(any_request(), 20),
        ) {
            let answer = RouteAction::DirectResponse(DirectResponse {
                status: 200,
                body: String::new(),
            });
            let route = |condition| Route {
                condition,
                ..Route::new(Origin::default(), answer.clone())
            };
            let routes: Vec<Route> = conditions.into_iter().map(route).collect();
            let lookup = Lookup::new(&routes);
            prop_assert!(matches!(lookup, Lookup::Indexed(_)));
            for request in &requests {
                prop_assert_eq!(
                    lookup.first(&routes, request),
                    Lookup::InOrder.first(&routes, request)
                );
            }
        }
    }
}
