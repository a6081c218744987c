//! `balancing`: the name of a policy.

use crate::balance::{KINDS, Kind};
use crate::config::reader::Report;
use crate::config::values;
use crate::config::yaml::Node;

pub(super) fn read(node: &Node, report: &mut Report) -> Option<&'static Kind> {
    let choices: Vec<(&str, &'static Kind)> = KINDS.iter().map(|kind| (kind.name, kind)).collect();
    values::one_of(node, "a balancing policy", &choices, report)
}
