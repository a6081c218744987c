//! Files → domain types.

pub mod observations;
