//! x
mod condition;
mod exact;
mod query;
mod requests;
mod signal;
mod tokens;
