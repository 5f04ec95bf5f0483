//! `portcullis policy schema`: the schema that policies are written against.

use portcullis_core::engine::cedar::SCHEMA;

use crate::cli::{OK, say};

/// Print the schema that policies are validated against
///
/// Editors check policies while they are written when they are given this file; docs/editors.md
/// says how. A copy in the policies folder is called `schema.cedarschema` and must be this one.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(super) fn run(Args {}: &Args) -> u8 {
    say(&SCHEMA.trim_end());
    OK
}
