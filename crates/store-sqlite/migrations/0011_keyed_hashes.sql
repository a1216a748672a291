-- Backup codes are hashed with host and person in them: a set that is moved to somebody else opens nothing. Sets of before
-- stay good where they are.
ALTER TABLE backup_set ADD COLUMN is_bound INTEGER NOT NULL DEFAULT 0;

-- Tokens of trusted browsers are hashed with a key now, so that nobody who only writes the database trusts a browser of
-- theirs. Those of before cannot be brought along: each browser is asked for a code once more.
DELETE FROM trusted_browser;
