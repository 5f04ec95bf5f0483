//! The house rules, as a test: they are checked with everything else, by everybody.

mod code;
mod documents;
mod reference;
mod tree;
