-- Version 1. A step to a later version is a file of its own; this one is never edited after a release.

-- One audited platform of one run (检测批次).
CREATE TABLE run (
    key      INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL,      -- run id, shared by the platforms of one run
    platform TEXT    NOT NULL,      -- name in the settings
    begun    INTEGER NOT NULL,      -- microseconds UTC
    whole    INTEGER NOT NULL,      -- 1: everything of it is here; 0: the program was killed while it ran
    header   TEXT    NOT NULL,      -- evidence::Header as JSON
    UNIQUE (id, platform)
);

-- Catalogue bodies as received, device passwords masked.
CREATE TABLE message (
    run     INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    number  INTEGER NOT NULL,       -- order of arrival, from 0
    at      INTEGER NOT NULL,       -- microseconds UTC
    call_id TEXT    NOT NULL,
    body    BLOB    NOT NULL,
    PRIMARY KEY (run, number)
);

-- Tables read from files.
CREATE TABLE sheet (
    run    INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    octets BLOB    NOT NULL,
    PRIMARY KEY (run, number)
);

-- What came of calling a code.
CREATE TABLE probe (
    run       INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    device_id TEXT    NOT NULL,
    record    TEXT    NOT NULL,     -- probe::outcome::ProbeRecord as JSON
    PRIMARY KEY (run, device_id)
);

-- Pictures, by the hash of their octets.
CREATE TABLE snapshot (
    run  INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    name TEXT    NOT NULL,
    jpeg BLOB    NOT NULL,
    PRIMARY KEY (run, name)
);

-- Platforms registered with us, to be used by the next run as long as they are valid.
CREATE TABLE registration (
    local      TEXT    NOT NULL,    -- our code
    platform   TEXT    NOT NULL,    -- its code
    socket     TEXT    NOT NULL,    -- our UDP socket it registered at
    peer       TEXT    NOT NULL,    -- where it is
    expires    INTEGER NOT NULL,    -- microseconds UTC
    user_agent TEXT    NOT NULL,
    version    TEXT,                -- X-GB-Ver
    PRIMARY KEY (local, platform)
);
