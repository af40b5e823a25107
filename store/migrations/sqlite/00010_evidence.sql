-- What evidence needs: whom residents can ask, periods, the roll-out of each
-- building with its documents, objections, and that something was erased.

-- +goose Up
CREATE TABLE settings (
    id                 INTEGER PRIMARY KEY CHECK (id = 1),
    controller         TEXT    NOT NULL,
    controller_contact TEXT    NOT NULL,
    officer            TEXT    NOT NULL,
    officer_contact    TEXT    NOT NULL,
    desk_contact       TEXT    NOT NULL,
    processors         TEXT    NOT NULL,
    retention_days     INTEGER NOT NULL CHECK (retention_days BETWEEN 1 AND 3650),
    journal_days       INTEGER NOT NULL CHECK (journal_days BETWEEN 30 AND 7300),
    small_count        INTEGER NOT NULL CHECK (small_count BETWEEN 2 AND 100),
    row_version        INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

INSERT INTO settings (id, controller, controller_contact, officer, officer_contact, desk_contact, processors,
    retention_days, journal_days, small_count, row_version)
VALUES (1, '', '', '', '', '', '', 90, 730, 5, 1);

INSERT INTO sequences (name, next) VALUES ('documents', 1), ('objections', 1), ('erasures', 1);

ALTER TABLE meta ADD COLUMN scrub INTEGER NOT NULL DEFAULT 0 CHECK (scrub IN (0, 1));
ALTER TABLE tenancies ADD COLUMN choice_day INTEGER NOT NULL DEFAULT 0 CHECK (choice_day BETWEEN 0 AND 65535);
UPDATE tenancies SET choice_day = start_day;

CREATE INDEX tenancies_by_end ON tenancies (end_day);
CREATE INDEX tags_by_replaced ON tags (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX campaign_tags_by_tag ON campaign_tags (tag);
CREATE INDEX plans_by_tag ON plans (tag) WHERE tag IS NOT NULL;

CREATE TABLE rollouts (
    building       INTEGER PRIMARY KEY REFERENCES buildings (id),
    planned_day    INTEGER NOT NULL CHECK (planned_day BETWEEN 0 AND 65535),
    dpia_version   TEXT    NOT NULL,
    assessed_day   INTEGER NOT NULL CHECK (assessed_day BETWEEN 0 AND 65535),
    review_day     INTEGER NOT NULL CHECK (review_day BETWEEN 0 AND 65535),
    consulted_day  INTEGER NOT NULL CHECK (consulted_day BETWEEN 0 AND 65535),
    active_day     INTEGER NOT NULL CHECK (active_day BETWEEN 0 AND 65535),
    evaluated_day  INTEGER NOT NULL CHECK (evaluated_day BETWEEN 0 AND 65535),
    unassessed     INTEGER NOT NULL CHECK (unassessed >= 0),
    row_version    INTEGER NOT NULL CHECK (row_version >= 1),
    CHECK ((assessed_day = 0) = (dpia_version = ''))
) STRICT;

CREATE TABLE documents (
    id        INTEGER PRIMARY KEY,
    building  INTEGER NOT NULL REFERENCES buildings (id),
    kind      TEXT    NOT NULL CHECK (kind IN ('assessment', 'consultation', 'decision', 'evaluation', 'other')),
    name      TEXT    NOT NULL CHECK (name <> ''),
    sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
    added_day INTEGER NOT NULL CHECK (added_day BETWEEN 0 AND 65535),
    UNIQUE (building, sha256)
) STRICT;

CREATE TABLE objections (
    id          INTEGER PRIMARY KEY,
    tenancy     INTEGER NOT NULL REFERENCES tenancies (id),
    made_day    INTEGER NOT NULL CHECK (made_day BETWEEN 0 AND 65535),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('open', 'upheld', 'declined', 'withdrawn')),
    outcome_day INTEGER NOT NULL CHECK (outcome_day BETWEEN 0 AND 65535),
    row_version INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

CREATE INDEX objections_by_tenancy ON objections (tenancy);

CREATE TABLE erasures (
    id        INTEGER PRIMARY KEY,
    day       INTEGER NOT NULL CHECK (day BETWEEN 0 AND 65535),
    reason    TEXT    NOT NULL CHECK (reason IN ('period', 'request')),
    tenancies INTEGER NOT NULL CHECK (tenancies >= 1),
    tags      INTEGER NOT NULL CHECK (tags >= 0)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER erasures_kept BEFORE DELETE ON erasures
BEGIN SELECT RAISE(ABORT, 'kept: erasures'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rollouts_up BEFORE UPDATE ON rollouts WHEN NEW.unassessed < OLD.unassessed
BEGIN SELECT RAISE(ABORT, 'counter: tags of a building that was not assessed'); END;
-- +goose StatementEnd
