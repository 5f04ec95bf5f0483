//! Errors as RFC 9457 problems, and answers as JSON. What a problem says holds no secret.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use portcullis_core::redaction::Redacting;
use serde::Serialize;

use super::Reply;

/// Says that no other site's page may have an answer, even as a script or an image.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (RESOURCE_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        let value = HeaderValue::from_static(value);
        reply.headers_mut().insert(name, value);
    }
    reply
}

/// A problem of this status.
pub(super) fn problem(status: StatusCode, detail: &str) -> Reply {
    let title = status.canonical_reason().unwrap_or_default();
    // Errors may quote what was sent.
    let detail = &Redacting::built_in().rules().clean(detail);
    let body = serde_json::to_vec(&Problem {
        status: status.as_u16(),
        title,
        detail,
    });
    reply(
        status,
        "application/problem+json",
        body.unwrap_or_default().into(),
    )
}

/// A request that is answered by a problem.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    detail: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, detail }
    }

    pub(super) fn reply(&self) -> Reply {
        problem(self.status, &self.detail)
    }
}

/// The request took too long.
pub(super) fn slow() -> Reply {
    problem(StatusCode::SERVICE_UNAVAILABLE, "the request took too long")
}

/// No such path.
pub(super) fn not_found() -> Reply {
    problem(StatusCode::NOT_FOUND, "")
}

/// Another method than the path takes.
pub(super) fn wrong_method() -> Reply {
    problem(StatusCode::METHOD_NOT_ALLOWED, "")
}

/// A value as JSON.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => reply(status, "application/json", body.into()),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A value that quotes files and servers, as JSON and without the secrets in it.
pub(super) fn shown<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    match serde_json::to_string(value) {
        Ok(text) => {
            let text = Redacting::built_in().rules().clean(&text).into_owned();
            reply(status, "application/json", text.into())
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Text for Prometheus.
pub(super) fn metrics(text: String) -> Reply {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    reply(StatusCode::OK, kind, text.into())
}
