//! TCP or a Unix socket.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::config::Address;

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: Address,
        /// What failed.
        source: io::Error,
    },
    /// Somebody answers on the socket.
    #[error("cannot listen on {0}: another server does already")]
    InUse(Address),
    /// Something else is in the socket's place.
    #[error("cannot listen on {0}: there is a file of that name which is no socket")]
    NoSocket(Address),
}

/// A bound listener. A Unix socket's file goes away with it.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener, PathBuf),
}

/// An accepted connection.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    /// Binds an address.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn bind(address: &Address) -> Result<Self, BindError> {
        let failed = |source| BindError::Bind {
            address: address.clone(),
            source,
        };
        match address {
            Address::Tcp(tcp) => TcpListener::bind(tcp).await.map(Self::Tcp).map_err(failed),
            Address::Unix(path) => {
                make_way(address, path).await?;
                let listener = bind_private(path).map_err(failed)?;
                Ok(Self::Unix(listener, path.clone()))
            }
        }
    }

    /// The address as bound: a TCP port of 0 has become a real one.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            Self::Unix(_, path) => Ok(Address::Unix(path.clone())),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener, _) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Gone already is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Sees to it that nobody uses the place: a socket left by a dead server is no obstacle.
async fn make_way(address: &Address, path: &Path) -> Result<(), BindError> {
    use std::os::unix::fs::FileTypeExt as _;
    let failed = |source| BindError::Bind {
        address: address.clone(),
        source,
    };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            folder
                .map_or(Ok(()), std::fs::create_dir_all)
                .map_err(failed)
        }
        Err(error) => Err(failed(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            Err(BindError::NoSocket(address.clone()))
        }
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => Err(BindError::InUse(address.clone())),
            Err(_) => Ok(()),
        },
    }
}

/// Binds a socket that nobody but its owner can ever connect to: it is made in a private folder
/// and moved into place, over a stale one if need be.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let folder = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let made = folder.join("s");
    let bound = UnixListener::bind(&made).and_then(|listener| {
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&made, path)?;
        Ok(listener)
    });
    let _ = std::fs::remove_file(&made);
    std::fs::remove_dir(&folder)?;
    bound
}
