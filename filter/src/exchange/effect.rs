//! What an exchange wants done. The adapter does it, in the order given.

use std::rc::Rc;

use portcullis_protocol::wire::Report;

use super::verdict::Permit;

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Ask the policy server; its answer comes back as `Input::Answered`.
    Ask(Ask),
    /// Take these headers out of the request that is held.
    StripRequest(Vec<String>),
    /// Give these headers of the request that is held these values.
    SetRequest(Vec<(String, String)>),
    /// Put these bytes in the place of the body of the request that is held.
    RequestBody(Vec<u8>),
    /// Let the request travel on. Nothing else does.
    Forward(Permit),
    /// Answer the agent ourselves; the request goes no further.
    Reply(LocalReply),
    /// Change the head of the answer that is held.
    ReplyHead(ReplyHead),
    /// Take these trailers out of the answer.
    StripTrailers(Vec<String>),
    /// Put these bytes in the place of what the host holds of the answer's body.
    Body(Vec<u8>),
    /// Hold the answer, or let go what is there.
    Answer(Gate),
    /// Cut the answer off.
    Reset,
    /// Tell the MCP server something in the agent's place.
    Tell(Tell),
    /// Tell the policy server afterwards.
    Report(Report),
    /// Tell the operator, in Envoy's log.
    Note(String),
}

/// Whether an answer stands or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It stands.
    Hold,
    /// It goes.
    Open,
}

/// A question to the policy server.
#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    /// The path on its data listener.
    pub path: &'static str,
    /// The JSON body; whoever may ask again keeps it.
    pub body: Rc<Vec<u8>>,
}

/// An answer of our own.
#[derive(Debug, PartialEq, Eq)]
pub struct LocalReply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the status.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Changes to the head of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReplyHead {
    /// A new status.
    pub status: Option<u16>,
    /// Headers to set.
    pub set: Vec<(&'static str, String)>,
    /// Headers to take out.
    pub remove: Vec<String>,
}

/// A message to the MCP server that the agent did not send: the refusal of a server's request. Of its
/// headers only names print: the id of a session is among them.
#[derive(PartialEq, Eq)]
pub struct Tell {
    /// Envoy's name for the MCP server.
    pub cluster: String,
    /// All headers, pseudo-headers included.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON-RPC message.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Tell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Tell")
            .field("cluster", &self.cluster)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}
