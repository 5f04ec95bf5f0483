//! Signed policy bundles, as an operator makes, delivers and loses them: the real program, and a
//! policy server of its own for each test.

mod delivery;
mod gateway;
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;

use portcullis_tests::parts;
use serde_json::Value;
use tempfile::TempDir;

const PERMIT: &str = "@id(\"all\") permit (principal, action, resource);\n";
const FORBID: &str = "@id(\"none\") forbid (principal, action, resource);\n";

/// A folder with policies, two key pairs, and what is made of them.
struct Desk {
    folder: TempDir,
}

/// How a command ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(desk.path("policies")).unwrap();
        desk.write(PERMIT);
        for key in ["ours.pem", "theirs.pem"] {
            let made = desk.bundle("keygen", &["--output", key]);
            assert_eq!(made.code, Some(0), "{}", made.err);
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, policy: &str) {
        std::fs::write(self.path("policies/a.cedar"), policy).unwrap();
    }

    /// Runs `portcullis policy bundle COMMAND` in the folder.
    fn bundle(&self, command: &str, arguments: &[&str]) -> Said {
        let mut program = Command::new(parts::portcullis());
        program.args(["policy", "bundle", command]).args(arguments);
        run(program.env_remove("SOURCE_DATE_EPOCH"), self.folder.path())
    }

    /// Builds a bundle of the policies, made so many seconds ago.
    fn build(&self, file: &str, key: &str, ago_s: u64) {
        let mut program = Command::new(parts::portcullis());
        program.args(["policy", "bundle", "build", "policies"]);
        program.args(["--output", file, "--key", key]);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let created = now.unwrap().as_secs() - ago_s;
        let said = run(
            program.env("SOURCE_DATE_EPOCH", created.to_string()),
            self.folder.path(),
        );
        assert_eq!(said.code, Some(0), "{}", said.err);
    }
}

fn run(command: &mut Command, folder: &Path) -> Said {
    let output = command.current_dir(folder).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
