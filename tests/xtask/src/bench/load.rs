//! The load: blocking connections that check every answer byte for byte.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::message;
use crate::Failure;

/// An answer that takes longer is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const READ_BYTES: usize = 16 * 1024;
/// How a body ends when it came in one chunk.
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// Where to send what, and what must come back.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) port: u16,
    pub(super) request: Vec<u8>,
}

/// One kept connection.
pub(super) struct Caller<'t> {
    target: &'t Target,
    stream: TcpStream,
    reply: Vec<u8>,
    held: Vec<u8>,
}

impl<'t> Caller<'t> {
    pub(super) fn connect(target: &'t Target) -> Result<Self, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", target.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self {
            target,
            stream,
            reply: message::reply(),
            held: Vec::with_capacity(READ_BYTES),
        })
    }

    /// One exchange, and how long it took.
    pub(super) fn call(&mut self) -> Result<Duration, Failure> {
        self.held.clear();
        let start = Instant::now();
        self.stream.write_all(&self.target.request)?;
        let mut part = [0; READ_BYTES];
        while !self.is_whole() {
            let size = self
                .stream
                .read(&mut part)
                .map_err(|error| self.wrong(&error.to_string()))?;
            if size == 0 {
                return Err(self.wrong("the connection ended"));
            }
            self.held
                .extend_from_slice(part.get(..size).unwrap_or_default());
        }
        let took = start.elapsed();
        if self.held.starts_with(b"HTTP/1.1 200 ") {
            Ok(took)
        } else {
            Err(self.wrong("the status is not 200"))
        }
    }

    fn is_whole(&self) -> bool {
        let body = self.held.strip_suffix(LAST_CHUNK).unwrap_or(&self.held);
        body.ends_with(&self.reply)
    }

    fn wrong(&self, why: &str) -> Failure {
        let came = String::from_utf8_lossy(&self.held);
        format!(
            "no answer to measure from port {}: {why}; it said: {came}",
            self.target.port
        )
        .into()
    }
}

/// The latencies of `count` calls one after the other, in microseconds, after `before` calls that
/// are not counted.
pub(super) fn latencies(
    caller: &mut Caller<'_>,
    before: usize,
    count: usize,
) -> Result<Vec<f64>, Failure> {
    for _ in 0..before {
        caller.call()?;
    }
    (0..count)
        .map(|_| Ok(caller.call()?.as_secs_f64() * 1e6))
        .collect()
}

/// How long `count` calls take over `connections` connections at once.
pub(super) fn together(
    target: &Target,
    connections: usize,
    count: usize,
) -> Result<Duration, Failure> {
    let (left, barrier) = (AtomicUsize::new(count), Barrier::new(connections + 1));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| share(target, &left, &barrier)))
            .collect();
        barrier.wait();
        let start = Instant::now();
        for thread in threads {
            thread.join().map_err(|_| "a generator thread panicked")??;
        }
        Ok(start.elapsed())
    })
}

/// One connection's share of the calls.
fn share(target: &Target, left: &AtomicUsize, barrier: &Barrier) -> Result<(), Failure> {
    let ready = Caller::connect(target).and_then(|mut caller| {
        caller.call()?;
        Ok(caller)
    });
    // Everybody waits, or nobody starts.
    barrier.wait();
    let mut caller = ready?;
    let one_less = |left: usize| left.checked_sub(1);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
        .is_ok()
    {
        caller.call()?;
    }
    Ok(())
}
