-- Times are Unix seconds. Hashes and sealed secrets are blobs; nothing here can be used without the keys outside.

CREATE TABLE flow (
    id              TEXT    NOT NULL PRIMARY KEY,
    host            TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    purpose         TEXT    NOT NULL,
    account_name    TEXT    NOT NULL,
    auth_time       INTEGER NOT NULL,
    session_binding TEXT    NOT NULL,
    origin          TEXT    NOT NULL,
    token_hash      BLOB    NOT NULL UNIQUE,
    enrolment_id    BLOB    NOT NULL UNIQUE,
    server_nonce    BLOB    NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    -- open, superseded (a newer flow of the same person stands) or completed
    state           TEXT    NOT NULL CHECK (state IN ('open', 'superseded', 'completed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- Set together when the flow completes.
    body_hash         BLOB,
    method_id         TEXT,
    result_hash       BLOB,
    result_expires_at INTEGER,
    redeemed_at       INTEGER
) STRICT;
CREATE INDEX flow_by_subject ON flow (host, subject);
CREATE INDEX flow_by_expiry ON flow (expires_at);

CREATE TABLE subject (
    host         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    factor_epoch INTEGER NOT NULL,
    PRIMARY KEY (host, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE method (
    id            TEXT    NOT NULL PRIMARY KEY,
    host          TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('totp')),
    sealed_secret BLOB    NOT NULL,
    -- HMAC of the secret: no secret is ever accepted twice.
    fingerprint   BLOB    NOT NULL UNIQUE,
    -- RFC 6238 §5.2: the last time step whose code was accepted.
    last_step     INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    FOREIGN KEY (host, subject) REFERENCES subject (host, subject)
) STRICT;
CREATE INDEX method_by_subject ON method (host, subject);

-- One set per subject; a new set replaces the old one whole.
CREATE TABLE backup_set (
    host       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    salt       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (host, subject),
    FOREIGN KEY (host, subject) REFERENCES subject (host, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_code (
    host    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    ordinal INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (host, subject, ordinal),
    FOREIGN KEY (host, subject) REFERENCES backup_set (host, subject) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
