//! The two listeners: connections in, tables of routes, bounded bodies, JSON in and out.
//!
//! Each connection is a task. HTTP/1.1 with keep-alive, no TLS. The data listener is for filters,
//! which prove themselves; the admin listener for operators, without a login. Each request passes
//! the listener's door before anything of it is looked at.

mod admin;
mod bodies;
mod data;
mod door;
mod hosts;
mod listener;
mod problem;
mod seldom;

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use self::admin::Admin;
pub use self::data::Data;
pub use self::door::Door;
pub use self::hosts::HostName;
pub use self::listener::{BindError, Listener};

use self::listener::Stream;

/// Most connections of one listener; more wait until one ends.
const CONNECTIONS_MAX: usize = 4_096;

/// Longest time for one request, body and answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for connections to end once the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// An answer, whole.
type Reply = Response<Full<Bytes>>;

/// A table of routes.
pub trait Routes: Send + Sync + 'static {
    /// Answers one request.
    fn answer(self: Arc<Self>, request: Request<Incoming>) -> impl Future<Output = Reply> + Send;
}

/// What answers on one listener: the routes, behind their door.
#[derive(Debug)]
struct House<R> {
    door: Door,
    routes: Arc<R>,
}

impl<R: Routes> House<R> {
    async fn answer(&self, request: Request<Incoming>, local: Option<IpAddr>) -> Reply {
        if let Some(turned_away) = self.door.turns_away(&request, local) {
            return turned_away;
        }
        let answer = self.routes.clone().answer(request);
        let answer = tokio::time::timeout(REQUEST_TIMEOUT, answer).await;
        answer.unwrap_or_else(|_| problem::slow())
    }
}

/// Accepts connections until `stop` says so, then lets those under way end.
pub async fn serve<R: Routes>(
    listener: Listener,
    door: Door,
    routes: Arc<R>,
    mut stop: watch::Receiver<bool>,
) {
    let house = Arc::new(House { door, routes });
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (house, stop) = (house.clone(), stop.clone());
        match accepted {
            Ok(Stream::Tcp(stream)) => {
                let local = stream.local_addr().ok().map(|address| address.ip());
                connections.spawn(async move {
                    converse(stream, local, house, stop).await;
                    drop(place);
                });
            }
            Ok(Stream::Unix(stream)) => {
                connections.spawn(async move {
                    converse(stream, None, house, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: waiting helps, a busy loop does not.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!("connections were cut off");
    }
}

async fn converse<S, R>(
    stream: S,
    local: Option<IpAddr>,
    house: Arc<House<R>>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    R: Routes,
{
    let service = service_fn(move |request| {
        let house = house.clone();
        async move { Ok::<_, Infallible>(house.answer(request, local).await) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stopped => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
