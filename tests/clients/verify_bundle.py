"""Verifies a policy bundle without Portcullis, as docs/policy-bundles.md describes it.

    python verify_bundle.py BUNDLE PUBLIC_KEY.pem

Prints what the bundle says as one JSON object, and exits with 1 when the key did not sign it.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

TYPE = "application/vnd.portcullis.policy-bundle.v1+json"


def no_doubles(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object holds the same key twice")
    return members


def main(bundle, key_file):
    with open(bundle, "rb") as file:
        envelope = json.loads(file.read(), object_pairs_hook=no_doubles)
    with open(key_file, "rb") as file:
        key = load_pem_public_key(file.read())
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"]
    if kind != TYPE:
        raise ValueError(f"this holds {kind!r}")
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    if not any(signed(key, message, one["sig"]) for one in envelope["signatures"]):
        raise ValueError("the key did not sign this")
    said = json.loads(payload, object_pairs_hook=no_doubles)
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name = "sha256:" + hashlib.sha256(spki).hexdigest()
    shown = {member: said.get(member) for member in ("digest", "created", "name", "version")}
    print(json.dumps({**shown, "key": name}))


def signed(key, message, signature):
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
        return True
    except InvalidSignature:
        return False


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, KeyError, TypeError, OSError) as error:
        sys.exit(f"refused: {error}")
