-- What a login has to be worth, where any second step is not enough: a value of `acr`.
ALTER TABLE flow ADD COLUMN acr_needed TEXT;
-- When the person set two-step verification up for the first time in their life here. What came with that counts at once for such
-- a login, and what was added later after a day. Unknown for those who did so before this build.
ALTER TABLE subject ADD COLUMN first_set_up_at INTEGER;
