-- What people change after the first set-up.

-- What the person came for; when a factor was proved in a flow in which methods are managed (`used`, `method_id` and
-- `factor_epoch` say by what and under which epoch), and the hash of the post that it came with; the hash of the
-- last post that tested a method; whether it raised the epoch.
ALTER TABLE flow ADD COLUMN intent TEXT;
ALTER TABLE flow ADD COLUMN proved_at INTEGER;
ALTER TABLE flow ADD COLUMN proof_hash BLOB;
ALTER TABLE flow ADD COLUMN test_hash BLOB;
ALTER TABLE flow ADD COLUMN raised_epoch INTEGER NOT NULL DEFAULT 0;

-- When the method was last tested; whether a login begins with it; when it goes because another one took its place, and
-- with whose first login it goes earlier; who holds it: the person, or the host's support where there is nobody.
ALTER TABLE method ADD COLUMN tested_at INTEGER;
ALTER TABLE method ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0;
ALTER TABLE method ADD COLUMN retires_at INTEGER;
ALTER TABLE method ADD COLUMN replaced_by TEXT;
ALTER TABLE method ADD COLUMN held_by TEXT;
CREATE INDEX method_by_end ON method (host, retires_at) WHERE retires_at IS NOT NULL;

-- Until when codes are paused, and whether that end is still to be told; the last report; changes of a day.
ALTER TABLE subject ADD COLUMN paused_until INTEGER;
ALTER TABLE subject ADD COLUMN tells_pause_end INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN reported_at INTEGER;
ALTER TABLE subject ADD COLUMN change_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN change_count INTEGER NOT NULL DEFAULT 0;
CREATE INDEX subject_by_pause ON subject (host, paused_until) WHERE paused_until IS NOT NULL;

-- Something new that waits to be proved; nothing of it counts before.
CREATE TABLE setup (
    id                 BLOB    NOT NULL PRIMARY KEY,
    flow_id            TEXT    NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    kind               TEXT    NOT NULL,
    replaces           TEXT,
    server_public_key  BLOB,
    sealed_private_key BLOB,
    created_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX setup_by_flow ON setup (flow_id);

-- Changes of a flow, each by the id that its request brought: a repeated request is answered, and done once.
CREATE TABLE flow_request (
    flow_id    TEXT NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    request_id TEXT NOT NULL,
    body_hash  BLOB NOT NULL,
    -- What the signed result says; nothing where it says nothing.
    change     TEXT,
    method     TEXT,
    PRIMARY KEY (flow_id, request_id)
) STRICT, WITHOUT ROWID;
