-- Roll-over campaigns: new versions of zone keys, locator and signer; tags that
-- are written anew; counters that are raised after an old copy was put back; and
-- which locks want a new bundle, so that nobody has to look at all of them.

-- +goose Up
ALTER TABLE meta ADD COLUMN raises INTEGER NOT NULL DEFAULT 0 CHECK (raises >= 0);

ALTER TABLE zones ADD COLUMN next_epoch INTEGER NOT NULL DEFAULT 0 CHECK (next_epoch BETWEEN 0 AND 65535);
ALTER TABLE zones ADD COLUMN first_generation INTEGER NOT NULL DEFAULT 0 CHECK (first_generation BETWEEN 0 AND 65535);

ALTER TABLE locks ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1));
ALTER TABLE locks ADD COLUMN stale INTEGER NOT NULL DEFAULT 1 CHECK (stale IN (0, 1));
ALTER TABLE locks ADD COLUMN same_from INTEGER NOT NULL DEFAULT 0 CHECK (same_from BETWEEN 0 AND 4294967295);
UPDATE locks SET same_from = wanted;
CREATE INDEX locks_stale ON locks (id_fold) WHERE stale = 1;

ALTER TABLE tags ADD COLUMN locator INTEGER NOT NULL DEFAULT 1 CHECK (locator BETWEEN 0 AND 255);
ALTER TABLE tags ADD COLUMN was BLOB;
ALTER TABLE tags ADD COLUMN was_lookup BLOB CHECK (was_lookup IS NULL OR length(was_lookup) = 32);
CREATE UNIQUE INDEX tags_was ON tags (was_lookup) WHERE was_lookup IS NOT NULL;

CREATE INDEX seats_by_tag ON seats (tag) WHERE tag IS NOT NULL;
CREATE INDEX tag_slots_by_zone ON tag_slots (zone, not_after);

CREATE TABLE campaigns (
    id            INTEGER PRIMARY KEY,
    kind          TEXT    NOT NULL CHECK (kind IN ('zone', 'locator', 'lock', 'site')),
    state         TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'ended')),
    lock          TEXT    REFERENCES locks (id_fold),
    old_locator   INTEGER NOT NULL CHECK (old_locator BETWEEN 0 AND 255),
    new_locator   INTEGER NOT NULL CHECK (new_locator BETWEEN 0 AND 255),
    old_signer    INTEGER NOT NULL CHECK (old_signer BETWEEN 0 AND 65535),
    new_signer    INTEGER NOT NULL CHECK (new_signer BETWEEN 0 AND 65535),
    start_change  INTEGER NOT NULL CHECK (start_change >= 0),
    signer_change INTEGER NOT NULL CHECK (signer_change >= 0),
    end_change    INTEGER NOT NULL CHECK (end_change >= 0),
    started_day   INTEGER NOT NULL CHECK (started_day BETWEEN 0 AND 65535),
    ended_day     INTEGER NOT NULL CHECK (ended_day BETWEEN 0 AND 65535),
    tags          INTEGER NOT NULL CHECK (tags >= 0),
    forced        INTEGER NOT NULL CHECK (forced IN (0, 1)),
    row_version   INTEGER NOT NULL CHECK (row_version >= 1),
    CHECK ((kind = 'lock') = (lock IS NOT NULL)),
    CHECK (new_locator = 0 OR new_locator > old_locator),
    CHECK (new_signer = 0 OR new_signer > old_signer)
) STRICT;

INSERT INTO sequences (name, next) VALUES ('campaigns', 1);

CREATE TABLE campaign_zones (
    campaign    INTEGER NOT NULL REFERENCES campaigns (id),
    zone        INTEGER NOT NULL REFERENCES zones (id),
    old_version INTEGER NOT NULL CHECK (old_version BETWEEN 0 AND 255),
    new_version INTEGER NOT NULL CHECK (new_version BETWEEN 0 AND 255 AND new_version > old_version),
    PRIMARY KEY (campaign, zone)
) STRICT, WITHOUT ROWID;

CREATE INDEX campaign_zones_by_zone ON campaign_zones (zone);

CREATE TABLE campaign_tags (
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    tag      INTEGER NOT NULL REFERENCES tags (id),
    PRIMARY KEY (campaign, tag)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER zones_raised BEFORE UPDATE ON zones
WHEN NEW.next_epoch < OLD.next_epoch OR (NEW.epoch = OLD.epoch AND NEW.first_generation < OLD.first_generation)
BEGIN SELECT RAISE(ABORT, 'counter: next epoch or first generation of a zone'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER campaigns_up BEFORE UPDATE ON campaigns
WHEN OLD.state = 'ended' OR NEW.id <> OLD.id OR NEW.start_change <> OLD.start_change
    OR NEW.signer_change < OLD.signer_change OR NEW.end_change < OLD.end_change
BEGIN SELECT RAISE(ABORT, 'counter: of a campaign'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER campaigns_kept BEFORE DELETE ON campaigns
BEGIN SELECT RAISE(ABORT, 'kept: campaigns'); END;
-- +goose StatementEnd

-- What a lock ought to know has changed: its next bundle is due. Only the
-- locks of the zone are touched.

-- +goose StatementBegin
CREATE TRIGGER seats_new_stale AFTER INSERT ON seats WHEN NEW.floor > 0
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0 AND id_fold IN (SELECT lock FROM lock_zones WHERE zone = NEW.zone);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_stale AFTER UPDATE ON seats WHEN NEW.floor <> OLD.floor OR NEW.epoch <> OLD.epoch
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0 AND id_fold IN (SELECT lock FROM lock_zones WHERE zone = NEW.zone);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER zones_stale AFTER UPDATE ON zones
WHEN NEW.epoch <> OLD.epoch OR NEW.key_version <> OLD.key_version OR NEW.kind <> OLD.kind
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0 AND id_fold IN (SELECT lock FROM lock_zones WHERE zone = NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lock_zones_stale AFTER INSERT ON lock_zones
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0 AND id_fold = NEW.lock;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER site_stale AFTER UPDATE ON site
WHEN NEW.locators <> OLD.locators OR NEW.signer_version <> OLD.signer_version OR NEW.aid <> OLD.aid
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER campaigns_new_stale AFTER INSERT ON campaigns WHEN NEW.new_signer > 0
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER campaigns_stale AFTER UPDATE ON campaigns WHEN NEW.state = 'ended' AND OLD.state <> 'ended'
BEGIN
    UPDATE locks SET stale = 1 WHERE stale = 0 AND (NEW.new_signer > 0 OR id_fold IN (
        SELECT o.lock FROM lock_zones o JOIN campaign_zones z ON z.zone = o.zone WHERE z.campaign = NEW.id));
END;
-- +goose StatementEnd
