-- Since when a lock lacks what it ought to know; locks that were taken out of
-- service; and how far epochs and generations have come since a lock confirmed
-- its bundle, because a lock refuses tags that are too far ahead of it.

-- +goose Up
ALTER TABLE site ADD COLUMN overdue_days INTEGER NOT NULL DEFAULT 14 CHECK (overdue_days BETWEEN 1 AND 3650);

ALTER TABLE locks ADD COLUMN stale_since INTEGER NOT NULL DEFAULT 0 CHECK (stale_since BETWEEN 0 AND 65535);
ALTER TABLE locks ADD COLUMN waiting_since INTEGER NOT NULL DEFAULT 0 CHECK (waiting_since BETWEEN 0 AND 65535);
ALTER TABLE locks ADD COLUMN retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1));
ALTER TABLE locks ADD COLUMN wanted_commit INTEGER NOT NULL DEFAULT 0 CHECK (wanted_commit >= 0);
ALTER TABLE locks ADD COLUMN confirmed_commit INTEGER NOT NULL DEFAULT 0 CHECK (confirmed_commit >= 0);

-- Sequences are minutes since 2024-01-01, which is day 1461.
UPDATE locks SET waiting_since = min(1461 + wanted / 1440, 65535) WHERE wanted > confirmed;

CREATE INDEX locks_undated ON locks (id_fold) WHERE stale = 1 AND stale_since = 0;

-- For Tx.FarClaims: 192 stands there as well.
CREATE INDEX zones_far ON zones (id) WHERE epoch >= 192;
CREATE INDEX seats_far ON seats (zone, seat) WHERE next > 192;

-- Marks of every 32nd epoch of a zone (seat -1) and of every 32nd generation of
-- a seat's floor, with the count of commits before the one that reached it: a
-- lock whose confirmed bundle was made later knows it.
CREATE TABLE floor_marks (
    zone       INTEGER NOT NULL REFERENCES zones (id),
    seat       INTEGER NOT NULL CHECK (seat BETWEEN -1 AND 65535),
    epoch      INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 65535),
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 65535),
    at_commit  INTEGER NOT NULL CHECK (at_commit >= 0),
    PRIMARY KEY (zone, seat, epoch, generation)
) STRICT, WITHOUT ROWID;

INSERT INTO floor_marks (zone, seat, epoch, generation, at_commit)
SELECT id, -1, epoch, 0, (SELECT max(change_counter) FROM meta) FROM zones WHERE epoch >= 32;
INSERT INTO floor_marks (zone, seat, epoch, generation, at_commit)
SELECT zone, seat, epoch, floor, (SELECT max(change_counter) FROM meta) FROM seats WHERE floor >= 32;

-- +goose StatementBegin
CREATE TRIGGER zones_mark AFTER UPDATE ON zones WHEN NEW.epoch / 32 > OLD.epoch / 32
BEGIN
    INSERT INTO floor_marks (zone, seat, epoch, generation, at_commit)
    SELECT NEW.id, -1, NEW.epoch, 0, change_counter FROM meta;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_new_mark AFTER INSERT ON seats WHEN NEW.floor >= 32
BEGIN
    INSERT INTO floor_marks (zone, seat, epoch, generation, at_commit)
    SELECT NEW.zone, NEW.seat, NEW.epoch, NEW.floor, change_counter FROM meta;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_mark AFTER UPDATE ON seats
WHEN NEW.floor >= 32 AND (NEW.epoch > OLD.epoch OR NEW.floor / 32 > OLD.floor / 32)
BEGIN
    INSERT INTO floor_marks (zone, seat, epoch, generation, at_commit)
    SELECT NEW.zone, NEW.seat, NEW.epoch, NEW.floor, change_counter FROM meta;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER locks_retired BEFORE UPDATE ON locks WHEN NEW.retired > NEW.gone OR NEW.retired < OLD.retired
BEGIN SELECT RAISE(ABORT, 'kept: a lock out of service'); END;
-- +goose StatementEnd
