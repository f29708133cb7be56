//! Exports against the stack that they come of.
