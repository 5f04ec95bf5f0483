//! Bundles as deliveries leave them: swapped, cut, foreign, old and too old.

use portcullis_core::policies::bundle::Bundle;
use portcullis_core::policies::keys::SecretKey;

use super::*;

const AGE_S: u32 = 3_600;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn now_s() -> i64 {
    clock::now_us().div_euclid(1_000_000)
}

/// A bundle with one policy of this id, made so many seconds ago.
fn sealed(id: &str, ago_s: i64, key: &SecretKey) -> String {
    let text = format!("@id(\"{id}\") {GOOD}");
    let sources = Sources::new([("a.cedar".to_owned(), text)].into());
    let bundle = Bundle::new(sources, now_s() - ago_s, None, None).unwrap();
    bundle.seal(std::slice::from_ref(key)).unwrap()
}

struct World {
    folder: tempfile::TempDir,
    library: Library,
    seen: Option<Result<Sources, String>>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::new(
            Origin::Bundle(BundleFile {
                path: folder.path().join("policies.bundle"),
                keys: vec![key(1).public().clone(), key(2).public().clone()],
                max_staleness_s: AGE_S,
            }),
            Registry::default(),
        );
        Self {
            folder,
            library,
            seen: None,
        }
    }

    /// Puts a file in place and looks, as the server does. The error, if it is refused.
    fn put(&mut self, file: impl AsRef<[u8]>) -> Option<String> {
        std::fs::write(self.folder.path().join("policies.bundle"), file).unwrap();
        self.look()
    }

    fn look(&mut self) -> Option<String> {
        match self.library.look(&mut self.seen) {
            News::None => None,
            News::Policies(policies) => {
                self.library.adopt(policies);
                None
            }
            News::Broken(error) => {
                self.library.keep(error.to_string());
                Some(error.to_string())
            }
        }
    }

    fn in_force(&self) -> Digest {
        let policies = self.library.in_force(clock::now_us()).unwrap();
        policies.digest()
    }
}

#[test]
fn a_bundle_is_swapped_for_a_newer_one() {
    let mut world = World::new();
    assert!(world.look().unwrap().contains("cannot read"));
    assert_eq!(
        world.library.in_force(clock::now_us()).unwrap_err(),
        Fault::NotLoaded
    );
    assert_eq!(world.put(sealed("one", 20, &key(1))), None);
    let first = world.in_force();
    assert_eq!(world.put(sealed("two", 10, &key(2))), None);
    assert_ne!(world.in_force(), first);
    let between = world.put(sealed("between", 15, &key(1))).unwrap();
    assert!(between.contains("to go back"), "{between}");
    let stamp = world
        .library
        .state()
        .policies
        .as_ref()
        .unwrap()
        .stamp()
        .cloned();
    assert_eq!(stamp.unwrap().key, key(2).public().id());
}

#[test]
fn a_bundle_that_does_not_count_changes_nothing() {
    let mut world = World::new();
    assert_eq!(world.put(sealed("one", 20, &key(1))), None);
    let first = world.in_force();
    let newer = sealed("two", 10, &key(1));
    let broken = {
        let sources = Sources::new([("a.cedar".to_owned(), "permit (".to_owned())].into());
        let bundle = Bundle::new(sources, now_s(), None, None).unwrap();
        bundle.seal(&[key(1)]).unwrap()
    };
    for (file, what) in [
        (
            sealed("two", 10, &key(3)),
            "no signature is by a trusted key",
        ),
        (newer.chars().take(500).collect(), "no signed envelope"),
        (String::new(), "no signed envelope"),
        (broken, "a.cedar:1:"),
        (sealed("two", -301 - 5, &key(1)), "in the future"),
        (sealed("two", 21, &key(1)), "to go back"),
    ] {
        let error = world.put(file).unwrap();
        assert!(error.contains(what), "{error}");
        assert_eq!(world.in_force(), first, "the last good set stays");
        assert_eq!(world.look(), None, "it is said once");
        assert!(world.library.state().error.as_ref().unwrap().contains(what));
    }
    assert_eq!(world.put(newer), None);
    assert_eq!(world.library.state().error, None);
    assert_ne!(world.in_force(), first);
}

#[test]
fn a_clock_may_be_a_little_off() {
    let mut world = World::new();
    assert_eq!(world.put(sealed("one", -290, &key(1))), None);
}

#[test]
fn the_newest_bundle_is_remembered() {
    let mut world = World::new();
    world.library.remember(Some(now_s() - 10));
    let error = world.put(sealed("one", 20, &key(1))).unwrap();
    assert!(error.contains("to go back"), "{error}");
    assert!(world.library.in_force(clock::now_us()).is_err());
    assert_eq!(world.put(sealed("one", 5, &key(1))), None);
}

#[test]
fn an_old_bundle_denies_until_there_is_a_fresh_one() {
    let mut world = World::new();
    assert_eq!(
        world.put(sealed("one", i64::from(AGE_S) - 100, &key(1))),
        None
    );
    let now_us = clock::now_us();
    let stale_us = world.library.state().stale_at_us.unwrap();
    assert!(world.library.in_force(stale_us - 1).is_ok());
    assert_eq!(world.library.in_force(stale_us).unwrap_err(), Fault::Stale);
    assert!((95_000_000..=101_000_000).contains(&(stale_us - now_us)));
    let state = world.library.state();
    assert_eq!(state.trouble(stale_us - 1), None);
    assert!(state.trouble(stale_us).unwrap().contains("stale since"));
    // The same policies, signed anew.
    assert_eq!(world.put(sealed("one", 0, &key(1))), None);
    assert!(world.library.in_force(stale_us).is_ok());
    let mut other = World::new();
    assert_eq!(
        other.put(sealed("one", i64::from(AGE_S) + 1, &key(1))),
        None
    );
    let denied = other.library.in_force(clock::now_us());
    assert_eq!(denied.unwrap_err(), Fault::Stale, "old from the start");
}

#[test]
fn a_folder_never_becomes_stale() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.cedar", GOOD);
    let library = Library::new(
        Origin::Folder(folder.path().to_owned()),
        Registry::default(),
    );
    let News::Policies(policies) = library.look(&mut None) else {
        panic!()
    };
    library.adopt(policies);
    assert!(library.in_force(i64::MAX).is_ok());
}
