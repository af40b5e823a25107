-- Records of a site. What every column is for, whose data it is and how long
-- it stays stands in register.go; a test fails if a column is missing there.
-- Days count from 2020-01-01; nothing finer than a day is stored anywhere.

-- +goose Up
CREATE TABLE meta (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    store_id       BLOB    NOT NULL CHECK (length(store_id) = 16),
    change_counter INTEGER NOT NULL CHECK (change_counter >= 0),
    rolled_back    INTEGER NOT NULL CHECK (rolled_back IN (0, 1)),
    journal_seq    INTEGER NOT NULL CHECK (journal_seq >= 0),
    journal_head   BLOB    NOT NULL CHECK (length(journal_head) = 32)
) STRICT;

CREATE TABLE sequences (
    name TEXT    PRIMARY KEY,
    next INTEGER NOT NULL CHECK (next >= 1)
) STRICT;

INSERT INTO sequences (name, next)
VALUES ('buildings', 1), ('homes', 1), ('zones', 1), ('tenancies', 1), ('tags', 1), ('plans', 1);

CREATE TABLE custody (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    root        BLOB    NOT NULL,
    row_version INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

CREATE TABLE site (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    site_id         BLOB    NOT NULL CHECK (length(site_id) = 8),
    name            TEXT    NOT NULL CHECK (name <> ''),
    created_day     INTEGER NOT NULL CHECK (created_day BETWEEN 0 AND 65535),
    practice        INTEGER NOT NULL CHECK (practice IN (0, 1)),
    policy          TEXT    NOT NULL CHECK (policy IN ('require', 'warn')),
    aid             BLOB    NOT NULL CHECK (length(aid) = 3),
    locators        BLOB    NOT NULL CHECK (length(locators) BETWEEN 1 AND 255),
    signer_version  INTEGER NOT NULL CHECK (signer_version BETWEEN 0 AND 65535),
    seats_per_home  INTEGER NOT NULL CHECK (seats_per_home BETWEEN 1 AND 65535),
    random_uid_told INTEGER NOT NULL CHECK (random_uid_told IN (0, 1)),
    changes         INTEGER NOT NULL CHECK (changes >= 0),
    row_version     INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

CREATE TABLE buildings (
    id        INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL CHECK (name <> ''),
    name_fold TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE homes (
    id        INTEGER PRIMARY KEY,
    building  INTEGER NOT NULL REFERENCES buildings (id),
    floor     TEXT    NOT NULL,
    name      TEXT    NOT NULL CHECK (name <> ''),
    name_fold TEXT    NOT NULL,
    UNIQUE (building, name_fold)
) STRICT;

CREATE TABLE zones (
    id          INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 16777215),
    kind        TEXT    NOT NULL CHECK (kind IN ('home', 'shared', 'service')),
    name        TEXT    NOT NULL,
    building    INTEGER REFERENCES buildings (id),
    floor       TEXT    NOT NULL,
    home        INTEGER REFERENCES homes (id),
    key_version INTEGER NOT NULL CHECK (key_version BETWEEN 0 AND 255),
    epoch       INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 65535),
    listed      INTEGER NOT NULL CHECK (listed IN (0, 1)),
    row_version INTEGER NOT NULL CHECK (row_version >= 1),
    CHECK ((kind = 'home') = (home IS NOT NULL))
) STRICT;

CREATE TABLE home_zones (
    home      INTEGER NOT NULL REFERENCES homes (id),
    zone      INTEGER NOT NULL REFERENCES zones (id),
    seat_base INTEGER NOT NULL CHECK (seat_base BETWEEN 0 AND 65535),
    seats     INTEGER NOT NULL CHECK (seats >= 1 AND seat_base + seats <= 65536),
    PRIMARY KEY (home, zone),
    UNIQUE (zone, seat_base)
) STRICT, WITHOUT ROWID;

CREATE TABLE locks (
    id_fold       TEXT    PRIMARY KEY CHECK (id_fold <> ''),
    id            TEXT    NOT NULL,
    building      INTEGER REFERENCES buildings (id),
    floor         TEXT    NOT NULL,
    home          INTEGER REFERENCES homes (id),
    public_key    BLOB    NOT NULL CHECK (length(public_key) = 32),
    wanted        INTEGER NOT NULL CHECK (wanted BETWEEN 0 AND 4294967295),
    wanted_digest BLOB    NOT NULL CHECK (length(wanted_digest) = 32),
    confirmed     INTEGER NOT NULL CHECK (confirmed BETWEEN 0 AND 4294967295),
    wanted_change    INTEGER NOT NULL CHECK (wanted_change >= 0),
    confirmed_change INTEGER NOT NULL CHECK (confirmed_change >= 0),
    row_version   INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

CREATE TABLE lock_zones (
    lock TEXT    NOT NULL REFERENCES locks (id_fold),
    zone INTEGER NOT NULL REFERENCES zones (id),
    PRIMARY KEY (lock, zone)
) STRICT, WITHOUT ROWID;

CREATE INDEX lock_zones_by_zone ON lock_zones (zone);

CREATE TABLE tenancies (
    id          INTEGER PRIMARY KEY,
    home        INTEGER NOT NULL REFERENCES homes (id),
    reference   BLOB,
    epoch       INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 65535),
    start_day   INTEGER NOT NULL CHECK (start_day BETWEEN 0 AND 65535),
    end_day     INTEGER NOT NULL CHECK (end_day BETWEEN 0 AND 65535),
    choice      TEXT    NOT NULL CHECK (choice IN ('tag', 'app', 'both', 'own lock')),
    row_version INTEGER NOT NULL CHECK (row_version >= 1)
) STRICT;

CREATE INDEX tenancies_by_home ON tenancies (home);
CREATE UNIQUE INDEX tenancies_running ON tenancies (home) WHERE end_day = 0;

CREATE TABLE tags (
    id            INTEGER PRIMARY KEY,
    home          INTEGER NOT NULL REFERENCES homes (id),
    tenancy       INTEGER NOT NULL REFERENCES tenancies (id),
    ordinal       INTEGER NOT NULL CHECK (ordinal >= 1),
    label         BLOB,
    state         TEXT    NOT NULL CHECK (state IN ('reserved', 'writing', 'issued', 'lost', 'returned', 'ended', 'failed')),
    since_day     INTEGER NOT NULL CHECK (since_day BETWEEN 0 AND 65535),
    number        BLOB,
    number_lookup BLOB    UNIQUE CHECK (length(number_lookup) = 32),
    replaces      INTEGER REFERENCES tags (id),
    chip          TEXT    NOT NULL,
    genuine       TEXT    NOT NULL,
    end_change    INTEGER NOT NULL CHECK (end_change >= 0),
    row_version   INTEGER NOT NULL CHECK (row_version >= 1),
    UNIQUE (tenancy, ordinal),
    CHECK ((number IS NULL) = (number_lookup IS NULL))
) STRICT;

CREATE INDEX tags_by_home ON tags (home, tenancy, state);

CREATE TABLE tag_slots (
    tag         INTEGER NOT NULL REFERENCES tags (id),
    slot        INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 11),
    zone        INTEGER NOT NULL REFERENCES zones (id),
    key_version INTEGER NOT NULL CHECK (key_version BETWEEN 0 AND 255),
    epoch       INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 65535),
    seat        INTEGER NOT NULL CHECK (seat BETWEEN 0 AND 65535),
    generation  INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 65535),
    not_after   INTEGER NOT NULL CHECK (not_after BETWEEN 0 AND 65535),
    PRIMARY KEY (tag, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE seats (
    zone        INTEGER NOT NULL REFERENCES zones (id),
    seat        INTEGER NOT NULL CHECK (seat BETWEEN 0 AND 65535),
    epoch       INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 65535),
    next        INTEGER NOT NULL CHECK (next BETWEEN 0 AND 65535),
    floor       INTEGER NOT NULL CHECK (floor BETWEEN 0 AND 65535),
    tag         INTEGER REFERENCES tags (id),
    row_version INTEGER NOT NULL CHECK (row_version >= 1),
    PRIMARY KEY (zone, seat)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('issue', 'wipe')),
    tag         INTEGER REFERENCES tags (id),
    number      BLOB,
    steps       TEXT    NOT NULL,
    step_count  INTEGER NOT NULL CHECK (step_count >= 0),
    done        INTEGER NOT NULL CHECK (done BETWEEN 0 AND step_count),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('', 'done', 'failed', 'recovered')),
    started_day INTEGER NOT NULL CHECK (started_day BETWEEN 0 AND 65535)
) STRICT;

CREATE INDEX plans_open ON plans (id) WHERE outcome = '';
CREATE UNIQUE INDEX plans_open_of_tag ON plans (tag) WHERE outcome = '';

CREATE TABLE journal (
    seq        INTEGER PRIMARY KEY CHECK (seq >= 1),
    day        INTEGER NOT NULL CHECK (day BETWEEN 0 AND 65535),
    operator   TEXT    NOT NULL,
    act        TEXT    NOT NULL CHECK (act <> ''),
    subject    TEXT    NOT NULL,
    salt       BLOB    NOT NULL CHECK (length(salt) = 32),
    entry_hash BLOB    NOT NULL CHECK (length(entry_hash) = 32),
    hash       BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- The messages begin with a word that the program knows: "counter" or "kept".

-- +goose StatementBegin
CREATE TRIGGER meta_up BEFORE UPDATE ON meta
WHEN NEW.change_counter < OLD.change_counter OR NEW.journal_seq < OLD.journal_seq
BEGIN SELECT RAISE(ABORT, 'counter: of the store'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sequences_up BEFORE UPDATE ON sequences
WHEN NEW.next < OLD.next OR NEW.name <> OLD.name
BEGIN SELECT RAISE(ABORT, 'counter: of ids'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER site_up BEFORE UPDATE ON site
WHEN NEW.signer_version < OLD.signer_version OR NEW.changes < OLD.changes
BEGIN SELECT RAISE(ABORT, 'counter: signer version or changes of the site'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER zones_up BEFORE UPDATE ON zones
WHEN NEW.epoch < OLD.epoch OR NEW.key_version < OLD.key_version OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'counter: epoch or key version of a zone'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER zones_kept BEFORE DELETE ON zones
BEGIN SELECT RAISE(ABORT, 'kept: zones'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_up BEFORE UPDATE ON seats
WHEN NEW.zone <> OLD.zone OR NEW.seat <> OLD.seat OR NEW.epoch < OLD.epoch
    OR (NEW.epoch = OLD.epoch AND (NEW.next < OLD.next OR NEW.floor < OLD.floor))
BEGIN SELECT RAISE(ABORT, 'counter: epoch, next generation or floor of a seat'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_kept BEFORE DELETE ON seats
BEGIN SELECT RAISE(ABORT, 'kept: seats'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER locks_up BEFORE UPDATE ON locks
WHEN NEW.wanted < OLD.wanted OR NEW.confirmed < OLD.confirmed
    OR NEW.wanted_change < OLD.wanted_change OR NEW.confirmed_change < OLD.confirmed_change
BEGIN SELECT RAISE(ABORT, 'counter: sequence or changes of a lock'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_unchanged BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'kept: journal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_kept BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'kept: journal'); END;
-- +goose StatementEnd
