-- Passkeys and security keys.

CREATE TABLE passkey (
    method_id         TEXT    NOT NULL PRIMARY KEY REFERENCES method (id) ON DELETE CASCADE,
    sealed_credential BLOB    NOT NULL,
    -- HMAC of host and credential id: a credential is one person's (WebAuthn Level 3 §7.1, step 26).
    credential_index  BLOB    NOT NULL UNIQUE,
    -- What it was made for: a host that changes its RP ID strands the keys of the old one.
    rp_id             TEXT    NOT NULL,
    -- The signature counter after its last answer.
    counter           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What browsers are asked, each for one answer.
CREATE TABLE ceremony (
    id                TEXT    NOT NULL PRIMARY KEY,
    flow_id           TEXT    NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    kind              TEXT    NOT NULL,
    sealed_state      BLOB    NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    used_at           INTEGER,
    -- The passkey that it has made, until the end of its set-up.
    credential_index  BLOB,
    sealed_credential BLOB,
    counter           INTEGER
) STRICT;
CREATE INDEX ceremony_by_flow ON ceremony (flow_id);
