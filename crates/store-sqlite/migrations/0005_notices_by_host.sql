-- Each host's notices are looked for by themselves: another one's backlog is not gone through.
DROP INDEX notice_due;
CREATE INDEX notice_by_host ON notice (host, due_at_ms);
