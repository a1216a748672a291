-- Since when the host's support holds a method (Unix seconds), and who did something for a person and why.
ALTER TABLE method ADD COLUMN held_at INTEGER;
ALTER TABLE event ADD COLUMN by TEXT;
ALTER TABLE event ADD COLUMN reason TEXT;
