//! What a run says: tallies joined with their exact statistics.
//!
//! The only room that judges. `tally` gives what was observed, `stats` what was to be expected; a
//! [`Summary`] holds both, and [`figures::Figure`]s hold what is worth drawing. `report` and
//! `chart` render them and compute nothing.

pub mod figures;
mod types;

pub use types::*;
