-- Which database this is, so that a start notices a copied, older or foreign one and wrong keys.

CREATE TABLE instance (
    only           INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    -- Random; stands in the mark beside the keys too.
    id             BLOB    NOT NULL,
    -- Rises with every start, every end, every backup, and every minute in which something was written.
    generation     INTEGER NOT NULL,
    -- 1 when the last process that had it open closed it: all of it is in this one file. 0 while it is open.
    is_whole       INTEGER NOT NULL,
    -- Keyed hashes of a constant: other keys have other ones.
    sealing_check  BLOB    NOT NULL,
    pepper_check   BLOB    NOT NULL
) STRICT;

-- 1 for the login that itself reported. Only its page is told again who got in: another open login of the same person may be
-- the thief's.
ALTER TABLE flow ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
