//! Whether a process answers: one GET, asked again until it does or the time is up.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::process::{ProcessError, Recipe};

/// Envoy compiles the filter before it listens, which takes seconds on a slow machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(50);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// A question whose answer `200` means that the process does its work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) port: u16,
    pub(crate) path: &'static str,
}

/// Waits until the process answers, ends, or has had its time.
pub(crate) async fn wait(
    recipe: &Recipe,
    child: &mut Child,
    probe: Probe,
) -> Result<(), ProcessError> {
    tokio::select! {
        status = child.wait() => Err(recipe.ended(status)),
        answered = timeout(READY_WITHIN, answers(probe)) => {
            answered.map_err(|_| recipe.silent(READY_WITHIN))
        }
    }
}

async fn answers(probe: Probe) {
    while !matches!(ask(probe).await, Ok((200, _))) {
        sleep(ASK_EVERY).await;
    }
}

/// The status and the text of one answer.
pub(crate) async fn ask(probe: Probe) -> io::Result<(u16, String)> {
    timeout(ANSWER_WITHIN, get(probe)).await?
}

async fn get(probe: Probe) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", probe.port)).await?;
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n",
        probe.path, probe.port
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_end(&mut answer)
        .await?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
