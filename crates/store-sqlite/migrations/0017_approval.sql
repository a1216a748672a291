-- Logins that wait for another browser of the person, which is trusted, to show their code. The code is stored nowhere: it is derived
-- from the id.
CREATE TABLE approval (
    id           TEXT    NOT NULL PRIMARY KEY,
    flow_id      TEXT    NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
    -- A change of a factor ends what was asked before it.
    factor_epoch INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- The browser that has shown the code; with its trust the code goes too.
    browser_id   TEXT    REFERENCES trusted_browser (id) ON DELETE CASCADE,
    answered_at  INTEGER
) STRICT;
CREATE INDEX approval_by_flow ON approval (flow_id);
CREATE INDEX approval_by_browser ON approval (browser_id);
-- Requests for approval since the last right code at a login.
ALTER TABLE subject ADD COLUMN approvals_count INTEGER NOT NULL DEFAULT 0;
