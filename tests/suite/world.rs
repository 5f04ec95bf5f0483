//! One gateway in front of one recording upstream. A module keeps one in a static and takes it for
//! the length of a test, so that what the upstream received belongs to that test.

use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::upstream::{Received, Upstream};
use portcullis_tests::wire::{Request, Response};

/// The name of the upstream behind the gateway.
pub(crate) const DEMO: &str = "demo";

/// Everything is allowed, but not to delete files or to format disks, and viewers answer no server.
/// What forbids deleting looks at the call, so that no list can know of it: the tool is shown, and a
/// call of it reads the reason. For disks no call would do, so that there is no such tool.
pub(crate) const POLICIES: &str = r#"
@id("all") permit (principal, action, resource);

@id("no-deleting")
@reason("Files are not deleted here.")
forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/delete_file")
when { context.args_digest like "sha256:*" };

@id("no-formatting")
forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/format_disk");

@id("viewers-answer-nobody")
forbid (principal in Mcp::Role::"viewer", action in Mcp::Action::"ask", resource);
"#;

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) upstream: Upstream,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::policies(POLICIES))
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let upstream = Upstream::start();
        let gateway = setup.upstream(DEMO, &upstream.url()).start();
        Self { gateway, upstream }
    }

    pub(crate) fn locked() -> Mutex<Self> {
        Mutex::new(Self::new())
    }

    /// A POST of alice's with a sound head.
    pub(crate) fn post(&self, body: impl Into<Vec<u8>>) -> Request {
        self.gateway.post(DEMO, "alice", body)
    }

    pub(crate) fn send(&self, request: &Request) -> Response {
        self.gateway.send(request)
    }

    /// Sends a request, and says what reached the upstream meanwhile.
    pub(crate) fn send_and_see(&self, request: &Request) -> (Response, Vec<Received>) {
        let before = self.upstream.received().len();
        let response = self.send(request);
        (response, self.upstream.received().split_off(before))
    }
}

/// Takes the world; a test that failed in it has not spoilt it.
pub(crate) fn take(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
