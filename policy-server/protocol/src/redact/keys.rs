//! Secrets by the key under which they stand: `password`, `x-api-key`, `clientSecret`.
//! Keys about a secret (`password_hash`, `token_type`, `next_token`) are no keys of secrets.

use std::ops::Range;

use super::context::{self as rules, judge};

/// How the end of a name must stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// Anywhere: `dbpassword`.
    Any,
    /// As words of its own: `db_pass`, not `compass`.
    Word,
}

use Edge::{Any, Word};

/// The end of a name (lower case, without separators) and the rule that it calls for.
type End = (&'static str, Edge, usize);

const ENDS_C: &[End] = &[
    ("mnemonic", Word, rules::PHRASE),
    ("cvc", Word, rules::CODE),
];
const ENDS_D: &[End] = &[
    ("password", Any, rules::PASSWORD),
    ("passwd", Any, rules::PASSWORD),
    ("pwd", Any, rules::PASSWORD),
];
const ENDS_E: &[End] = &[
    ("seedphrase", Any, rules::PHRASE),
    ("mnemonicphrase", Any, rules::PHRASE),
    ("recoveryphrase", Any, rules::PHRASE),
    ("passphrase", Any, rules::PASSWORD),
    ("passcode", Any, rules::PASSWORD),
    ("recoverycode", Any, rules::CODE),
    ("backupcode", Any, rules::CODE),
    ("sharedaccesssignature", Any, rules::ACCOUNT_KEY),
    ("secretkeybase", Any, rules::ENCRYPTION_KEY),
    ("cookie", Word, rules::COOKIE),
];
const ENDS_G: &[End] = &[
    ("connectionstring", Any, rules::CONNECTION),
    ("connstring", Any, rules::CONNECTION),
    ("connstr", Any, rules::CONNECTION),
];
const ENDS_H: &[End] = &[("auth", Word, rules::AUTH)];
const ENDS_L: &[End] = &[("credential", Any, rules::CREDENTIAL)];
const ENDS_N: &[End] = &[
    ("personalaccesstoken", Any, rules::ACCESS_TOKEN),
    ("accesstoken", Any, rules::ACCESS_TOKEN),
    ("refreshtoken", Any, rules::ACCESS_TOKEN),
    ("securitytoken", Any, rules::ACCESS_TOKEN),
    ("sessiontoken", Any, rules::ACCESS_TOKEN),
    ("bearertoken", Any, rules::ACCESS_TOKEN),
    ("authtoken", Any, rules::ACCESS_TOKEN),
    ("apitoken", Any, rules::ACCESS_TOKEN),
    ("bottoken", Any, rules::ACCESS_TOKEN),
    ("servicetoken", Any, rules::ACCESS_TOKEN),
    ("personaltoken", Any, rules::ACCESS_TOKEN),
    ("vaulttoken", Any, rules::ACCESS_TOKEN),
    ("secrettoken", Any, rules::ACCESS_TOKEN),
    ("oauthtoken", Any, rules::ACCESS_TOKEN),
    ("authorization", Any, rules::AUTHORIZATION),
    ("token", Any, rules::TOKEN),
    ("dsn", Word, rules::CONNECTION),
    ("pin", Word, rules::CODE),
];
const ENDS_P: &[End] = &[("totp", Word, rules::CODE), ("otp", Word, rules::CODE)];
const ENDS_S: &[End] = &[
    ("credentials", Any, rules::CREDENTIAL),
    ("recoverycodes", Any, rules::CODE),
    ("backupcodes", Any, rules::CODE),
    ("passwords", Any, rules::PASSWORD),
    ("apikeys", Any, rules::API_KEY),
    ("secrets", Any, rules::SECRET),
    ("tokens", Any, rules::TOKEN),
    ("cookies", Word, rules::COOKIE),
    ("creds", Word, rules::CREDENTIAL),
    ("dbpass", Any, rules::PASSWORD),
    ("userpass", Any, rules::PASSWORD),
    ("smtppass", Any, rules::PASSWORD),
    ("mailpass", Any, rules::PASSWORD),
    ("rootpass", Any, rules::PASSWORD),
    ("adminpass", Any, rules::PASSWORD),
    ("loginpass", Any, rules::PASSWORD),
    ("ftppass", Any, rules::PASSWORD),
    ("keypass", Any, rules::PASSWORD),
    ("storepass", Any, rules::PASSWORD),
    ("pass", Word, rules::PASSWORD),
    ("sas", Word, rules::TOKEN),
];
const ENDS_T: &[End] = &[
    ("clientsecret", Any, rules::CLIENT_SECRET),
    ("consumersecret", Any, rules::CLIENT_SECRET),
    ("appsecret", Any, rules::CLIENT_SECRET),
    ("webhooksecret", Any, rules::WEBHOOK_SECRET),
    ("jwtsecret", Any, rules::ENCRYPTION_KEY),
    ("sessionsecret", Any, rules::ENCRYPTION_KEY),
    ("secret", Any, rules::SECRET),
    ("jwt", Word, rules::TOKEN),
    ("pat", Word, rules::TOKEN),
];
const ENDS_V: &[End] = &[("cvv", Word, rules::CODE)];
const ENDS_W: &[End] = &[("pw", Word, rules::PASSWORD)];
const ENDS_Y: &[End] = &[
    ("secretaccesskey", Any, rules::AWS),
    ("sharedaccesskey", Any, rules::ACCOUNT_KEY),
    ("accountkey", Any, rules::ACCOUNT_KEY),
    ("storagekey", Any, rules::ACCOUNT_KEY),
    ("subscriptionkey", Any, rules::API_KEY),
    ("applicationkey", Any, rules::API_KEY),
    ("integrationkey", Any, rules::API_KEY),
    ("functionskey", Any, rules::API_KEY),
    ("apikey", Any, rules::API_KEY),
    ("accesskey", Any, rules::API_KEY),
    ("servicekey", Any, rules::API_KEY),
    ("consumerkey", Any, rules::API_KEY),
    ("licensekey", Any, rules::API_KEY),
    ("authkey", Any, rules::API_KEY),
    ("appkey", Any, rules::API_KEY),
    ("privatekey", Any, rules::PRIVATE_KEY),
    ("signingkey", Any, rules::ENCRYPTION_KEY),
    ("encryptionkey", Any, rules::ENCRYPTION_KEY),
    ("decryptionkey", Any, rules::ENCRYPTION_KEY),
    ("encryptkey", Any, rules::ENCRYPTION_KEY),
    ("secretkey", Any, rules::ENCRYPTION_KEY),
    ("masterkey", Any, rules::ENCRYPTION_KEY),
    ("sharedkey", Any, rules::ENCRYPTION_KEY),
    ("sessionkey", Any, rules::ENCRYPTION_KEY),
    ("cookiekey", Any, rules::ENCRYPTION_KEY),
    ("hmackey", Any, rules::ENCRYPTION_KEY),
    ("jwtkey", Any, rules::ENCRYPTION_KEY),
    ("aeskey", Any, rules::ENCRYPTION_KEY),
    ("cipherkey", Any, rules::ENCRYPTION_KEY),
    ("cryptokey", Any, rules::ENCRYPTION_KEY),
];

/// Ends that look like one of the above and hold no secret.
const HARMLESS: &[&str] = &[
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "continuationtoken",
    "continuetoken",
    "progresstoken",
    "synctoken",
    "deltatoken",
    "skiptoken",
    "cursortoken",
    "resumetoken",
    "forwardtoken",
    "backwardtoken",
    "creationtoken",
    "startingtoken",
    "requesttoken",
    "idempotencytoken",
    "clienttoken",
    "csrftoken",
    "xsrftoken",
    "csrfmiddlewaretoken",
    "cancellationtoken",
    "canceltoken",
    "changetoken",
    "locktoken",
    "stoptoken",
    "startmarkertoken",
    "maxtokens",
    "inputtokens",
    "outputtokens",
    "prompttokens",
    "completiontokens",
    "totaltokens",
    "hostpwd",
    "oldpwd",
    "pubsecret",
    "amzcredential",
    "publicapikey",
    "publishablekey",
    "imagepullsecret",
    "imagepullsecrets",
    "externalsecret",
    "sealedsecret",
    "existingsecret",
    "hassecret",
    "ispassword",
    "haspassword",
    "forgotpassword",
    "resetpassword",
    "showpassword",
    "isauth",
];

/// Longest key that is looked at, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// The rule, by its index in `CONTEXTUAL`, that a member's key calls for, when the key is one that
/// holds secrets.
pub(super) fn rule_of_key(key: &str) -> Option<usize> {
    let mut key = key.as_bytes();
    if key.len() < 2 || key.len() > KEY_BYTES_MAX {
        return None;
    }
    while let Some((last, rest)) = key.split_last()
        && !last.is_ascii_alphabetic()
    {
        key = rest;
    }
    if !may_end(key) {
        return None;
    }
    let ends = match key.last()?.to_ascii_lowercase() {
        b'c' => ENDS_C,
        b'd' => ENDS_D,
        b'e' => ENDS_E,
        b'g' | b'r' => ENDS_G,
        b'h' => ENDS_H,
        b'l' => ENDS_L,
        b'n' => ENDS_N,
        b'p' => ENDS_P,
        b's' => ENDS_S,
        b't' => ENDS_T,
        b'v' => ENDS_V,
        b'w' => ENDS_W,
        b'y' => ENDS_Y,
        _ => return None,
    };
    let name = Name::of(key)?;
    let (_, _, rule) = ends.iter().find(|(end, edge, _)| name.ends(end, *edge))?;
    let is_harmless = HARMLESS.iter().any(|end| name.ends(end, Word));
    (!is_harmless).then_some(*rule)
}

/// Whether a name whose last byte is a letter can end as one of the above, by its last two letters:
/// most names cannot, and this costs next to nothing.
fn may_end(key: &[u8]) -> bool {
    let Some((last, rest)) = key.split_last() else {
        return false;
    };
    let before = rest.last().map_or(b'_', u8::to_ascii_lowercase);
    // A separator stands between: a closer look tells.
    !before.is_ascii_alphabetic()
        || matches!(
            (before, last.to_ascii_lowercase()),
            (b'i' | b'v', b'c')
                | (b'r' | b'w', b'd')
                | (b's' | b'd' | b'r' | b'i', b'e')
                | (b'n', b'g')
                | (b't', b'r' | b'h' | b'p')
                | (b'a', b'l')
                | (b'e' | b'o' | b's' | b'i', b'n')
                | (b'l' | b'e' | b'd' | b'y' | b't' | b'n' | b's' | b'a', b's')
                | (b'e' | b'w' | b'a', b't')
                | (b'v', b'v')
                | (b'p', b'w')
                | (b'e', b'y')
        )
}

/// The letters and digits of a name in lower case, and which of them begin a word.
struct Name {
    plain: [u8; KEY_BYTES_MAX],
    length: usize,
    /// A bit for each of them.
    begins: u128,
}

impl Name {
    fn of(key: &[u8]) -> Option<Self> {
        let mut name = Self {
            plain: [0; KEY_BYTES_MAX],
            length: 0,
            begins: 0,
        };
        let mut before = b' ';
        for b in key {
            if !matches!(b, b'_' | b'-' | b'.' | b' ') {
                let begins = !before.is_ascii_alphabetic()
                    || b.is_ascii_uppercase() && before.is_ascii_lowercase();
                name.begins |= u128::from(begins) << name.length;
                *name.plain.get_mut(name.length)? = b.to_ascii_lowercase();
                name.length = name.length.saturating_add(1);
            }
            before = *b;
        }
        Some(name)
    }

    /// Whether it ends with these words.
    fn ends(&self, end: &str, edge: Edge) -> bool {
        let Some(begin) = self.length.checked_sub(end.len()) else {
            return false;
        };
        self.plain.get(begin..self.length) == Some(end.as_bytes())
            && (edge == Any || self.begins >> begin & 1 == 1)
    }
}

/// Which part of the string under such a key is the secret: nothing, when it is a reference, a
/// placeholder or a word about secrets.
pub(super) fn secret_in(rule: usize, value: &str) -> Option<Range<usize>> {
    let trimmed = value.trim();
    let start = value.len().saturating_sub(value.trim_start().len());
    let found = judge::within(rule, trimmed, judge::Place::Member)?;
    Some(start.saturating_add(found.start)..start.saturating_add(found.end))
}
