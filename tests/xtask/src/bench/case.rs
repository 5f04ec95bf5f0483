//! The cases, in the order in which they are visited and printed.

use super::load::Target;

/// What stands between the agent and the MCP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Case {
    /// Envoy and its router: the reference.
    Bare,
    /// A wasm filter that does nothing.
    Noop,
    /// Envoy's own ext_authz over HTTP/1.1, with the body, to a server that always allows.
    ExtAuthz,
    /// Envoy's own ext_authz over gRPC, with the body, to OPA's plugin; nothing is recorded.
    Opa,
    /// Everything on; each decision is flushed to disk before the call is forwarded.
    Portcullis,
    /// Everything on; each decision is handed to the operating system before.
    PortcullisOs,
}

impl Case {
    pub(super) const ALL: [Self; 6] = [
        Self::Bare,
        Self::Noop,
        Self::ExtAuthz,
        Self::Opa,
        Self::Portcullis,
        Self::PortcullisOs,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Noop => "noop",
            Self::ExtAuthz => "ext-authz",
            Self::Opa => "opa",
            Self::Portcullis => "portcullis",
            Self::PortcullisOs => "portcullis-os",
        }
    }
}

/// A case that can be called.
pub(super) struct Ready {
    pub(super) case: Case,
    pub(super) target: Target,
    /// The process that gives the verdicts.
    pub(super) policy: Option<u32>,
}

/// A case that cannot, and why.
pub(super) struct Absent {
    pub(super) case: Case,
    pub(super) why: String,
}
