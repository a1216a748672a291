-- Phone methods: challenges, messages on their way, and how many were sent.

ALTER TABLE flow ADD COLUMN country TEXT;

CREATE TABLE method_of_any_kind (
    id            TEXT    NOT NULL PRIMARY KEY,
    host          TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('totp', 'sms', 'voice')),
    -- An app's secret or a phone's number (E.164).
    sealed        BLOB    NOT NULL,
    -- Apps only. HMAC of the secret: no secret is ever accepted twice.
    fingerprint   BLOB    UNIQUE,
    -- Apps only. RFC 6238 §5.2: the last time step whose code was accepted.
    last_step     INTEGER,
    -- Phones only. HMAC of the number; the same number may serve several people.
    number_index  BLOB,
    -- Phones only. The last two digits.
    hint          TEXT,
    name          TEXT,
    -- The order in which the person set them up; the first phone is the primary one.
    position      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    FOREIGN KEY (host, subject) REFERENCES subject (host, subject),
    CHECK ((kind = 'totp') = (fingerprint IS NOT NULL AND last_step IS NOT NULL)),
    CHECK ((kind = 'totp') = (number_index IS NULL AND hint IS NULL))
) STRICT;
INSERT INTO method_of_any_kind (id, host, subject, kind, sealed, fingerprint, last_step, position, created_at)
    SELECT id, host, subject, kind, sealed_secret, fingerprint, last_step, 0, created_at FROM method;
DROP TABLE method;
ALTER TABLE method_of_any_kind RENAME TO method;
CREATE INDEX method_by_subject ON method (host, subject);

-- A code that somebody is to type back. The code itself stands nowhere: it is derived from the id under the pepper.
CREATE TABLE challenge (
    id            TEXT    NOT NULL PRIMARY KEY,
    flow_id       TEXT    NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    channel       TEXT    NOT NULL CHECK (channel IN ('sms', 'voice')),
    country       TEXT    NOT NULL,
    locale        TEXT    NOT NULL,
    sealed_number BLOB    NOT NULL,
    number_index  BLOB    NOT NULL,
    hint          TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    keys          TEXT,
    expires_at    INTEGER NOT NULL,
    sends         INTEGER NOT NULL,
    sent_at       INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    answered_at   INTEGER
) STRICT;
CREATE INDEX challenge_by_flow ON challenge (flow_id);

CREATE TABLE message (
    id            TEXT    NOT NULL PRIMARY KEY,
    challenge_id  TEXT    NOT NULL REFERENCES challenge (id) ON DELETE CASCADE,
    state         TEXT    NOT NULL CHECK (state IN ('queued', 'accepted', 'delivered', 'failed')),
    -- Since when the state holds.
    state_at      INTEGER NOT NULL,
    -- A queued message is taken when this has come; taking it moves it on, so that a dead worker's messages return.
    due_at_ms     INTEGER NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    -- How many of the gateways in question refused it.
    refused       INTEGER NOT NULL DEFAULT 0,
    gateway       TEXT,
    gateway_ref   TEXT
) STRICT;
CREATE INDEX message_by_challenge ON message (challenge_id);
CREATE INDEX message_due ON message (due_at_ms) WHERE state = 'queued';
CREATE INDEX message_by_ref ON message (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;

-- How many messages were ordered in a window of time, by number, subject, host, block, country and altogether.
CREATE TABLE send_count (
    scope        TEXT    NOT NULL,
    key          BLOB    NOT NULL,
    window_start INTEGER NOT NULL,
    window_end   INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    PRIMARY KEY (scope, key, window_start)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_count_by_end ON send_count (window_end);
