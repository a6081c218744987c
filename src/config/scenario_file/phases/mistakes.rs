//! Mistakes of a phase that are told in more than one place, with their way out.

use std::ops::Range;

use super::PhaseDraft;
use crate::config::Diagnostic;
use crate::scenario::PhaseError;

/// What only the phase as a whole shows, with its place and the way out.
pub(super) fn explain(error: &PhaseError, draft: &PhaseDraft) -> Diagnostic {
    let (span, help) = match error {
        PhaseError::NoDestinations | PhaseError::AllZero => {
            return all_zero(draft.weights_span.clone());
        }
        PhaseError::TooHeavy => (&draft.weights_span, "weights are relative: divide them all"),
        PhaseError::NoReplicas => (&draft.span, "add a line such as `replicas: {v1: 3, v2: 1}`"),
        PhaseError::TraceTooShort => (
            &draft.span,
            "ask for fewer `requests`, or leave it out to replay all",
        ),
        PhaseError::Empty | PhaseError::TooLong => (
            &draft.span,
            "choose another number of requests, or another duration and rate",
        ),
    };
    Diagnostic::error(span.clone(), error.to_string(), "in this phase").help(help)
}

/// There are no weights.
pub(super) fn no_weights(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(span, "`weights` is missing", "needs `weights`")
        .help("add a line such as `weights: {v1: 80, v2: 20}`")
}

/// All weights are zero.
pub(super) fn all_zero(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(span, PhaseError::AllZero.to_string(), "in this phase")
        .help("give at least one version a weight above 0; Istio refuses it too")
}
