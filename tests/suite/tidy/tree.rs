//! The files of the project, as git would see them.

use std::path::{Path, PathBuf};

/// Folders that hold no work of ours.
const PASSED_OVER: [&str; 6] = [
    ".git",
    "target",
    "node_modules",
    ".venv",
    "__pycache__",
    "artifacts",
];

/// The top of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// A file and its text.
pub(crate) struct Source {
    /// Path from the top, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All files with this ending, in order of their paths.
pub(crate) fn sources(ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    let source = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        path: path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/"),
    };
    found.into_iter().map(source).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type().unwrap().is_file() {
            found.push(path);
        } else if entry.file_type().unwrap().is_dir()
            && !PASSED_OVER.iter().any(|passed| name == *passed)
        {
            walk(&path, found);
        }
    }
}
