-- A code that the host's support has made for somebody who is locked out: one for each person.
CREATE TABLE temporary_code (
    host       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    salt       BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The login that it let in, by its flow's id, or an empty text where a report has ended it. Until it ends, or until a set-up takes
    -- its place, nothing but that login leads into a set-up.
    spent_by   TEXT,
    PRIMARY KEY (host, subject)
) STRICT;
CREATE INDEX temporary_code_by_end ON temporary_code (expires_at);
