//! Tests, a file a noun.
