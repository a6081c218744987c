//! One summary, rendered: as text for a terminal, as JSON, as CSV files, as a page; and the files,
//! never half-written. Nothing here computes a statistic.

pub mod check;
pub mod converge;
pub mod csv_files;
pub mod explain;
pub mod files;
pub mod gate;
pub mod kayenta;
pub mod metrics;
pub mod page;
pub mod plan;
mod responses;
pub mod responses_csv;
pub mod rollout;
pub mod series;
pub mod stat;
pub mod story;
pub mod story_files;
pub mod story_page;
mod table;
pub mod text;
