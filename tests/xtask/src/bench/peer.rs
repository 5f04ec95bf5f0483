//! The servers around the gateway: an MCP server and a policy server that always say the same.
//!
//! They are as fast as a server can be, so that what is measured is the gateway: a thread for each
//! connection, and a request is over when its body, which is known, is there.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::message;
use crate::Failure;

const READ_BYTES: usize = 16 * 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(value_enum)]
    role: Role,
}

/// Which server.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Role {
    /// Answers a tool call.
    Upstream,
    /// Answers 200: go ahead.
    Verdict,
}

impl Role {
    /// The word on the command line.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Verdict => "verdict",
        }
    }

    fn body(self) -> Vec<u8> {
        match self {
            Self::Upstream => message::reply(),
            Self::Verdict => br#"{"verdict":"allow"}"#.to_vec(),
        }
    }
}

/// Prints its port, then serves until it is killed.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    let call: Arc<[u8]> = message::call().into();
    let answer: Arc<[u8]> = message::answer(&args.role.body()).into();
    for stream in listener.incoming() {
        let (stream, call, answer) = (stream?, Arc::clone(&call), Arc::clone(&answer));
        // A connection that breaks is the other side's to report.
        thread::spawn(move || drop(converse(stream, &call, &answer)));
    }
    Ok(())
}

fn converse(mut stream: TcpStream, call: &[u8], answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut part = [0; READ_BYTES];
    let mut held = Vec::with_capacity(READ_BYTES);
    loop {
        let size = stream.read(&mut part)?;
        if size == 0 {
            return Ok(());
        }
        held.extend_from_slice(part.get(..size).unwrap_or_default());
        if held.ends_with(call) {
            stream.write_all(answer)?;
            held.clear();
        }
    }
}
