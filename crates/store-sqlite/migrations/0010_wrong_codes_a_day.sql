-- How many wrong codes a person's logins have had on a day (days since the Unix epoch), of whatever method: many are summed
-- up in the record.
ALTER TABLE subject ADD COLUMN wrong_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN wrong_count INTEGER NOT NULL DEFAULT 0;
