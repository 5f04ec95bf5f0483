//! Everything that a judgement depends on, gathered beforehand.
//!
//! Deliberately absent: the message itself. What policy sees of it are its targets and arguments.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::wire::{Direction, Query, Target};

use crate::catalogue::{Catalogue, Known, Tool};
use crate::views::View;

/// The facts of one message.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The server behind the gateway.
    pub server: &'a ServerName,
    /// Who asks.
    pub caller: &'a Caller,
    /// Which way the message travels.
    pub direction: Direction,
    /// The MCP method.
    pub method: &'a str,
    /// What it acts on; every one must be allowed.
    pub subjects: Vec<Subject<'a>>,
    /// The protocol version, when the message names one.
    pub protocol_version: Option<&'a Name>,
    /// The message's arguments, byte for byte.
    pub arguments: Option<&'a str>,
    /// What a human has said yes to, if anything.
    pub approval: Option<Approval<'a>>,
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A human's yes.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// The groups that said yes.
    pub groups: &'a [Name],
    /// Until when it holds, in milliseconds since 1970.
    pub expires_ms: i64,
    /// The digest of the arguments that were shown.
    pub args_digest: Digest,
}

/// One target, with what is known about it.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The target.
    pub target: &'a Target,
    /// What policies know about it.
    pub known: Known<'a>,
    /// Other definitions of the tool, where its caller may have been shown any of them: the message
    /// must be allowed whichever it is.
    pub also: Vec<&'a Tool>,
}

impl<'a> Subject<'a> {
    /// A target of which so much is known.
    #[must_use]
    pub const fn new(target: &'a Target, known: Known<'a>) -> Self {
        Self {
            target,
            known,
            also: Vec::new(),
        }
    }

    /// The target in each definition that it may have.
    pub fn each(&self) -> impl Iterator<Item = Subject<'a>> {
        let also = self.also.iter().map(|tool| Known::Tool(tool));
        let target = self.target;
        let all = std::iter::once(self.known).chain(also);
        all.map(move |known| Subject::new(target, known))
    }

    /// The name of the tool, when it is one.
    #[must_use]
    pub const fn tool(&self) -> Option<&'a Name> {
        match self.target {
            Target::Tool(name) => Some(name),
            _ => None,
        }
    }
}

impl<'a> Facts<'a> {
    /// Gathers the facts of a query. `view` is what its caller was last shown of the server's tools.
    #[must_use]
    pub fn of_query(
        query: &'a Query,
        catalogue: &'a Catalogue,
        view: Option<&View>,
        now_ms: i64,
    ) -> Self {
        let subject = |target| {
            let (known, also) = catalogue.seen(&query.server, target, view);
            Subject {
                target,
                known,
                also,
            }
        };
        Self {
            server: &query.server,
            caller: &query.caller,
            direction: query.direction,
            method: query.method.as_str(),
            subjects: query.targets.iter().map(subject).collect(),
            protocol_version: query.protocol_version.as_ref(),
            arguments: query.arguments.as_ref().map(|arguments| arguments.get()),
            approval: None,
            now_ms,
        }
    }

    /// SHA-256 of the arguments; of no bytes when there are none.
    #[must_use]
    pub fn args_digest(&self) -> Digest {
        Digest::of(self.arguments.unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use portcullis_protocol::names::Uri;

    use super::*;
    use crate::decision::tests::{caller, load};
    use crate::decision::{Judgement, decide};
    use crate::engine::Fault;
    use crate::policies::Policies;

    fn judge(policies: &Policies, role: &str, method: &str, target: Target) -> Judgement {
        let server = ServerName::parse("demo").unwrap();
        let caller = caller("alice", role);
        let subject = Subject::new(&target, Known::Unlisted(&[]));
        let facts = Facts {
            server: &server,
            caller: &caller,
            direction: Direction::ToServer,
            method,
            subjects: vec![subject],
            protocol_version: None,
            arguments: None,
            approval: None,
            now_ms: 0,
        };
        decide(policies, &facts)
    }

    #[test]
    fn another_spelling_passes_no_forbid() {
        let policies = load(
            r#"permit (principal, action, resource);
            forbid (principal, action == Mcp::Action::"resources/read", resource)
            when { resource.scheme == "file" || (resource has host && resource.host == "internal.example") };"#,
        );
        let read = |uri: &str| {
            let target = Target::Resource(Uri::parse(uri).unwrap());
            judge(&policies, "r", "resources/read", target)
        };
        for uri in [
            "FILE:///etc/passwd",
            "https://INTERNAL.example",
            "https://internal.example:443/",
            "https://internal.example./",
        ] {
            let judgement = read(uri);
            assert!(
                !judgement.allows() && judgement.faults.is_empty(),
                "{uri}: {judgement:?}"
            );
        }
        for uri in [
            " file:///etc/passwd",
            r"https://internal.example\@good.com/",
            "https:internal.example/x",
            "/etc/passwd",
        ] {
            let judgement = read(uri);
            let unclear = |fault: &Fault| matches!(fault, Fault::Unclear(_));
            assert!(judgement.faults.iter().any(unclear), "{uri}: {judgement:?}");
            assert!(!judgement.allows(), "{uri}");
        }
        assert!(read("https://good.com/internal.example").allows());
        let template = Target::Template(Uri::parse("file:///{path}").unwrap());
        assert!(judge(&policies, "r", "completion/complete", template).allows());
    }

    #[test]
    fn the_shipped_policies_let_nobody_list_tasks() {
        let policies = load(include_str!("../../../policies/access.cedar"));
        for role in ["viewer", "developer"] {
            let list = judge(&policies, role, "tasks/list", Target::Server);
            assert!(!list.allows() && list.faults.is_empty(), "{role}: {list:?}");
            let task = Target::Task(Uri::parse("t1").unwrap());
            assert!(judge(&policies, role, "tasks/get", task).allows(), "{role}");
        }
    }
}
