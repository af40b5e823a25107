-- Shares of the site's root on paper, and backups of the records.

-- +goose Up
CREATE TABLE share_sets (
    id            INTEGER PRIMARY KEY,
    description   BLOB    NOT NULL UNIQUE CHECK (length(description) BETWEEN 38 AND 246),
    made_day      INTEGER NOT NULL CHECK (made_day BETWEEN 0 AND 65535),
    rehearsed_day INTEGER NOT NULL CHECK (rehearsed_day BETWEEN 0 AND 65535)
) STRICT;

INSERT INTO sequences (name, next) VALUES ('share_sets', 1);

CREATE TABLE upkeep (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    rehearse_days INTEGER NOT NULL CHECK (rehearse_days BETWEEN 0 AND 3660),
    backup_days   INTEGER NOT NULL CHECK (backup_days BETWEEN 0 AND 366),
    backup_folder TEXT    NOT NULL,
    keep_last     INTEGER NOT NULL CHECK (keep_last BETWEEN 1 AND 1000),
    keep_weeks    INTEGER NOT NULL CHECK (keep_weeks BETWEEN 0 AND 1000),
    backup_day    INTEGER NOT NULL CHECK (backup_day BETWEEN 0 AND 65535)
) STRICT;

INSERT INTO upkeep (id, rehearse_days, backup_days, backup_folder, keep_last, keep_weeks, backup_day)
VALUES (1, 365, 0, '', 14, 8, 0);
