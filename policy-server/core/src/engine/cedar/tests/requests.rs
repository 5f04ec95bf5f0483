//! Requests drawn from bytes.

use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Target};

use super::*;
use crate::facts::Approval;

/// Draws from bytes; without any left, the first choice.
pub(super) struct Draw<'a>(std::slice::Iter<'a, u8>);

/// A request of its own.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) server: ServerName,
    pub(super) target: Target,
    method: &'static str,
    caller: Caller,
    arguments: String,
    approved: Option<Vec<Name>>,
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl<'a> Draw<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = usize::from(*self.0.next().unwrap_or(&0));
        from[at % from.len()]
    }

    fn caller(&mut self) -> Caller {
        let roles = self.pick(&[&[][..], &["dev"], &["ops"], &["dev", "ops"], &["boss", "x"]]);
        let agent = self.pick(&[None, Some("helper"), Some("dev")]);
        Caller {
            issuer: name("https://issuer.example"),
            subject: name(self.pick(&["alice", "bob"])),
            roles: roles.iter().map(|role| name(role)).collect(),
            agent: agent.map(name),
        }
    }

    pub(super) fn asked(&mut self) -> Asked {
        let tool = |text: &str| ("tools/call", Target::Tool(name(text)));
        let resource = (
            "resources/read",
            Target::Resource(Uri::parse("x://y").unwrap()),
        );
        let (method, target) = match self.pick(&[0, 1, 2, 3, 4, 5, 6]) {
            0 | 1 => tool("pay"),
            2 => tool("read-file"),
            3 => tool("read"),
            4 => tool("unlisted"),
            5 => resource,
            _ => ("subscriptions/listen", Target::Server),
        };
        let amount = self.pick(&["-1", "2", "3", "9007199254740991", ""]);
        let path = self.pick(&["", "/srv/a", "/etc"]);
        let mut members = Vec::new();
        if !amount.is_empty() {
            members.push(format!("\"amount\":{amount}"));
        }
        if !path.is_empty() {
            members.push(format!("\"path\":\"{path}\""));
        }
        Asked {
            server: ServerName::parse(self.pick(&["demo", "other"])).unwrap(),
            target,
            method,
            caller: self.caller(),
            arguments: format!("{{{}}}", members.join(",")),
            approved: self
                .pick(&[None, Some("boss"), Some("dev")])
                .map(|group| vec![name(group)]),
        }
    }
}

impl Asked {
    pub(super) fn facts(&self) -> Facts<'_> {
        let approval = self.approved.as_ref().map(|groups| Approval {
            groups,
            expires_ms: 2,
            args_digest: portcullis_protocol::digest::Digest::of(self.arguments.as_bytes()),
        });
        Facts {
            server: &self.server,
            caller: &self.caller,
            direction: Direction::ToServer,
            method: self.method,
            subjects: Vec::new(),
            protocol_version: None,
            arguments: Some(&self.arguments),
            approval,
            now_ms: 1,
        }
    }
}
