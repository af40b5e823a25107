-- By which way the newest receipt of a lock came back. Of receipts that were
-- taken before, it is not known.

-- +goose Up
ALTER TABLE locks ADD COLUMN carrier TEXT NOT NULL DEFAULT '' CHECK (carrier IN ('', 'folder', 'card', 'gateway'));
