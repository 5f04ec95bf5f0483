//! Whether a file may be believed: a pure judgement over what the system says of it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

/// Bits of a mode with which others than the owner write.
const OTHERS_WRITE: u32 = 0o022;
/// Bits of a mode with which others than the owner do anything.
const OTHERS: u32 = 0o077;
/// The same, but for a group that may read.
const OTHERS_BUT_A_READING_GROUP: u32 = 0o037;
/// Bits of a mode with which everybody writes.
const EVERYBODY_WRITES: u32 = 0o002;
/// In a folder with this bit, only owners move and remove what is theirs.
const STICKY: u32 = 0o1000;

/// The user that owns everything whose owner a container does not know, unless the system says
/// otherwise.
const OVERFLOW_UID: u32 = 65_534;

/// What is believed of a file, and so whose it must be and what others may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A file of our own working folder: ours, under this one name, and for nobody else.
    Own,
    /// Anything in our own working folder: ours, under this one name, and not for everybody to
    /// write. The folder keeps others out.
    OwnEntry,
    /// A folder of our own: ours, and nobody else writes it.
    OwnFolder,
    /// A policy in our own working folder: as anything in it, but links are the user's own.
    OwnPolicy,
    /// The database: ours or root's, and nobody else writes it.
    Database,
    /// A secret that an operator gives: ours or root's, and nobody else reads it. A file of root's
    /// may be read by a group: that is how a service is given one.
    Secret,
    /// A public key that an operator gives: ours or root's, and nobody else writes it.
    Public,
    /// A folder of policies that is beyond suspicion: ours or root's, and nobody else writes it.
    Policies,
    /// The configuration, a policy or its folder, which an operator names: not for everybody to
    /// write.
    Named,
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u32,
    pub(super) links: u64,
    pub(super) kind: Kind,
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Socket,
    Other,
}

/// How the file system of a folder is mounted. A mounted ConfigMap has a folder that is open to
/// everybody, and that nobody can write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    Writable,
    ReadOnly,
}

/// Who this process is.
#[derive(Clone, Copy, Debug)]
pub struct Me {
    pub(super) uid: u32,
    /// In a container: the owner of whatever belongs to users outside it.
    pub(super) outside: Option<u32>,
}

/// What is wrong with a file, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The system refused.
    #[error(transparent)]
    Io(io::Error),
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed here; put the file itself in its place")]
    Link,
    /// It belongs to somebody else.
    #[error(
        "it belongs to user {owner}, and this program runs as user {me}; if it is meant, run \
         `chown {me}` on it, otherwise name another"
    )]
    Foreign {
        /// Whose it is.
        owner: u32,
        /// Who we are.
        me: u32,
    },
    /// Others may write it.
    #[error(
        "it can be written by others (mode {0:04o}), so anybody may have written it; see that it \
         says what you mean, then run `chmod go-w` on it"
    )]
    Writable(u32),
    /// Others may read it.
    #[error("it can be read by others (mode {0:04o}): run `chmod 600` on it")]
    Readable(u32),
    /// Others may exchange what is in a folder.
    #[error(
        "the folder {folder} is open to others (mode {mode:04o}), so anybody may put another file \
         there; run `chmod o-w` on it"
    )]
    OpenFolder {
        /// The folder.
        folder: std::path::PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A folder or a link on the way belongs to somebody else.
    #[error(
        "{on_the_way} on the way to it belongs to user {owner}, who may put another file there, and \
         this program runs as user {me}; run `chown {me}` on it, or choose another place"
    )]
    ForeignWay {
        /// The folder or link.
        on_the_way: std::path::PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        me: u32,
    },
    /// It has other names.
    #[error(
        "it has {0} names (hard links), so it may be another file of yours; copy it and put the \
         copy in its place"
    )]
    Names(u64),
    /// It is no file.
    #[error("it is no regular file")]
    NoFile,
    /// It is no folder.
    #[error("it is no folder")]
    NoFolder,
    /// It is longer than it can be.
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    /// It is no text.
    #[error("it is no UTF-8 text")]
    NoText,
}

impl Trust {
    /// Whether links are followed, by a way that is judged as well: mounted secrets are links.
    pub(super) const fn follows_links(self) -> bool {
        matches!(self, Self::Secret | Self::Public)
    }

    /// Whether the system may follow links by itself.
    pub(super) const fn may_be_any_path(self) -> bool {
        matches!(self, Self::Named)
    }

    const fn may_be_roots(self) -> bool {
        matches!(
            self,
            Self::Database | Self::Secret | Self::Public | Self::Policies
        )
    }

    /// The bits of the mode with which too many would write.
    const fn writing(self) -> u32 {
        match self {
            Self::OwnEntry | Self::OwnPolicy | Self::Named => EVERYBODY_WRITES,
            Self::Own
            | Self::OwnFolder
            | Self::Database
            | Self::Secret
            | Self::Public
            | Self::Policies => OTHERS_WRITE,
        }
    }

    const fn has_one_name(self) -> bool {
        matches!(self, Self::Own | Self::OwnEntry)
    }
}

impl Facts {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            links: metadata.nlink(),
            kind: match () {
                () if kind.is_file() => Kind::File,
                () if kind.is_dir() => Kind::Folder,
                () if kind.is_symlink() => Kind::Link,
                () if kind.is_socket() => Kind::Socket,
                () => Kind::Other,
            },
        }
    }
}

impl Me {
    /// Who this process is now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            uid: rustix::process::geteuid().as_raw(),
            outside: outside(),
        }
    }

    /// Whether a folder of this user's is as good as ours: what root wants to exchange, it can
    /// exchange anyway, and so can whoever made the container.
    pub(super) fn bows_to(&self, uid: u32) -> bool {
        uid == self.uid || uid == 0 || Some(uid) == self.outside
    }
}

/// The owner of what belongs to users outside this container, when it is no user inside.
fn outside() -> Option<u32> {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse().ok();
    let overflow = number("/proc/sys/kernel/overflowuid").unwrap_or(OVERFLOW_UID);
    let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
    (!is_mapped(&map, overflow)).then_some(overflow)
}

/// Whether a map of users, `INSIDE OUTSIDE COUNT` a line, has this one inside.
fn is_mapped(map: &str, uid: u32) -> bool {
    map.lines().any(|line| {
        let mut words = line.split_ascii_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(count))) = (words.next(), words.nth(1)) else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(uid))
    })
}

/// Whether a file may be believed.
pub(super) fn judge(trust: Trust, facts: &Facts, me: &Me) -> Result<(), Fault> {
    if trust == Trust::Named {
        let has_mode = matches!(facts.kind, Kind::File | Kind::Folder);
        return match has_mode && facts.mode & EVERYBODY_WRITES != 0 {
            true => Err(Fault::Writable(facts.mode)),
            false => Ok(()),
        };
    }
    is_kind(trust, facts)?;
    let ours = facts.uid == me.uid || (trust.may_be_roots() && facts.uid == 0);
    if !ours {
        let (owner, me) = (facts.uid, me.uid);
        return Err(Fault::Foreign { owner, me });
    }
    // A link has no mode of its own, and a socket in a private folder is reached by nobody else.
    let has_mode = !matches!(facts.kind, Kind::Socket | Kind::Link);
    if facts.mode & trust.writing() != 0 && has_mode {
        return Err(Fault::Writable(facts.mode));
    }
    if facts.mode & reading(trust, facts, me) != 0 {
        return Err(Fault::Readable(facts.mode));
    }
    match facts.kind == Kind::File && trust.has_one_name() && facts.links > 1 {
        true => Err(Fault::Names(facts.links)),
        false => Ok(()),
    }
}

fn is_kind(trust: Trust, facts: &Facts) -> Result<(), Fault> {
    match facts.kind {
        Kind::Folder if matches!(trust, Trust::OwnFolder | Trust::Policies) => Ok(()),
        Kind::File | Kind::Socket if trust == Trust::OwnFolder => Err(Fault::NoFolder),
        Kind::File => Ok(()),
        Kind::Link if trust == Trust::OwnPolicy => Ok(()),
        Kind::Link => Err(Fault::Link),
        Kind::Folder | Kind::Socket if matches!(trust, Trust::OwnEntry | Trust::OwnPolicy) => {
            Ok(())
        }
        Kind::Folder | Kind::Socket | Kind::Other => Err(Fault::NoFile),
    }
}

/// The bits of the mode with which too many would read.
const fn reading(trust: Trust, facts: &Facts, me: &Me) -> u32 {
    match trust {
        Trust::Own => OTHERS,
        // Root's own group needs no bit to let root read: there, it is an accident of a umask.
        Trust::Secret if facts.uid == 0 && (me.uid != 0 || facts.gid != 0) => {
            OTHERS_BUT_A_READING_GROUP
        }
        Trust::Secret => OTHERS,
        Trust::OwnEntry
        | Trust::OwnFolder
        | Trust::OwnPolicy
        | Trust::Database
        | Trust::Public
        | Trust::Policies
        | Trust::Named => 0,
    }
}

/// Whether a folder on the way to a file leaves it there: it is nobody else's, and where everybody
/// may write, each only moves what is theirs, or nobody does because it is mounted to be read. A
/// group may write: the file has to be ours anyway.
pub(super) fn judge_way(
    path: &std::path::Path,
    facts: &Facts,
    mount: Mount,
    me: &Me,
) -> Result<(), Fault> {
    if !me.bows_to(facts.uid) {
        return Err(Fault::ForeignWay {
            on_the_way: path.to_owned(),
            owner: facts.uid,
            me: me.uid,
        });
    }
    let open = facts.mode & EVERYBODY_WRITES != 0 && facts.mode & STICKY == 0;
    match facts.kind == Kind::Folder && open && mount == Mount::Writable {
        true => Err(Fault::OpenFolder {
            folder: path.to_owned(),
            mode: facts.mode,
        }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Me = Me {
        uid: 1000,
        outside: None,
    };
    const ROOT: Me = Me {
        uid: 0,
        outside: None,
    };

    fn file(uid: u32, gid: u32, mode: u32) -> Facts {
        Facts {
            uid,
            gid,
            mode,
            links: 1,
            kind: Kind::File,
        }
    }

    fn word(result: &Result<(), Fault>) -> &'static str {
        match result {
            Ok(()) => "ok",
            Err(Fault::Foreign { .. } | Fault::ForeignWay { .. }) => "foreign",
            Err(Fault::Writable(_) | Fault::OpenFolder { .. }) => "writable",
            Err(Fault::Readable(_)) => "readable",
            Err(Fault::Link) => "link",
            Err(Fault::Names(_)) => "names",
            Err(Fault::NoFile) => "no file",
            Err(_) => "another",
        }
    }

    #[test]
    fn whose_it_is_and_who_else_may_use_it_decides() {
        use Trust::{Database, Named, Own, OwnEntry, Public, Secret};
        for (trust, me, facts, wanted) in [
            (Own, ALICE, file(1000, 1000, 0o600), "ok"),
            (Own, ALICE, file(1000, 1000, 0o640), "readable"),
            (Own, ALICE, file(1000, 1000, 0o620), "writable"),
            (Own, ALICE, file(0, 0, 0o600), "foreign"),
            (Own, ROOT, file(1000, 1000, 0o600), "foreign"),
            (OwnEntry, ALICE, file(1000, 1000, 0o644), "ok"),
            (OwnEntry, ALICE, file(1000, 1000, 0o664), "ok"),
            (OwnEntry, ALICE, file(1000, 1000, 0o646), "writable"),
            (OwnEntry, ALICE, file(65_534, 0, 0o644), "foreign"),
            (Secret, ALICE, file(1000, 1000, 0o400), "ok"),
            (Secret, ALICE, file(1000, 1000, 0o440), "readable"),
            (Secret, ALICE, file(0, 2000, 0o440), "ok"),
            (Secret, ALICE, file(0, 0, 0o440), "ok"),
            (Secret, ALICE, file(0, 0, 0o444), "readable"),
            (Secret, ALICE, file(0, 2000, 0o460), "writable"),
            (Secret, ALICE, file(1001, 1000, 0o600), "foreign"),
            (Secret, ROOT, file(0, 0, 0o640), "readable"),
            (Secret, ROOT, file(0, 2000, 0o640), "ok"),
            (Secret, ROOT, file(1000, 0, 0o600), "foreign"),
            (Public, ALICE, file(0, 0, 0o644), "ok"),
            (Public, ALICE, file(1000, 1000, 0o664), "writable"),
            (Public, ALICE, file(1001, 1000, 0o644), "foreign"),
            (Database, ALICE, file(1000, 1000, 0o644), "ok"),
            (Database, ALICE, file(1000, 1000, 0o660), "writable"),
            (Database, ROOT, file(1000, 1000, 0o600), "foreign"),
            (Named, ALICE, file(1001, 1001, 0o664), "ok"),
            (Named, ALICE, file(1000, 1000, 0o666), "writable"),
        ] {
            let found = judge(trust, &facts, &me);
            assert_eq!(word(&found), wanted, "{trust:?} {me:?} {facts:?}");
        }
    }

    #[test]
    fn what_it_is_and_how_many_names_it_has_counts() {
        let of = |trust, kind, links| {
            let facts = Facts {
                kind,
                links,
                ..file(1000, 1000, 0o600)
            };
            word(&judge(trust, &facts, &ALICE))
        };
        assert_eq!(of(Trust::Own, Kind::File, 2), "names");
        assert_eq!(of(Trust::OwnEntry, Kind::File, 2), "names");
        assert_eq!(of(Trust::Secret, Kind::File, 2), "ok");
        for trust in [Trust::Own, Trust::OwnEntry, Trust::Database, Trust::Secret] {
            assert_eq!(of(trust, Kind::Link, 1), "link");
            assert_eq!(of(trust, Kind::Other, 1), "no file");
        }
        assert_eq!(of(Trust::Own, Kind::Folder, 2), "no file");
        assert_eq!(of(Trust::OwnEntry, Kind::Folder, 9), "ok");
        assert_eq!(of(Trust::OwnEntry, Kind::Socket, 1), "ok");
    }

    #[test]
    fn folders_on_the_way_are_ours_or_roots_and_leave_files_in_place() {
        let folder = |uid, mode| Facts {
            kind: Kind::Folder,
            ..file(uid, 0, mode)
        };
        let contained = Me {
            uid: 0,
            outside: Some(65_534),
        };
        let path = std::path::Path::new("/x");
        for (me, facts, wanted) in [
            (ALICE, folder(0, 0o755), "ok"),
            (ALICE, folder(0, 0o1777), "ok"),
            (ALICE, folder(0, 0o777), "writable"),
            (ALICE, folder(1000, 0o775), "ok"),
            (ALICE, folder(1001, 0o755), "foreign"),
            (ALICE, folder(1001, 0o1777), "foreign"),
            (ROOT, folder(65_534, 0o755), "foreign"),
            (contained, folder(65_534, 0o755), "ok"),
            (contained, folder(65_534, 0o777), "writable"),
        ] {
            let found = judge_way(path, &facts, Mount::Writable, &me);
            assert_eq!(word(&found), wanted, "{facts:?}");
        }
        let config_map = folder(0, 0o777);
        assert!(judge_way(path, &config_map, Mount::ReadOnly, &ALICE).is_ok());
        let foreign = folder(1001, 0o777);
        assert!(judge_way(path, &foreign, Mount::ReadOnly, &ALICE).is_err());
    }

    #[test]
    fn users_of_a_container_are_known_by_its_map() {
        let all = "         0          0 4294967295\n";
        assert!(is_mapped(all, 0) && is_mapped(all, 65_534));
        let one = "         0       1000          1\n";
        assert!(is_mapped(one, 0) && !is_mapped(one, 65_534));
        let two = "0 1000 1\n1 100000 65536\n";
        assert!(is_mapped(two, 65_534) && !is_mapped(two, 65_537));
        assert!(!is_mapped("nonsense", 0) && !is_mapped("", 0));
    }
}
