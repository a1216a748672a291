-- The method that took the place of one that retires: where that one is held, the old one stays. `replaced_by` is the one with
-- whose first login it goes earlier, and is missing where nobody may end its day.
ALTER TABLE method ADD COLUMN successor TEXT;
UPDATE method SET successor = replaced_by;
