//! The data listener: exactly the paths of the wire contract.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::{Method, Request, StatusCode};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::{
    BATCH_BYTES_MAX, NAME_BYTES_MAX, REPORT_BYTES_MAX, REPORTS_MAX, REQUEST_BYTES_MAX,
    RESPONSE_BYTES_MAX, ROLES_MAX, TARGETS_MAX, URI_BYTES_MAX,
};
use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::{
    DECIDE_PATH, EPOCH_PATH, EpochQuery, LISTS_PATH, ListQuery, OUTCOMES_PATH, Query,
    REDACTION_PATH, RedactionQuery, Reports, SESSIONS_PATH, STRUCTURED_PATH, SessionQuery,
    StructuredQuery,
};
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::bodies::{Bodies, Kind};
use super::problem::{Refused, json, wrong_method};
use super::{Reply, Routes};
use crate::gate::{Gate, GateError};
use crate::journal::{AppendError, Recorded};

/// A caller in JSON: names may double in length by escapes.
const CALLER_BYTES_MAX: usize = 2 * NAME_BYTES_MAX * (ROLES_MAX + 3) + 4_096;
const DECIDE_BYTES_MAX: usize =
    REQUEST_BYTES_MAX + 2 * URI_BYTES_MAX * TARGETS_MAX + CALLER_BYTES_MAX;
const LIST_BYTES_MAX: usize = RESPONSE_BYTES_MAX + CALLER_BYTES_MAX;
/// A batch that is full but for one byte takes one report more.
const REPORTS_BYTES_MAX: usize = BATCH_BYTES_MAX + REPORT_BYTES_MAX;

/// Longest page that is read at once, and not when it is its server's turn.
const SHORT_BYTES_MAX: usize = 64 * 1024;

/// A query without a caller or a body of its own.
const REDACTION_BYTES_MAX: usize = 4_096;

/// The paths, the room that their bodies share, and their longest bodies.
const PATHS: [(&str, Kind, usize); 7] = [
    (DECIDE_PATH, Kind::Question, DECIDE_BYTES_MAX),
    (LISTS_PATH, Kind::Page, LIST_BYTES_MAX),
    (SESSIONS_PATH, Kind::Question, CALLER_BYTES_MAX),
    (OUTCOMES_PATH, Kind::Question, REPORTS_BYTES_MAX),
    (REDACTION_PATH, Kind::Question, REDACTION_BYTES_MAX),
    (STRUCTURED_PATH, Kind::Page, LIST_BYTES_MAX),
    (EPOCH_PATH, Kind::Question, REDACTION_BYTES_MAX),
];

/// Routes of the filters.
#[derive(Debug)]
pub struct Data(Arc<Gate>, Bodies);

impl Data {
    /// Routes to a gate.
    #[must_use]
    pub fn new(gate: Arc<Gate>) -> Self {
        Self(gate, Bodies::default())
    }

    async fn decide(&self, body: Incoming) -> Result<Reply, Refused> {
        let query: Query = parse(body, DECIDE_BYTES_MAX).await?;
        if !query.is_sound() {
            return Err(Refused::new(
                StatusCode::BAD_REQUEST,
                "the digest or a bound does not hold",
            ));
        }
        recorded(self.0.decide(query).await)
    }

    async fn lists(&self, body: Incoming) -> Result<Reply, Refused> {
        let bytes = read(body, LIST_BYTES_MAX).await?;
        let query = if bytes.len() <= SHORT_BYTES_MAX {
            sound_list(&bytes)?
        } else {
            let server = server_of(&bytes)?;
            let sound = self.0.aside(&server, move || sound_list(&bytes)).await;
            sound.map_err(|error| refused(&error))??
        };
        recorded(self.0.list(query).await)
    }

    async fn sessions(&self, body: Incoming) -> Result<Reply, Refused> {
        let query: SessionQuery = parse(body, CALLER_BYTES_MAX).await?;
        if !query.caller.is_bounded() {
            return Err(Refused::new(
                StatusCode::BAD_REQUEST,
                "a bound does not hold",
            ));
        }
        let answer = self
            .0
            .session(query)
            .await
            .map_err(|error| refused(&error))?;
        Ok(json(StatusCode::OK, &answer))
    }

    async fn outcomes(&self, body: Incoming) -> Result<Reply, Refused> {
        let reports: Reports = parse(body, REPORTS_BYTES_MAX).await?;
        if reports.reports.len() > REPORTS_MAX {
            return Err(Refused::new(
                StatusCode::BAD_REQUEST,
                "a bound does not hold",
            ));
        }
        recorded(self.0.report(reports).await)
    }

    async fn redaction(&self, body: Incoming) -> Result<Reply, Refused> {
        let query: RedactionQuery = parse(body, REDACTION_BYTES_MAX).await?;
        let rules = self.0.redaction(query).map_err(|error| refused(&error))?;
        Ok(json(StatusCode::OK, &rules))
    }

    async fn epoch(&self, body: Incoming) -> Result<Reply, Refused> {
        let query: EpochQuery = parse(body, REDACTION_BYTES_MAX).await?;
        Ok(json(StatusCode::OK, &self.0.epoch(query)))
    }

    /// Results may be long: checking one takes a while.
    async fn structured(&self, body: Incoming) -> Result<Reply, Refused> {
        let bytes = read(body, LIST_BYTES_MAX).await?;
        let server = server_of(&bytes)?;
        let gate = self.0.clone();
        let check = move || sound_result(&bytes).map(|query| gate.structured(&query));
        let answer = self.0.aside(&server, check).await;
        let answer = answer.map_err(|error| refused(&error))?;
        Ok(json(StatusCode::OK, &answer?))
    }
}

impl Routes for Data {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let Some((_, kind, bytes_max)) = PATHS.iter().find(|(known, ..)| *known == path) else {
            return Refused::new(StatusCode::NOT_FOUND, "").reply();
        };
        if head.method != Method::POST {
            return wrong_method();
        }
        // A body of unknown length may be as long as any.
        let stated = body
            .size_hint()
            .exact()
            .and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = stated.unwrap_or(*bytes_max).min(*bytes_max);
        let _room = match self.1.reserve(*kind, bytes).await {
            Ok(room) => room,
            Err(refused) => return refused.reply(),
        };
        let answer = match path {
            DECIDE_PATH => self.decide(body).await,
            LISTS_PATH => self.lists(body).await,
            SESSIONS_PATH => self.sessions(body).await,
            OUTCOMES_PATH => self.outcomes(body).await,
            REDACTION_PATH => self.redaction(body).await,
            EPOCH_PATH => self.epoch(body).await,
            STRUCTURED_PATH => self.structured(body).await,
            _ => Err(Refused::new(StatusCode::NOT_FOUND, "")),
        };
        answer.unwrap_or_else(|refused| refused.reply())
    }
}

/// Whose a long query is, before the rest of it is read.
fn server_of(bytes: &[u8]) -> Result<ServerName, Refused> {
    let mut server = None;
    // What follows the server is not read, which is an error here and of no interest.
    let _ = Head(&mut server).deserialize(&mut serde_json::Deserializer::from_slice(bytes));
    server.ok_or_else(|| Refused::new(StatusCode::BAD_REQUEST, "there is no sound `server`"))
}

/// Reads members up to the server.
struct Head<'s>(&'s mut Option<ServerName>);

impl<'de> DeserializeSeed<'de> for Head<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Head<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a query")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "server" {
                *self.0 = Some(map.next_value()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Pages may be long: reading one and its digest takes a while.
fn sound_list(bytes: &[u8]) -> Result<ListQuery, Refused> {
    let query: ListQuery = from_json(bytes)?;
    let computed = Digest::of(query.result.get().as_bytes());
    if computed != query.digest || !query.caller.is_bounded() {
        return Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "the digest or a bound does not hold",
        ));
    }
    Ok(query)
}

fn sound_result(bytes: &[u8]) -> Result<StructuredQuery, Refused> {
    let query: StructuredQuery = from_json(bytes)?;
    match Digest::of(query.content.get().as_bytes()) == query.digest {
        true => Ok(query),
        false => Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "the digest does not hold",
        )),
    }
}

async fn parse<T: DeserializeOwned>(body: Incoming, bytes_max: usize) -> Result<T, Refused> {
    from_json(&read(body, bytes_max).await?)
}

async fn read(body: Incoming, bytes_max: usize) -> Result<Bytes, Refused> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is too long",
        )),
        Err(_) => Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "the body did not arrive",
        )),
    }
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(bytes)
        .map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error.to_string()))
}

/// The only way for a decision, a page or an acknowledgement to leave: recorded.
fn recorded<T: Serialize>(answer: Result<Recorded<T>, GateError>) -> Result<Reply, Refused> {
    match answer {
        Ok(recorded) => Ok(json(StatusCode::OK, &recorded.released())),
        Err(error) => Err(refused(&error)),
    }
}

fn refused(error: &GateError) -> Refused {
    let status = match error {
        GateError::Append(AppendError::Duplicate) => StatusCode::CONFLICT,
        GateError::Append(AppendError::Unstorable(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        GateError::Append(_) | GateError::Busy(_) | GateError::Hasty(_) | GateError::NoRules(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        GateError::List(portcullis_core::lists::ListError::Fault(_)) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        GateError::List(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Refused::new(status, error.to_string())
}
