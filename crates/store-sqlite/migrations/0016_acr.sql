-- What a login has to be worth, where any second step is not enough: a value of `acr`.
ALTER TABLE flow ADD COLUMN acr_needed TEXT;
