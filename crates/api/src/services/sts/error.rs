//! The errors that only STS has (facts/05 §4).

use crate::services::query::{QueryError, QueryErrorKind};

const INVALID_PARAMETER_VALUE: QueryErrorKind = QueryErrorKind::new("InvalidParameterValue", 400);
const PACKED_POLICY_TOO_LARGE: QueryErrorKind = QueryErrorKind::new("PackedPolicyTooLarge", 400);

/// A parameter that is well formed and cannot be taken beside the others.
pub(super) fn invalid_parameter_value(message: impl Into<std::borrow::Cow<'static, str>>) -> QueryError {
    QueryError::new(INVALID_PARAMETER_VALUE, message)
}

/// Policies and tags are longer together than a token can carry (the words are believed).
pub(super) fn packed_policy_too_large(percent: usize) -> QueryError {
    QueryError::new(
        PACKED_POLICY_TOO_LARGE,
        format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
    )
}
