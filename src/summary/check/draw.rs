//! The figures of a check: every number that a chart will show.
