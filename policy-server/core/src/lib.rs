//! Pure judgement: what is decided, and why.
