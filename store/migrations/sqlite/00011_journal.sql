-- The journal is signed by the desk that writes it, and the content of an entry
-- can be erased when its period is over. Entry, hash and signature stay.

-- +goose Up
CREATE TABLE signers (
    id         INTEGER PRIMARY KEY,
    public_key BLOB    NOT NULL UNIQUE CHECK (length(public_key) = 32),
    added_day  INTEGER NOT NULL CHECK (added_day BETWEEN 0 AND 65535)
) STRICT;

INSERT INTO sequences (name, next) VALUES ('signers', 1);

CREATE TABLE journal_signed (
    seq        INTEGER PRIMARY KEY CHECK (seq >= 1),
    day        INTEGER CHECK (day BETWEEN 0 AND 65535),
    operator   TEXT,
    act        TEXT    CHECK (act <> ''),
    subject    TEXT,
    salt       BLOB    CHECK (length(salt) = 32),
    entry_hash BLOB    NOT NULL CHECK (length(entry_hash) = 32),
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    signer     INTEGER REFERENCES signers (id),
    signature  BLOB    CHECK (length(signature) = 64),
    CHECK ((signer IS NULL) = (signature IS NULL)),
    CHECK ((day IS NULL) = (salt IS NULL) AND (operator IS NULL) = (salt IS NULL)
        AND (act IS NULL) = (salt IS NULL) AND (subject IS NULL) = (salt IS NULL))
) STRICT;

INSERT INTO journal_signed (seq, day, operator, act, subject, salt, entry_hash, hash)
SELECT seq, day, operator, act, subject, salt, entry_hash, hash FROM journal ORDER BY seq;

DROP TABLE journal;
ALTER TABLE journal_signed RENAME TO journal;

-- An entry is kept as it is, or loses its content, all of it and for ever: the
-- checks of the table say that the rest goes with the salt.

-- +goose StatementBegin
CREATE TRIGGER journal_unchanged BEFORE UPDATE ON journal
WHEN OLD.salt IS NULL OR NEW.salt IS NOT NULL OR NEW.seq <> OLD.seq OR NEW.entry_hash <> OLD.entry_hash
    OR NEW.hash <> OLD.hash OR NEW.signer IS NOT OLD.signer OR NEW.signature IS NOT OLD.signature
BEGIN SELECT RAISE(ABORT, 'kept: journal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_kept BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'kept: journal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER signers_unchanged BEFORE UPDATE ON signers
BEGIN SELECT RAISE(ABORT, 'kept: signers'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER signers_kept BEFORE DELETE ON signers
BEGIN SELECT RAISE(ABORT, 'kept: signers'); END;
-- +goose StatementEnd
