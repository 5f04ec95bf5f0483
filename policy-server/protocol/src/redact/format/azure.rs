//! Formats of Azure: keys in connection strings, and those known by a signature in their middle, the
//! secrets of applications and keys that name the service that made them.
//!
//! Keys of services are whole pieces of base64 of a known length, with the signature at a known
//! offset; that is what tells them from other base64.

use std::ops::Range;

use super::alphabet::{ALNUM, NAME, PADDED, STD64};
use super::middle::head;
use super::part::{self, Part::Run};
use super::{Alphabet, Format, Look, either, own, run};

const AZURE: &str = "secret.azure";

pub(super) const TABLE: &[Format] = &[
    run(
        ("azure-storage-key", AZURE),
        &["AccountKey="],
        PADDED,
        44,
        90,
    )
    .behind(),
    run(
        ("azure-shared-access-key", AZURE),
        &["SharedAccessKey="],
        PADDED,
        32,
        100,
    )
    .behind(),
    run(
        ("azure-shared-secret", AZURE),
        &["SharedSecretValue="],
        PADDED,
        32,
        100,
    )
    .behind(),
    either(
        ("azure-app-configuration-secret", AZURE),
        &[";Secret="],
        &[&[Run(PADDED, 36, 102)]],
    )
    .behind()
    .look(Look::Mixed),
    own(("azure-client-secret", AZURE), CLIENT, client),
    own(("azure-devops-token", AZURE), &["JQQJ99"], devops),
    own(("azure-annotated-key", AZURE), &["JQQJ9"], annotated),
    own(
        ("azure-account-key", AZURE),
        &["+ASt", "+ABa", "+AMC", "ACDb", "APIM"],
        account,
    ),
    own(
        ("azure-messaging-key", AZURE),
        &["+ASb", "+AEh", "+ARm", "AIoT", "AzCa"],
        messaging,
    ),
    own(("azure-registry-key", AZURE), &["+ACR"], registry),
    own(("azure-search-key", AZURE), &["AzSe"], search),
];

const CLIENT: &[&str] = &[
    "0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~",
];

/// Length of what stands before the signature of an annotated key.
const ANNOTATED_HEAD: usize = 52;

/// Three characters, a digit, `Q~`, and 31 to 34 more.
fn client(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let alphabet = NAME.and(b'~');
    let start = head(bytes, at, alphabet, 3)?;
    let behind = at + "8Q~".len();
    let length = part::run(bytes.get(behind..)?, alphabet, 35);
    (31..=34).contains(&length).then(|| start..behind + length)
}

/// 84 characters: 52, `JQQJ99`, 18 more, `AZDO`, and a checksum of four.
fn devops(text: &str, at: usize) -> Option<Range<usize>> {
    let key = annotated(text, at)?;
    let service = text.as_bytes().get(at + 24..at + 28)?;
    (service == b"AZDO").then_some(key)
}

/// 84 characters, or 88 with the padding that some services add; 52 stand before the signature.
fn annotated(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = head(bytes, at, ALNUM, ANNOTATED_HEAD)?;
    let length = part::run(bytes.get(at..)?, PADDED, 37);
    let key = bytes.get(at..at + length)?;
    let is_key = matches!(length, 32 | 36) && key.iter().take(32).all(|byte| ALNUM.has(*byte));
    is_key.then_some(start..at + length)
}

/// 64 bytes: 76 characters, the signature, and five or six more.
fn account(text: &str, at: usize) -> Option<Range<usize>> {
    let before = 76;
    whole(text, at, STD64, before, 88)
}

/// 32 bytes: 33 characters, the signature, and five or six more.
fn messaging(text: &str, at: usize) -> Option<Range<usize>> {
    let before = 33;
    whole(text, at, STD64, before, 44)
}

/// 52 characters: 42, the signature, and six more.
fn registry(text: &str, at: usize) -> Option<Range<usize>> {
    whole(text, at, STD64, 42, 52)
}

/// 52 letters and digits: 42, the signature, and six more.
fn search(text: &str, at: usize) -> Option<Range<usize>> {
    whole(text, at, ALNUM, 42, 52)
}

/// A key of so many characters, padding included, with so many before the signature at `at`.
fn whole(
    text: &str,
    at: usize,
    alphabet: Alphabet,
    before: usize,
    length: usize,
) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = head(bytes, at, alphabet, before)?;
    let tail = bytes.get(at..)?;
    let body = part::run(tail, alphabet, length - before + 1);
    let padding = part::run(tail.get(body..)?, Alphabet::only(b'='), 3);
    (before + body + padding == length).then_some(start..at + body + padding)
}
