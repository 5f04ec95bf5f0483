//! Secrets in messages, without a gateway: how many are found, and that nothing hides them.

mod decoys;
mod properties;
mod quality;
mod splits;
mod stream;

/// How often something is tried: as a variable of the environment says, else as usual.
fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}
