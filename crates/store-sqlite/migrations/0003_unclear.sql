-- A message that nobody knows to have left: no other gateway gets it, and it is not called handed over.

CREATE TABLE message_new (
    id            TEXT    NOT NULL PRIMARY KEY,
    challenge_id  TEXT    NOT NULL REFERENCES challenge (id) ON DELETE CASCADE,
    state         TEXT    NOT NULL CHECK (state IN ('queued', 'accepted', 'unclear', 'delivered', 'failed')),
    -- Since when the state holds.
    state_at      INTEGER NOT NULL,
    -- A queued message is taken when this has come; taking it moves it on, so that a dead worker's messages return.
    due_at_ms     INTEGER NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    -- How many of the gateways in question refused it.
    refused       INTEGER NOT NULL DEFAULT 0,
    gateway       TEXT,
    gateway_ref   TEXT,
    -- Whether a worker has it; whether one that had it died, or got no clear answer: it may be out already.
    in_hand       INTEGER NOT NULL DEFAULT 0,
    doubt         INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO message_new SELECT *, 0, 0 FROM message;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;
CREATE INDEX message_by_challenge ON message (challenge_id);
CREATE INDEX message_due ON message (due_at_ms) WHERE state = 'queued';
CREATE INDEX message_by_ref ON message (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;
