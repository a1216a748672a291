-- Codes at login: tries, trusted browsers, the record and its notices.

ALTER TABLE flow ADD COLUMN place        TEXT;
-- Millionths of the allowance that this flow's tries have cost; given back when one of them was right.
ALTER TABLE flow ADD COLUMN guess_cost   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow ADD COLUMN backup_tries INTEGER NOT NULL DEFAULT 0;
-- Whether the host was told of a wrong code in it.
ALTER TABLE flow ADD COLUMN told         INTEGER NOT NULL DEFAULT 0;
-- Set when a verification completes: what was right (totp, sms, voice, backup_code, trusted_browser), under which epoch,
-- and whether this browser is to be trusted.
ALTER TABLE flow ADD COLUMN used         TEXT;
ALTER TABLE flow ADD COLUMN factor_epoch INTEGER;
ALTER TABLE flow ADD COLUMN trusts       INTEGER NOT NULL DEFAULT 0;
-- The token that a trusted browser brought: another one takes its place at redeem.
ALTER TABLE flow ADD COLUMN trust_hash   BLOB;
ALTER TABLE flow ADD COLUMN reported_at  INTEGER;
CREATE INDEX flow_by_session ON flow (session_binding) WHERE state = 'open';

-- Wrong tries (see throttle.rs), how far an app's clock is off, and when the method last worked.
ALTER TABLE method ADD COLUMN in_a_row INTEGER NOT NULL DEFAULT 0;
ALTER TABLE method ADD COLUMN day      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE method ADD COLUMN today    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE method ADD COLUMN drift    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE method ADD COLUMN used_at  INTEGER;

-- When the allowance is full again; the last line of the record.
ALTER TABLE subject ADD COLUMN guess_full_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN event_seq     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN event_hash    BLOB;

-- The method that a code at login is for; how many codes the message has.
ALTER TABLE challenge ADD COLUMN method_id TEXT;
ALTER TABLE challenge ADD COLUMN codes     INTEGER NOT NULL DEFAULT 1;

CREATE TABLE trusted_browser (
    id           TEXT    NOT NULL PRIMARY KEY,
    host         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    -- SHA-256 of the token that counts now.
    token_hash   BLOB    NOT NULL UNIQUE,
    factor_epoch INTEGER NOT NULL,
    place        TEXT,
    created_at   INTEGER NOT NULL,
    used_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    FOREIGN KEY (host, subject) REFERENCES subject (host, subject)
) STRICT;
CREATE INDEX trusted_browser_by_subject ON trusted_browser (host, subject);
CREATE INDEX trusted_browser_by_end ON trusted_browser (expires_at);

-- Tokens that counted before: whoever brings one has a copy.
CREATE TABLE old_trust_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    browser_id TEXT NOT NULL REFERENCES trusted_browser (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX old_trust_token_by_browser ON old_trust_token (browser_id);

-- Append-only. Each line's hash is keyed and holds the one before.
CREATE TABLE event (
    host    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    method  TEXT,
    hint    TEXT,
    place   TEXT,
    count   INTEGER,
    hash    BLOB    NOT NULL,
    PRIMARY KEY (host, subject, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- Lines of the record that a host has not heard of yet.
CREATE TABLE notice (
    id        INTEGER PRIMARY KEY,
    host      TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    tries     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notice_due ON notice (due_at_ms);
