-- A method is a row of `method`; what belongs to one kind only is in a table of that kind. Which kinds there are is the
-- program's to say (crates/protocol/src/method.rs), so that the next one needs a table and no change of this one.

CREATE TABLE totp (
    method_id     TEXT    NOT NULL PRIMARY KEY REFERENCES method_new (id) ON DELETE CASCADE,
    sealed_secret BLOB    NOT NULL,
    -- HMAC of the secret: no secret is ever accepted twice.
    fingerprint   BLOB    NOT NULL UNIQUE,
    -- RFC 6238 §5.2: the last time step whose code was accepted.
    last_step     INTEGER NOT NULL,
    -- How far the app's clock is off, in steps.
    drift         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE phone (
    method_id     TEXT    NOT NULL PRIMARY KEY REFERENCES method_new (id) ON DELETE CASCADE,
    -- E.164.
    sealed_number BLOB    NOT NULL,
    -- HMAC of the number; the same number may serve several people.
    number_index  BLOB    NOT NULL,
    -- The last two digits.
    hint          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE method_new (
    id         TEXT    NOT NULL PRIMARY KEY,
    host       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    name       TEXT,
    -- The order in which the person set them up; the first phone is the primary one.
    position   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Wrong tries (see throttle.rs), and when the method last worked.
    in_a_row   INTEGER NOT NULL DEFAULT 0,
    day        INTEGER NOT NULL DEFAULT 0,
    today      INTEGER NOT NULL DEFAULT 0,
    used_at    INTEGER,
    FOREIGN KEY (host, subject) REFERENCES subject (host, subject)
) STRICT;

INSERT INTO method_new (id, host, subject, kind, name, position, created_at, in_a_row, day, today, used_at)
    SELECT id, host, subject, kind, name, position, created_at, in_a_row, day, today, used_at FROM method;
INSERT INTO totp (method_id, sealed_secret, fingerprint, last_step, drift)
    SELECT id, sealed, fingerprint, last_step, drift FROM method WHERE kind = 'totp';
INSERT INTO phone (method_id, sealed_number, number_index, hint)
    SELECT id, sealed, number_index, hint FROM method WHERE kind IN ('sms', 'voice');
DROP TABLE method;
ALTER TABLE method_new RENAME TO method;
CREATE INDEX method_by_subject ON method (host, subject);
