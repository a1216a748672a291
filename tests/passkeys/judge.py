"""Ceremonies of passkeys as crates/server/src/passkey/tests/agreement.rs has recorded them, judged by
an implementation that shares nothing with this project: Yubico's python-fido2. The same file goes
through tests/browser/passkey-agreement.mjs."""

import json
import pathlib

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import Aaguid, AttestedCredentialData, PublicKeyCredentialRpEntity

FILE = pathlib.Path(__file__).parents[2] / "crates/server/tests/vectors/passkeys.json"
# Every right row, and so many wrong ones, are in the file: else it says little.
WRONG_MIN = 30


def counts(row):
    """Whether a ceremony counts there."""
    rp = PublicKeyCredentialRpEntity(id=row["rp_id"], name=row["rp_id"])
    server = Fido2Server(rp, verify_origin=lambda origin: origin == row["origin"])
    state = {"challenge": row["challenge"], "user_verification": "required"}
    try:
        if row["kind"] == "create":
            server.register_complete(state, row["answer"])
        else:
            key = CoseKey.parse(cbor.decode(websafe_decode(row["public_key"])))
            name = websafe_decode(row["credential_id"])
            known = AttestedCredentialData.create(Aaguid(bytes(16)), name, key)
            server.authenticate_complete(state, [known], row["answer"])
    # Whatever it does not take, it says in an exception of one kind or another.
    except Exception:
        return False
    return True


def is_ours_alone(row):
    """What is refused here and left to the caller there: frames of other sites, and a key that says it
    is backed up and cannot be."""
    client_data = websafe_decode(row["answer"]["response"]["clientDataJSON"])
    is_framed = row["wrong"] == "origin" and json.loads(client_data).get("crossOrigin") is True
    return is_framed or row["wrong"] == "flags"


def main():
    right = wrong = alone = 0
    for nth, row in enumerate(json.loads(FILE.read_text())["ceremonies"]):
        here, there = row["wrong"] is None, counts(row)
        if there and is_ours_alone(row):
            alone += 1
        elif here != there:
            raise SystemExit(f"ceremony {nth} ({row['kind']}): here {row['wrong'] or 'right'}, there {'right' if there else 'wrong'}")
        elif here:
            right += 1
        else:
            wrong += 1
    if not right or wrong < WRONG_MIN or alone * 4 > wrong:
        raise SystemExit(f"{right} right, {wrong} wrong and {alone} of ours alone say too little")
    print(f"{right} right and {wrong} wrong ceremonies are judged alike; {alone} are refused here alone (a frame of another site, flags that contradict each other)")


main()
