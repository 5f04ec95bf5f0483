//! One message out, one answer back: JSON, or the first event that answers it.
//!
//! Deliberately absent: redirects. A token is for the server that it was given for.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;

use super::events::Events;
use super::{FetchError, Headers};
use crate::credential::Credential;
use crate::up::upstream::{Transport, Upstream};

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The session that it opens, if it does.
    pub(super) session: Option<Credential>,
    /// The body, or the event with the answer.
    pub(super) message: Option<String>,
}

/// Where messages go.
#[derive(Debug)]
pub(super) struct Posting {
    upstream: Upstream,
    headers: Headers,
    bytes_left: usize,
}

impl Posting {
    pub(super) fn new(
        upstream: &Upstream,
        headers: Headers,
        bytes_max: usize,
    ) -> Result<Self, FetchError> {
        match upstream.transport {
            Transport::Tls => Err(FetchError::Tls),
            Transport::Plain => Ok(Self {
                upstream: upstream.clone(),
                headers,
                bytes_left: bytes_max,
            }),
        }
    }

    /// Posts a message. `id` is that of the request that is to be answered, if it is one.
    pub(super) async fn post(
        &mut self,
        method: &'static str,
        body: &Value,
        extra: &[(&'static str, &str)],
        id: Option<u64>,
    ) -> Result<Answer, FetchError> {
        let mut request = self.request(Method::POST, body.to_string(), extra)?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        let response = self.send(request).await?;
        let status = response.status();
        let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        let session = header(HeaderName::from_static("mcp-session-id")).map(str::to_owned);
        let session = session.map(Credential::new);
        let kind = header(CONTENT_TYPE)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let message = match id {
            Some(id) if kind.starts_with("text/event-stream") => {
                self.event(method, response, id).await?
            }
            Some(_) => self.whole(method, response).await?,
            None => None,
        };
        Ok(Answer {
            status,
            session,
            message,
        })
    }

    /// Ends a session.
    pub(super) async fn delete(
        &mut self,
        session: &Credential,
        version: &str,
    ) -> Result<(), FetchError> {
        let extra = [
            ("mcp-session-id", session.expose()),
            ("mcp-protocol-version", version),
        ];
        let request = self.request(Method::DELETE, String::new(), &extra)?;
        self.send(request).await.map(drop)
    }

    fn request(
        &self,
        method: Method,
        body: String,
        extra: &[(&'static str, &str)],
    ) -> Result<Request<Full<Bytes>>, FetchError> {
        let both = "application/json, text/event-stream";
        let mut request = Request::builder()
            .method(method)
            .uri(&self.upstream.path)
            .header(HOST, &self.upstream.authority)
            .header(ACCEPT, both);
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.0.clone());
        }
        let request = request.body(Full::new(Bytes::from(body)));
        request.map_err(|error| self.broken(&error))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, FetchError> {
        let address = (self.upstream.host.as_str(), self.upstream.port);
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(|error| self.broken(&error))?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| self.broken(&error))?;
        // It ends with the response; what went wrong in it shows there.
        tokio::spawn(connection);
        let response = sender.send_request(request).await;
        response.map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> FetchError {
        FetchError::Connection {
            authority: self.upstream.authority.clone(),
            why: error.to_string(),
        }
    }

    /// The next bytes of a body, within the bound.
    async fn chunk(&mut self, body: &mut Incoming) -> Result<Option<Bytes>, FetchError> {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.broken(&error))?;
            if let Ok(data) = frame.into_data() {
                let left = self.bytes_left.checked_sub(data.len());
                self.bytes_left = left.ok_or(FetchError::TooMuch)?;
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    async fn whole(
        &mut self,
        method: &'static str,
        response: Response<Incoming>,
    ) -> Result<Option<String>, FetchError> {
        let mut body = response.into_body();
        let mut whole = Vec::new();
        while let Some(data) = self.chunk(&mut body).await? {
            whole.extend_from_slice(&data);
        }
        text(method, whole).map(Some)
    }

    /// The first event that answers the request; others are none of our business.
    async fn event(
        &mut self,
        method: &'static str,
        response: Response<Incoming>,
        id: u64,
    ) -> Result<Option<String>, FetchError> {
        let mut body = response.into_body();
        let mut events = Events::default();
        while let Some(data) = self.chunk(&mut body).await? {
            for event in events.take(&data) {
                let event = text(method, event)?;
                if answers(&event, id) {
                    return Ok(Some(event));
                }
            }
        }
        Ok(None)
    }
}

fn text(method: &'static str, bytes: Vec<u8>) -> Result<String, FetchError> {
    String::from_utf8(bytes).map_err(|_| FetchError::Unsound(method, "is not UTF-8"))
}

/// Whether an event is the answer to a request; one with a method is a message of the server's own.
fn answers(event: &str, id: u64) -> bool {
    #[derive(Deserialize)]
    struct Head {
        id: Option<Value>,
        method: Option<Value>,
    }
    let head = serde_json::from_str::<Head>(event).ok();
    head.is_some_and(|head| head.method.is_none() && head.id == Some(Value::from(id)))
}
