-- A set-up's secret comes of a key agreement: the flow has a key pair of its own, whose private half is sealed and erased
-- with the flow's end. A set-up that an earlier version opened has none: its time is over, and whoever is in it begins anew.
UPDATE flow SET expires_at = created_at WHERE state = 'open' AND purpose = 'enroll';

ALTER TABLE flow ADD COLUMN server_public_key BLOB;
ALTER TABLE flow ADD COLUMN sealed_private_key BLOB;
ALTER TABLE flow DROP COLUMN server_nonce;
