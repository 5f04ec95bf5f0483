//! How many bytes of questions are held at once: what a question takes is reserved before its body is read.
//!
//! Questions wait for room in their turn, and are refused when it does not come. Pages and results have room
//! of their own, so that they never stand in the way of decisions. Short questions reserve none: the number
//! of connections bounds them.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Refused;

/// Longest body that reserves nothing, in bytes: 4,096 connections hold 256 MiB of them at most.
const SHORT_BYTES_MAX: usize = 64 * 1024;

/// How often a body is in memory while it is answered: its bytes, and what is read out of them.
const COPIES: usize = 2;

/// Most bytes of decisions, sessions and reports.
const QUESTIONS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Most bytes of pages and structured results.
const PAGES_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Longest wait for room. Filters wait for an answer about as long.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// What a permit is counted in, in bytes.
const UNIT_BYTES: usize = 1024;

/// Which questions share room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Decisions, sessions, reports.
    Question,
    /// Pages of lists, structured results.
    Page,
}

/// The room of one listener.
#[derive(Debug)]
pub(super) struct Bodies {
    questions: Arc<Semaphore>,
    pages: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self::of(QUESTIONS_BYTES_MAX, PAGES_BYTES_MAX)
    }
}

impl Bodies {
    fn of(questions_bytes: usize, pages_bytes: usize) -> Self {
        let room = |bytes: usize| Arc::new(Semaphore::new(bytes / UNIT_BYTES));
        Self {
            questions: room(questions_bytes),
            pages: room(pages_bytes),
        }
    }

    /// Reserves room for a body of at most so many bytes, until the permit is dropped.
    pub(super) async fn reserve(
        &self,
        kind: Kind,
        bytes: usize,
    ) -> Result<Option<OwnedSemaphorePermit>, Refused> {
        if bytes <= SHORT_BYTES_MAX {
            return Ok(None);
        }
        let room = match kind {
            Kind::Question => &self.questions,
            Kind::Page => &self.pages,
        };
        let units = u32::try_from(COPIES * bytes / UNIT_BYTES).unwrap_or(u32::MAX);
        let permit = tokio::time::timeout(WAIT_MAX, room.clone().acquire_many_owned(units)).await;
        match permit {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => Err(Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many long questions are being answered; try again in a moment",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[tokio::test]
    async fn room_is_bounded_and_comes_back() {
        let bodies = Bodies::of(32 * MIB, 64 * MIB);
        let first = bodies
            .reserve(Kind::Question, 12 * MIB)
            .await
            .ok()
            .flatten();
        assert!(first.is_some());
        let refused = bodies.reserve(Kind::Question, 5 * MIB).await;
        assert!(refused.is_err(), "there is no room in time");
        assert!(matches!(
            bodies.reserve(Kind::Question, 100).await,
            Ok(None)
        ));
        assert!(
            bodies.reserve(Kind::Page, 16 * MIB).await.is_ok(),
            "pages have their own"
        );
        drop(first);
        assert!(bodies.reserve(Kind::Question, 5 * MIB).await.is_ok());
    }

    #[tokio::test]
    async fn the_longest_of_each_kind_has_room() {
        use portcullis_protocol::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
        let bodies = Bodies::default();
        let longest = [
            (Kind::Question, 3 * REQUEST_BYTES_MAX),
            (Kind::Page, 2 * RESPONSE_BYTES_MAX),
        ];
        for (kind, bytes) in longest {
            assert!(bodies.reserve(kind, bytes).await.is_ok(), "{kind:?}");
        }
    }
}
