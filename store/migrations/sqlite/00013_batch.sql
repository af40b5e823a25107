-- A moving day: the queue of tags to hand out, one row for each. It goes when
-- the moving day is finished.

-- +goose Up
CREATE TABLE batch (
    id          INTEGER PRIMARY KEY,
    home        INTEGER NOT NULL REFERENCES homes (id),
    label       BLOB,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'written', 'skipped', 'undone')),
    tag         INTEGER UNIQUE REFERENCES tags (id),
    done        INTEGER NOT NULL CHECK (done >= 0),
    printed     INTEGER NOT NULL CHECK (printed IN (0, 1)),
    begun_day   INTEGER NOT NULL CHECK (begun_day BETWEEN 0 AND 65535),
    taken       INTEGER NOT NULL CHECK (taken IN (0, 1)),
    desk        BLOB    CHECK (desk IS NULL OR length(desk) = 8),
    row_version INTEGER NOT NULL CHECK (row_version >= 1),
    CHECK ((state = 'written') = (done > 0)),
    CHECK (state <> 'written' OR tag IS NOT NULL),
    CHECK (printed = 0 OR state = 'written'),
    CHECK (taken = 0 OR state IN ('waiting', 'undone'))
) STRICT;

CREATE UNIQUE INDEX batch_done ON batch (done) WHERE done > 0;

INSERT INTO sequences (name, next) VALUES ('batch', 1);
