-- A keyed sum over all rows of all other tables, so that an old page that is put
-- back by itself is noticed. NULL is one that is still to be computed.

-- +goose Up
ALTER TABLE meta ADD COLUMN tally BLOB CHECK (tally IS NULL OR length(tally) = 32);
