//! How the names of secrets end, by their last letter.

use super::super::context as rules;

/// How the end of a name must stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Anywhere: `dbpassword`.
    Any,
    /// As words of its own: `db_pass`, not `compass`.
    Word,
}

use Edge::{Any, Word};

/// The end of a name (lower case, without separators) and the rule that it calls for.
pub(super) type End = (&'static str, Edge, usize);

/// The ends whose last letter this is.
pub(super) const fn ends(last: u8) -> &'static [End] {
    match last {
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
        _ => &[],
    }
}

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
pub(super) const HARMLESS: &[&str] = &[
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
