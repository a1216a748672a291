-- The group of the host's policy that the person of a flow is in.
ALTER TABLE flow ADD COLUMN policy_group TEXT;

-- When somebody who must have two-step verification was first asked to set it up, and how often it was put off since.
-- Both are given once: a reset ends them for good.
ALTER TABLE subject ADD COLUMN grace_from INTEGER;
ALTER TABLE subject ADD COLUMN skips_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN grace_is_over INTEGER NOT NULL DEFAULT 0;
UPDATE subject SET grace_is_over = 1 WHERE EXISTS (SELECT 1 FROM event
    WHERE event.host = subject.host AND event.subject = subject.subject AND event.kind = 'reset');
