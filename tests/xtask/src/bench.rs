//! `bench`: what the gateway costs, measured beside its alternatives in one run. It prints
//! numbers and never judges them: a machine shared with others would make a liar of any bound.

mod case;
mod cpu;
mod decide;
mod envoy_config;
mod gateway;
mod graft;
mod lists;
mod load;
mod machine;
mod message;
mod noop;
mod opa;
mod peer;
mod policies;
mod portcullis;
mod process;
mod redact;
mod report;
mod statistics;
mod world;

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Envoy alone, with a no-op filter, with ext_authz, with OPA, and with Portcullis
    Gateway(gateway::Args),
    /// One decision as policies grow, beside Cedar on the whole set
    Decide(decide::Args),
    /// A list of many tools: the first time, with one tool more, and when policies are read anew
    Lists(lists::Args),
    /// Many policies over many tools: loaded, and with one of them changed
    Policies(policies::Args),
    /// Redaction natively, as a wasm program, and inside the real module
    Redact(redact::Args),
    /// The constant servers around the gateway, as processes of their own
    #[command(hide = true)]
    Peer(peer::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.bench {
        Bench::Gateway(args) => gateway::run(args),
        Bench::Decide(args) => decide::run(args),
        Bench::Lists(args) => lists::run(args),
        Bench::Policies(args) => policies::run(args),
        Bench::Redact(args) => redact::run(args),
        Bench::Peer(args) => peer::run(args),
    }
}
