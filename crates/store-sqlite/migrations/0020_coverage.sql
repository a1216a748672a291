-- The group that the host has named with the person's latest flow.
ALTER TABLE subject ADD COLUMN policy_group TEXT;
CREATE INDEX subject_by_group ON subject (host, policy_group, subject) WHERE policy_group IS NOT NULL;

-- Whether a set-up stands between a login and the site: nothing else can be put off.
ALTER TABLE flow ADD COLUMN at_login INTEGER NOT NULL DEFAULT 0;
