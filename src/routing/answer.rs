//! The answer of a table to one request: the route, and those passed over.

use super::{Mismatch, Route, UnknownHost, VirtualHost};

/// Which route answers a request, and why not the ones before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'t> {
    /// The virtual host that the authority belongs to.
    pub virtual_host: Option<&'t VirtualHost>,
    /// The routes that were tried before, in their order.
    pub passed_over: Vec<PassedOver<'t>>,
    /// What was found.
    pub resolution: Resolution<'t>,
}

/// A route that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver<'t> {
    /// Its place in the virtual host.
    pub place: usize,
    /// The route.
    pub route: &'t Route,
    /// The first of its conditions that the request does not meet.
    pub mismatch: Mismatch,
}

/// What was found for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution<'t> {
    /// A route answers.
    Route {
        /// Its place in the virtual host.
        place: usize,
        /// The route.
        route: &'t Route,
    },
    /// The virtual host has no route for it: 404, flag NR.
    NoRoute,
    /// The virtual host of its authority is not asked at its port.
    UnknownPort(&'t VirtualHost),
    /// No virtual host has its authority.
    UnknownHost(UnknownHost),
}

impl<'t> Answer<'t> {
    /// The route that answers.
    #[must_use]
    pub fn route(&self) -> Option<&'t Route> {
        match self.resolution {
            Resolution::Route { route, .. } => Some(route),
            Resolution::NoRoute | Resolution::UnknownPort(_) | Resolution::UnknownHost(_) => None,
        }
    }
}
