-- The keys of a site may be in a token instead of the records.

-- +goose Up
CREATE TABLE custody_next (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    kind        TEXT    NOT NULL CHECK (kind IN ('software', 'token')),
    root        BLOB,
    token       BLOB,
    row_version INTEGER NOT NULL CHECK (row_version >= 1),
    CHECK ((kind = 'software') = (root IS NOT NULL)),
    CHECK (kind = 'software' OR token IS NOT NULL)
) STRICT;

INSERT INTO custody_next (id, kind, root, row_version)
SELECT id, 'software', root, row_version FROM custody;

DROP TABLE custody;

ALTER TABLE custody_next RENAME TO custody;
