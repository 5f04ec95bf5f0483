//! Headers that an operator adds to a request, most often a token.
//!
//! A file keeps them out of the list of processes. Deliberately absent: those that say how the
//! message is read; they are ours.

use std::path::Path;
use std::str::FromStr;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::credential::Credential;

/// Headers that nobody else sets.
const OWN: [&str; 8] = [
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "accept",
    "accept-encoding",
    "expect",
];

/// Longest file of headers, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Headers of an operator. Their values are not shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(pub(super) HeaderMap);

/// One header as written: `Name: value`.
#[derive(Clone, Debug)]
pub(crate) struct Header(HeaderName, HeaderValue);

/// Why a text is no header.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    /// There is no name and value.
    #[error("write a header as `Name: value`")]
    Shape,
    /// The header is ours.
    #[error("the header `{0}` is not yours to set")]
    Own(String),
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What failed.
        source: std::io::Error,
    },
    /// A line of the file is no header.
    #[error("{path}:{line}: {why}")]
    Line {
        /// The file.
        path: String,
        /// The line, from one.
        line: usize,
        /// What is wrong with it.
        why: Box<HeaderError>,
    },
}

impl FromStr for Header {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let (name, value) = text.split_once(':').ok_or(HeaderError::Shape)?;
        let name: HeaderName = name.parse().map_err(|_| HeaderError::Shape)?;
        if OWN.contains(&name.as_str()) || name.as_str().starts_with("mcp-") {
            return Err(HeaderError::Own(name.to_string()));
        }
        let mut value: HeaderValue = value.trim().parse().map_err(|_| HeaderError::Shape)?;
        value.set_sensitive(true);
        Ok(Self(name, value))
    }
}

impl Headers {
    /// Headers from arguments, and from a file with one a line; empty lines are passed over.
    ///
    /// # Errors
    /// The file cannot be read, or has a line that is none.
    pub(crate) fn gather(given: &[Header], file: Option<&Path>) -> Result<Self, HeaderError> {
        let mut headers = HeaderMap::new();
        for Header(name, value) in given {
            headers.append(name.clone(), value.clone());
        }
        if let Some(file) = file {
            for Header(name, value) in read(file)? {
                headers.append(name, value);
            }
        }
        Ok(Self(headers))
    }

    /// The header of a token.
    pub(crate) fn bearer(token: &Credential) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose())) {
            value.set_sensitive(true);
            headers.insert(hyper::header::AUTHORIZATION, value);
        }
        Self(headers)
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn read(file: &Path) -> Result<Vec<Header>, HeaderError> {
    use std::io::Read as _;
    let path = file.display().to_string();
    let mut text = String::new();
    let read = std::fs::File::open(file)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text));
    if let Err(source) = read {
        return Err(HeaderError::File { path, source });
    }
    let lines = (1..).zip(text.lines());
    let lines = lines.filter(|(_, text)| !text.trim().is_empty());
    let line = |(line, text): (usize, &str)| {
        text.parse().map_err(|why| HeaderError::Line {
            path: path.clone(),
            line,
            why: Box::new(why),
        })
    };
    lines.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_ours_are_not_theirs() {
        let header: Header = "Authorization: Bearer secret".parse().unwrap();
        assert!(!format!("{header:?}").contains("secret"));
        for bad in [
            "Authorization",
            "a b: c",
            "x: a\nb",
            "Host: x",
            "Mcp-Session-Id: 1",
        ] {
            assert!(bad.parse::<Header>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_has_one_a_line_and_names_a_bad_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("headers");
        std::fs::write(&file, "Authorization: Bearer x\n\nX-Team: a\n").unwrap();
        assert_eq!(Headers::gather(&[], Some(&file)).unwrap().0.len(), 2);
        std::fs::write(&file, "Authorization: Bearer x\nsecret\n").unwrap();
        let error = Headers::gather(&[], Some(&file)).unwrap_err().to_string();
        assert!(error.contains("headers:2: write a header"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
