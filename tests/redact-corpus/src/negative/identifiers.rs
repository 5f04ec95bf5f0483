//! Ids, digests and other long words that are no secrets.

use super::{Class, member, text};

pub(super) const CLASSES: &[Class] = &[
    text(
        "uuid",
        &[
            "‹uuid›",
            "order ‹uuid› was shipped",
            "ids: ‹uuid›, ‹uuid›",
            "urn:uuid:‹uuid›",
        ],
    ),
    member(
        "uuid, member",
        &[
            ("id", "‹uuid›"),
            ("traceId", "‹uuid›"),
            ("client_id", "‹uuid›"),
            ("tenantId", "‹uuid›"),
            ("correlation_id", "‹uuid›"),
        ],
    ),
    text("ulid", &["01‹C24›", "created event 01‹C24› at ‹date›"]),
    text("object id", &["ObjectId(\"‹h24›\")", "_id: ‹h24›", "‹h24›"]),
    text("nanoid", &["‹u21›", "board/‹u21›"]),
    member(
        "ids, members",
        &[
            ("id", "‹u21›"),
            ("orderId", "ord_‹w24›"),
            ("customer", "cus_‹w14›"),
            ("requestId", "req_‹w24›"),
            ("toolCallId", "call_‹w24›"),
            ("message_id", "msg_01‹w22›"),
            ("key", "PROJ-‹d4›"),
            ("payment_intent", "pi_‹w24›"),
        ],
    ),
    text(
        "git commit",
        &[
            "‹h40›",
            "commit ‹h40›\nAuthor: Alice <alice@acme.io>\nDate:   Mon Mar 2 10:11:12 2026 +0100\n\n    Fix the token parser\n",
            "Merge ‹h7› into ‹h7›",
            "‹h40› refs/heads/main",
        ],
    ),
    text(
        "git log",
        &[
            "‹h7› Rotate the password of the staging database\n‹h7› Add key rotation\n‹h7› Remove secret from config\n",
            "index ‹h7›..‹h7› 100644\n--- a/src/auth.rs\n+++ b/src/auth.rs\n",
        ],
    ),
    text(
        "digest",
        &[
            "sha256:‹h64›",
            "SHA256 (shop.tar.gz) = ‹h64›",
            "‹h64›  shop-1.4.tar.gz",
            "md5 ‹h32›",
            "image: acme/shop@sha256:‹h64›",
            "‹h128›",
        ],
    ),
    member(
        "digest, member",
        &[
            ("sha256", "‹h64›"),
            ("checksum", "‹h32›"),
            ("digest", "sha256:‹h64›"),
            ("etag", "\"‹h32›\""),
            ("contentHash", "‹b43›="),
            ("md5", "‹b22›=="),
        ],
    ),
    text(
        "npm integrity",
        &[
            "\"integrity\": \"sha512-‹b86›==\",",
            "integrity sha512-‹b86›==",
            "      integrity: sha1-‹b27›=",
        ],
    ),
    text(
        "lock files",
        &[
            "golang.org/x/crypto v0.31.0 h1:‹b43›=\ngolang.org/x/crypto v0.31.0/go.mod h1:‹b43›=\n",
            "[[package]]\nname = \"serde\"\nversion = \"1.0.219\"\nchecksum = \"‹h64›\"\n",
            "requests==2.32.3 \\\n    --hash=sha256:‹h64›\n",
            "    rack (3.1.8) sha256=‹h64›",
            "\"resolved\": \"https://registry.acme.io/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz\",\n\"integrity\": \"sha512-‹b86›==\"",
        ],
    ),
    text(
        "trace",
        &[
            "traceparent: 00-‹h32›-‹h16›-01",
            "trace_id=‹h32› span_id=‹h16›",
            "x-request-id: ‹uuid›",
            "X-Amzn-Trace-Id: Root=1-‹h8›-‹h24›",
            "b3: ‹h32›-‹h16›-1",
        ],
    ),
    text(
        "etag",
        &[
            "ETag: \"‹h32›\"",
            "If-None-Match: W/\"‹w27›\"",
            "etag: W/\"‹h4›-‹b27›\"",
        ],
    ),
    member(
        "cursor",
        &[
            ("nextCursor", "eyJ‹w40›"),
            ("cursor", "‹b44›"),
            ("next_page_token", "CAUQ‹u20›"),
            ("pageToken", "‹u32›"),
            ("continuationToken", "‹w40›"),
            ("sync_token", "‹u24›"),
            ("nextToken", "‹u40›"),
        ],
    ),
    member(
        "sessions and streams",
        &[
            ("sessionId", "‹uuid›"),
            ("streamId", "17‹d11›-0"),
            ("Mcp-Session-Id", "‹uuid›"),
            ("lastEventId", "‹w24›"),
            ("progressToken", "‹uuid›"),
            ("jobId", "‹a26›"),
        ],
    ),
    text(
        "kubernetes names",
        &[
            "shop-api-‹a9›-‹l5›   1/1   Running   0   3d",
            "pod/shop-worker-7d4b9c6f58-‹a5› created",
            "default-token-‹a5›   kubernetes.io/service-account-token   3   90d",
            "secret/db-credentials configured",
            "arn:aws:iam::‹d12›:role/deploy",
            "arn:aws:secretsmanager:eu-west-1:‹d12›:secret:prod/db-‹w6›",
        ],
    ),
    text(
        "public keys",
        &[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI‹b43› alice@acme",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ‹b340› bob@acme",
            "-----BEGIN PUBLIC KEY-----\n‹pem›\n-----END PUBLIC KEY-----\n",
            "PublicKey = ‹b43›=",
            "age1‹a58›",
            "SHA256:‹b43› alice@acme (ED25519)",
        ],
    ),
    text(
        "certificates",
        &[
            "-----BEGIN CERTIFICATE-----\nMIID‹b60›\n‹pem›\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE REQUEST-----\n‹pem›\n-----END CERTIFICATE REQUEST-----\n",
            "-----BEGIN PGP SIGNATURE-----\n\n‹pem›\n=‹b4›\n-----END PGP SIGNATURE-----",
        ],
    ),
    member(
        "public keys, members",
        &[
            ("publicKey", "‹b43›="),
            (
                "public_key",
                "-----BEGIN PUBLIC KEY-----\n‹pem›\n-----END PUBLIC KEY-----",
            ),
            ("fingerprint", "SHA256:‹b43›"),
            ("keyId", "‹h40›"),
            ("kid", "‹u27›"),
            (
                "public_key_pem",
                "-----BEGIN PUBLIC KEY-----\n‹pem›\n-----END PUBLIC KEY-----",
            ),
        ],
    ),
    text(
        "jwks",
        &[
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"‹u20›\",\"use\":\"sig\",\"x\":\"‹u43›\",\"y\":\"‹u43›\"}]}",
            "{\"kty\":\"RSA\",\"n\":\"‹u342›\",\"e\":\"AQAB\",\"kid\":\"‹h16›\"}",
        ],
    ),
    text(
        "urls",
        &[
            "https://shop.acme.io/items/‹uuid›?page=2&sort=price&size=‹d2›",
            "https://cdn.acme.io/assets/main.‹h20›.js",
            "https://docs.google.com/document/d/1‹u43›/edit",
            "https://www.youtube.com/watch?v=‹u11›",
            "https://github.com/acme/shop/commit/‹h40›",
            "https://user@git.acme.io/acme/shop.git",
            "http://localhost:8080/?key=name&value=alice",
            "https://acme.s3.amazonaws.com/in/2026/03/‹uuid›.csv",
            "postgres://localhost:5432/orders",
            "redis://cache:6379/0",
            "https://api.acme.io/v1/tokens/‹uuid›/usage",
        ],
    ),
    text(
        "logs with ids",
        &[
            "‹date› INFO request_id=‹uuid› method=GET path=/v1/items status=200 took=12ms",
            "[‹date›] worker ‹h12› picked up job ‹a26›",
            "‹ip› - - [02/Mar/2026:10:11:12 +0000] \"GET /v1/items/‹h24› HTTP/1.1\" 200 ‹d4›",
            "container ‹h64› started",
            "kernel: [‹d5›.‹d6›] usb 1-1: SerialNumber: ‹A20›",
            "txn 0x‹h64› confirmed in block ‹d8›",
        ],
    ),
    text(
        "addresses",
        &[
            "0x‹h40›",
            "bc1q‹a38›",
            "MAC ‹h2›:‹h2›:‹h2›:‹h2›:‹h2›:‹h2›",
            "2001:db8:‹h4›:‹h4›::1",
            "IBAN DE89370400440532013000",
            "ISBN 978-3-16-148410-0",
            "VIN WAUZZZ8K‹A9›",
        ],
    ),
    text(
        "blobs of base64",
        &[
            "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA‹b400›",
            "data:font/woff2;base64,d09GMgABAAAA‹b600›",
            "<img src=\"data:image/gif;base64,R0lGODlhAQABAIAAAP‹b120›\">",
        ],
    ),
    text(
        "long words of base64",
        &["‹b300›==", "H4sIAAAAAAAA‹b300›", "UEsDBBQAAAAIA‹b300›"],
    ),
    text(
        "protobuf and hex",
        &[
            "order {\n  id: \"‹h24›\"\n  digest: \"\\x‹h2›\\x‹h2›\"\n  count: 3\n}\n",
            "00000000  ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2›  |........|",
            "0x‹H8› 0x‹H8› 0x‹H8› 0x‹H8›",
        ],
    ),
];
