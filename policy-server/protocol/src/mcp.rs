//! What an MCP message asks for, as far as judging it needs: both protocol eras.
//!
//! Methods are sorted into a closed list of classes; a method that is not on it is
//! [`Class::Unknown`], never an error. Results and arguments are carried, not understood.

mod objects;
mod request;
mod result;

pub use objects::list_item;
pub use request::{Class, Judged, classify_from_client, classify_from_server, named_in_header};
pub use result::{InputRequest, elicitations, input_requests, list_in_result, told_requests};

use crate::json::Json;
use crate::names::Name;

/// The first protocol version without sessions (specification revision 2026-07-28).
pub const FIRST_MODERN: &str = "2026-07-28";

/// The `_meta` member in which a modern request names its protocol version.
pub const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// The two eras of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Up to 2025-11-25: handshake and sessions.
    Sessions,
    /// From 2026-07-28: every request stands alone.
    Stateless,
}

impl Era {
    /// The era of a version string. Versions are dates, so they compare as text; what is no date, as
    /// `DRAFT-2025-v3`, is from before there were two eras.
    #[must_use]
    pub fn of_version(version: &str) -> Self {
        let is_date = version.starts_with(|first: char| first.is_ascii_digit());
        if is_date && version >= FIRST_MODERN {
            Self::Stateless
        } else {
            Self::Sessions
        }
    }
}

/// The protocol version that a request names in `params._meta`, when it names one.
#[must_use]
pub fn version_in_meta(params: Option<Json<'_>>) -> Option<Name> {
    let version = params?.member("_meta")?.member(VERSION_KEY)?.string()?;
    Name::parse(&version).ok()
}
