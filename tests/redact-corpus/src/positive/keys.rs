//! Private keys, with the lines between their marks.

use super::Kind;

/// Private keys, with the lines between the marks.
pub(super) const KEYS: &[Kind] = &[
    Kind::text(
        "key: rsa",
        &["-----BEGIN RSA PRIVATE KEY-----\n«‹pem›»\n-----END RSA PRIVATE KEY-----\n"],
    ),
    Kind::text(
        "key: ec",
        &[
            "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI«‹b55›\n‹b64›\n‹b40›==»\n-----END EC PRIVATE KEY-----",
        ],
    ),
    Kind::text(
        "key: openssh",
        &[
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA«‹b46›\n‹pem›»\n-----END OPENSSH PRIVATE KEY-----\n",
        ],
    ),
    Kind::text(
        "key: pkcs8",
        &[
            "-----BEGIN PRIVATE KEY-----\n«‹pem›»\n-----END PRIVATE KEY-----",
            "$ cat tls.key\n-----BEGIN PRIVATE KEY-----\r\n«‹b64›\r\n‹b64›\r\n‹b40›=»\r\n-----END PRIVATE KEY-----\r\n$ ",
        ],
    ),
    Kind::text(
        "key: encrypted",
        &[
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n«‹pem›»\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,‹H32›\n\n«‹pem›»\n-----END RSA PRIVATE KEY-----\n",
        ],
    ),
    Kind::text(
        "key: dsa",
        &["-----BEGIN DSA PRIVATE KEY-----\n«‹pem›»\n-----END DSA PRIVATE KEY-----\n"],
    ),
    Kind::text(
        "key: pgp",
        &[
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n«‹pem›\n=‹w4›»\n-----END PGP PRIVATE KEY BLOCK-----\n",
        ],
    ),
    Kind::text(
        "key: putty",
        &[
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: k\nPublic-Lines: 2\nAAAAC3NzaC1lZDI1NTE5‹b44›\n‹b16›\nPrivate-Lines: 1\n«‹b44›»\nPrivate-MAC: ‹h64›\n",
        ],
    ),
    Kind::text(
        "key: in json",
        &[
            "{\n  \"type\": \"service_account\",\n  \"project_id\": \"acme-prod\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\n«‹b64›\\n‹b64›\\n‹b64›\\n‹b40›=»\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"svc@acme-prod.iam.gserviceaccount.com\"\n}",
        ],
    ),
    Kind::text(
        "key: cut off",
        &["-----BEGIN RSA PRIVATE KEY-----\n«‹pem›»"],
    ),
    Kind::text(
        "key: jwk",
        &[
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"‹u43›\",\"y\":\"‹u43›\",\"d\":\"«‹u43›»\"}",
            "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"«‹u43›»\"}",
        ],
    ),
];
