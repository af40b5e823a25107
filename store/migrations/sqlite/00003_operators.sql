-- Who may open the records and do what at the desk.

-- +goose Up
CREATE TABLE operators (
    id          INTEGER PRIMARY KEY,
    name        BLOB    NOT NULL,
    role        TEXT    NOT NULL CHECK (role IN ('caretaker', 'custodian')),
    slot        BLOB    NOT NULL UNIQUE CHECK (length(slot) = 8),
    added_day   INTEGER NOT NULL CHECK (added_day BETWEEN 0 AND 65535),
    revoked_day INTEGER NOT NULL CHECK (revoked_day BETWEEN 0 AND 65535),
    row_version INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

INSERT INTO sequences (name, next) VALUES ('operators', 1);

-- +goose StatementBegin
CREATE TRIGGER operators_kept BEFORE DELETE ON operators
BEGIN SELECT RAISE(ABORT, 'kept: operators'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER operators_revoked BEFORE UPDATE ON operators
WHEN OLD.revoked_day > 0 OR NEW.id <> OLD.id OR NEW.slot <> OLD.slot
BEGIN SELECT RAISE(ABORT, 'kept: operators'); END;
-- +goose StatementEnd
