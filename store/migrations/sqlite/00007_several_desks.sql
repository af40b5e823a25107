-- Several desks: how far this desk has followed the log in the shared database,
-- and the desks that may read it. Tables replica and own_keys are each desk's own;
-- without a row in replica there is no shared database, and without one in
-- own_keys sealed columns have the keys of the desk's own data key.

-- +goose Up
CREATE TABLE replica (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    head     BLOB    NOT NULL CHECK (length(head) = 32)
) STRICT;

CREATE TABLE own_keys (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    columns BLOB    NOT NULL
) STRICT;

CREATE TABLE desk_keys (
    desk        BLOB    PRIMARY KEY CHECK (length(desk) = 8),
    name        TEXT    NOT NULL CHECK (name <> ''),
    public_key  BLOB    NOT NULL CHECK (length(public_key) = 32),
    added_day   INTEGER NOT NULL CHECK (added_day BETWEEN 0 AND 65535),
    removed_day INTEGER NOT NULL CHECK (removed_day BETWEEN 0 AND 65535)
) STRICT, WITHOUT ROWID;

-- Which desk a plan runs at; NULL at a site's only one.
ALTER TABLE plans ADD COLUMN desk BLOB CHECK (desk IS NULL OR length(desk) = 8);

-- +goose StatementBegin
CREATE TRIGGER desk_keys_kept BEFORE DELETE ON desk_keys
BEGIN SELECT RAISE(ABORT, 'kept: desk keys'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER desk_keys_removed BEFORE UPDATE ON desk_keys
WHEN OLD.removed_day > 0 OR NEW.desk <> OLD.desk OR NEW.public_key <> OLD.public_key
BEGIN SELECT RAISE(ABORT, 'kept: desk keys'); END;
-- +goose StatementEnd
