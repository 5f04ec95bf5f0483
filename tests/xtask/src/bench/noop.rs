//! The filter that does nothing, built the way the real one is built.

use std::path::PathBuf;

use crate::{Failure, wasm};

/// Builds it and returns its path.
pub(super) fn build() -> Result<PathBuf, Failure> {
    wasm::package("portcullis-noop-filter", "portcullis_noop_filter.wasm")
}
